/* storage/policy/policy.c - documents in, documents out. */
#include "storage/policy/policy.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "storage/idempotency.h"
#include "storage/key.h"
#include "storage/policy/audit.h"
#include "storage/redis/call.h"
#include "storage/store.h"

enum { TRIES_MAX = 16 };

/* Compact JSON in the arena; the document is taken over. */
static struct str
dump(struct arena *arena, json_t *doc)
{
    char *text = json_dumps(doc, JSON_COMPACT);
    struct str kept;

    assert(text != NULL); /* our own document */
    kept = arena_dup(arena, str_from(text));
    free(text);
    json_decref(doc);
    return kept;
}

struct str
policy_document(struct arena *arena, const struct policy *policy)
{
    return dump(arena, policy_json(policy));
}

static enum err
understand(struct arena *arena, struct str text, int64_t version,
           struct policy **policy)
{
    struct policy_faults *faults = arena_alloc(arena, sizeof(*faults));
    json_t *doc;
    enum err err = json_parse(text, &doc);

    if (err == ERR_NONE) {
        err = policy_read(arena, doc, POLICY_STORED, policy, faults);
        json_decref(doc);
    }
    if (err != ERR_NONE) {
        log_error("policy_not_understood", LOG_I("version", version));
        return ERR_BAD_DATA;
    }
    (*policy)->version = version;
    return ERR_NONE;
}

/* The first process on an empty store writes its defaults down, so that a newer binary
 * with other defaults changes nothing by itself. */
static enum err
begin(struct store *store, struct arena *arena, struct policy **policy)
{
    struct call *call = call_function(arena, "policy_begin");
    struct policy *usual = policy_default();
    struct str document = policy_document(arena, usual);
    int64_t version;
    enum err err;

    policy_free(&usual);
    call_key(call, STR(KEY_POLICY));
    call_arg(call, document);
    call_int(call, store_now_ms(store));
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (!reply_int(reply_at(call->reply, 1), &version)) {
        return ERR_BAD_DATA;
    }
    return understand(arena, reply_str(reply_at(call->reply, 2)), version, policy);
}

enum err
policy_load(struct store *store, struct arena *arena, struct policy **policy)
{
    struct call *call = call_command(arena, "HMGET");
    int64_t version;
    enum err err;

    *policy = NULL;
    call_key(call, STR(KEY_POLICY));
    call_text(call, "version");
    call_text(call, "document");
    call_track(call); /* for the holder, who watches the key */
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (reply_at(call->reply, 0)->type == REPLY_NIL) {
        return begin(store, arena, policy);
    }
    if (!reply_int(reply_at(call->reply, 0), &version)) {
        return ERR_BAD_DATA;
    }
    return understand(arena, reply_str(reply_at(call->reply, 1)), version, policy);
}

/* "at_ms actor note" */
static bool
read_about(struct str line, struct policy_version *about)
{
    struct str part;

    if (!str_split(&line, ' ', &part) || !str_to_i64(part, &about->at_ms) ||
        !str_split(&line, ' ', &part) || !str_to_i64(part, &about->actor.value)) {
        return false;
    }
    about->note = line.data != NULL ? line : STR("");
    return true;
}

enum err
policy_load_version(struct store *store, struct arena *arena, int64_t version,
                    struct policy **policy, struct policy_version *about)
{
    struct call *call = call_command(arena, "HMGET");
    struct policy_version read = { .version = version };
    enum err err;

    *policy = NULL;
    call_key(call, STR(KEY_POLICY));
    call_arg(call, arena_printf(arena, "v%" PRId64, version));
    call_arg(call, arena_printf(arena, "m%" PRId64, version));
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (reply_at(call->reply, 0)->type == REPLY_NIL) {
        return ERR_NOT_FOUND;
    }
    if (!read_about(reply_str(reply_at(call->reply, 1)), &read)) {
        return ERR_BAD_DATA;
    }
    if (about != NULL) {
        *about = read;
    }
    return understand(arena, reply_str(reply_at(call->reply, 0)), version, policy);
}

static enum err
newest_version(struct store *store, struct arena *arena, int64_t *version)
{
    struct call *call = call_command(arena, "HGET");
    enum err err;

    call_key(call, STR(KEY_POLICY));
    call_text(call, "version");
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    if (call->reply->type == REPLY_NIL) {
        *version = 0;
        return ERR_NONE;
    }
    return reply_int(call->reply, version) ? ERR_NONE : ERR_BAD_DATA;
}

enum err
policy_history(struct store *store, struct arena *arena, int64_t before, size_t limit,
               struct policy_version *versions, size_t *count)
{
    struct call *call = call_command(arena, "HMGET");
    int64_t newest = before - 1;
    enum err err;

