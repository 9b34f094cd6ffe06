/* test/support/keyed.c - see the header. */
#include "test/support/keyed.h"

#include <stdio.h>

#include "storage/privacy/keys.h"
#include "test/support/store_test.h"

int
keyed_begin(void **state)
{
    struct store_test *t;
    char path[64], why[256];

    if (store_test_begin(state) != 0) {
        return -1;
    }
    t = *state;
    snprintf(path, sizeof(path), "%s/keys", t->redis.dir);
    t->keys = keys_open(path, 1, why, sizeof(why));
    return t->keys != NULL ? 0 : -1;
}

int
keyed_end(void **state)
{
    struct store_test *t = *state;

    keys_close(&t->keys);
    return store_test_end(state);
}
