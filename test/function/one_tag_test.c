/* test/function/one_tag_test.c - store functions touch the keys that are handed in, and
 * no others: so a call's one tag (storage/redis/call.c) is the tag of all it touches.
 *
 * Every function that Redis lists is walked (walk.lua) until each redis.call in each
 * library was reached and each function ended well. */
#include <stdio.h>

#include "storage/redis/call.h"
#include "test/support/store_test.h"

enum { WALKS_MAX = 20000, WALK_MS_MAX = 10000, SOURCE_BYTES_MAX = 32 << 10 };

/* Functions that learn an id, or a list's name, and put it behind a key that they were
 * given without it (storage/key.h): which of their keys, counted from 1. */
static const struct {
    const char *function;
    int key;
} open_keys[] = {
    { "catalogue_put", 3 },    { "catalogue_put", 4 },    { "catalogue_put", 5 },
    { "catalogue_check", 3 },  { "catalogue_check", 4 },  { "catalogue_check", 5 },
    { "catalogue_strays", 3 }, { "catalogue_strays", 5 }, { "catalogue_miscounts", 3 },
    { "product_find", 2 },     { "product_find", 3 },     { "product_put", 2 },
    { "product_put", 3 },      { "sale_claim", 2 },       { "sale_claimed", 2 },
    { "sale_list", 2 },        { "sale_report", 3 },      { "sale_refund", 2 },
    { "sale_refund", 3 },      { "sale_read", 2 },        { "sale_leaf", 2 },
};

static void
load_walk(struct store_test *t)
{
    static char source[SOURCE_BYTES_MAX];
    struct call *call = call_command(t->arena, "FUNCTION");
    FILE *file = fopen("test/function/walk.lua", "r");
    size_t len;

    assert_non_null(file);
    len = fread(source, 1, sizeof(source), file);
    assert_true(len > 0 && len < sizeof(source));
    fclose(file);
    call_text(call, "LOAD");
    call_arg(call, str_of(source, len));
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
}

/* The value behind a name in a reply of names and values. */
static const struct reply *
field(const struct reply *map, const char *name)
{
    for (size_t i = 0; i + 1 < map->count; i += 2) {
        if (str_equal(reply_str(reply_at(map, i)), str_from(name))) {
            return reply_at(map, i + 1);
        }
    }
    fail_msg("no %s in what Redis says of a library", name);
    return NULL;
}

/* The library's functions, each some times; the reply says what was wrong, and what is
 * still to be reached. */
static const struct reply *
walk(struct store_test *t, struct str library, struct str code, int seed)
{
    struct call *call = call_command(t->arena, "FCALL");

    call_text(call, "walk");
    call_text(call, "0");
    call_arg(call, library);
    call_arg(call, code);
    call_int(call, seed);
    for (size_t i = 0; i < COUNT(open_keys); i++) {
        call_text(call, open_keys[i].function);
        call_int(call, open_keys[i].key);
    }
    call->timeout_ms = WALK_MS_MAX;
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    return call->reply;
}

static void
expect_nothing(struct str library, const char *what, const struct reply *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct str line = reply_str(reply_at(list, i));

        print_error("%.*s: %s%.*s\n", (int)library.len, library.data, what,
                    (int)line.len, line.data);
    }
    assert_int_equal(list->count, 0);
}

static void
walk_through(struct store_test *t, struct str library, struct str code)
{
    const struct reply *found = walk(t, library, code, 1);

    for (int seed = 2; seed < WALKS_MAX && reply_at(found, 0)->count == 0 &&
                       reply_at(found, 1)->count > 0;
         seed++) {
        found = walk(t, library, code, seed);
    }
    expect_nothing(library, "", reply_at(found, 0));
    expect_nothing(library, "never reached: ", reply_at(found, 1));
}

STORE_TEST(functions_touch_no_key_that_was_not_handed_in)
{
    struct call *call = call_command(t->arena, "FUNCTION");

    call_text(call, "LIST");
    call_text(call, "WITHCODE");
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    assert_true(call->reply->count > 0);
    load_walk(t);
    for (size_t i = 0; i < call->reply->count; i++) {
        const struct reply *library = reply_at(call->reply, i);

        walk_through(t, reply_str(field(library, "library_name")),
                     reply_str(field(library, "library_code")));
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_touch_no_key_that_was_not_handed_in),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