    assert(limit >= 1 && limit <= POLICY_VERSIONS_PAGE_MAX);
    *count = 0;
    if (before <= 0 && (err = newest_version(store, arena, &newest)) != ERR_NONE) {
        return err;
    }
    if (newest < 1) {
        return ERR_NONE;
    }
    call_key(call, STR(KEY_POLICY));
    for (int64_t v = newest; v >= 1 && newest - v < (int64_t)limit; v--) {
        call_arg(call, arena_printf(arena, "m%" PRId64, v));
    }
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < call->reply->count; i++) {
        const struct reply *line = reply_at(call->reply, i);

        if (line->type == REPLY_NIL) {
            continue; /* a cursor beyond the newest */
        }
        versions[*count].version = newest - (int64_t)i;
        if (!read_about(reply_str(line), &versions[*count])) {
            return ERR_BAD_DATA;
        }
        (*count)++;
    }
    return ERR_NONE;
}

static const struct idempotency_place place = { .family = 'g' };

/* --- changing ----------------------------------------------------------------------- */

/* The leaves of `of` that `other` has otherwise, flat, by their paths. Lists are leaves.
 */
static void
collect_changes(const char *prefix, json_t *of, const json_t *other, json_t *out)
{
    const char *name;
    json_t *value;

    json_object_foreach(of, name, value)
    {
        const json_t *there = json_object_get(other, name);
        char path[128];

        snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] != '\0' ? "." : "",
                 name);
        if (json_is_object(value)) {
            collect_changes(path, value, there, out);
        } else if (!json_equal(value, there)) {
            json_object_set(out, path, value);
        }
    }
}

struct str
policy_changed_fields(struct arena *arena, const struct policy *of,
                      const struct policy *other)
{
    json_t *doc = policy_json(of), *against = policy_json(other);
    json_t *changes = json_object();

    collect_changes("", doc, against, changes);
    json_decref(doc);
    json_decref(against);
    return dump(arena, changes);
}

static enum err
write_next(struct store *store, struct arena *arena, const struct policy_change *change,
           const struct audit_entry *entry, struct str document, int64_t *version)
{
    struct call *call = call_function(arena, "policy_put");
    struct audit_link link;
    enum err err = audit_link(store, arena, entry, &link);

    if (err != ERR_NONE) {
        return err;
    }
    call_key(call, STR(KEY_POLICY));
    call_key(call, STR(KEY_AUDIT));
    idempotency_put_key(call, change->key, place);
    call_int(call, change->expected);
    call_arg(call, document);
    audit_args(call, entry, &link);
    idempotency_put_args(call, change->key, IDEMPOTENCY_KEPT_S);
    err = call_wait(store, call);
    if (err == ERR_NONE && !reply_int(reply_at(call->reply, 1), version)) {
        return ERR_BAD_DATA;
    }
    return err;
}

enum err
policy_put(struct store *store, struct arena *arena, const struct policy_change *change,
           int64_t *version)
{
    struct audit_entry entry = { .at_ms = change->now_ms,
                                 .actor = change->actor,
                                 .what = change->what,
                                 .target = change->target,
                                 .note = change->note };
    struct str document = policy_document(arena, change->policy);
    struct policy *former;
    enum err err = policy_load_version(store, arena, change->expected, &former, NULL);

    if (err != ERR_NONE) {
        return err == ERR_NOT_FOUND ? ERR_STALE_VERSION : err;
    }
    entry.from = policy_changed_fields(arena, former, change->policy);
    entry.to = policy_changed_fields(arena, change->policy, former);
    policy_free(&former);

    err = ERR_MOVED_ON;
    for (int i = 0; i < TRIES_MAX && err == ERR_MOVED_ON; i++) {
        err = write_next(store, arena, change, &entry, document, version);
    }
    return err == ERR_MOVED_ON ? ERR_OVERLOADED : err;
}

enum err
policy_put_before(struct store *store, struct arena *arena,
                  const struct idempotency *key, int64_t *version)
{
    struct str state;
    enum err err = idempotency_find(store, arena, key, place, &state);

    *version = 0;
    if (err != ERR_NONE || state.data == NULL) {
        return err;
    }
    return str_to_i64(state, version) ? ERR_NONE : ERR_BAD_DATA;
}

enum err
policy_put_nothing(struct store *store, struct arena *arena,
                   const struct idempotency *key, int64_t version)
{
    return idempotency_note(store, arena, key, place,
                            arena_printf(arena, "%" PRId64, version));
}
