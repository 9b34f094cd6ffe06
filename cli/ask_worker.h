/* cli/ask_worker.h - a command that lets the scoring worker work, and waits for it.
 *
 * When no worker beats, one runs in this process for as long as the command takes: the
 * same functions, found by the same question.
 */
#ifndef CLI_ASK_WORKER_H
#define CLI_ASK_WORKER_H

#include "base/arena.h"
#include "cli/reach.h"

/* Asks for a job of this kind and prints its result, JSON, on stdout. The exit code.
 * Waits. */
int ask_worker_and_print(struct store *store, const struct reach *reach,
                         struct arena *arena, struct str kind, struct str args);

#endif
