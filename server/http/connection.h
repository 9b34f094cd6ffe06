/* server/http/connection.h - HTTP/1 on one connection: requests in, answers out in
 * their order, deadlines, and an end that the client can understand.
 *
 * Knows nothing of routes: what a request means is server/serve.h's.
 */
#ifndef SERVER_HTTP_CONNECTION_H
#define SERVER_HTTP_CONNECTION_H

#include "server/http/front.h"
#include "server/http/parse.h"
#include "server/http/turn.h"

enum {
    HTTP_PIPELINE_MAX = 16,
    HTTP_FIRST_BYTE_MS = 10000,
    HTTP_HEAD_MS = 10000,
    HTTP_BODY_MS = 10000, /* and a second for each HTTP_BODY_BYTES_S */
    HTTP_BODY_BYTES_S = 16 << 10,
    HTTP_REQUEST_MS = 60000,
    HTTP_STALL_MS = 10000,
    HTTP_IDLE_MS = 30000,
    HTTP_LINGER_MS = 1000,
    HTTP_LINGER_BYTES = 64 << 10
};

struct http_conn {
    struct conn net; /* first */
    struct front *front;
    struct http_parser parser;
    struct turn *first; /* in the order of their requests */
    struct turn *last;
    struct turn *incoming; /* whose body is being read */
    unsigned turns;
    struct buf unread; /* came while there were too many turns */
    struct wheel_timer timer;
    int64_t idle_at_ms; /* deadlines; each counts in its own state only */
    int64_t head_at_ms;
    int64_t body_at_ms;
    int64_t stall_at_ms;
    int64_t linger_at_ms;
    size_t stall_queue;
    size_t lingered_bytes;
    int64_t paused_at_ms; /* since when we do not read a body; 0: we do */
    bool counted;         /* among its address's */
    bool served;          /* it has had an answer */
    bool ended;           /* the client will send no more */
    bool no_more;         /* we read no further request */
    bool lingering;       /* the last answer is out */
    bool pumping;
    bool again;
};

extern const struct conn_ops http_conn_ops;

/* Takes what waits at the front's listener; with fd >= 0 that socket. */
void http_conn_open(struct front *front, int fd);
/* The client took too long for what it was sending. */
void http_conn_late(struct http_conn *conn);
/* The front stops: ends now when nothing is under way, else with the last answer. */
void http_conn_retire(struct http_conn *conn);
/* A long answer, of the turn that is the first: its head, then pieces. */
void http_conn_start(struct http_conn *conn, struct turn *turn);
void http_conn_piece(struct http_conn *conn, struct turn *turn, struct str piece);
/* Goes on with whatever can go on: sends what is ready, starts what may start, reads.
 * Called when a turn has become READY or a piece was taken. */
void http_conn_pump(struct http_conn *conn);

#endif
