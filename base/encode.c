/* base/encode.c - decimal; hex and Base64 (RFC 4648), read strictly: one text for one
 * value. */
#include "base/encode.h"

static const char hex_digits[] = "0123456789abcdef";
static const char plain_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

size_t
encode_decimal(int64_t number, char out[ENCODE_DECIMAL_BYTES])
{
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    char digits[ENCODE_DECIMAL_BYTES];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0) {
        digits[--at] = '-';
    }
    memcpy(out, digits + at, sizeof digits - at);
    return sizeof digits - at;
}

void
encode_hex(struct str data, char *out)
{
    for (size_t i = 0; i < data.len; i++) {
        uint8_t byte = (uint8_t)data.data[i];

        *out++ = hex_digits[byte >> 4];
        *out++ = hex_digits[byte & 15];
    }
    *out = '\0';
}

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
decode_hex(struct str s, uint8_t *out, size_t out_len)
{
    if (s.len != 2 * out_len) {
        return false;
    }
    for (size_t i = 0; i < out_len; i++) {
        int high = hex_value(s.data[2 * i]);
        int low = hex_value(s.data[2 * i + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static size_t
encode_digits(struct str data, const char *digits, bool padded, char *out)
{
    char *at = out;
    uint32_t bits = 0;
    int held = 0;

    for (size_t i = 0; i < data.len; i++) {
        bits = bits << 8 | (uint8_t)data.data[i];
        for (held += 8; held >= 6; held -= 6) {
            *at++ = digits[bits >> (held - 6) & 63];
        }
    }
    if (held > 0) {
        *at++ = digits[bits << (6 - held) & 63];
    }
    while (padded && (at - out) % 4 != 0) {
        *at++ = '=';
    }
    *at = '\0';
    return (size_t)(at - out);
}

size_t
encode_base64(struct str data, char *out)
{
    return encode_digits(data, plain_digits, true, out);
}

size_t
encode_base64url(struct str data, char *out)
{
    return encode_digits(data, url_digits, false, out);
}

/* Without padding; s.len % 4 is not 1. What is left over of the last digit must be 0.
 */
static bool
decode_digits(struct str s, const char *digits, uint8_t *out, size_t *out_len)
{
    uint32_t bits = 0;
    int held = 0;
    size_t len = 0;

    if (s.len % 4 == 1 || s.len / 4 * 3 + (s.len % 4 * 3) / 4 > *out_len) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        const char *digit = s.data[i] != '\0' ? strchr(digits, s.data[i]) : NULL;

        if (digit == NULL) {
            return false;
        }
        bits = bits << 6 | (uint32_t)(digit - digits);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[len++] = (uint8_t)(bits >> held);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0) {
        return false;
    }
    *out_len = len;
    return true;
}

bool
decode_base64(struct str s, uint8_t *out, size_t *out_len)
{
    if (s.len % 4 != 0) {
        return false;
    }
    for (int padding = 0; padding < 2 && s.len > 0 && s.data[s.len - 1] == '=';
         padding++) {
        s.len--;
    }
    return decode_digits(s, plain_digits, out, out_len);
}

bool
decode_base64url(struct str s, uint8_t *out, size_t *out_len)
{
    return decode_digits(s, url_digits, out, out_len);
}
