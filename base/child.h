/* base/child.h - a process of ours that ends when we do.
 *
 * It is started through setpriv(1), so that it gets SIGTERM, or SIGKILL when it is to
 * be brief, when the thread that started it ends, by whatever cause; and in a session of
 * its own, so that Ctrl-C on our terminal does not reach it before we say so. Its stdin
 * is /dev/null, its stdout goes where our stderr goes, or nowhere.
 *
 * A child that is kept is started again when it ends by itself: after 100 ms, then
 * twice as long each time up to 5 s, and at once 100 ms again when it had lived 10 s.
 *
 * Threads     Start children from the main thread: the signal comes when the starting
 *             thread ends.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/task.h"

struct child;

enum { CHILD_ARGS_MAX = 40 };

struct child_config {
    const char *name;        /* for the log; a literal */
    const char *const *argv; /* ends in NULL; copied. argv[0] is looked up in PATH */
    const char *dir;         /* where it runs; NULL: here */
    int fd;                  /* one descriptor it inherits as 3; -1: none */
    bool quiet;              /* its stdout goes nowhere */
    bool brief; /* nothing it does is to outlive us: it may take no leave */
};

/* NULL, and errno says why, when it cannot be started. Not kept at first. */
struct child *child_start(struct loop *loop, const struct child_config *config);
void child_keep(struct child *child);
/* SIGHUP and the like; nothing while it is down. */
void child_signal(struct child *child, int signal_number);
/* Ends it by SIGTERM, by SIGKILL after timeout_ms, and frees it. Waits. NULL inside is
 * allowed. */
void child_stop(struct child **child, int timeout_ms);

bool child_alive(const struct child *child);
/* Of the last end: the exit code, or 128 + the signal's number. */
int child_status(const struct child *child);

#endif
