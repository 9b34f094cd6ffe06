/* base/utf8.c - see the header. */
#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { ZERO_WIDTH_JOINER = 0x200D, VARIATION_16 = 0xFE0F };

/* utf8proc refuses overlong forms, surrogates and what lies above U+10FFFF. */
static size_t
step(struct str s, int32_t *code_point)
{
    utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)s.data,
                                            (utf8proc_ssize_t)s.len, code_point);

    return len > 0 ? (size_t)len : 0;
}

size_t
utf8_next(struct str s, int32_t *code_point)
{
    return s.len > 0 ? step(s, code_point) : 0;
}

static struct str
behind(struct str s, size_t len)
{
    return (struct str){ s.data + len, s.len - len };
}

bool
utf8_valid(struct str s)
{
    int32_t code_point;

    while (s.len > 0) {
        size_t len = step(s, &code_point);

        if (len == 0) {
            return false;
        }
        s = behind(s, len);
    }
    return true;
}

size_t
utf8_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.len; i++) {
        count += ((unsigned char)s.data[i] & 0xC0) != 0x80;
    }
    return count;
}

static bool
is_pictograph(int32_t code_point)
{
    return utf8proc_get_property(code_point)->boundclass ==
           UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* What may stand before a joiner in an emoji: a picture, perhaps with its variation
 * or its skin tone. */
static bool
is_picture_end(int32_t code_point)
{
    return is_pictograph(code_point) || code_point == VARIATION_16 ||
           (code_point >= 0x1F3FB && code_point <= 0x1F3FF);
}

/* Controls, line separators, and all "format" characters: bidi controls, zero-width
 * ones, soft hyphens, tags. */
static bool
is_hidden(int32_t code_point)
{
    switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return true;
    default:
        return false;
    }
}

static bool
shows_itself(struct str s, enum utf8_text kind)
{
    int32_t before = 0;
    int32_t code_point;
    int32_t after;

    for (size_t len; (len = utf8_next(s, &code_point)) > 0; before = code_point) {
        s = behind(s, len);
        if (!is_hidden(code_point) || (code_point == '\n' && kind == UTF8_PARAGRAPH)) {
            continue;
        }
        if (code_point != ZERO_WIDTH_JOINER || !is_picture_end(before) ||
            utf8_next(s, &after) == 0 || !is_pictograph(after)) {
            return false;
        }
    }
    return true;
}

static bool
is_space(int32_t code_point)
{
    return (code_point >= '\t' && code_point <= '\r') ||
           utf8proc_category(code_point) == UTF8PROC_CATEGORY_ZS;
}

static struct str
trim(struct str s)
{
    struct str end; /* behind the last character that is no space */
    int32_t code_point;
    size_t len;

    while ((len = utf8_next(s, &code_point)) > 0 && is_space(code_point)) {
        s = behind(s, len);
    }
    end = s;
    for (struct str rest = s; (len = utf8_next(rest, &code_point)) > 0;) {
        rest = behind(rest, len);
        if (!is_space(code_point)) {
            end = rest;
        }
    }
    s.len -= end.len;
    return s;
}

/* Mapped text in the arena; false when it is invalid or memory runs out. */
static bool
map_to_arena(struct arena *arena, struct str s, utf8proc_option_t options,
             struct str *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)s.data,
                                        (utf8proc_ssize_t)s.len, &mapped, options);
    char *copy = NULL;

    if (len >= 0) {
        copy = arena_try_alloc(arena, (size_t)len + 1);
    }
    if (copy != NULL) {
        memcpy(copy, mapped, (size_t)len);
        *out = (struct str){ copy, (size_t)len };
    }
    free(mapped);
    return copy != NULL;
}

bool
utf8_text(struct arena *arena, struct str s, enum utf8_text kind, size_t min,
          size_t max, struct str *out)
{
    struct str text;
    size_t count;

    if (!utf8_valid(s)) {
        return false;
    }
    s = trim(s);
    if (!map_to_arena(arena, s, UTF8PROC_STABLE | UTF8PROC_COMPOSE, &text)) {
        return false;
    }
    count = utf8_count(text);
    if (count < min || count > max || !shows_itself(text, kind)) {
        return false;
    }
    *out = text;
    return true;
}

struct str
utf8_fold(struct arena *arena, struct str s)
{
    struct str folded = { NULL, 0 };

    map_to_arena(arena, s,
                 UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                     UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
                 &folded);
    return folded;
}

bool
utf8_in_word(int32_t code_point)
{
    switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

bool
utf8_is_ideograph(int32_t code_point)
{
    static const struct {
        int32_t from, to;
    } scripts[] = {
        { 0x3005, 0x3007 }, { 0x3041, 0x30FF },   { 0x31F0, 0x31FF },
        { 0x3400, 0x4DBF }, { 0x4E00, 0x9FFF },   { 0xAC00, 0xD7A3 },
        { 0xF900, 0xFAFF }, { 0x20000, 0x3FFFD },
    };

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        if (code_point >= scripts[i].from && code_point <= scripts[i].to) {
            return true;
        }
    }
    return false;
}
