/* server/http/target.c - see the header. When in doubt it refuses: a proxy in front
 * that reads an address differently from us is a hole. */
#include "server/http/target.h"

#include "base/utf8.h"

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

/* Undoes %XX, and '+' where a form means a space. */
static bool
percent_decode(struct arena *arena, struct str s, bool form, struct str *out)
{
    char *text;
    size_t len = 0;

    *out = s;
    if (memchr(s.data, '%', s.len) == NULL &&
        (!form || memchr(s.data, '+', s.len) == NULL)) {
        return true;
    }
    text = arena_alloc(arena, s.len + 1);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.data[i];

        if (c == '%') {
            int high = s.len - i > 2 ? hex_value(s.data[i + 1]) : -1;
            int low = s.len - i > 2 ? hex_value(s.data[i + 2]) : -1;

            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(unsigned char)(high * 16 + low);
            i += 2;
        } else if (form && c == '+') {
            c = ' ';
        }
        text[len++] = c;
    }
    *out = (struct str){ text, len };
    return true;
}

static bool
has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.data[i];

        if (c < 0x20 || c == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool
segment_acceptable(struct str segment)
{
    return !has_control(segment) && utf8_valid(segment) &&
           (segment.len == 0 || memchr(segment.data, '\\', segment.len) == NULL) &&
           !str_equal(segment, STR(".")) && !str_equal(segment, STR(".."));
}

static enum err
read_segments(struct arena *arena, struct http_target *target)
{
    struct str rest = { target->path.data + 1, target->path.len - 1 };
    struct str part;

    target->segment_count = 0;
    while (str_split(&rest, '/', &part)) {
        struct str decoded;

        if (target->segment_count == HTTP_SEGMENTS_MAX) {
            return ERR_NOT_FOUND;
        }
        if (!percent_decode(arena, part, false, &decoded) ||
            !segment_acceptable(decoded)) {
            return ERR_BAD_REQUEST;
        }
        target->segment[target->segment_count++] = decoded;
    }
    return ERR_NONE;
}

/* Visible ASCII but '#': the rest either ends a target or does not belong in one. */
static bool
target_bytes_valid(struct str raw)
{
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.data[i];

        if (c <= 0x20 || c >= 0x7f || c == '#') {
            return false;
        }
    }
    return raw.len > 0;
}

/* Takes scheme and authority off an absolute form. */
static bool
read_authority(struct str *raw, struct http_target *target)
{
    size_t skip;
    size_t end;

    if (str_equal_nocase((struct str){ raw->data, raw->len < 7 ? raw->len : 7 },
                         STR("http://"))) {
        skip = 7;
    } else if (str_equal_nocase((struct str){ raw->data, raw->len < 8 ? raw->len : 8 },
                                STR("https://"))) {
        skip = 8;
    } else {
        return false;
    }
    for (end = skip; end < raw->len; end++) {
        if (raw->data[end] == '/' || raw->data[end] == '?') {
            break;
        }
    }
    target->authority = (struct str){ raw->data + skip, end - skip };
    *raw = (struct str){ raw->data + end, raw->len - end };
    return http_authority_valid(target->authority);
}

enum err
http_target_read(struct arena *arena, struct str raw, struct http_target *target)
{
    const char *mark;

    *target = (struct http_target){ .path = raw };
    if (!target_bytes_valid(raw)) {
        return ERR_BAD_REQUEST;
    }
    if (str_equal(raw, STR("*"))) {
        return ERR_NONE;
    }
    if (raw.data[0] != '/' && !read_authority(&raw, target)) {
        return ERR_BAD_REQUEST;
    }
    mark = raw.len > 0 ? memchr(raw.data, '?', raw.len) : NULL;
    target->path = raw;
    if (mark != NULL) {
        target->path.len = (size_t)(mark - raw.data);
        target->query = (struct str){ mark + 1, raw.len - target->path.len - 1 };
    }
    if (target->path.len == 0) { /* "http://host" and "http://host?query" */
        target->path = STR("/");
    }
    return read_segments(arena, target);
}

static bool
query_add(struct query *query, struct str name, struct str value)
{
    if (query->count == QUERY_FIELDS_MAX || has_control(name) || has_control(value) ||
        !utf8_valid(name) || !utf8_valid(value)) {
        return false;
    }
    for (size_t i = 0; i < query->count; i++) {
        if (str_equal(query->field[i].name, name)) {
            return false;
        }
    }
    query->field[query->count++] = (struct query_field){ name, value };
    return true;
}

enum err
http_query_read(struct arena *arena, struct str raw, struct query *query)
{
    struct str pair;

    query->count = 0;
    while (str_split(&raw, '&', &pair)) {
        struct str name, value = pair;

        if (pair.len == 0) {
            continue;
        }
        str_split(&value, '=', &name);
        if (value.data == NULL) {
            value = STR("");
        }
        if (!percent_decode(arena, name, true, &name) ||
            !percent_decode(arena, value, true, &value) ||
            !query_add(query, name, value)) {
            return ERR_BAD_REQUEST;
        }
    }
    return ERR_NONE;
}
