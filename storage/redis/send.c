/* storage/redis/send.c - calls under way, and how each of them ends.
 *
 * A flight is what hiredis carries for a call. It lives until hiredis answers, which it
 * does exactly once for whatever it took; when the call's deadline passed before, the
 * flight goes on mute and its answer is dropped. What hiredis did not take is answered
 * here, at once.
 *
 * A node that did not run a call may say where it belongs, or that it cannot tell just
 * now (a cluster that changes), or that it lacks our functions: then it is sent again,
 * a few times, before its deadline. A patient store (store_be_patient) tries on with what
 * nothing happened to. Nothing else is ever sent twice. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "storage/redis/cache.h"
#include "storage/redis/inside.h"
#include "storage/redis/reply.h"

/* How long a write waits for a replica, in ms: less than CALL_TIMEOUT_MS. */
#define REPLICA_WAIT_MS "500"

enum {
    REFUSAL_BYTES_MAX = 400,
    TRIES_MAX = 5,
    PAUSE_FIRST_MS = 25,
    PATIENT_PAUSE_MS = 500 /* each try takes some of the calls' arenas */
};

/* Calls that are waited for together. */
struct batch {
    struct wait done;
    size_t open;
};

struct flight {
    struct store *store;
    struct call *call; /* NULL: on mute */
    struct batch *batch;
    int owed; /* answers: of the call, and of the wait for a replica */
};

/* --- how a call ends ---------------------------------------------------------------- */
static enum err
unanswered(const struct call *call)
{
    return call->is_read ? ERR_STORE_DOWN : ERR_STORE_UNCERTAIN;
}

/* Redis did not run it, for a reason that passes. A function that got into such an
 * error half-way names itself in it: what it wrote before stays. */
static bool
lacks_function(const struct call *call)
{
    return call->is_function && str_equal(call->refusal, STR("ERR Function not found"));
}

static enum err
judge_refusal(const struct call *call)
{
    static const char *const passing[] = {
        "LOADING ",    "BUSY ",       "OOM ",         "MISCONF ",  "READONLY ",
        "MASTERDOWN ", "NOREPLICAS ", "CLUSTERDOWN ", "TRYAGAIN ", "MOVED ",
        "ASK ",        "NOAUTH ",     "NOPERM ",
    };

    if (lacks_function(call)) {
        return ERR_STORE_DOWN;
    }
    for (size_t i = 0; i < sizeof passing / sizeof *passing; i++) {
        if (str_starts(call->refusal, str_from(passing[i]))) {
            bool half_way =
                memmem(call->refusal.data, call->refusal.len, " script: ", 9) != NULL;

            return half_way ? unanswered(call) : ERR_STORE_DOWN;
        }
    }
    return ERR_INTERNAL;
}

static void
end_refused(struct call *call, struct str refusal)
{
    if (refusal.len > REFUSAL_BYTES_MAX) {
        refusal.len = REFUSAL_BYTES_MAX;
    }
    call->refusal = arena_dup(call->arena, refusal);
    call->err = judge_refusal(call);
}

/* A function's reply is { 'ok' or an error's code, ... }. */
static enum err
judge_function(const struct reply *reply)
{
    struct str code = reply_str(reply_at(reply, 0));

    return code.len > 0 ? err_parse(code) : ERR_INTERNAL;
}

static void
end_answered(struct call *call, const struct redisReply *answer)
{
    struct str refusal = reply_error(answer);

    if (refusal.data != NULL) {
        end_refused(call, refusal);
        return;
    }
    call->reply = reply_copy(call->arena, answer);
    if (call->reply == NULL) {
        call->err = call->is_read ? ERR_OVERLOADED : ERR_STORE_UNCERTAIN;
        log_error("a reply is too large for its arena", LOG_S("call", call->name));
    } else {
        call->err = call->is_function ? judge_function(call->reply) : ERR_NONE;
    }
}

static void
end_flight(struct flight *flight)
{
    struct call *call = flight->call;

    if (--flight->owed > 0) {
        return;
    }
    flight->store->in_flight--;
    if (call != NULL) {
        call->flight = NULL;
        if (--flight->batch->open == 0) {
            wait_end(&flight->batch->done);
        }
    }
    free(flight);
}

