/* test/support/store_test.h - a store of a test's own, on a real Redis.
 *
 *     STORE_TEST(what_must_hold)
 *     {
 *         ... t->store, t->arena; waits are allowed ...
 *     }
 *     ...
 *     cmocka_unit_test(what_must_hold), ...
 *     return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
 *
 * The Redis is shared by a program's tests and emptied before each; loop, store and
 * arena are new for each. A failed assertion ends the program: it would have to jump
 * out of a task.
 */
#ifndef TEST_SUPPORT_STORE_TEST_H
#define TEST_SUPPORT_STORE_TEST_H

#include "base/arena.h"
#include "storage/store.h"
#include "test/support/redis.h"
#include "test/support/unit.h"

struct store_test {
    struct redis redis;
    struct loop *loop;
    struct clock clock;
    struct keys *keys; /* NULL unless the test set it before opening another store */
    struct store *store;
    struct arena *arena;
    void (*body)(struct store_test *t);
};

int store_test_begin(void **state);
int store_test_end(void **state);
void store_test_run(void **state, void (*body)(struct store_test *t));

/* Opens another store on the same Redis; not waited for. */
struct store *store_test_open(struct store_test *t);
/* One command with its words, "SET a{x} b"; its reply, which must be good. Waits. */
const struct reply *store_test_say(struct store_test *t, const char *words);

#define STORE_TEST(name)                           \
    static void name##_body(struct store_test *t); \
    static void name(void **state)                 \
    {                                              \
        store_test_run(state, name##_body);        \
    }                                              \
    static void name##_body(struct store_test *t UNUSED)

#endif
