/* server/http/head.c - looking fields up, keeping a head for longer, and what a host may
 * look like. */
#include "server/http/head.h"

struct str
http_head_field(const struct http_head *head, struct str name)
{
    for (size_t i = 0; i < head->field_count; i++) {
        if (str_equal_nocase(head->field[i].name, name)) {
            return head->field[i].value;
        }
    }
    return (struct str){ NULL, 0 };
}

struct http_head *
http_head_copy(struct arena *arena, const struct http_head *head)
{
    struct http_head *copy = arena_alloc(arena, sizeof *copy);

    *copy = *head;
    copy->target = arena_dup(arena, head->target);
    copy->host = arena_dup(arena, head->host);
    copy->field = arena_alloc(arena, head->field_count * sizeof *copy->field + 1);
    for (size_t i = 0; i < head->field_count; i++) {
        copy->field[i].name = arena_dup(arena, head->field[i].name);
        copy->field[i].value = arena_dup(arena, head->field[i].value);
    }
    return copy;
}

static bool
is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
host_byte(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '-' || c == '.' || c == '_';
}

static bool
port_valid(struct str port)
{
    int64_t number;

    return port.len >= 1 && port.len <= 5 && port.data[0] != '-' &&
           str_to_i64(port, &number) && number >= 1 && number <= 65535;
}

static size_t
ipv6_length(struct str authority)
{
    for (size_t i = 1; i < authority.len; i++) {
        char c = authority.data[i];

        if (c == ']') {
            return i > 2 ? i + 1 : 0;
        }
        if (!is_hex(c) && c != ':' && c != '.') {
            return 0;
        }
    }
    return 0;
}

bool
http_authority_valid(struct str authority)
{
    size_t len = 0;

    if (authority.len == 0 || authority.len > 255) {
        return false;
    }
    if (authority.data[0] == '[') {
        len = ipv6_length(authority);
    } else {
        while (len < authority.len && host_byte((unsigned char)authority.data[len])) {
            len++;
        }
    }
    if (len == 0) {
        return false;
    }
    return len == authority.len ||
           (authority.data[len] == ':' &&
            port_valid(
                (struct str){ authority.data + len + 1, authority.len - len - 1 }));
}
