/* base/str.c - comparing, splitting and reading borrowed bytes. */
#include "base/str.h"

static char
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
str_compare(struct str a, struct str b)
{
    size_t shorter = a.len < b.len ? a.len : b.len;
    int order = shorter > 0 ? memcmp(a.data, b.data, shorter) : 0;

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

bool
str_same_nocase(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

bool
str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && memcmp(s.data, prefix.data, prefix.len) == 0;
}

bool
str_split(struct str *rest, char separator, struct str *part)
{
    const char *cut;

    if (rest->data == NULL) {
        return false;
    }
    cut = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    if (cut == NULL) {
        *part = *rest;
        *rest = (struct str){ NULL, 0 };
        return true;
    }
    part->data = rest->data;
    part->len = (size_t)(cut - rest->data);
    rest->len -= part->len + 1;
    rest->data = cut + 1;
    return true;
}

struct str
str_trim(struct str s)
{
    while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
        s.data++;
        s.len--;
    }
    while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t')) {
        s.len--;
    }
    return s;
}

bool
str_to_i64(struct str s, int64_t *value)
{
    bool negative = s.len > 0 && s.data[0] == '-';
    int64_t sum = 0;

    if (s.len == (negative ? 1U : 0U)) {
        return false;
    }
    for (size_t i = negative ? 1 : 0; i < s.len; i++) {
        int digit = s.data[i] - '0';

        /* Summed below zero, where there is room for one more. */
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_sub_overflow(sum, digit, &sum)) {
            return false;
        }
    }
    if (!negative && sum == INT64_MIN) {
        return false;
    }
    *value = negative ? sum : -sum;
    return true;
}
