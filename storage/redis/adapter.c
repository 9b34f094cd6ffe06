/* storage/redis/adapter.c - see the header. */
#include "storage/redis/adapter.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/xmalloc.h"
#include "storage/redis/reply.h"

struct adapter {
    struct redisAsyncContext *context; /* NULL once hiredis has freed it */
    struct arena *replies;
    int64_t *read_at_ms;
    uv_poll_t poll;
    uv_prepare_t flush; /* active while there is something to write */
    int wanted;         /* of UV_READABLE, UV_WRITABLE */
    int armed;
    bool flushing;
    int handles; /* still open */
};

static void on_poll(uv_poll_t *poll, int status, int events);

static void
arm(struct adapter *adapter)
{
    if (adapter->context == NULL || adapter->wanted == adapter->armed) {
        return;
    }
    adapter->armed = adapter->wanted;
    if (adapter->wanted == 0) {
        uv_poll_stop(&adapter->poll);
    } else {
        uv_poll_start(&adapter->poll, adapter->wanted, on_poll);
    }
}

/* An error of the socket shows itself to whoever reads or writes it: hiredis does both
 * and then says so to all that wait. Reading may free the context. */
static void
on_poll(uv_poll_t *poll, int status, int events)
{
    struct adapter *adapter = poll->data;

    if (status < 0) {
        adapter->armed = 0; /* libuv has stopped polling */
        events = UV_READABLE | UV_WRITABLE;
    }
    if (events & UV_READABLE) {
        *adapter->read_at_ms = (int64_t)uv_now(poll->loop);
        redisAsyncHandleRead(adapter->context);
    }
    if (adapter->context != NULL && (events & UV_WRITABLE)) {
        redisAsyncHandleWrite(adapter->context);
    }
    arm(adapter);
}

static void
on_flush(uv_prepare_t *flush)
{
    struct adapter *adapter = flush->data;

    uv_prepare_stop(flush);
    adapter->flushing = true;
    redisAsyncHandleWrite(adapter->context);
    adapter->flushing = false;
    arm(adapter);
}

/* --- what hiredis asks for ----------------------------------------------------------
 */
static void
add_read(void *arg)
{
    struct adapter *adapter = arg;

    adapter->wanted |= UV_READABLE;
    arm(adapter);
}

static void
del_read(void *arg)
{
    struct adapter *adapter = arg;

    adapter->wanted &= ~UV_READABLE;
    arm(adapter);
}

/* Before the connection is there, writable means connected: that must come from epoll.
 * Later we write at the end of the turn, and ask epoll only for what did not fit. */
static void
add_write(void *arg)
{
    struct adapter *adapter = arg;
    bool connected = adapter->context->c.flags & REDIS_CONNECTED;

    if (connected && !adapter->flushing && !(adapter->wanted & UV_WRITABLE)) {
        uv_prepare_start(&adapter->flush, on_flush);
        return;
    }
    adapter->wanted |= UV_WRITABLE;
    arm(adapter);
}

static void
del_write(void *arg)
{
    struct adapter *adapter = arg;

    uv_prepare_stop(&adapter->flush);
    adapter->wanted &= ~UV_WRITABLE;
    arm(adapter);
}

static void
on_closed(uv_handle_t *handle)
{
    struct adapter *adapter = handle->data;

    if (--adapter->handles == 0) {
        arena_free(&adapter->replies);
        free(adapter);
    }
}

static void
cleanup(void *arg)
{
    struct adapter *adapter = arg;

    adapter->context = NULL;
    uv_close((uv_handle_t *)&adapter->poll, on_closed);
    uv_close((uv_handle_t *)&adapter->flush, on_closed);
}

bool
adapter_attach(struct redisAsyncContext *context, uv_loop_t *uv, int64_t *read_at_ms)
{
    struct adapter *adapter = xcalloc(1, sizeof *adapter);

    if (uv_poll_init(uv, &adapter->poll, context->c.fd) != 0) {
        free(adapter);
        return false;
    }
    uv_prepare_init(uv, &adapter->flush);
    adapter->poll.data = adapter;
    adapter->flush.data = adapter;
    adapter->handles = 2;
    adapter->context = context;
    adapter->replies = arena_new(REPLY_BYTES_MAX);
    reply_read_into(context->c.reader, adapter->replies);
    adapter->read_at_ms = read_at_ms;
    context->ev.data = adapter;
    context->ev.addRead = add_read;
    context->ev.delRead = del_read;
    context->ev.addWrite = add_write;
    context->ev.delWrite = del_write;
    context->ev.cleanup = cleanup;
    return true;
}
