/* server/http/deadline.c - see the header. */
#include "server/http/deadline.h"

#include "base/clock.h"
#include "server/http/connection.h"

static int64_t
body_deadline(const struct http_conn *conn)
{
    return conn->body_at_ms + conn->parser.body_bytes / HTTP_BODY_BYTES_S * 1000;
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What we wait for the client to send. */
static int64_t
reading_deadline(const struct http_conn *conn)
{
    if (conn->no_more || conn->paused_at_ms != 0) {
        return INT64_MAX;
    }
    if (conn->incoming != NULL) {
        return body_deadline(conn);
    }
    if (http_parser_midway(&conn->parser)) {
        return conn->head_at_ms;
    }
    return conn->first == NULL ? conn->idle_at_ms : INT64_MAX;
}

static int64_t
whole_deadline(const struct http_conn *conn)
{
    const struct turn *turn = conn->first;

    if (turn == NULL || turn->is_stream || turn->started) {
        return INT64_MAX;
    }
    return turn->began_us / 1000 + HTTP_REQUEST_MS;
}

static void
watch_queue(struct http_conn *conn)
{
    if (conn->net.queued_bytes == 0) {
        conn->stall_at_ms = INT64_MAX;
    } else if (conn->stall_at_ms == INT64_MAX) {
        conn->stall_at_ms = clock_mono_ms() + HTTP_STALL_MS;
        conn->stall_queue =
            uv_stream_get_write_queue_size((const uv_stream_t *)&conn->net.tcp);
    }
}

/* Has the peer taken nothing since we last looked? */
static bool
is_stalled(struct http_conn *conn)
{
    size_t queue = uv_stream_get_write_queue_size((const uv_stream_t *)&conn->net.tcp);

    if (queue >= conn->stall_queue) {
        return true;
    }
    conn->stall_queue = queue;
    conn->stall_at_ms = clock_mono_ms() + HTTP_STALL_MS;
    return false;
}

static void
on_deadline(struct wheel_timer *timer)
{
    struct http_conn *conn =
        (struct http_conn *)((char *)timer - offsetof(struct http_conn, timer));
    int64_t now_ms = clock_mono_ms();

    if (conn->net.closing) {
        return;
    }
    if (conn->linger_at_ms <= now_ms || whole_deadline(conn) <= now_ms ||
        (conn->stall_at_ms <= now_ms && is_stalled(conn))) {
        conn_close(&conn->net);
    } else if (reading_deadline(conn) <= now_ms) {
        http_conn_late(conn);
    } else {
        deadline_set(conn);
    }
}

void
deadline_init(struct http_conn *conn)
{
    conn->timer.fn = on_deadline;
    conn->idle_at_ms = clock_mono_ms() + HTTP_FIRST_BYTE_MS;
    conn->stall_at_ms = INT64_MAX;
    conn->linger_at_ms = INT64_MAX;
}

void
deadline_clear(struct http_conn *conn)
{
    wheel_clear(conn->net.net->wheel, &conn->timer);
}

void
deadline_head(struct http_conn *conn)
{
    conn->head_at_ms = clock_mono_ms() + HTTP_HEAD_MS;
}

void
deadline_body(struct http_conn *conn)
{
    conn->body_at_ms = clock_mono_ms() + HTTP_BODY_MS;
}

void
deadline_idle(struct http_conn *conn)
{
    conn->idle_at_ms = clock_mono_ms() + HTTP_IDLE_MS;
}

void
deadline_linger(struct http_conn *conn)
{
    conn->linger_at_ms = clock_mono_ms() + HTTP_LINGER_MS;
}

void
deadline_paused(struct http_conn *conn)
{
    if (conn->paused_at_ms == 0) {
        conn->paused_at_ms = clock_mono_ms();
    }
}

void
deadline_reading(struct http_conn *conn)
{
    if (conn->paused_at_ms != 0) {
        int64_t paused_ms = clock_mono_ms() - conn->paused_at_ms;

        conn->head_at_ms += paused_ms;
        conn->body_at_ms += paused_ms;
        conn->paused_at_ms = 0;
    }
}

void
deadline_set(struct http_conn *conn)
{
    int64_t at_ms;

    watch_queue(conn);
    at_ms = earlier(earlier(reading_deadline(conn), whole_deadline(conn)),
                    earlier(conn->stall_at_ms, conn->linger_at_ms));
    if (at_ms == INT64_MAX) {
        wheel_clear(conn->net.net->wheel, &conn->timer);
    } else {
        wheel_set(conn->net.net->wheel, &conn->timer, at_ms);
    }
}
