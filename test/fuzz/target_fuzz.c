/* test/fuzz/target_fuzz.c - request targets, queries and forms: what is taken is text
 * that was decoded once, and written again with every byte escaped it reads the same.
 *
 * Input: a line, which is a target. Its query is read; without one, all of it is a form. */
#include "base/buf.h"
#include "base/utf8.h"
#include "server/http/target.h"
#include "test/fuzz/fuzz.h"

enum { ARENA_BYTES_MAX = 1 << 20, BYTES_MAX = 256 << 10 };

/* Nothing that is read could end a line or a string, or go up a directory. */
static void
expect_text(struct str s)
{
    assert(utf8_valid(s));
    for (size_t i = 0; i < s.len; i++) {
        assert((unsigned char)s.data[i] >= 0x20 && s.data[i] != 0x7f);
    }
}

static void
put_escaped(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        buf_printf(out, "%%%02x", (unsigned char)s.data[i]);
    }
}

static void
read_query_again(struct arena *arena, const struct query *query)
{
    struct query again;
    struct buf text;

    buf_init(&text, BYTES_MAX);
    for (size_t i = 0; i < query->count; i++) {
        buf_put_char(&text, '&');
        put_escaped(&text, query->field[i].name);
        buf_put_char(&text, '=');
        put_escaped(&text, query->field[i].value);
    }
    assert(!text.full);
    assert(http_query_read(arena, buf_str(&text), &again) == ERR_NONE);
    assert(again.count == query->count);
    for (size_t i = 0; i < again.count; i++) {
        assert(str_equal(again.field[i].name, query->field[i].name));
        assert(str_equal(again.field[i].value, query->field[i].value));
    }
    buf_free(&text);
}

static void
read_query(struct arena *arena, struct str raw)
{
    struct query query;

    if (http_query_read(arena, raw, &query) != ERR_NONE) {
        return;
    }
    assert(query.count <= QUERY_FIELDS_MAX);
    for (size_t i = 0; i < query.count; i++) {
        expect_text(query.field[i].name);
        expect_text(query.field[i].value);
        for (size_t k = 0; k < i; k++) {
            assert(!str_equal(query.field[i].name, query.field[k].name));
        }
    }
    read_query_again(arena, &query);
}

static void
read_target_again(struct arena *arena, const struct http_target *target)
{
    struct http_target again;
    struct buf text;

    buf_init(&text, BYTES_MAX);
    for (size_t i = 0; i < target->segment_count; i++) {
        buf_put_char(&text, '/');
        put_escaped(&text, target->segment[i]);
    }
    assert(!text.full);
    assert(http_target_read(arena, buf_str(&text), &again) == ERR_NONE);
    assert(again.segment_count == target->segment_count);
    for (size_t i = 0; i < again.segment_count; i++) {
        assert(str_equal(again.segment[i], target->segment[i]));
    }
    buf_free(&text);
}

static void
read_target(struct arena *arena, struct str raw)
{
    struct http_target target;

    if (http_target_read(arena, raw, &target) != ERR_NONE) {
        return;
    }
    if (str_equal(target.path, STR("*"))) {
        assert(target.segment_count == 0);
        return;
    }
    assert(target.segment_count >= 1 && target.segment_count <= HTTP_SEGMENTS_MAX);
    for (size_t i = 0; i < target.segment_count; i++) {
        expect_text(target.segment[i]);
        assert(!str_equal(target.segment[i], STR("..")));
        assert(!str_equal(target.segment[i], STR(".")));
    }
    assert(target.authority.len == 0 || http_authority_valid(target.authority));
    read_target_again(arena, &target);
    read_query(arena, target.query);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct str bytes = str_of(data, size);

    if (size <= HTTP_LINE_BYTES_MAX) {
        read_target(arena, bytes);
        read_query(arena, bytes);
    }
    arena_free(&arena);
    return 0;
}
