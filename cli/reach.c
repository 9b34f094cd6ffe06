/* cli/reach.c - see reach.h. */
#include "cli/reach.h"

#include <stdio.h>

static bool
open_data(struct reach *reach, const struct options *options, enum reach_as as)
{
    char why[512];

    reach->embedded = embedded_store_open(option_or(options, OPTION_DATA, DATA_DEFAULT),
                                          why, sizeof(why));
    if (!reach->embedded) {
        say_failed("%s", why);
        return false;
    }
    reach->config.url = embedded_store_url(reach->embedded);
    reach->config.user = as == REACH_ADMIN ? "admin" : "service";
    reach->config.password = as == REACH_ADMIN
                                 ? embedded_store_admin_password(reach->embedded)
                                 : embedded_store_password(reach->embedded);
    return true;
}

static bool
open_keys(struct reach *reach, const struct options *options)
{
    const char *given = options->value[OPTION_KEYS];
    char why[512];
    int len = snprintf(reach->keys_path, sizeof(reach->keys_path),
                       given ? "%s" : "%s/xiaopu.keys",
                       given ? given : option_or(options, OPTION_DATA, DATA_DEFAULT));

    if (len < 0 || (size_t)len >= sizeof(reach->keys_path)) {
        say_failed("the key file's path is too long");
        return false;
    }
    reach->keys = keys_open(reach->keys_path, clock_real_ms(), why, sizeof(why));
    if (!reach->keys) {
        say_failed("%s", why);
    }
    return reach->keys != NULL;
}

int
reach_open(struct reach *reach, const struct options *options, enum reach_as as)
{
    const char *url = options->value[OPTION_REDIS];

    *reach = (struct reach){ .config = { .url = url, .clock = &reach->clock } };
    if ((!url && !open_data(reach, options, as)) || !open_keys(reach, options)) {
        reach_close(reach);
        return EXIT_FAILED;
    }
    reach->config.keys = reach->keys;
    return EXIT_DONE;
}

void
reach_close(struct reach *reach)
{
    keys_close(&reach->keys);
    embedded_store_close(&reach->embedded);
}
