/* test/fuzz/template_fuzz.c - any template with any value ends, within its limits.
 *
 * Input: a template, a NUL, and the text that all its names stand for.
 */
#include <assert.h>

#include "server/page/mustache.h"

enum { OUT_BYTES_MAX = 64 << 10, ARENA_BYTES_MAX = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct value *
object_of(struct arena *arena, const char *name, struct str text)
{
    struct value *object = value_object(arena, 1);

    value_put_text(object, name, text);
    return object;
}

/* {"a": text, "b": [{"c": text}, {"c": text}], "d": {"e": text}, "f": text} */
static struct value *
values(struct arena *arena, struct str text)
{
    struct value *all = object_of(arena, "a", text);
    struct value *list = value_list(arena);

    value_add(list, object_of(arena, "c", text));
    value_add(list, object_of(arena, "c", text));
    value_put(all, "b", list);
    value_put(all, "d", object_of(arena, "e", text));
    value_put_text(all, "f", text);
    return all;
}

static void
render(const struct mustache *set, struct str text)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    const struct value *context = values(arena, text);
    struct buf out;

    buf_init(&out, OUT_BYTES_MAX);
    mustache_render(set, STR("main"), &context, 1, &out);
    assert(out.len <= OUT_BYTES_MAX);
    buf_free(&out);
    arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = { size > 0 ? (const char *)data : NULL, size }, source;
    struct mustache *set = mustache_new(MUSTACHE_RAW_REFUSED);
    struct mustache_fault fault;

    if (str_split(&rest, '\0', &source) &&
        mustache_add(set, STR("main"), source, &fault)) {
        render(set, rest.data != NULL ? rest : STR("x"));
    }
    mustache_free(&set);
    return 0;
}
