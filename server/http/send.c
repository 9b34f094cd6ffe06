/* server/http/send.c - see the header. Small answers gather in front->out and leave
 * together; large bodies leave from where they lie. */
#include "server/http/send.h"

#include <stdio.h>

#include "server/http/connection.h"
#include "server/http/deadline.h"
#include "server/kept.h"
#include "server/serve.h"

enum { GATHER_BODY_BYTES = 16 << 10, GATHER_BYTES = 64 << 10 };

static void
flush(struct http_conn *conn)
{
    struct str out = buf_str(&conn->front->out);

    if (out.len > 0) {
        conn_write(&conn->net, &out, 1);
        buf_clear(&conn->front->out);
    }
}

/* No request will follow: the client said so, or we stop and this is the last. */
static bool
is_last(struct http_conn *conn, const struct turn *turn)
{
    if (turn->last || (conn->incoming == turn && !turn->body_whole) ||
        (conn->ended && conn->no_more && turn->next == NULL)) {
        return true;
    }
    return conn->front->stopping && turn->next == NULL && conn->unread.len == 0 &&
           !http_parser_midway(&conn->parser);
}

static enum head_framing
framing_of(const struct turn *turn)
{
    if (turn->not_modified) {
        return FRAMING_NOT_MODIFIED;
    }
    if (!turn->started) {
        return FRAMING_LENGTH;
    }
    return turn->x.head->http_1_0 ? FRAMING_CLOSE : FRAMING_CHUNKED;
}

static void
put_head(struct http_conn *conn, struct turn *turn)
{
    const struct http_head *head = turn->x.head;
    bool http_1_0 = head->http_1_0;
    enum head_framing framing = framing_of(turn);
    struct head_notes notes = { .date = front_date(conn->front),
                                .id = turn->x.id,
                                .is_tls = conn->net.tls != NULL };
    struct buf *lines = &conn->front->lines;

    turn->last = is_last(conn, turn) || framing == FRAMING_CLOSE;
    notes.close = turn->last;
    notes.keep_alive = !turn->last && http_1_0;
    buf_clear(lines);
    render_lines(lines, &turn->rendition, framing);
    render_head(&conn->front->out, turn->not_modified ? 304 : turn->rendition.status,
                buf_str(lines), &notes);
}

static void
put_body(struct http_conn *conn, struct str body)
{
    struct buf *out = &conn->front->out;

    if (body.len <= GATHER_BODY_BYTES) {
        buf_put_str(out, body);
    } else {
        struct str pieces[] = { buf_str(out), body };

        conn_write(&conn->net, pieces, 2);
        buf_clear(out);
    }
    if (out->len > GATHER_BYTES) {
        flush(conn);
    }
}

static void
put_answer(struct http_conn *conn, struct turn *turn)
{
    struct buf *out = &conn->front->out;
    size_t before = out->len;
    struct str body = turn->rendition.body;

    put_head(conn, turn);
    if (turn->x.head_only || turn->not_modified || turn->rendition.status == 204) {
        body.len = 0;
    }
    turn->sent_bytes = (int64_t)(out->len - before + body.len);
    put_body(conn, body);
}

void
send_kept(struct http_conn *conn, const struct kept_answer *answer,
          const struct http_head *head)
{
    struct buf *out = &conn->front->out;
    size_t before = out->len;
    bool no_body = answer->not_modified || head->method == METHOD_HEAD;
    struct str body = no_body ? STR("") : answer->form->body;
    char id[33];
    struct head_notes notes = { .date = front_date(conn->front),
                                .id = id,
                                .is_tls = conn->net.tls != NULL };

    front_id(conn->front, id);
    render_head(out, answer->not_modified ? 304 : 200,
                answer->not_modified ? answer->form->lines_304 : answer->form->lines,
                &notes);
    kept_told(conn->front, answer, head, id, (int64_t)(out->len - before + body.len));
    put_body(conn, body);
    conn->served = true;
}

/* A long answer is out but for its end. */
static void
end_answer(struct http_conn *conn, struct turn *turn)
{
    if (turn->cut) {
        conn_close(&conn->net);
    } else if (!turn->x.head->http_1_0 && !turn->x.head_only) {
        buf_put_str(&conn->front->out, STR("0\r\n\r\n"));
    }
}

static void
pop(struct http_conn *conn)
{
    struct turn *turn = conn->first;

    conn->first = turn->next;
    if (conn->first == NULL) {
        conn->last = NULL;
    }
    if (conn->incoming == turn) { /* answered before its (empty) body was seen */
        conn->incoming = NULL;
    }
    conn->turns--;
    conn->served = true;
    serve_told(turn);
    turn_free(turn);
}

static bool
send_first(struct http_conn *conn)
{
    struct turn *turn = conn->first;
    bool last;

    if (turn->started) {
        end_answer(conn, turn);
    } else {
        put_answer(conn, turn);
    }
    last = turn->last;
    pop(conn);
    return !last;
}

void
linger(struct http_conn *conn)
{
    if (!conn->lingering) {
        conn->lingering = true;
        conn->no_more = true;
        conn_finish(&conn->net);
        if (conn->net.queued_bytes == 0) { /* else when it has drained */
            deadline_linger(conn);
        }
        if (conn->ended && conn->net.queued_bytes == 0) {
            conn_close(&conn->net);
        }
    }
}

static void
send_continue(struct http_conn *conn)
{
    struct turn *turn = conn->first;

    if (turn != NULL && turn->owes_continue && turn->state != TURN_READY) {
        buf_put_str(&conn->front->out, STR("HTTP/1.1 100 Continue\r\n\r\n"));
        turn->owes_continue = false;
        turn->continued = true;
    }
}

void
send_ready(struct http_conn *conn)
{
    bool more = true;

    while (more && conn->first != NULL && conn->first->state == TURN_READY &&
           conn->net.queued_bytes <= CONN_HIGH_BYTES && !conn->net.closing) {
        more = send_first(conn);
        conn->again = true;
    }
    send_continue(conn);
    flush(conn);
    if (!more || (conn->ended && conn->no_more && conn->first == NULL)) {
        linger(conn);
    } else if (conn->first != NULL && conn->net.queued_bytes <= CONN_HIGH_BYTES) {
        turn_wake(&conn->first->writer);
    }
}

void
http_conn_start(struct http_conn *conn, struct turn *turn)
{
    put_head(conn, turn);
    flush(conn);
}

void
http_conn_piece(struct http_conn *conn, struct turn *turn, struct str piece)
{
    char size[24];
    struct str pieces[] = { { size, 0 }, piece, STR("\r\n") };

    if (piece.len == 0) {
        return; /* an empty chunk would be the end */
    }
    turn->sent_bytes += (int64_t)piece.len;
    if (turn->x.head->http_1_0) {
        conn_write(&conn->net, &piece, 1);
        return;
    }
    pieces[0].len = (size_t)snprintf(size, sizeof size, "%zx\r\n", piece.len);
    conn_write(&conn->net, pieces, 3);
}
