/* storage/catalogue/html.c - a forgiving walk over HTML that keeps its text. */
#include "storage/catalogue/html.h"

#include <stdlib.h>

struct walk {
    struct str rest;
    char *out;
    size_t len;
};

static void
step(struct walk *walk, size_t len)
{
    walk->rest = str_of(walk->rest.data + len, walk->rest.len - len);
}

static void
emit(struct walk *walk, char c)
{
    walk->out[walk->len++] = c;
}

/* --- entities ----------------------------------------------------------------------- */
static const struct {
    const char *name;
    const char *text;
} entities[] = {
    { "amp", "&" },
    { "lt", "<" },
    { "gt", ">" },
    { "quot", "\"" },
    { "apos", "'" },
    { "nbsp", " " },
    { "ndash", "\xE2\x80\x93" },
    { "mdash", "\xE2\x80\x94" },
    { "hellip", "\xE2\x80\xA6" },
    { "bull", "\xE2\x80\xA2" },
    { "lsquo", "\xE2\x80\x98" },
    { "rsquo", "\xE2\x80\x99" },
    { "ldquo", "\xE2\x80\x9C" },
    { "rdquo", "\xE2\x80\x9D" },
    { "yen", "\xC2\xA5" },
    { "deg", "\xC2\xB0" },
    { "times", "\xC3\x97" },
    { "copy", "\xC2\xA9" },
    { "reg", "\xC2\xAE" },
    { "trade", "\xE2\x84\xA2" },
};

enum { ENTITY_BYTES_MAX = 10 }; /* "&#1114111;" */

/* What is no character stays out: judging the text comes later. A tab is a space and a
 * line's end an LF here too. */
static void
emit_point(struct walk *walk, unsigned long point)
{
    if (point == '\t' || point == '\r') {
        emit(walk, point == '\t' ? ' ' : '\n');
    } else if (point >= 0xD800 && point < 0xE000) {
        return; /* half of one, in UTF-16 */
    } else if (point < 0x80) {
        emit(walk, (char)point);
    } else if (point < 0x800) {
        emit(walk, (char)(0xC0 | (point >> 6)));
        emit(walk, (char)(0x80 | (point & 0x3F)));
    } else if (point < 0x10000) {
        emit(walk, (char)(0xE0 | (point >> 12)));
        emit(walk, (char)(0x80 | ((point >> 6) & 0x3F)));
        emit(walk, (char)(0x80 | (point & 0x3F)));
    } else if (point < 0x110000) {
        emit(walk, (char)(0xF0 | (point >> 18)));
        emit(walk, (char)(0x80 | ((point >> 12) & 0x3F)));
        emit(walk, (char)(0x80 | ((point >> 6) & 0x3F)));
        emit(walk, (char)(0x80 | (point & 0x3F)));
    }
}

static bool
emit_number(struct walk *walk, struct str number)
{
    char digits[ENTITY_BYTES_MAX + 1] = { 0 };
    bool hex = number.len > 0 && (number.data[0] == 'x' || number.data[0] == 'X');
    char *end;
    unsigned long point;

    memcpy(digits, number.data + hex, number.len - hex);
    point = strtoul(digits, &end, hex ? 16 : 10);
    if (end == digits || *end != '\0') {
        return false;
    }
    if (point != 0) {
        emit_point(walk, point);
    }
    return true;
}

static bool
emit_entity(struct walk *walk, struct str name)
{
    if (name.len > 1 && name.data[0] == '#') {
        return emit_number(walk, str_of(name.data + 1, name.len - 1));
    }
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        if (str_equal(name, str_from(entities[i].name))) {
            for (const char *c = entities[i].text; *c != '\0'; c++) {
                emit(walk, *c);
            }
            return true;
        }
    }
    return false;
}

/* At a '&'. One that begins no entity stands for itself. */
static void
take_entity(struct walk *walk)
{
    size_t longest =
        walk->rest.len < ENTITY_BYTES_MAX ? walk->rest.len : ENTITY_BYTES_MAX;
    const char *end = memchr(walk->rest.data, ';', longest);

    if (end != NULL) {
        size_t len = (size_t)(end - walk->rest.data);

        if (emit_entity(walk, str_of(walk->rest.data + 1, len - 1))) {
            step(walk, len + 1);
            return;
        }
    }
    emit(walk, '&');
    step(walk, 1);
}

