/* server/route.c - matching decoded segments against the table's patterns. */
#include "server/route.h"

#include "base/buf.h"

static const char *const method_names[] = {
    [METHOD_GET] = "GET",         [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH",     [METHOD_DELETE] = "DELETE", [METHOD_HEAD] = "HEAD",
    [METHOD_OPTIONS] = "OPTIONS",
};
enum { METHODS = sizeof method_names / sizeof method_names[0] };

static bool
segment_matches(struct str pattern, struct str segment, struct route_match *match)
{
    if (pattern.len == 0 || pattern.data[0] != ':') {
        return str_equal(pattern, segment);
    }
    if (segment.len == 0 || match->param_count == ROUTE_PARAMS_MAX) {
        return false;
    }
    match->name[match->param_count] = (struct str){ pattern.data + 1, pattern.len - 1 };
    match->value[match->param_count++] = segment;
    return true;
}

static bool
pattern_matches(const char *pattern, const struct http_target *target,
                struct route_match *match)
{
    struct str rest = str_from(pattern + 1);
    struct str part;
    size_t i = 0;

    match->param_count = 0;
    while (str_split(&rest, '/', &part)) {
        if (i == target->segment_count ||
            !segment_matches(part, target->segment[i++], match)) {
            return false;
        }
    }
    return i == target->segment_count;
}

static unsigned
methods_of(const struct route *route)
{
    return 1U << route->method | (route->method == METHOD_GET ? 1U << METHOD_HEAD : 0) |
           1U << METHOD_OPTIONS;
}

enum err
route_find(const struct route *table, size_t count, enum method method,
           const struct http_target *target, struct route_match *match)
{
    enum method served = method == METHOD_HEAD ? METHOD_GET : method;
    struct route_match trial;

    *match = (struct route_match){ 0 };
    for (size_t i = 0; i < count; i++) {
        if (!pattern_matches(table[i].pattern, target, &trial)) {
            continue;
        }
        match->methods |= methods_of(&table[i]);
        if (table[i].method == served) {
            trial.route = &table[i];
            trial.methods = match->methods;
            *match = trial;
            return ERR_NONE;
        }
    }
    if (match->methods == 0) {
        return ERR_NOT_FOUND;
    }
    return method == METHOD_OPTIONS ? ERR_NONE : ERR_METHOD_NOT_ALLOWED;
}

int64_t
route_body_max(const struct route *route)
{
    if (route->body_bytes_max > 0) {
        return route->body_bytes_max;
    }
    return route->method == METHOD_GET ? 0 : BODY_BYTES_USUAL;
}

struct str
route_allow(struct arena *arena, unsigned methods)
{
    struct str text = STR("");

    for (unsigned i = 0; i < METHODS; i++) {
        if (methods >> i & 1U) {
            text = arena_printf(arena, "%.*s%s%s", STR_ARGS(text),
                                text.len > 0 ? ", " : "", method_names[i]);
        }
    }
    return text;
}

const char *
method_name(enum method method)
{
    return method_names[method];
}