static void
on_reply(struct redisAsyncContext *context, void *answer, void *arg)
{
    struct flight *flight = arg;

    (void)context;
    if (flight->call != NULL && answer != NULL) {
        end_answered(flight->call, answer);
    } else if (flight->call != NULL) {
        flight->call->err = unanswered(flight->call);
    }
    end_flight(flight);
}

/* WAIT says how many replicas have all that was written before. */
static void
on_replicated(struct redisAsyncContext *context, void *answer, void *arg)
{
    const struct redisReply *replicas = answer;
    struct flight *flight = arg;

    (void)context;
    if (flight->call != NULL && flight->call->err == ERR_NONE &&
        !reply_is_positive(replicas)) {
        flight->call->err = ERR_STORE_UNCERTAIN;
        flight->store->counts.unreplicated++;
    }
    end_flight(flight);
}

/* --- sending ------------------------------------------------------------------------ */
static void
name_function(const struct store *store, struct call *call)
{
    struct str name = functions_find(store->functions, call->name, &call->is_read);

    call_set_word(call, 0, call->is_read ? STR("FCALL_RO") : STR("FCALL"));
    call_set_word(call, 1, name);
    call_set_word(call, 2, arena_printf(call->arena, "%zu", call->keys));
}

/* A word for the one command that follows on this connection. */
static bool
send_before(struct connection *connection, const char *first, const char *second,
            const char *third)
{
    const char *words[] = { first, second, third };
    const size_t count = second == NULL ? 1 : 3;
    size_t len[3] = { strlen(first) };

    for (size_t i = 1; i < count; i++) {
        len[i] = strlen(words[i]);
    }
    return connection_send(connection, count, words, len, NULL, NULL);
}

/* Tracking is opted into, and a slot that is on its way asked for, one command at a
 * time. */
static bool
send_words(struct connection *connection, const struct call *call,
           struct flight *flight)
{
    if (call->is_tracked && !send_before(connection, "CLIENT", "CACHING", "YES")) {
        return false;
    }
    if (call->asking && !send_before(connection, "ASKING", NULL, NULL)) {
        return false;
    }
    return connection_send(connection, call->argc, call->argv, call->argv_len, on_reply,
                           flight);
}

/* A node without a replica has nobody to wait for; one that demands a replica still
 * takes writes for a while after it has lost it, and these are no more than hoped for. */
static bool
waits_for_replica(const struct call *call)
{
    return call->is_replicated && call->node != NULL &&
           (call->node->replicas > 0 || call->node->demands_replica);
}

/* When it is not taken the connection has just ended, and so will the call. */
static void
send_wait(struct connection *connection, struct flight *flight)
{
    static const char *words[] = { "WAIT", "1", REPLICA_WAIT_MS };
    static const size_t len[] = { 4, 1, sizeof(REPLICA_WAIT_MS) - 1 };

    flight->owed += connection_send(connection, 3, words, len, on_replicated, flight);
}

static void
send_call(struct store *store, struct connection *connection, struct call *call,
          struct batch *batch)
{
    struct flight *flight;

    call->err = ERR_STORE_DOWN;
    call->refusal = (struct str){ NULL, 0 };
    if (connection == NULL || store->in_flight >= CALLS_IN_FLIGHT_MAX) {
        store->counts.refused++;
        return;
    }
    if (call->is_function) {
        name_function(store, call);
    }
    assert(!call->is_tracked || call->is_read);
    flight = xmalloc(sizeof *flight);
    *flight = (struct flight){ store, call, batch, 1 };
    if (!send_words(connection, call, flight)) {
        store->counts.refused++;
        free(flight);
        return;
    }
    if (waits_for_replica(call)) {
        send_wait(connection, flight);
    }
    call->flight = flight;
    batch->open++;
    store->in_flight++;
    store->counts.calls++;
}

static void
mute_late(struct store *store, struct call **calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (calls[i]->flight != NULL) {
            calls[i]->flight->call = NULL;
            calls[i]->flight = NULL;
            calls[i]->err = unanswered(calls[i]);
            store->counts.late++;
        }
    }
}

