/* server/net/conn.h - one connection: bytes in, bytes out, and its end.
 *
 * Knows sockets and TLS, and nothing of HTTP. Reading can be paused; what is written
 * and not taken by the peer is queued, counted for the connection and for the loop, and
 * CONN_QUEUE_MAX or the loop's limit close it: uv_write() itself never says no.
 *
 * Closing is in two steps: after conn_close() no call-back but `gone` comes, and in it
 * the memory is the owner's again.
 *
 * Threads     A net, its connections and their call-backs belong to one loop.
 */
#ifndef SERVER_NET_CONN_H
#define SERVER_NET_CONN_H

#include <uv.h>

#include "server/net/address.h"
#include "server/net/tls.h"
#include "server/net/wheel.h"

enum {
    CONN_READ_BYTES = 64 << 10,
    CONN_HIGH_BYTES = 256 << 10, /* queued: stop reading and making */
    CONN_QUEUE_MAX = 32 << 20,   /* queued: the connection goes */
    NET_QUEUE_MAX = 128 << 20,   /* of all connections of a loop: the slowest goes */
    NET_HANDSHAKES_MAX = 1024,
    CONN_SEAL_BYTES = 128 << 10, /* are made records of before they are sent */
    NET_RECORDS_MAX = 1 << 20,
    CONN_PIECES_MAX = 4
};

struct conn;

struct conn_ops {
    /* Borrowed for the call. May come once more after conn_pause(). */
    void (*bytes)(struct conn *conn, struct str bytes);
    void (*end)(struct conn *conn);     /* the peer will send no more */
    void (*drained)(struct conn *conn); /* the queue is empty again */
    void (*gone)(struct conn *conn);
};

/* What the connections of a loop share. */
struct net {
    uv_loop_t *uv;
    struct wheel *wheel;
    const struct conn_ops *ops;
    SSL_CTX *tls; /* NULL: plain; for new connections */
    size_t count; /* open connections */
    size_t queued_bytes;
    size_t handshakes;
    struct conn *first; /* all of them */
    struct buf records; /* TLS, for the wire: empty again when a call is done */
    char read_room[CONN_READ_BYTES];
    char plain_room[TLS_RECORD_BYTES];
};

struct conn {
    uv_tcp_t tcp;
    struct net *net;
    struct conn *next;
    struct conn *before;
    struct tls *tls;
    struct address peer;
    size_t queued_bytes;
    bool reading;
    bool shaking;   /* its TLS handshake is counted */
    bool finishing; /* the write side goes when the queue is empty */
    bool closing;
};

/* Takes a connection that waits at the listener, into zeroed memory of the owner, and
 * begins to read. False: nothing was taken, and `gone` comes when the memory is free. */
bool conn_accept(struct net *net, struct conn *conn, uv_stream_t *listener);
/* The same with a socket that was accepted by hand; it is ours from here on. */
bool conn_adopt(struct net *net, struct conn *conn, int fd);

void conn_pause(struct conn *conn);
void conn_resume(struct conn *conn);
/* Sent in order; pieces are borrowed for the call. */
void conn_write(struct conn *conn, const struct str *pieces, size_t count);
/* No more will be written: close_notify and FIN follow what is queued. */
void conn_finish(struct conn *conn);
void conn_close(struct conn *conn);
/* Takes what lies there unread and closes: an end with unread bytes would be a reset,
 * which may overtake what we wrote. */
void conn_close_read(struct conn *conn);

#endif
