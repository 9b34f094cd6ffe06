/* server/page/link.c - see the header. */
#include "server/page/link.h"

#include <assert.h>
#include <inttypes.h>

#include "storage/catalogue/product.h"

static struct str
behind(struct str s, size_t at)
{
    return (struct str){ s.data + at, s.len - at };
}

/* How many bytes come before one of `stops`; all when none does. */
static size_t
span(struct str s, const char *stops)
{
    size_t len = 0;

    while (len < s.len && strchr(stops, s.data[len]) == NULL) {
        len++;
    }
    return len;
}

/* The query without its xp parameters, each kept one followed by '&'. */
static struct str
query_kept(struct arena *arena, struct str query)
{
    struct str out = { "", 0 }, part;

    while (str_split(&query, '&', &part)) {
        if (part.len > 0 && !str_equal(part, STR("xp")) &&
            !str_starts(part, STR("xp="))) {
            out = arena_printf(arena, "%.*s%.*s&", STR_ARGS(out), STR_ARGS(part));
        }
    }
    return out;
}

struct str
link_with_number(struct arena *arena, struct str url, struct shop_number number)
{
    struct str host = product_url_host(url);
    size_t before = span(url, "?#"), query_end = span(url, "#");
    struct str path = { url.data, before };
    struct str fragment = behind(url, query_end);
    struct str query = { NULL, 0 };
    bool has_path = host.data + host.len < url.data + before;

    assert(host.data != NULL);
    if (before < query_end) {
        query = (struct str){ url.data + before + 1, query_end - before - 1 };
    }
    return arena_printf(arena, "%.*s%s?%.*sxp=%" PRId64 "%.*s", STR_ARGS(path),
                        has_path ? "" : "/", STR_ARGS(query_kept(arena, query)),
                        number.value, STR_ARGS(fragment));
}
