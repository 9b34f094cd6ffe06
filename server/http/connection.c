/* server/http/connection.c - see the header.
 *
 * One function moves everything: http_conn_pump() sends what is ready, starts what may
 * start and reads on, until nothing moves any more. Call-backs change the state and
 * call it; it never runs inside itself. */
#include "server/http/connection.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "server/http/deadline.h"
#include "server/http/send.h"
#include "server/kept.h"
#include "server/serve.h"

static struct http_conn *
conn_of(struct conn *net)
{
    return (struct http_conn *)net;
}

/* --- reading -------------------------------------------------------------------------
 */
static void
add_turn(struct http_conn *conn, struct turn *turn)
{
    turn->conn = conn;
    if (conn->last != NULL) {
        conn->last->next = turn;
    } else {
        conn->first = turn;
    }
    conn->last = turn;
    conn->turns++;
}

static void
on_body(void *arg, struct str piece)
{
    struct turn *turn = arg;

    turn->continued = true;
    turn->owes_continue = false;
    buf_put_str(&turn->body, piece);
    if (turn->body.full) {
        turn->body_err = ERR_OVERLOADED;
    }
    turn_wake(&turn->reader);
}

static void
ready(struct turn *turn, enum err err)
{
    serve_answer(turn, err);
    turn->state = TURN_READY;
}

/* An answer without a request that could be read, or instead of one half read. */
static void
refuse(struct http_conn *conn, enum err err)
{
    struct turn *turn = conn->incoming;

    conn->incoming = NULL;
    conn->no_more = true;
    if (turn == NULL) {
        turn = turn_new(conn->front);
        add_turn(conn, turn);
        ready(turn, err);
    } else if (turn->state == TURN_READING) {
        ready(turn, err);
    } else { /* its handler is at work on the body */
        turn->body_err = err;
        turn_wake(&turn->reader);
    }
    turn->last = true;
}

/* The answer is there for everybody, and nothing stands before it: no turn, no task. */
static bool
answer_kept(struct http_conn *conn, const struct http_head *head)
{
    struct kept_answer answer;

    if (conn->first != NULL || head->has_body || !head->keep_alive || head->http_1_0 ||
        conn->front->stopping || !kept_find(conn->front, &conn->net, head, &answer)) {
        return false;
    }
    send_kept(conn, &answer, head);
    http_parser_accept(&conn->parser, 0, on_body, NULL);
    return true;
}

static void
begin(struct http_conn *conn, const struct http_head *head)
{
    struct turn *turn = turn_new(conn->front);
    enum err err = serve_head(turn, head);
    int64_t body_max =
        turn->x.match.route != NULL ? route_body_max(turn->x.match.route) : 0;

    add_turn(conn, turn);
    conn->incoming = turn;
    turn->last |= !head->keep_alive;
    turn->body.max_bytes = turn->is_stream ? SIZE_MAX : (size_t)body_max;
    if (err != ERR_NONE && head->has_body) {
        refuse(conn, err);
        return;
    }
    if (err != ERR_NONE || turn->x.res.status != 0) {
        ready(turn, err);
    } else if (turn->is_stream) {
        turn->state = TURN_WAITING;
    } else {
        turn->owes_continue = head->expects_continue && head->has_body;
    }
    deadline_body(conn);
    http_parser_accept(&conn->parser, body_max, on_body, turn);
}

static void
whole(struct http_conn *conn)
{
    struct turn *turn = conn->incoming;

    conn->incoming = NULL;
    deadline_idle(conn);
    if (turn == NULL) {
        return; /* answered already */
    }
    turn->body_whole = true;
    turn->owes_continue = false;
    conn->no_more |= turn->last;
    if (turn->state == TURN_READING && turn->body_err != ERR_NONE) {
        ready(turn, turn->body_err);
    } else if (turn->state == TURN_READING) {
        turn->state = TURN_WAITING;
    }
    turn_wake(&turn->reader);
}

static bool
may_read(const struct http_conn *conn)
{
    if (conn->no_more || conn->net.closing ||
        conn->net.queued_bytes > CONN_HIGH_BYTES) {
        return false;
    }
    return conn->incoming != NULL ? !conn->incoming->is_stream ||
                                        conn->incoming->body.len < TURN_PIPE_BYTES
                                  : conn->turns < HTTP_PIPELINE_MAX;
}

