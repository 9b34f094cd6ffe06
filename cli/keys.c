/* cli/keys.c - xiaopu keys: making the key file, and giving it a new month. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/with_store.h"
#include "proto/time.h"
#include "storage/privacy/pseudonym.h"

int
command_keys_make(const struct options *options)
{
    char why[512];
    struct keys *keys =
        keys_open(options->value[OPTION_KEYS], clock_real_ms(), why, sizeof(why));

    if (!keys) {
        return say_failed("%s", why);
    }
    keys_close(&keys);
    return EXIT_DONE;
}

/* New key, then everything wrapped by the one in use, then the old keys go: whoever stops
 * between two of these steps has lost nothing. Wrapping keys live by the real clock. */
static int
rotate(struct store *store, const struct options *options)
{
    struct keys *keys = store_keys(store);
    char why[512];
    enum err err;

    (void)options;
    if (!keys_add_month(keys, clock_real_ms(), why, sizeof(why))) {
        return say_failed("%s", why);
    }
    err = pseudonym_keep_keys(store, time_day(store_now_ms(store) / 1000),
                              clock_real_ms());
    if (err != ERR_NONE) {
        return say_failed("the keys in the store were not wrapped anew: %s",
                          err_text(err));
    }
    if (!keys_wipe_old(keys, clock_real_ms(), why, sizeof(why))) {
        return say_failed("%s", why);
    }
    return EXIT_DONE;
}

int
command_keys_rotate(const struct options *options)
{
    return with_store(options, rotate);
}