/* --- tags --------------------------------------------------------------------------- */
static bool
is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
begins_tag(struct str at)
{
    return at.len > 1 &&
           (is_letter(at.data[1]) || at.data[1] == '/' || at.data[1] == '!');
}

static struct str
tag_name(struct str tag)
{
    size_t from = tag.len > 1 && tag.data[1] == '/' ? 2 : 1, to = from;

    while (to < tag.len &&
           (is_letter(tag.data[to]) || (tag.data[to] >= '0' && tag.data[to] <= '9'))) {
        to++;
    }
    return str_of(tag.data + from, to - from);
}

static bool
is_one_of(struct str name, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (str_equal_nocase(name, str_from(*names))) {
            return true;
        }
    }
    return false;
}

/* Where the needle, which begins with '<', stands next; the end when it does not. */
static size_t
find(struct str in, struct str needle)
{
    for (size_t i = 0; i + needle.len <= in.len; i++) {
        if (in.data[i] == '<' &&
            str_equal_nocase(str_of(in.data + i, needle.len), needle)) {
            return i;
        }
    }
    return in.len;
}

static size_t
tag_end(struct str at)
{
    const char *end;

    if (str_starts(at, STR("<!--"))) {
        end = memmem(at.data, at.len, "-->", 3);
        return end != NULL ? (size_t)(end - at.data) + 3 : at.len;
    }
    end = memchr(at.data, '>', at.len);
    return end != NULL ? (size_t)(end - at.data) + 1 : at.len;
}

static void
take_tag(struct walk *walk)
{
    static const char *const blocks[] = { "br", "p",  "div", "li", "ul", "ol", "tr",
                                          "h1", "h2", "h3",  "h4", "h5", "h6", NULL };
    struct str tag = str_of(walk->rest.data, tag_end(walk->rest)), name = tag_name(tag);
    bool closes = tag.len > 1 && tag.data[1] == '/';

    step(walk, tag.len);
    if (!closes && str_equal_nocase(name, STR("script"))) {
        step(walk, find(walk->rest, STR("</script")));
    } else if (!closes && str_equal_nocase(name, STR("style"))) {
        step(walk, find(walk->rest, STR("</style")));
    } else if ((closes || str_equal_nocase(name, STR("br"))) &&
               is_one_of(name, blocks) && walk->len > 0 &&
               walk->out[walk->len - 1] != '\n') {
        emit(walk, '\n');
    }
}

/* --- the walk ----------------------------------------------------------------------- */
static void
take_byte(struct walk *walk)
{
    char c = walk->rest.data[0];

    if (c == '\r') {
        bool pair = walk->rest.len > 1 && walk->rest.data[1] == '\n';

        step(walk, pair ? 2 : 1);
        emit(walk, '\n');
        return;
    }
    emit(walk, c == '\t' ? ' ' : c);
    step(walk, 1);
}

struct str
html_to_text(struct arena *arena, struct str html)
{
    struct walk walk = { .rest = html, .out = arena_try_alloc(arena, html.len + 1) };

    if (walk.out == NULL) {
        return STR("");
    }
    while (walk.rest.len > 0) {
        if (walk.rest.data[0] == '<' && begins_tag(walk.rest)) {
            take_tag(&walk);
        } else if (walk.rest.data[0] == '&') {
            take_entity(&walk);
        } else {
            take_byte(&walk);
        }
    }
    return str_of(walk.out, walk.len);
}

struct str
html_from_text(struct arena *arena, struct str text)
{
    char *out = arena_try_alloc(arena, text.len * 5 + 1);
    size_t len = 0;

    if (out == NULL) {
        return STR("");
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        const char *sign = c == '&' ? "&amp;" : c == '<' ? "&lt;" : NULL;

        if (sign == NULL) {
            out[len++] = c;
            continue;
        }
        while (*sign != '\0') {
            out[len++] = *sign++;
        }
    }
    return str_of(out, len);
}