static void
read_requests(struct http_conn *conn, struct str *bytes)
{
    struct http_head head = { .field = conn->front->fields };
    enum http_step step = HTTP_STEP_HEAD;

    while (step != HTTP_STEP_MORE && may_read(conn)) {
        bool midway = http_parser_midway(&conn->parser);

        step = http_parser_step(&conn->parser, bytes, &head);
        if (!midway && http_parser_midway(&conn->parser)) {
            deadline_head(conn);
        }
        if (step == HTTP_STEP_HEAD && !answer_kept(conn, &head)) {
            begin(conn, &head);
        } else if (step == HTTP_STEP_DONE) {
            whole(conn);
        } else if (step == HTTP_STEP_REFUSED) {
            refuse(conn, conn->parser.err);
        }
    }
}

/* A request that will never be whole is forgotten. */
static void
drop_incoming(struct http_conn *conn)
{
    struct turn **link = &conn->first;
    struct turn *turn = conn->incoming;

    conn->incoming = NULL;
    if (turn == NULL || turn->state == TURN_READY) {
        return;
    }
    if (turn->state != TURN_READING) {
        turn->body_err = ERR_INTERRUPTED;
        turn_wake(&turn->reader);
        return;
    }
    conn->last = NULL;
    while (*link != turn) {
        conn->last = *link;
        link = &(*link)->next;
    }
    *link = NULL;
    conn->turns--;
    turn_free(turn);
}

static void
read_unread(struct http_conn *conn)
{
    struct str bytes = buf_str(&conn->unread);

    if (bytes.len > 0 && may_read(conn)) {
        read_requests(conn, &bytes);
        buf_consume(&conn->unread, conn->unread.len - bytes.len);
        if (conn->unread.len == 0 || conn->no_more) {
            buf_free(&conn->unread);
        }
        if (conn->unread.len == 0 && conn->ended) {
            drop_incoming(conn);
            conn->no_more = true;
        }
        conn->again = true;
    }
}

/* --- running -------------------------------------------------------------------------
 */
static void
run(void *arg)
{
    struct turn *turn = arg;

    serve_run(turn); /* waits */
    turn->state = TURN_READY;
    if (turn->conn != NULL) {
        http_conn_pump(turn->conn);
    } else {
        serve_told(turn);
        turn_free(turn);
    }
}

static bool
is_safe(const struct turn *turn)
{
    return turn->x.req.method == METHOD_GET || turn->x.req.method == METHOD_OPTIONS;
}

/* Requests of safe methods may run side by side; any other waits until those before it
 * are done, and those behind wait for it (RFC 9112, 9.3.2). */
static void
start_turns(struct http_conn *conn)
{
    bool all_safe = true;
    bool any_before = false;

    for (struct turn *turn = conn->first; turn != NULL; turn = turn->next) {
        if (turn->state == TURN_WAITING &&
            (!any_before || (all_safe && is_safe(turn)))) {
            turn->state = TURN_RUNNING;
            if (!serve_may_run(turn) || !task_start(conn->front->loop, run, turn)) {
                ready(turn, ERR_OVERLOADED);
            }
            conn->again = true;
            return; /* the list may have changed */
        }
        if (turn->state != TURN_READY) {
            any_before = true;
            all_safe = all_safe && is_safe(turn);
        }
    }
}

/* --- the pump ------------------------------------------------------------------------
 */
static void
set_reading(struct http_conn *conn)
{
    bool reading = conn->lingering || (conn->unread.len == 0 && may_read(conn));

    if (conn->ended) {
        return;
    }
    if (reading) {
        deadline_reading(conn);
        conn_resume(&conn->net);
    } else {
        deadline_paused(conn);
        conn_pause(&conn->net);
    }
}

void
http_conn_pump(struct http_conn *conn)
{
    conn->again = true;
    if (conn->pumping) {
        return;
    }
    conn->pumping = true;
    while (conn->again && !conn->net.closing) {
        conn->again = false;
        send_ready(conn);
        start_turns(conn);
        read_unread(conn);
    }
    conn->pumping = false;
    if (!conn->net.closing) {
        set_reading(conn);
        deadline_set(conn);
    }
}