static int
longest_timeout(struct call **calls, size_t count)
{
    int timeout_ms = 0;

    for (size_t i = 0; i < count; i++) {
        if (calls[i]->timeout_ms > timeout_ms) {
            timeout_ms = calls[i]->timeout_ms;
        }
    }
    return timeout_ms;
}

/* NULL while it is not there. */
static struct connection *
connection_of(const struct call *call)
{
    struct node *node = call->node;

    if (node == NULL || !node->ready) {
        return NULL;
    }
    if (!waits_for_replica(call)) {
        return node->main;
    }
    return node->sure_ready ? node->sure : NULL;
}

/* On `connection`, or when that is NULL at the node that each call is meant for. */
static void
send_and_wait(struct store *store, struct connection *connection, struct call **calls,
              size_t count, int64_t deadline_ms)
{
    struct batch batch = { WAIT_INIT, 0 };

    for (size_t i = 0; i < count; i++) {
        send_call(store, connection != NULL ? connection : connection_of(calls[i]),
                  calls[i], &batch);
    }
    if (batch.open > 0 && !wait_until(&batch.done, deadline_ms)) {
        mute_late(store, calls, count);
    }
}

/* --- sending again ------------------------------------------------------------------ */
/* The node that a call is meant for; it stays while the call does. */
static void
aim(struct call *call, struct node *node)
{
    if (node != NULL) {
        node_hold(node);
    }
    if (call->node != NULL) {
        node_release(call->node);
    }
    call->node = node;
}

/* A read at a node that will hold the slot only later is not tracked there, so it is
 * not kept. */
static void
ask_once(struct store *store, struct call *call)
{
    size_t first = call->is_function ? FUNCTION_WORDS : 1;

    call->asking = true;
    for (size_t i = 0; call->is_tracked && i < call->keys; i++) {
        cache_drop(store, str_of(call->argv[first + i], call->argv_len[first + i]));
    }
}

static bool
is_unsettled(const struct call *call)
{
    return str_starts(call->refusal, STR("TRYAGAIN ")) ||
           str_starts(call->refusal, STR("CLUSTERDOWN "));
}

/* Was it refused in a way that another try may mend? Then it is aimed anew. Waits while
 * functions are loaded. */
static bool
aim_again(struct store *store, struct call *call)
{
    struct slot_moved moved;

    call->asking = false;
    if (call->err != ERR_STORE_DOWN || call->refusal.len == 0) {
        return false;
    }
    if (lacks_function(call)) {
        return functions_load(store, call->node) == ERR_NONE;
    }
    if (slot_moved_read(call->refusal, "MOVED", &moved)) {
        aim(call, cluster_moved(store, call->node, &moved));
        return true;
    }
    if (slot_moved_read(call->refusal, "ASK", &moved)) {
        aim(call, cluster_node_at(store, call->node, moved.host, moved.port));
        ask_once(store, call);
        return true;
    }
    if (is_unsettled(call)) {
        cluster_doubt(store);
        aim(call, cluster_owner(store, call));
        return true;
    }
    return false;
}

static bool
is_aimed(const struct call *call)
{
    return call->node == NULL || connection_of(call) != NULL;
}

/* A node that we have just heard of is not connected yet. */
static bool
wait_for_nodes(struct store *store, struct call **calls, size_t count,
               int64_t deadline_ms)
{
    for (size_t i = 0; i < count; i++) {
        while (!is_aimed(calls[i])) {
            if (!waits_join(&store->changed, deadline_ms)) {
                return false;
            }
        }
    }
    return true;
}

/* A replica that has just come is waited for over a connection that is just being made;
 * while a node is away, who asks hears it at once. */
static void
wait_for_sure(struct store *store, struct call **calls, size_t count,
              int64_t deadline_ms)
{
    for (size_t i = 0; i < count; i++) {
        while (waits_for_replica(calls[i]) && calls[i]->node->ready &&
               !calls[i]->node->sure_ready &&
               waits_join(&store->changed, deadline_ms)) {
        }
    }
}

