/* base/str.h - borrowed bytes with a length.
 *
 * A struct str owns nothing and need not end in NUL. It is passed by value; whoever
 * made the bytes keeps them alive.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
    const char *data;
    size_t len;
};

/* STR("literal"); printf("%.*s", STR_ARGS(s)). */
#define STR(literal) ((struct str){ "" literal "", sizeof(literal) - 1 })
#define STR_ARGS(s)  ((int)(s).len), ((s).data)

static inline struct str
str_from(const char *text)
{
    return (struct str){ text, strlen(text) };
}

static inline struct str
str_of(const void *data, size_t len)
{
    return (struct str){ (const char *)data, len };
}

static inline bool
str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Below, at or above 0, bytes as unsigned numbers; a prefix comes before. */
int str_compare(struct str a, struct str b);

/* ASCII letters compare without case; other bytes as they are. */
bool str_same_nocase(const char *a, const char *b, size_t len);

static inline bool
str_equal_nocase(struct str a, struct str b)
{
    return a.len == b.len && str_same_nocase(a.data, b.data, a.len);
}

bool str_starts(struct str s, struct str prefix);

/* The part of *rest before the separator; *rest moves behind it. At the end the whole
 * remainder is given and *rest becomes { NULL, 0 }; false when *rest was that already.
 */
bool str_split(struct str *rest, char separator, struct str *part);

/* Without spaces and tabs at both ends. */
struct str str_trim(struct str s);

/* All of s as a decimal integer: digits with an optional leading '-', no spaces, no
 * '+'. False, and *value untouched, for anything else and on overflow. */
bool str_to_i64(struct str s, int64_t *value);

#endif
