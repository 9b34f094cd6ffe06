/* server/http/turn.h - a request's turn on its connection: from its head to the last
 * byte of its answer.
 *
 * A turn outlives its connection when the client leaves while a task works on it: the
 * task goes on, and only the reply is dropped.
 *
 *     READING -> WAITING -> RUNNING -> READY -> sent
 *
 * READING: its body is on the way. WAITING: whole, but what came before it on this
 * connection is not done and one of them is no safe method. RUNNING: a task works on
 * it; a body that is taken piece by piece runs while it is read. READY: answered, and
 * waits for those before it.
 */
#ifndef SERVER_HTTP_TURN_H
#define SERVER_HTTP_TURN_H

#include "base/task.h"
#include "server/exchange.h"
#include "server/http/render.h"

enum { TURN_ARENA_BYTES_MAX = 24 << 20, TURN_PIPE_BYTES = 256 << 10 };

struct front;
struct http_conn;

enum turn_state { TURN_READING, TURN_WAITING, TURN_RUNNING, TURN_READY };

struct turn {
    struct exchange x; /* first */
    struct front *front;
    struct policy_holder *policies; /* of x.req.policy */
    struct http_conn *conn;         /* NULL: the client left */
    struct turn *next;
    enum turn_state state;
    bool last;          /* the connection ends with this answer */
    bool owes_continue; /* 100 Continue when its turn comes */
    bool continued;     /* it was sent, or the body came without */
    bool is_stream;     /* the handler takes the body piece by piece */
    bool body_whole;
    enum err body_err; /* the body has no good end */
    struct buf body;   /* what came and was not taken */
    struct buf taken;  /* the piece that the handler looks at */
    struct wait *reader;
    struct rendition rendition;
    bool not_modified;
    bool started; /* a long answer: its head is out */
    bool cut;     /* a long answer that has no good end */
    struct wait *writer;
    int64_t began_us;
    int64_t sent_bytes;
};

/* An exchange in a turn. */
static inline struct turn *
turn_of(const struct request *req)
{
    return (struct turn *)(uintptr_t)req;
}

struct turn *turn_new(struct front *front);
void turn_free(struct turn *turn);
/* Wakes the task that waits for a piece, or for room to send one. */
void turn_wake(struct wait **waiter);

#endif