/* Sends again what may be; the pauses grow, so that a change has time to end. */
static void
send_again(struct store *store, struct call **calls, size_t count, int64_t deadline_ms)
{
    int pause_ms = PAUSE_FIRST_MS;

    for (int i = 1; i < TRIES_MAX && clock_mono_ms() < deadline_ms; i++) {
        bool unsettled = false;
        size_t open = 0;

        for (size_t at = 0; at < count; at++) {
            unsettled = unsettled || is_unsettled(calls[at]);
            if (aim_again(store, calls[at])) {
                struct call *call = calls[at];

                calls[at] = calls[open]; /* those that are sent again stand first */
                calls[open++] = call;
            }
        }
        if (open == 0 || !wait_for_nodes(store, calls, open, deadline_ms)) {
            return;
        }
        if (unsettled) {
            task_sleep(pause_ms);
            pause_ms *= 2;
        }
        send_and_wait(store, NULL, calls, open, deadline_ms);
        count = open;
    }
}

/* The order of the caller's calls is kept: another array is shuffled. */
static void
send_refused_again(struct store *store, struct call **calls, size_t count,
                   int64_t deadline_ms)
{
    struct call **refused = NULL;
    size_t open = 0;

    for (size_t i = 0; i < count; i++) {
        if (calls[i]->err == ERR_STORE_DOWN && calls[i]->refusal.len > 0) {
            if (refused == NULL) {
                refused = arena_alloc(calls[i]->arena, count * sizeof *refused);
            }
            refused[open++] = calls[i];
        }
    }
    if (open > 0) {
        send_again(store, refused, open, deadline_ms);
    }
}

/* --- waiting ------------------------------------------------------------------------ */
static enum err
first_error(struct call **calls, size_t count)
{
    enum err err = ERR_NONE;

    for (size_t i = 0; i < count; i++) {
        struct call *call = calls[i];

        if (call->err == ERR_INTERNAL && !call->quiet) {
            log_error("the store refused a call", LOG_S("call", call->name),
                      LOG_S("refusal", call->refusal.len > 0 ? call->refusal.data
                                                             : "an unknown code"));
        }
        if (err == ERR_NONE) {
            err = call->err;
        }
    }
    return err;
}

enum err
call_wait_on(struct store *store, struct connection *connection, struct call **calls,
             size_t count)
{
    assert(task_running());
    send_and_wait(store, connection, calls, count,
                  clock_mono_ms() + longest_timeout(calls, count));
    return first_error(calls, count);
}

/* What is read past the cache, and may change, goes into no page that is kept. */
static void
spoil_page(struct call *const *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!calls[i]->is_tracked && !calls[i]->is_constant) {
            cache_record_spoil();
            return;
        }
    }
}

static void
try_all(struct store *store, struct call **calls, size_t count)
{
    int64_t deadline_ms = clock_mono_ms() + longest_timeout(calls, count);

    for (size_t i = 0; i < count; i++) {
        aim(calls[i], cluster_owner(store, calls[i]));
        calls[i]->asking = false;
    }
    wait_for_sure(store, calls, count, deadline_ms);
    send_and_wait(store, NULL, calls, count, deadline_ms);
    send_refused_again(store, calls, count, deadline_ms);
    for (size_t i = 0; i < count; i++) {
        aim(calls[i], NULL);
    }
}

/* Those of the calls to which nothing happened. */
static size_t
find_down(struct call *const *calls, size_t count, struct call **down)
{
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (calls[i]->err == ERR_STORE_DOWN) {
            down[found++] = calls[i];
        }
    }
    return found;
}

static void
be_patient(struct store *store, struct call **calls, size_t count)
{
    int64_t until_ms = clock_mono_ms() + store->patience_ms;
    struct call **down = arena_alloc(calls[0]->arena, count * sizeof *down);
    size_t left;

    while ((left = find_down(calls, count, down)) > 0 && !store->closing &&
           clock_mono_ms() < until_ms) {
        task_sleep(PATIENT_PAUSE_MS);
        try_all(store, down, left);
    }
}

enum err
call_wait_all(struct store *store, struct call **calls, size_t count)
{
    assert(task_running());
    spoil_page(calls, count);
    try_all(store, calls, count);
    if (store->patience_ms > 0 && count > 0) {
        be_patient(store, calls, count);
    }
    return first_error(calls, count);
}

enum err
call_wait(struct store *store, struct call *call)
{
    return call_wait_all(store, &call, 1);
}
