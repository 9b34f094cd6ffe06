/* storage/redis/connection.c - see the header.
 *
 *     closed --open--> connecting --connected--> open --lost, dropped--> closed
 *                          |--refused, deadline--> closed
 *
 * A context belongs to hiredis while it is set; its `data` is NULL once we have let go
 * of it. It is never freed from hiredis' own connect or disconnect callback. */
#include "storage/redis/connection.h"

#include <assert.h>
#include <fcntl.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "storage/redis/adapter.h"

struct connection {
    struct loop *loop;
    const struct address *address;
    redisAsyncContext *context; /* NULL while closed */
    bool is_open;
    bool subscribed;
    struct waits changed;
    uv_timer_t pulse; /* active while open */
    int64_t read_at_ms;
    void (*lost)(void *arg);
    void *arg;
    connection_message_fn *message;
    void *message_arg;
};

/* --- the end ------------------------------------------------------------------------
 */
static void
closed(struct connection *connection)
{
    bool was_open = connection->is_open;

    connection->context = NULL;
    connection->is_open = false;
    connection->subscribed = false;
    uv_timer_stop(&connection->pulse);
    waits_end(&connection->changed);
    if (was_open) {
        connection->lost(connection->arg);
    }
}

void
connection_drop(struct connection *connection)
{
    redisAsyncContext *context = connection->context;

    if (context == NULL) {
        return;
    }
    context->data = NULL;
    closed(connection);
    redisAsyncFree(context);
}

static void
on_disconnect(const redisAsyncContext *context, int status)
{
    (void)status;
    if (context->data != NULL) {
        closed(context->data);
    }
}

/* --- the beginning ------------------------------------------------------------------
 */
/* PING on a subscribed connection has no callback and would leave one in hiredis' list
 * for ever, so there the bare bytes are sent (RELIABILITY.md 5). */
static void
ping(struct connection *connection)
{
    static const char bytes[] = "*1\r\n$4\r\nPING\r\n";
    redisAsyncContext *context = connection->context;

    if (!connection->subscribed) {
        redisAsyncFormattedCommand(context, NULL, NULL, bytes, sizeof bytes - 1);
    } else if (redisAppendFormattedCommand(&context->c, bytes, sizeof bytes - 1) ==
               REDIS_OK) {
        context->ev.addWrite(context->ev.data);
    }
}

static void
on_pulse(uv_timer_t *pulse)
{
    struct connection *connection = pulse->data;

    if ((int64_t)uv_now(pulse->loop) - connection->read_at_ms > SILENCE_MAX_MS) {
        connection_drop(connection);
    } else {
        ping(connection);
    }
}

/* After a failed connect hiredis frees the context and says nothing more. */
static void
on_connect(const redisAsyncContext *context, int status)
{
    struct connection *connection = context->data;

    if (connection == NULL) {
        return;
    }
    if (status != REDIS_OK) {
        closed(connection);
        return;
    }
    connection->is_open = true;
    connection->read_at_ms = (int64_t)uv_now(loop_uv(connection->loop));
    uv_timer_start(&connection->pulse, on_pulse, PING_EVERY_MS, PING_EVERY_MS);
    waits_end(&connection->changed);
}

static redisAsyncContext *
begin(const struct address *address)
{
    char numeric[ADDRESS_TEXT_MAX];

    if (address->is_unix) {
        return redisAsyncConnectUnix(address->host);
    }
    return address_resolve(address, numeric) ? redisAsyncConnect(numeric, address->port)
                                             : NULL;
}

static bool
attach(struct connection *connection, redisAsyncContext *context)
{
    if (context->err != 0 || fcntl(context->c.fd, F_SETFD, FD_CLOEXEC) != 0 ||
        !adapter_attach(context, loop_uv(connection->loop), &connection->read_at_ms)) {
        return false;
    }
    connection->context = context;
    context->data = connection;
    redisAsyncSetDisconnectCallback(context, on_disconnect);
    redisAsyncSetConnectCallback(context, on_connect);
    return true;
}

bool
connection_open(struct connection *connection)
{
    redisAsyncContext *context;

    assert(connection->context == NULL);
    context = begin(connection->address);
    if (context == NULL) {
        return false;
    }
    if (!attach(connection, context)) {
        redisAsyncFree(context);
        return false;
    }
    if (!waits_join(&connection->changed, clock_mono_ms() + CONNECT_TIMEOUT_MS)) {
        connection_drop(connection);
    }
    return connection->is_open;
}

bool
connection_is_open(const struct connection *connection)
{
    return connection->is_open;
}

struct connection *
connection_new(struct loop *loop, const struct address *address,
               void (*lost)(void *arg), void *arg)
{
    struct connection *connection = xcalloc(1, sizeof *connection);

    connection->loop = loop;
    connection->address = address;
    connection->lost = lost;
    connection->arg = arg;
    uv_timer_init(loop_uv(loop), &connection->pulse);
    connection->pulse.data = connection;
    return connection;
}

static void
free_closed(uv_handle_t *pulse)
{
    free(pulse->data);
}

static void
no_one(void *arg)
{
    (void)arg;
}

void
connection_free(struct connection **connection)
{
    if (*connection == NULL) {
        return;
    }
    (*connection)->lost = no_one;
    connection_drop(*connection);
    uv_close((uv_handle_t *)&(*connection)->pulse, free_closed);
    *connection = NULL;
}

/* --- what is carried ----------------------------------------------------------------
 */
bool
connection_send(struct connection *connection, size_t argc, const char **argv,
                const size_t *argv_len, connection_reply_fn *fn, void *arg)
{
    return connection->is_open &&
           redisAsyncCommandArgv(connection->context, fn, arg, (int)argc, argv,
                                 argv_len) == REDIS_OK;
}

/* ["subscribe", channel, count] once, then ["message", channel, payload]. */
static void
on_message(redisAsyncContext *context, void *reply_at, void *arg)
{
    const redisReply *reply = reply_at;
    struct connection *connection = arg;

    if (context->data == NULL || reply == NULL || reply->type != REDIS_REPLY_ARRAY ||
        reply->elements != 3 || reply->element[0]->type != REDIS_REPLY_STRING) {
        return;
    }
    if (strcmp(reply->element[0]->str, "subscribe") == 0) {
        connection->message(NULL, connection->message_arg);
    } else if (strcmp(reply->element[0]->str, "message") == 0) {
        connection->message(reply->element[2], connection->message_arg);
    }
}

bool
connection_subscribe(struct connection *connection, const char *channel,
                     connection_message_fn *fn, void *arg)
{
    const char *argv[] = { "SUBSCRIBE", channel };
    size_t argv_len[] = { 9, strlen(channel) };

    connection->message = fn;
    connection->message_arg = arg;
    connection->subscribed =
        connection_send(connection, 2, argv, argv_len, on_message, connection);
    return connection->subscribed;
}
