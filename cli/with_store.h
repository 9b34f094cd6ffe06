/* cli/with_store.h - a store for one command.
 *
 * --redis URL: that one. --data DIR (./data): the embedded store there; when nobody
 * runs it, it is started, worked on and stopped, otherwise its socket is used.
 *
 * Commands would rather wait than fail half-way: a part of the store that is away for a
 * moment, as when a replica takes over, is waited for (store_be_patient()).
 */
#ifndef CLI_WITH_STORE_H
#define CLI_WITH_STORE_H

#include "cli/reach.h"

/* Runs in a task with a store that is ready, the test clock's offset taken over; its
 * result is the exit code. */
typedef int with_store_fn(struct store *store, const struct options *options);

/* The exit code of fn, or of say_failed() when there is no store to be had. */
int with_store(const struct options *options, with_store_fn *fn);

/* The same for what opens more connections of its own. */
typedef int with_reach_fn(struct store *store, struct reach *reach,
                          const struct options *options);
int with_reach(const struct options *options, with_reach_fn *fn);

/* The same for what needs more than the service may do; only with --data. */
int with_admin(const struct options *options, with_reach_fn *fn);

/* Opens the store of a running loop and waits until it is ready. NULL after one line
 * on stderr, or when somebody gave up. Waits. */
struct store *store_open_ready(struct reach *reach);
/* The same, to be judged by the caller: NULL and the error. */
enum err store_try_open(struct reach *reach, struct store **store);
/* That one line. Returns EXIT_FAILED. */
int say_not_ready(enum err err, const struct reach *reach);

#endif
