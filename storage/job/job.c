/* storage/job/job.c - a job's hash, written and read. */
#include "storage/job/job.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>

#include "base/encode.h"
#include "base/rand.h"
#include "proto/json.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/store.h"

static const char *const state_names[] = { [JOB_QUEUED] = "queued",
                                           [JOB_RUNNING] = "running",
                                           [JOB_DONE] = "done",
                                           [JOB_FAILED] = "failed" };

const char *
job_state_name(enum job_state state)
{
    return state_names[state];
}

struct job_id
job_id_from(struct member_id owner, const uint8_t seed[32])
{
    uint8_t bytes[JOB_ID_CHARS / 2];
    struct job_id id;

    memcpy(bytes, seed, sizeof(bytes));
    bytes[0] = (uint8_t)id_partition(owner.value);
    encode_hex(str_of(bytes, sizeof(bytes)), id.text);
    return id;
}

struct job_id
job_id_make(struct member_id owner)
{
    uint8_t seed[32];

    rand_bytes(seed, sizeof(seed));
    return job_id_from(owner, seed);
}

bool
job_id_parse(struct str s, struct job_id *id)
{
    uint8_t bytes[JOB_ID_CHARS / 2];

    if (s.len != JOB_ID_CHARS || !decode_hex(s, bytes, sizeof(bytes))) {
        return false;
    }
    encode_hex(str_of(bytes, sizeof(bytes)), id->text);
    return memcmp(id->text, s.data, s.len) == 0; /* lower case only */
}

static void
put_key(struct call *call, const struct job_id *id)
{
    uint8_t partition;

    decode_hex(str_of(id->text, 2), &partition, 1);
    call_keyf(call, KEY_JOB, (unsigned)partition, JOB_ID_CHARS, id->text);
}

enum err
job_create(struct store *store, struct arena *arena, const struct job *job, bool *begin)
{
    struct call *call = call_function(arena, "job_create");
    int64_t answer;
    enum err err;

    put_key(call, &job->id);
    call_int(call, job->owner.value);
    call_arg(call, job->kind);
    call_text(call, job_state_name(job->state));
    call_int(call, job->created_at_ms);
    call_arg(call, job->fingerprint);
    call_int(call, JOB_KEPT_S);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (!reply_int(reply_at(call->reply, 1), &answer)) {
        return ERR_BAD_DATA;
    }
    *begin = answer == 1;
    return ERR_NONE;
}

/* --- errors within a job, each a small JSON array in a field of its own -------------- */

static struct str
error_text(struct arena *arena, const struct job_error *error)
{
    json_t *row = json_pack("[I, s%, s%]", (json_int_t)error->line,
                            error->field.len > 0 ? error->field.data : "",
                            error->field.len, error->reason.data, error->reason.len);
    char *text = row != NULL ? json_dumps(row, JSON_COMPACT) : NULL;
    struct str kept = text != NULL ? arena_dup(arena, str_from(text))
                                   : STR("[0,\"\",\"not readable\"]"); /* no UTF-8 */

    json_decref(row);
    free(text);
    return kept;
}

static struct str
dup_json(struct arena *arena, const json_t *value)
{
    return arena_dup(arena,
                     str_of(json_string_value(value), json_string_length(value)));
}

static bool
read_error(struct arena *arena, struct str text, struct job_error *error)
{
    json_t *row;
    bool good;

    if (json_parse(text, &row) != ERR_NONE) {
        return false;
    }
    good = json_is_integer(json_array_get(row, 0)) &&
           json_is_string(json_array_get(row, 1)) &&
           json_is_string(json_array_get(row, 2));
    if (good) {
        error->line = json_integer_value(json_array_get(row, 0));
        error->field = dup_json(arena, json_array_get(row, 1));
        error->reason = dup_json(arena, json_array_get(row, 2));
    }
    json_decref(row);
    return good;
}

enum err
job_tell(struct store *store, struct arena *arena, struct job_id id,
         const struct job_progress *progress)
{
    struct call *call = call_function(arena, "job_progress");

    put_key(call, &id);
    call_int(call, progress->done);
    call_int(call, progress->total);
    call_int(call, progress->errors_total);
    call_arg(call, progress->fingerprint);
    call_int(call, (int64_t)progress->errors_before);
    for (size_t i = 0;
         i < progress->errors_count && progress->errors_before + i < JOB_ERRORS_MAX;
         i++) {
        call_arg(call, error_text(arena, &progress->errors[i]));
    }
    return call_wait(store, call);
}

