/* server/api/policy.c - the policy document as operators see and change it.
 *
 * The version is the document's ETag. Everything here reads the store itself, so an
 * operator sees what was written, also before it is in force in this process. */
#include "proto/policy.h"

#include <inttypes.h>

#include "base/utf8.h"
#include "server/api/api.h"
#include "server/api/author.h"
#include "server/api/doc.h"
#include "server/api/job.h"
#include "server/api/list.h"
#include "storage/job/ask.h"
#include "storage/policy/policy.h"

static struct str
etag_of(struct arena *arena, int64_t version)
{
    return arena_printf(arena, "\"policy-%" PRId64 "\"", version);
}

static enum err
reply_policy(struct request *req, const struct policy *policy, int64_t version)
{
    reply_header(req, "ETag", etag_of(req->arena, version));
    return reply_json(req, 200, policy_json(policy));
}

enum err
api_policy_get(struct request *req)
{
    struct policy *policy;
    enum err err = policy_load(req->store, req->arena, &policy);

    if (err != ERR_NONE) {
        return err;
    }
    err = reply_policy(req, policy, policy->version);
    policy_free(&policy);
    return err;
}

/* ?note=, the operator's own words for the history. */
static enum err
read_note(struct request *req, struct str *note)
{
    static const char *const known[] = { "note", NULL };
    struct str given;
    enum err err = request_query_only(req, known);

    if (err != ERR_NONE) {
        return err;
    }
    *note = STR("");
    given = request_query(req, "note");
    if (given.data != NULL &&
        !utf8_text(req->arena, given, UTF8_LINE, 0, POLICY_NOTE_CHARS_MAX, note)) {
        return problem_field(req, "note",
                             "must have 0 to 200 characters, none of them "
                             "control or invisible");
    }
    return ERR_NONE;
}

static enum err
read_proposed(struct request *req, struct policy **policy)
{
    struct policy_faults *faults = arena_alloc(req->arena, sizeof(*faults));
    enum err err;

    if (req->json == NULL) {
        return ERR_BAD_JSON;
    }
    err = policy_read(req->arena, req->json, POLICY_PROPOSED, policy, faults);
    for (size_t i = 0; err != ERR_NONE && i < faults->count; i++) {
        (void)problem_fault(req, err, &faults->item[i]);
    }
    return err;
}

/* The newest version's number, if the request was made knowing it. */
static enum err
read_expected(struct request *req, int64_t *version)
{
    struct policy *newest;
    enum err err = policy_load(req->store, req->arena, &newest);

    if (err != ERR_NONE) {
        return err;
    }
    *version = newest->version;
    policy_free(&newest);
    return ERR_NONE;
}

static enum err
put_and_reply(struct request *req, struct policy_change *change)
{
    int64_t version;
    enum err err;

    change->actor = req->caller.member;
    change->now_ms = req->now_ms;
    err = policy_put(req->store, req->arena, change, &version);
    return err == ERR_NONE ? reply_policy(req, change->policy, version) : err;
}

enum err
api_policy_put(struct request *req)
{
    struct policy_change change = { .what = STR("policy_changed") };
    struct policy *policy;
    enum err err;

    if ((err = read_note(req, &change.note)) != ERR_NONE ||
        (err = read_expected(req, &change.expected)) != ERR_NONE ||
        (err = request_if_match(req, etag_of(req->arena, change.expected))) !=
            ERR_NONE ||
        (err = read_proposed(req, &policy)) != ERR_NONE) {
        return err;
    }
    change.policy = policy;
    err = put_and_reply(req, &change);
    policy_free(&policy);
    return err;
}

enum err
api_policy_schema(struct request *req)
{
    return reply_json(req, 200, policy_schema());
}

static json_t *
version_doc(const struct policy_version *about, struct str author)
{
    json_t *doc = json_object();

    json_object_set_new(doc, "version", json_integer(about->version));
    json_object_set_new(doc, "at", doc_time(about->at_ms));
    json_object_set_new(doc, "author", doc_str(author));
    json_object_set_new(doc, "note", doc_str(about->note));
    return doc;
}

