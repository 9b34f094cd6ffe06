/* server/http/turn.c - turns come and go; bodies and answers piece by piece. */
#include "server/http/turn.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/http/connection.h"
#include "server/loop/loop.h"
#include "storage/policy/holder.h"

enum { PIECE_WAIT_MS = 60000 };

/* Of a request whose head could not be read. */
static const struct http_head no_head = { .content_length = -1 };

struct turn *
turn_new(struct front *front)
{
    struct arena *arena = arena_new(TURN_ARENA_BYTES_MAX);
    struct turn *turn = arena_alloc(arena, sizeof *turn);

    front->turns++;
    turn->front = front;
    turn->x.req.arena = arena;
    turn->x.req.res = &turn->x.res;
    turn->x.req.at = front->at;
    turn->x.req.pages = server_pages(front->at);
    turn->policies = front->at->policies;
    turn->x.req.policy = policy_take(turn->policies);
    turn->x.head = &no_head;
    turn->began_us = clock_mono_us();
    buf_init(&turn->body, 0);
    buf_init(&turn->taken, 0);
    front_id(front, turn->x.id);
    return turn;
}

void
turn_free(struct turn *turn)
{
    struct arena *arena = turn->x.req.arena;

    turn->front->turns--;
    exchange_end(&turn->x);
    policy_give(turn->policies, turn->x.req.policy);
    buf_free(&turn->body);
    buf_free(&turn->taken);
    arena_free(&arena); /* the turn lies in it */
}

void
turn_wake(struct wait **waiter)
{
    struct wait *wait = *waiter;

    if (wait != NULL) {
        *waiter = NULL;
        wait_end(wait);
    }
}

static bool
piece_there(const struct turn *turn)
{
    return turn->body.len > 0 || turn->body_whole || turn->body_err != ERR_NONE ||
           turn->conn == NULL;
}

static void
wait_for_piece(struct turn *turn)
{
    struct wait wait = WAIT_INIT;

    turn->owes_continue = turn->x.head->expects_continue && !turn->continued;
    turn->reader = &wait;
    http_conn_pump(turn->conn);
    if (!wait_until(&wait, clock_mono_ms() + PIECE_WAIT_MS)) {
        turn->reader = NULL;
        turn->body_err = ERR_TIMEOUT;
    }
}

enum err
request_body_read(struct request *req, struct str *piece)
{
    struct turn *turn = turn_of(req);
    struct buf before = turn->taken;

    assert(turn->is_stream);
    while (!piece_there(turn)) {
        wait_for_piece(turn); /* waits */
    }
    if (turn->body_err != ERR_NONE) {
        return turn->body_err;
    }
    if (turn->conn == NULL && !turn->body_whole) {
        return ERR_INTERRUPTED;
    }
    turn->taken = turn->body;
    turn->body = before;
    buf_clear(&turn->body);
    turn->body.max_bytes = turn->taken.max_bytes;
    *piece = turn->taken.len > 0 ? buf_str(&turn->taken) : STR("");
    if (turn->conn != NULL) {
        http_conn_pump(turn->conn); /* there is room again */
    }
    return ERR_NONE;
}

/* Waits until it is this turn's turn and the client takes what it was sent. */
static enum err
wait_for_room(struct turn *turn)
{
    while (turn->conn != NULL && (turn->conn->first != turn ||
                                  turn->conn->net.queued_bytes > CONN_HIGH_BYTES)) {
        struct wait wait = WAIT_INIT;

        turn->writer = &wait;
        if (!wait_until(&wait, clock_mono_ms() + PIECE_WAIT_MS)) {
            turn->writer = NULL;
            return ERR_INTERRUPTED;
        }
    }
    return turn->conn != NULL && !turn->conn->net.closing ? ERR_NONE : ERR_INTERRUPTED;
}

enum err
reply_start(struct request *req, int status, const char *type)
{
    struct turn *turn = turn_of(req);
    enum err err = reply_bytes(req, status, type, STR(""));

    if (err == ERR_NONE) {
        err = render(&turn->x, &turn->rendition);
    }
    if (err == ERR_NONE && (err = wait_for_room(turn)) == ERR_NONE) { /* waits */
        turn->started = true;
        http_conn_start(turn->conn, turn);
    }
    return err;
}

enum err
reply_piece(struct request *req, struct str piece)
{
    struct turn *turn = turn_of(req);
    enum err err;

    assert(turn->started);
    if ((err = wait_for_room(turn)) == ERR_NONE && !turn->x.head_only) { /* waits */
        http_conn_piece(turn->conn, turn, piece);
    }
    return err;
}
