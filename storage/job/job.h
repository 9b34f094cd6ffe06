/* storage/job/job.h - records of work that goes on after its request was answered.
 *
 * A job belongs to the member who asked for it. Whoever does the work tells of it at
 * least every JOB_BEAT_S; a running job that nobody told of for JOB_SILENT_S counts as
 * failed, ERR_INTERRUPTED (its process died). Records go after JOB_KEPT_S.
 *
 * Waits       Every function that takes the store.
 * Ownership   Results lie in the arena.
 */
#ifndef STORAGE_JOB_JOB_H
#define STORAGE_JOB_JOB_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct store;

enum {
    JOB_ID_CHARS = 32, /* hex; the first two digits are the owner's partition */
    JOB_ERRORS_MAX = 100,
    JOB_BEAT_S = 5,
    JOB_SILENT_S = 30,
    JOB_KEPT_S = 30 * 86400,
    JOB_RESULT_BYTES_MAX = 256 << 10
};

struct job_id {
    char text[JOB_ID_CHARS + 1];
};

enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED };
const char *job_state_name(enum job_state state); /* "queued" */

/* One thing that went wrong within a job that went on. */
struct job_error {
    int64_t line;      /* of the file that was sent; 0: none */
    struct str field;  /* may be empty */
    struct str reason; /* in English, as in struct json_fault */
};

struct job {
    struct job_id id;
    struct member_id owner;
    struct str kind; /* "import", "release", "preview" */
    enum job_state state;
    int64_t done, total; /* what is counted is the kind's; total 0: not known */
    int64_t errors_total;
    size_t errors_count; /* at most JOB_ERRORS_MAX of them are kept */
    const struct job_error *errors;
    struct str result; /* JSON, or empty */
    enum err reason;   /* of JOB_FAILED */
    bool refused;      /* JOB_FAILED before anybody was told of it */
    int64_t created_at_ms;
    struct str fingerprint; /* of the request under an Idempotency-Key; empty: none, or
                               the request has not come to its end */
};

/* An id in the owner's partition: random, or from the seed that an Idempotency-Key
 * gives (server/request.h). */
struct job_id job_id_make(struct member_id owner);
struct job_id job_id_from(struct member_id owner, const uint8_t seed[32]);
/* All of s; false for what no job_id_make() made. */
bool job_id_parse(struct str s, struct job_id *id);

/* *begin says whether the work shall begin: not when there was one of this id already,
 * unless it is queued still. ERR_IDEMPOTENCY_MISMATCH when its fingerprint differs; who
 * gives none does not ask. */
enum err job_create(struct store *store, struct arena *arena, const struct job *job,
                    bool *begin);
/* ERR_NOT_FOUND. */
enum err job_read(struct store *store, struct arena *arena, struct job_id id,
                  struct job *job);

struct job_progress {
    int64_t done, total, errors_total;
    size_t errors_before; /* kept by earlier calls */
    size_t errors_count;  /* new ones; beyond JOB_ERRORS_MAX in all they are left out */
    const struct job_error *errors;
    struct str fingerprint; /* known only now; else empty */
};
/* ERR_MOVED_ON when the job has ended or is gone: stop working. */
enum err job_tell(struct store *store, struct arena *arena, struct job_id id,
                  const struct job_progress *progress);
enum err job_done(struct store *store, struct arena *arena, struct job_id id,
                  struct str result);
enum err job_failed(struct store *store, struct arena *arena, struct job_id id,
                    enum err reason);
/* It was created and then refused: it failed, and whoever asks again under its key is
 * judged anew. */
enum err job_refused(struct store *store, struct arena *arena, struct job_id id,
                     enum err reason);

#endif
