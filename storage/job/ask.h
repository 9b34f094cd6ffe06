/* storage/job/ask.h - work that is asked of the scoring worker.
 *
 * A stream in {g}, read by the worker that holds releases; each entry names the job
 * that answers it. An entry goes when its job has ended, so one whose worker died is
 * found again by the next. Previews may take minutes: they have a line of their own, in
 * which nothing else waits, and there is one at a time.
 *
 * Waits       Every function here.
 * Ownership   Results lie in the arena.
 */
#ifndef STORAGE_JOB_ASK_H
#define STORAGE_JOB_ASK_H

#include "storage/job/job.h"

enum { ASKS_WAITING_MAX = 100 };
#define ASK_RELEASE "release"
#define ASK_PREVIEW "preview"

/* Creates the job, queued, and asks for it: ERR_OVERLOADED when too many wait,
 * ERR_PREVIEW_RUNNING, ERR_IDEMPOTENCY_MISMATCH as job_create(). A job that was there
 * already is not asked for twice. `args` is JSON, or empty. */
enum err ask_worker(struct store *store, struct arena *arena, const struct job *job,
                    struct str args);

struct ask {
    struct str entry; /* its id in the stream */
    struct job_id job;
    struct str kind;
    struct str args;
};
enum ask_line { ASK_LINE_PREVIEWS, ASK_LINE_OTHERS };
/* The oldest that waits in this line; *found false when there is none. An entry that
 * cannot be read is taken out and counts as none. */
enum err ask_next(struct store *store, struct arena *arena, enum ask_line line,
                  struct ask *ask, bool *found);
enum err ask_answered(struct store *store, struct arena *arena, const struct ask *ask);

#endif
