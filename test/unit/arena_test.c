/* test/unit/arena_test.c - memory is zeroed whatever was tried in it before, and texts are
 * whole wherever a block ends. */
#include "base/arena.h"
#include "base/buf.h"
#include "test/unit/unit.h"

enum { ARENA_BYTES = 16 << 20, ROUNDS = 2000 };

static void
texts_are_whole_wherever_a_block_ends(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BYTES);

    for (int i = 1; i < ROUNDS; i++) {
        struct str text = arena_printf(arena, "%0*d|%s", i % 97, i, "end");
        int64_t number;

        assert_string_equal(text.data + text.len - 4, "|end");
        assert_true(str_to_i64(str_of(text.data, text.len - 4), &number));
        assert_int_equal(number, i);
    }
    arena_free(&arena);
}

static void
memory_is_zeroed_also_where_a_text_did_not_fit(void **state UNUSED)
{
    static const char zeros[64];
    struct arena *arena = arena_new(ARENA_BYTES);

    for (int i = 0; i < ROUNDS; i++) {
        arena_printf(arena, "%0*d", i % 1500, 7);
        assert_memory_equal(arena_alloc(arena, 1 + (size_t)i % 64), zeros,
                            1 + (size_t)i % 64);
    }
    arena_free(&arena);
}

static void
count_up(void *count)
{
    ++*(int *)count;
}

static void
what_was_reset_is_empty_and_zeroed(void **state UNUSED)
{
    static const char zeros[256];
    struct arena *arena = arena_new(ARENA_BYTES);
    int farewells = 0;

    for (int round = 0; round < ROUNDS; round++) {
        size_t bytes = round % 7 == 0 ? ARENA_BYTES / 2 : 100 * (size_t)(round % 50);

        arena_on_free(arena, count_up, &farewells);
        for (int i = 0; i < 10; i++) {
            void *memory = arena_alloc(arena, sizeof(zeros));

            assert_memory_equal(memory, zeros, sizeof(zeros));
            memset(memory, 'x', sizeof(zeros));
        }
        assert_non_null(arena_try_alloc(arena, bytes)); /* never full */
        arena_reset(arena);
        assert_int_equal(farewells, round + 1);
    }
    arena_free(&arena);
    assert_int_equal(farewells, ROUNDS);
}

static void
it_holds_what_it_may_and_no_more(void **state UNUSED)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    int held = 0;

    while (arena_try_alloc(arena, 1000) != NULL) { /* takes 1008 */
        held++;
    }
    assert_true(held * 1008 <= ARENA_BYTES && held * 1008 > ARENA_BYTES / 50 * 49);
    arena_free(&arena);
}

static void
pieces_are_joined_in_their_order(void **state UNUSED)
{
    static const struct str pieces[] = { STR("/s/"), { NULL, 0 }, STR("7"), STR("") };
    struct arena *arena = arena_new(ARENA_BYTES);

    assert_string_equal(arena_join(arena, pieces, COUNT(pieces)).data, "/s/7");
    assert_int_equal(arena_join(arena, pieces, COUNT(pieces)).len, 4);
    assert_string_equal(arena_join(arena, pieces, 0).data, "");
    arena_free(&arena);
}

static void
a_text_that_does_not_fit_leaves_a_buf_full_and_as_it_was(void **state UNUSED)
{
    struct buf buf;

    buf_init(&buf, 16);
    buf_printf(&buf, "%d", 12345);
    buf_printf(&buf, "%s", "ten bytes.");
    assert_true(buf.full == false);
    buf_printf(&buf, "%s", "x");
    assert_true(buf.full);
    assert_int_equal(buf.len, 15);
    assert_memory_equal(buf.data, "12345ten bytes.", 15);
    buf_free(&buf);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_whole_wherever_a_block_ends),
        cmocka_unit_test(memory_is_zeroed_also_where_a_text_did_not_fit),
        cmocka_unit_test(what_was_reset_is_empty_and_zeroed),
        cmocka_unit_test(it_holds_what_it_may_and_no_more),
        cmocka_unit_test(pieces_are_joined_in_their_order),
        cmocka_unit_test(a_text_that_does_not_fit_leaves_a_buf_full_and_as_it_was),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