enum err
api_policy_versions(struct request *req)
{
    struct policy_version versions[LIST_LIMIT_MAX];
    struct member_id members[LIST_LIMIT_MAX];
    struct str *names = arena_alloc(req->arena, LIST_LIMIT_MAX * sizeof(*names));
    struct list_page page;
    size_t count;
    json_t *items;
    enum err err;

    if ((err = list_read(req, &page)) != ERR_NONE ||
        (err = policy_history(req->store, req->arena, page.before, page.limit, versions,
                              &count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        members[i] = versions[i].actor;
    }
    if ((err = author_names(req, members, count, names)) != ERR_NONE) {
        return err;
    }
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(items, version_doc(&versions[i], names[i]));
    }
    return list_reply(
        req, items,
        count > 0 && versions[count - 1].version > 1 ? versions[count - 1].version : 0);
}

enum err
api_policy_version(struct request *req)
{
    struct policy_version about;
    struct policy *policy;
    struct str author;
    int64_t version;
    json_t *doc;
    enum err err;

    if (!str_to_i64(request_param(req, "version"), &version) || version < 1) {
        return ERR_NOT_FOUND;
    }
    err = policy_load_version(req->store, req->arena, version, &policy, &about);
    if (err != ERR_NONE) {
        return err;
    }
    err = author_names(req, &about.actor, 1, &author);
    if (err == ERR_NONE) {
        doc = version_doc(&about, author);
        json_object_set_new(doc, "policy", policy_json(policy));
        err = reply_json(req, 200, doc);
    }
    policy_free(&policy);
    return err;
}

static enum err
read_rollback(struct request *req, int64_t *version, struct str *note)
{
    const struct json_field fields[] = {
        { .name = "version",
          .kind = JSON_FIELD_INTEGER,
          .out = version,
          .min = 1,
          .max = INT32_MAX,
          .required = true },
        { .name = "note",
          .kind = JSON_FIELD_TEXT,
          .out = note,
          .max = POLICY_NOTE_CHARS_MAX },
    };

    *note = STR("");
    return request_read(req, fields, sizeof(fields) / sizeof(fields[0]));
}

/* If-Match is taken but not asked for: going back is what one does in a hurry. */
static enum err
judge_if_match(struct request *req, int64_t version)
{
    return request_header(req, "If-Match").data != NULL
               ? request_if_match(req, etag_of(req->arena, version))
               : ERR_NONE;
}

/* What is in force already is put in force by no new version: a repeat after a lost
 * answer changes nothing. */
static enum err
roll_back(struct request *req, const struct policy *newest, const struct policy *wanted,
          int64_t version, struct str note)
{
    struct policy_change change = {
        .expected = newest->version,
        .policy = wanted,
        .what = STR("policy_rolled_back"),
        .target = arena_printf(req->arena, "version %" PRId64, version),
        .note = note,
        .key = &req->key,
    };
    enum err err;

    if (!str_equal(policy_changed_fields(req->arena, wanted, newest), STR("{}"))) {
        return put_and_reply(req, &change);
    }
    err = policy_put_nothing(req->store, req->arena, &req->key, newest->version);
    return err == ERR_NONE ? reply_policy(req, newest, newest->version) : err;
}

/* Under its key it was done before, whatever holds now. */
static enum err
reply_version_again(struct request *req, int64_t version)
{
    struct policy *policy;
    enum err err = policy_load_version(req->store, req->arena, version, &policy, NULL);

    if (err == ERR_NONE) {
        reply_again(req);
        err = reply_policy(req, policy, version);
        policy_free(&policy);
    }
    return err;
}

enum err
api_policy_rollback(struct request *req)
{
    struct policy *newest = NULL, *wanted = NULL;
    struct str note;
    int64_t version;
    enum err err = policy_put_before(req->store, req->arena, &req->key, &version);

    if (err != ERR_NONE || version != 0) {
        return err == ERR_NONE ? reply_version_again(req, version) : err;
    }
    if ((err = read_rollback(req, &version, &note)) != ERR_NONE) {
        return err;
    }
    if ((err = policy_load(req->store, req->arena, &newest)) == ERR_NONE &&
        (err = judge_if_match(req, newest->version)) == ERR_NONE &&
        (err = policy_load_version(req->store, req->arena, version, &wanted, NULL)) ==
            ERR_NONE) {
        err = roll_back(req, newest, wanted, version, note);
    }
    policy_free(&newest);
    policy_free(&wanted);
    return err;
}

/* Nothing changes, so it leaves no line in the audit. A repeat under its key finds the
 * job there, as for a release (server/api/job.c). */
enum err
api_policy_preview(struct request *req)
{
    struct policy *policy;
    struct job job;
    bool before;
    enum err err;

    job_wanted(req, STR(ASK_PREVIEW), &job);
    if ((err = job_asked_before(req, job.id, &before)) != ERR_NONE ||
        (err = read_proposed(req, &policy)) != ERR_NONE) {
        return err;
    }
    err = ask_worker(req->store, req->arena, &job, policy_document(req->arena, policy));
    policy_free(&policy);
    if (err != ERR_NONE) {
        return err;
    }
    if (before) {
        reply_again(req);
    }
    return reply_job(req, &job);
}
