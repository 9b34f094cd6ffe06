/* cli/reach.h - how a process of ours reaches its store, as its options say.
 *
 * --redis URL with --keys FILE, or --data DIR with the key file in it. The clock is the
 * process's; it is set by who knows the test clock's offset.
 *
 * Ownership   `config` borrows from the rest; it is good until reach_close().
 */
#ifndef CLI_REACH_H
#define CLI_REACH_H

#include "cli/options.h"
#include "storage/embedded_store.h"
#include "storage/privacy/keys.h"
#include "storage/store.h"

/* What every process that uses a store takes. */
#define TAKES_STORE (TAKES(DATA) | TAKES(REDIS) | TAKES(KEYS))

#define DATA_DEFAULT "./data"

struct reach {
    struct embedded_store *embedded; /* NULL with --redis */
    struct keys *keys;
    struct clock clock;
    struct store_config config;
    const bool
        *give_up; /* waiting for a store ends when this is true; NULL: after 10 s */
    char keys_path[512];
};

enum reach_as {
    REACH_SERVICE,
    REACH_ADMIN /* of the embedded store: for what the service may not do */
};

/* Opens directory and key file; makes a key file where none is. Starts nothing.
 * EXIT_DONE, or what say_failed() returned. */
int reach_open(struct reach *reach, const struct options *options, enum reach_as as);
/* Stops the embedded store if it was started here; waits then. */
void reach_close(struct reach *reach);

#endif
