/* storage/process.c - which processes live, and what they last said of themselves. */
#include "storage/process.h"

#include <assert.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/rand.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/skew.h"
#include "storage/store.h"

static const char *const roles[] = { "server", "scoring" };

#define FIELD(name)                                 \
    {                                               \
#name, offsetof(struct process_state, name) \
    }
static const struct {
    const char *name;
    size_t offset;
} fields[] = {
    FIELD(clock_offset_ms), FIELD(due_offset_ms),  FIELD(due_at_ms),
    FIELD(policy_version),  FIELD(partitions),     FIELD(events_total),
    FIELD(events_per_s),    FIELD(batches_total),  FIELD(dead_total),
    FIELD(late_total),      FIELD(lag_events),     FIELD(lag_ms),
    FIELD(release),         FIELD(released_at_ms), FIELD(alarms_total),
    FIELD(skew_ms),
};
#undef FIELD
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

void
process_id_make(char id[PROCESS_ID_BYTES])
{
    uint8_t bytes[(PROCESS_ID_BYTES - 1) / 2];

    rand_bytes(bytes, sizeof(bytes));
    encode_hex(str_of(bytes, sizeof(bytes)), id);
}

static char *
state_write(const struct process_state *state, struct str functions)
{
    json_t *doc = json_object();
    char *text;

    json_object_set_new(doc, "role", json_string(roles[state->role]));
    json_object_set_new(doc, "functions", json_stringn(functions.data, functions.len));
    for (size_t i = 0; i < FIELDS; i++) {
        int64_t value;

        memcpy(&value, (const char *)state + fields[i].offset, sizeof(value));
        json_object_set_new(doc, fields[i].name, json_integer(value));
    }
    text = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);
    return text;
}

/* What an older or newer version left out reads as 0. */
static bool
state_read(struct str id, struct str text, struct process_state *state)
{
    json_t *doc = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *role = json_string_value(json_object_get(doc, "role"));
    bool known = false;

    *state = (struct process_state){ .role = PROCESS_ROLES };
    for (unsigned i = 0; role != NULL && i < PROCESS_ROLES; i++) {
        if (strcmp(role, roles[i]) == 0) {
            state->role = (enum process_role)i;
            known = id.len == PROCESS_ID_BYTES - 1;
        }
    }
    for (size_t i = 0; i < FIELDS; i++) {
        int64_t value = json_integer_value(json_object_get(doc, fields[i].name));

        memcpy((char *)state + fields[i].offset, &value, sizeof(value));
    }
    json_decref(doc);
    if (known) {
        memcpy(state->id, id.data, id.len);
    }
    return known;
}

enum err
process_beat(struct store *store, struct arena *arena,
             const struct process_state *state)
{
    struct call *call = call_function(arena, "process_beat");
    char *text = state_write(state, store_functions(store));
    enum err err;

    call_keyf(call, KEY_PROCESS);
    call_text(call, state->id);
    call_text(call, text);
    err = call_wait(store, call);
    free(text);
    return err;
}

enum err
process_leave(struct store *store, struct arena *arena, const char *id)
{
    struct call *call = call_function(arena, "process_leave");

    call_keyf(call, KEY_PROCESS);
    call_text(call, id);
    return call_wait(store, call);
}

/* Replies with three for each that lives: id, silent for how many ms, state. */
static enum err
list(struct store *store, struct arena *arena, const struct reply **reply)
{
    struct call *call = call_function(arena, "process_list");
    enum err err;

    call_keyf(call, KEY_PROCESS);
    call_int(call, PROCESS_SILENT_MS);
    err = call_wait(store, call);
    *reply = call->reply;
    return err;
}

enum err
process_list(struct store *store, struct arena *arena,
             struct process_state states[PROCESSES_MAX], size_t *count)
{
    const struct reply *reply;
    enum err err = list(store, arena, &reply);

    *count = 0;
    if (err != ERR_NONE) {
        return err;
    }
    for (size_t i = 1; i + 2 < reply->count && *count < PROCESSES_MAX; i += 3) {
        struct process_state *state = &states[*count];

        if (state_read(reply_str(reply_at(reply, i)), reply_str(reply_at(reply, i + 2)),
                       state) &&
            reply_int(reply_at(reply, i + 1), &state->silent_ms)) {
            ++*count;
        }
    }
    return ERR_NONE;
}

/* What a state names, whoever wrote it; empty when that is nothing. */
static struct str
named_functions(struct arena *arena, struct str text)
{
    json_t *doc = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL);
    const char *named = json_string_value(json_object_get(doc, "functions"));
    struct str kept = arena_dup(arena, str_from(named != NULL ? named : ""));

    json_decref(doc);
    return kept;
}

enum err
process_libraries(struct store *store, struct arena *arena,
                  struct process_libraries *used)
{
    const struct reply *reply;
    enum err err = list(store, arena, &reply);

    *used = (struct process_libraries){ NULL, 0, 0 };
    if (err != ERR_NONE) {
        return err;
    }
    used->named = arena_alloc(arena, reply->count * sizeof(*used->named));
    for (size_t i = 1; i + 2 < reply->count; i += 3) {
        struct str named = named_functions(arena, reply_str(reply_at(reply, i + 2)));

        used->unnamed += named.len == 0;
        used->named[used->count++] = named;
    }
    return ERR_NONE;
}

/* Each process' claim on a thing; the largest wins. When one goes, only its own things
 * change hands. */
static uint64_t
claim(const char *id, unsigned thing)
{
    uint8_t digest[SHA256_BYTES];
    char text[PROCESS_ID_BYTES + 12];
    uint64_t value;
    int len = snprintf(text, sizeof(text), "%s %u", id, thing);

    crypto_sha256(str_of(text, (size_t)len), digest);
    memcpy(&value, digest, sizeof(value));
    return value;
}

const struct process_state *
process_for(const struct process_state *states, size_t count, enum process_role role,
            unsigned thing)
{
    const struct process_state *best = NULL;
    uint64_t most = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t mine;

        if (states[i].role != role ||
            (role == PROCESS_SCORING && skew_is_apart(states[i].skew_ms))) {
            continue;
        }
        mine = claim(states[i].id, thing);
        if (best == NULL || mine > most) {
            best = &states[i];
            most = mine;
        }
    }
    return best;
}
