/* scoring/ask.c - work that operators ask of the worker. */
#include "scoring/ask.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "proto/policy.h"
#include "scoring/preview.h"
#include "scoring/release.h"
#include "storage/job/ask.h"

enum { TELL_MS = 250 };

/* The job has its answer, or none is to be had: the entry goes, or it would stand before
 * all others for ever. A store that is away, or a worker that has to go, leaves it to the
 * next try. */
static enum err
end(struct scoring *scoring, struct arena *arena, const struct ask *ask, enum err err)
{
    return err_passes(err) || err == ERR_INTERRUPTED
               ? err
               : ask_answered(scoring->store, arena, ask);
}

/* --- release ----------------------------------------------------------------------------- */

static enum err
begin_release(struct scoring *scoring, struct arena *arena, const struct ask *ask)
{
    static const struct job_progress begun = { .total = PARTITIONS };
    enum err err = job_tell(scoring->store, arena, ask->job, &begun);

    if (err != ERR_NONE) {
        return end(scoring, arena, ask, err);
    }
    return release_begin(scoring, store_now_ms(scoring->store), 0, ask->entry);
}

/* First a release is begun, as of now; when it is in force the job is done. The release
 * says which ask it is made for, so that whoever goes on with it knows. */
static enum err
answer_release(struct scoring *scoring, struct arena *arena, const struct ask *ask)
{
    const struct release *release = &scoring->release;
    enum err err = ERR_NONE;

    if (str_equal(ask->entry, str_from(release->asked))) {
        err =
            job_done(scoring->store, arena, ask->job,
                     arena_printf(arena, "{\"release\":%" PRId64 "}", release->number));
        return end(scoring, arena, ask, err);
    }
    if (release->making == 0) {
        err = begin_release(scoring, arena, ask);
    }
    if (err == ERR_NONE && release->making != 0 &&
        str_equal(ask->entry, str_from(release->making_asked))) {
        scoring->asked = (struct asked){ .release = release->making, .job = ask->job };
    }
    return err;
}

bool
ask_is_new(const struct scoring *scoring)
{
    const struct release *release = &scoring->release;

    return release->making == 0 || (release->making_asked[0] != '\0' &&
                                    scoring->asked.release != release->making);
}

/* Many shops take longer than a job may be silent. What the store misses is told again. */
void
ask_beat(struct scoring *scoring, int64_t parts)
{
    const struct job_progress progress = { .done = parts, .total = PARTITIONS };
    struct asked *asked = &scoring->asked;
    int64_t silent_ms = clock_mono_ms() - asked->told_ms;
    struct arena *arena;

    if (asked->release == 0 || asked->release != scoring->release.making ||
        silent_ms < TELL_MS ||
        (parts == asked->parts && silent_ms < JOB_BEAT_S * INT64_C(1000))) {
        return;
    }
    arena = arena_new(STEP_ARENA_BYTES);
    (void)job_tell(scoring->store, arena, asked->job, &progress);
    arena_free(&arena);
    asked->told_ms = clock_mono_ms();
    asked->parts = parts;
}

/* --- preview ---------------------------------------------------------------------------- */

struct told {
    struct scoring *scoring;
    struct job_id job;
    const bool *ours;
    int64_t told_ms; /* when the job heard of us last; 0: never */
};

/* The job may miss a word of ours while the store is away: it is told again. */
static enum err
tell_done(void *arg, int64_t done, int64_t total)
{
    const struct job_progress progress = { .done = done, .total = total };
    struct told *told = arg;
    struct arena *arena;
    enum err err;

    if (!*told->ours) {
        return ERR_INTERRUPTED;
    }
    if (done < total && told->told_ms != 0 &&
        clock_mono_ms() - told->told_ms < TELL_MS) {
        return ERR_NONE;
    }
    arena = arena_new(STEP_ARENA_BYTES);
    err = job_tell(told->scoring->store, arena, told->job, &progress);
    arena_free(&arena);
    told->told_ms = clock_mono_ms();
    return err_passes(err) ? ERR_NONE : err;
}

/* The document was judged when it was proposed; it is judged again. */
static enum err
read_proposed(struct arena *arena, struct str args, struct score_policy *proposed)
{
    struct policy_faults faults = { 0 };
    struct policy *policy;
    json_t *doc;
    enum err err = json_parse(args, &doc);

    if (err != ERR_NONE) {
        return err;
    }
    err = policy_read(arena, doc, POLICY_PROPOSED, &policy, &faults);
    json_decref(doc);
    if (err == ERR_NONE) {
        score_policy_of(policy, proposed);
        policy_free(&policy);
    }
    return err;
}

static enum err
end_preview(struct scoring *scoring, struct arena *arena, const struct ask *ask,
            enum err err)
{
    if (err != ERR_NONE && err != ERR_MOVED_ON && err != ERR_NOT_FOUND &&
        err != ERR_INTERRUPTED && !err_passes(err)) {
        err = job_failed(scoring->store, arena, ask->job, err);
    }
    return end(scoring, arena, ask, err);
}

static enum err
answer_preview(struct scoring *scoring, struct arena *arena, const struct ask *ask,
               const bool *ours)
{
    struct told told = { scoring, ask->job, ours, 0 };
    struct score_policy proposed;
    json_t *result = NULL;
    char *text;
    enum err err = read_proposed(arena, ask->args, &proposed);

    if (err == ERR_NONE) {
        err = preview_run(scoring, &proposed, tell_done, &told, &result);
    }
    if (err == ERR_NONE) {
        text = json_dumps(result, JSON_COMPACT);
        json_decref(result);
        err = job_done(scoring->store, arena, ask->job, str_from(text));
        free(text);
    }
    return end_preview(scoring, arena, ask, err);
}

enum err
ask_preview(struct scoring *scoring, const bool *ours)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct ask ask;
    bool found;
    enum err err = ask_next(scoring->store, arena, ASK_LINE_PREVIEWS, &ask, &found);

    if (err == ERR_NONE && found) {
        err = answer_preview(scoring, arena, &ask, ours);
    }
    arena_free(&arena);
    return err;
}

/* --- others ----------------------------------------------------------------------------- */

static enum err
answer(struct scoring *scoring, struct arena *arena, const struct ask *ask)
{
    if (str_equal(ask->kind, STR(ASK_RELEASE))) {
        return answer_release(scoring, arena, ask);
    }
    return end(scoring, arena, ask,
               job_failed(scoring->store, arena, ask->job, ERR_NOT_IMPLEMENTED));
}

enum err
ask_answer(struct scoring *scoring)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    struct ask ask;
    bool found;
    enum err err = ask_next(scoring->store, arena, ASK_LINE_OTHERS, &ask, &found);

    if (err == ERR_NONE && found) {
        err = answer(scoring, arena, &ask);
    }
    arena_free(&arena);
    return err;
}