/* --- what the connection tells -------------------------------------------------------
 */
static void
on_bytes(struct conn *net, struct str bytes)
{
    struct http_conn *conn = conn_of(net);

    if (conn->lingering) {
        conn->lingered_bytes += bytes.len;
        if (conn->lingered_bytes > HTTP_LINGER_BYTES) {
            conn_close(net);
        }
        return;
    }
    if (conn->unread.len == 0) {
        conn->pumping = true; /* answers that are ready at once leave together */
        read_requests(conn, &bytes);
        conn->pumping = false;
    }
    if (!conn->no_more) {
        buf_put_str(&conn->unread, bytes);
    }
    if (conn->unread.full) {
        conn_close(net);
        return;
    }
    http_conn_pump(conn);
}

static void
on_end(struct conn *net)
{
    struct http_conn *conn = conn_of(net);

    conn->ended = true;
    if (conn->unread.len == 0) {
        drop_incoming(conn);
        conn->no_more = true;
    }
    if (conn->lingering && net->queued_bytes == 0) {
        conn_close(net);
        return;
    }
    http_conn_pump(conn);
}

static void
on_drained(struct conn *net)
{
    struct http_conn *conn = conn_of(net);

    if (conn->lingering && conn->ended) {
        conn_close(net);
        return;
    }
    if (conn->lingering) {
        deadline_linger(conn);
    }
    if (conn->first != NULL) {
        turn_wake(&conn->first->writer);
    }
    http_conn_pump(conn);
}

static void
on_gone(struct conn *net)
{
    struct http_conn *conn = conn_of(net);
    struct turn *next;

    for (struct turn *turn = conn->first; turn != NULL; turn = next) {
        next = turn->next;
        turn->conn = NULL;
        turn->next = NULL;
        if (turn->state == TURN_RUNNING) {
            turn_wake(&turn->reader);
            turn_wake(&turn->writer);
        } else {
            serve_told(turn);
            turn_free(turn);
        }
    }
    if (conn->counted) {
        front_peer_remove(conn->front, &net->peer);
    }
    deadline_clear(conn);
    http_parser_free(&conn->parser);
    buf_free(&conn->unread);
    free(conn);
}

const struct conn_ops http_conn_ops = { on_bytes, on_end, on_drained, on_gone };

/* Answered without a word of HTTP read: there is no room for one more connection. Over
 * TLS nothing can be said before the handshake, which would cost more than an answer. */
static void
turn_away(struct http_conn *conn)
{
    serve_turned_away(conn->front);
    if (conn->net.tls == NULL) {
        refuse(conn, ERR_OVERLOADED);
        http_conn_pump(conn);
    } else {
        conn->no_more = true;
        linger(conn);
    }
    if (conn->front->net.count > conn->front->connections_max + FRONT_AWAY_MAX) {
        conn_close_read(&conn->net);
    }
}

static bool
take(struct front *front, struct http_conn *conn, int fd)
{
    return fd >= 0
               ? conn_adopt(&front->net, &conn->net, fd)
               : conn_accept(&front->net, &conn->net, (uv_stream_t *)&front->listener);
}

void
http_conn_open(struct front *front, int fd)
{
    bool full = front->net.count >= front->connections_max;
    struct http_conn *conn = xcalloc(1, sizeof *conn);

    conn->front = front;
    http_parser_init(&conn->parser);
    buf_init(&conn->unread, CONN_READ_BYTES + TLS_RECORD_BYTES);
    deadline_init(conn);
    if (!take(front, conn, fd)) {
        return;
    }
    conn->counted = true;
    if (!front_peer_add(front, &conn->net.peer) || full) {
        turn_away(conn);
    }
    if (!conn->net.closing) {
        deadline_set(conn);
    }
}

void
http_conn_late(struct http_conn *conn)
{
    if (conn->incoming == NULL && !http_parser_midway(&conn->parser)) {
        conn_close(&conn->net); /* it was idle: nothing to say */
        return;
    }
    refuse(conn, ERR_TIMEOUT);
    http_conn_pump(conn);
}

void
http_conn_retire(struct http_conn *conn)
{
    if (conn->first == NULL && !http_parser_midway(&conn->parser) && conn->served) {
        linger(conn);
    }
    http_conn_pump(conn);
}
