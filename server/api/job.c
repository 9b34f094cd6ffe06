/* server/api/job.c - jobs, and one that operators ask for: the next release. */
#include "server/api/job.h"

#include "base/encode.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "storage/job/ask.h"
#include "storage/policy/audit.h"

static json_t *
errors_doc(const struct job *job)
{
    json_t *errors = json_array();

    for (size_t i = 0; i < job->errors_count; i++) {
        const struct job_error *error = &job->errors[i];
        json_t *row = json_object();

        json_object_set_new(row, "line", json_integer(error->line));
        json_object_set_new(row, "field", doc_text_or_null(error->field));
        json_object_set_new(row, "reason", doc_str(error->reason));
        json_array_append_new(errors, row);
    }
    return errors;
}

/* What came out of it; of one that failed, the code that says why. */
static json_t *
result_doc(const struct job *job)
{
    json_t *result = NULL;

    if (job->state == JOB_FAILED) {
        return json_string(err_code(job->reason));
    }
    if (job->result.len > 0) {
        result =
            json_loadb(job->result.data, job->result.len, JSON_REJECT_DUPLICATES, NULL);
    }
    return result != NULL ? result : json_null();
}

json_t *
job_doc(const struct job *job)
{
    json_t *doc = json_object();

    json_object_set_new(doc, "id", json_string(job->id.text));
    json_object_set_new(doc, "kind", doc_str(job->kind));
    json_object_set_new(doc, "state", json_string(job_state_name(job->state)));
    json_object_set_new(doc, "done", json_integer(job->done));
    json_object_set_new(doc, "total",
                        job->total > 0 ? json_integer(job->total) : json_null());
    json_object_set_new(doc, "errors", errors_doc(job));
    json_object_set_new(doc, "errors_total", json_integer(job->errors_total));
    json_object_set_new(doc, "result", result_doc(job));
    return doc;
}

enum err
reply_job(struct request *req, const struct job *job)
{
    reply_header(req, "Location",
                 arena_printf(req->arena, "/api/v1/jobs/%s", job->id.text));
    return reply_json(req, 202, job_doc(job));
}

void
job_wanted(struct request *req, struct str kind, struct job *job)
{
    const struct idempotency *key = &req->key;
    char *fingerprint = arena_alloc(req->arena, 2 * sizeof(key->fingerprint) + 1);

    *job = (struct job){ .id = job_id_from(req->caller.member, key->id),
                         .owner = req->caller.member,
                         .kind = kind,
                         .state = JOB_QUEUED,
                         .created_at_ms = req->now_ms };
    if (key->given) {
        encode_hex(str_of(key->fingerprint, sizeof(key->fingerprint)), fingerprint);
        job->fingerprint = str_from(fingerprint);
    }
}

enum err
api_job_get(struct request *req)
{
    struct job_id id;
    struct job job;
    enum err err;

    if (!job_id_parse(request_param(req, "id"), &id)) {
        return ERR_NOT_FOUND;
    }
    if ((err = job_read(req->store, req->arena, id, &job)) != ERR_NONE) {
        return err;
    }
    /* Another member's job is not even there. */
    return job.owner.value == req->caller.member.value
               ? reply_json(req, 200, job_doc(&job))
               : ERR_NOT_FOUND;
}

static enum err
audit_release(struct request *req)
{
    const struct audit_entry entry = { .at_ms = req->now_ms,
                                       .actor = req->caller.member,
                                       .what = STR("release_asked"),
                                       .key = &req->key };

    return audit_append(req->store, req->arena, &entry);
}

enum err
job_asked_before(struct request *req, struct job_id id, bool *before)
{
    struct job job;
    enum err err = job_read(req->store, req->arena, id, &job);

    *before = err == ERR_NONE && !job.refused;
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

/* A repeat under its key finds the job there, and asks and audits nothing twice. It is
 * told the job as it was at first: the asker looks at its address how far it is. */
enum err
api_release_post(struct request *req)
{
    struct job job;
    bool before;
    enum err err;

    job_wanted(req, STR(ASK_RELEASE), &job);
    err = job_asked_before(req, job.id, &before);
    if (err == ERR_NONE && !before && (err = request_read(req, NULL, 0)) == ERR_NONE) {
        err = audit_release(req);
    }
    if (err != ERR_NONE ||
        (err = ask_worker(req->store, req->arena, &job, STR(""))) != ERR_NONE) {
        return err;
    }
    if (before) {
        reply_again(req);
    }
    return reply_job(req, &job);
}
