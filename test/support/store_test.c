/* test/support/store_test.c - see the header. */
#include "test/support/store_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"

enum { ARENA_BYTES_MAX = 64 << 20, TASKS_MAX = 10000 };

int
store_test_begin(void **state)
{
    struct store_test *t = xcalloc(1, sizeof *t);

    redis_begin(&t->redis);
    *state = t;
    return 0;
}

int
store_test_end(void **state)
{
    struct store_test *t = *state;

    redis_end(&t->redis);
    free(t);
    return 0;
}

struct store *
store_test_open(struct store_test *t)
{
    struct store_config config = { .url = t->redis.url,
                                   .clock = &t->clock,
                                   .keys = t->keys };
    struct store *store = store_open(t->loop, &config);

    assert_non_null(store);
    return store;
}

const struct reply *
store_test_say(struct store_test *t, const char *words)
{
    struct str rest = arena_dup(t->arena, str_from(words));
    struct call *call = NULL;
    struct str word;

    while (str_split(&rest, ' ', &word)) {
        if (call == NULL) {
            call = call_command(t->arena, arena_cstr(t->arena, word));
        } else {
            call_arg(call, word);
        }
    }
    assert_int_equal(call_wait(t->store, call), ERR_NONE);
    return call->reply;
}

static void
run_body(void *arg)
{
    struct store_test *t = arg;

    t->store = store_test_open(t);
    assert_int_equal(store_wait_ready(t->store, 10000), ERR_NONE);
    store_test_say(t, "FLUSHALL");
    t->body(t);
    store_close(&t->store);
}

void
store_test_run(void **state, void (*body)(struct store_test *t))
{
    struct store_test *t = *state;

    if (t->redis.pid == 0) {
        redis_start(&t->redis);
    }
    t->body = body;
    t->loop = loop_new(TASKS_MAX);
    t->arena = arena_new(ARENA_BYTES_MAX);
    loop_run_task(t->loop, run_body, t);
    arena_free(&t->arena);
    loop_run(t->loop);
    loop_free(&t->loop);
}
