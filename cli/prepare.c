/* cli/prepare.c - see prepare.h. */
#include "cli/prepare.h"

#include "cli/demo.h"
#include "cli/with_store.h"
#include "proto/time.h"
#include "storage/test_clock.h"

enum { ARENA_BYTES_MAX = 64 << 10 };

/* The time of --test-clock=RFC3339; 0 when none is given. */
static int64_t
clock_start_ms(const struct options *options)
{
    int64_t start_at_ms = 0;

    time_read(str_from(option_or(options, OPTION_TEST_CLOCK, "")), &start_at_ms);
    return start_at_ms;
}

/* A new store's clock begins there; an old one's goes on. */
static enum err
begin_clock(struct reach *reach, struct store *store, int64_t start_at_ms)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    int64_t offset_ms = 0;
    enum err err = test_clock_read(store, arena, &offset_ms);

    if (err == ERR_NONE && offset_ms == 0) {
        err =
            test_clock_advance(store, arena, start_at_ms - clock_real_ms(), &offset_ms);
    }
    reach->clock.offset_ms = offset_ms;
    arena_free(&arena);
    return err;
}

bool
prepare_store(struct reach *reach, const struct options *options)
{
    struct store *store;
    int64_t start_at_ms = clock_start_ms(options);
    enum err err = ERR_NONE;
    bool good = true;

    if (!(store = store_open_ready(reach))) {
        return false;
    }
    if (start_at_ms != 0) {
        err = begin_clock(reach, store, start_at_ms);
    }
    if (err != ERR_NONE) {
        say_failed("the test clock was not set: %s", err_text(err));
    } else if (options->value[OPTION_DEMO]) {
        good = demo_fill(store, reach) == EXIT_DONE;
    }
    store_close(&store);
    return good && err == ERR_NONE;
}
