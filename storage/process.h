/* storage/process.h - which processes live, and what they last said of themselves.
 *
 * Every server and worker beats once a second into process:{g}, stamped with Redis' own
 * time: a test clock or a machine's wrong one moves nobody's life. Who was silent for
 * PROCESS_SILENT_MS is dead. Partitions go to the live workers by rendezvous hashing, but
 * to none whose clock is wrong (storage/skew.h): it would only hold them. That is a matter
 * of efficiency only, what may be written the positions decide.
 * Each beat names the versions of the function libraries that the process calls, so
 * that nobody deletes them (storage/redis/prune.h).
 *
 * Waits       Every function that takes the store.
 */
#ifndef STORAGE_PROCESS_H
#define STORAGE_PROCESS_H

#include "base/arena.h"
#include "proto/err.h"

struct store;

enum {
    PROCESS_BEAT_MS = 1000,
    PROCESS_SILENT_MS = 3000,
    PROCESS_ID_BYTES = 17, /* 16 hex digits and a NUL */
    PROCESSES_MAX = 64     /* that a list holds */
};

enum process_role { PROCESS_SERVER, PROCESS_SCORING, PROCESS_ROLES };

struct process_state {
    char id[PROCESS_ID_BYTES];
    enum process_role role;
    int64_t silent_ms;       /* out of process_list() only */
    int64_t clock_offset_ms; /* that the process has taken over from clock:{g} */
    int64_t skew_ms;         /* how far the store's clock is ahead of its machine's */
    /* workers */
    int64_t due_offset_ms;  /* under this offset all that was due has been done */
    int64_t due_at_ms;      /* ... by this moment of the clock */
    int64_t policy_version; /* that it works by */
    int64_t partitions;     /* that it holds */
    int64_t events_total;   /* applied since its start */
    int64_t events_per_s;   /* applied since its last beat */
    int64_t batches_total;
    int64_t dead_total;     /* bad events put aside */
    int64_t late_total;     /* visits that came after their period was over */
    int64_t lag_events;     /* read and not yet applied */
    int64_t lag_ms;         /* age of the oldest event not yet applied */
    int64_t release;        /* the newest it knows; 0: none */
    int64_t released_at_ms; /* its as_of */
    int64_t alarms_total;   /* streams found cut behind our back */
};

/* A new random id. */
void process_id_make(char id[PROCESS_ID_BYTES]);

/* I live, and this is how I am. */
enum err process_beat(struct store *store, struct arena *arena,
                      const struct process_state *state);
/* I end: others need not wait for my silence. */
enum err process_leave(struct store *store, struct arena *arena, const char *id);
/* Those that live. */
enum err process_list(struct store *store, struct arena *arena,
                      struct process_state states[PROCESSES_MAX], size_t *count);

/* The function libraries that live processes name. */
struct process_libraries {
    struct str *named; /* by each process: versions, with a space between two */
    size_t count;
    size_t
        unnamed; /* live processes that name none: of a version before this was said */
};
enum err process_libraries(struct store *store, struct arena *arena,
                           struct process_libraries *used);

/* The one of `count` processes in this role that takes the thing with this number (a
 * partition; PROCESS_FOR_RELEASES). NULL when there is none. */
enum { PROCESS_FOR_RELEASES = 1000, PROCESS_FOR_RELAY = 2000 /* + partition */ };
const struct process_state *process_for(const struct process_state *states,
                                        size_t count, enum process_role role,
                                        unsigned thing);

#endif