static enum err
finish(struct store *store, struct arena *arena, const struct job_id *id,
       enum job_state state, struct str result, enum err reason)
{
    struct call *call = call_function(arena, "job_finish");

    assert(result.len <= JOB_RESULT_BYTES_MAX);
    put_key(call, id);
    call_text(call, job_state_name(state));
    call_arg(call, result);
    call_text(call, err_code(reason));
    return call_wait(store, call);
}

enum err
job_done(struct store *store, struct arena *arena, struct job_id id, struct str result)
{
    return finish(store, arena, &id, JOB_DONE, result, ERR_NONE);
}

enum err
job_failed(struct store *store, struct arena *arena, struct job_id id, enum err reason)
{
    return finish(store, arena, &id, JOB_FAILED, STR(""), reason);
}

enum err
job_refused(struct store *store, struct arena *arena, struct job_id id, enum err reason)
{
    struct call *call = call_function(arena, "job_refuse");

    put_key(call, &id);
    call_text(call, err_code(reason));
    return call_wait(store, call);
}

/* --- reading ------------------------------------------------------------------------ */

static bool
read_state(struct str name, enum job_state *state)
{
    for (size_t i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++) {
        if (str_equal(name, str_from(state_names[i]))) {
            *state = (enum job_state)i;
            return true;
        }
    }
    return false;
}

/* "e7": the seventh error. */
static bool
read_numbered_error(struct arena *arena, struct str name, struct str value,
                    struct job_error *errors, size_t *count)
{
    int64_t number;

    if (!str_to_i64(str_of(name.data + 1, name.len - 1), &number) || number < 1 ||
        number > JOB_ERRORS_MAX || !read_error(arena, value, &errors[number - 1])) {
        return false;
    }
    *count = (size_t)number > *count ? (size_t)number : *count;
    return true;
}

static bool
read_number(struct job *job, struct str name, struct str value)
{
    const struct {
        const char *name;
        int64_t *out;
    } numbers[] = {
        { "owner", &job->owner.value },
        { "done", &job->done },
        { "total", &job->total },
        { "errors_total", &job->errors_total },
        { "created_at_ms", &job->created_at_ms },
    };

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (str_equal(name, str_from(numbers[i].name))) {
            return str_to_i64(value, numbers[i].out);
        }
    }
    return true; /* not one of ours: a newer version's */
}

static bool
read_field(struct arena *arena, struct job *job, struct job_error *errors,
           struct str name, struct str value)
{
    if (name.len >= 2 && name.data[0] == 'e' && name.data[1] >= '1' &&
        name.data[1] <= '9') {
        return read_numbered_error(arena, name, value, errors, &job->errors_count);
    }
    if (str_equal(name, STR("state"))) {
        return read_state(value, &job->state);
    }
    if (str_equal(name, STR("kind"))) {
        job->kind = value;
    } else if (str_equal(name, STR("fingerprint"))) {
        job->fingerprint = value;
    } else if (str_equal(name, STR("refused"))) {
        job->refused = true;
    } else if (str_equal(name, STR("result"))) {
        job->result = value;
    } else if (str_equal(name, STR("reason"))) {
        job->reason = err_parse(value);
    }
    return read_number(job, name, value);
}

static enum err
read_record(struct arena *arena, const struct reply *fields, struct job *job)
{
    struct job_error *errors = arena_alloc(arena, JOB_ERRORS_MAX * sizeof(*errors));

    job->errors = errors;
    for (size_t i = 0; i + 1 < fields->count; i += 2) {
        if (!read_field(arena, job, errors, reply_str(reply_at(fields, i)),
                        reply_str(reply_at(fields, i + 1)))) {
            return ERR_BAD_DATA;
        }
    }
    return ERR_NONE;
}

enum err
job_read(struct store *store, struct arena *arena, struct job_id id, struct job *job)
{
    struct call *call = call_function(arena, "job_read");
    int64_t silent_s;
    enum err err;

    put_key(call, &id);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    *job = (struct job){ .id = id };
    if (!reply_int(reply_at(call->reply, 1), &silent_s)) {
        return ERR_BAD_DATA;
    }
    err = read_record(arena, reply_at(call->reply, 2), job);
    if (err == ERR_NONE && job->state == JOB_RUNNING && silent_s > JOB_SILENT_S) {
        job->state = JOB_FAILED;
        job->reason = ERR_INTERRUPTED;
    }
    return err;
}
