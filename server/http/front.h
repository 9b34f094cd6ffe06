/* server/http/front.h - one listener on one loop, and what its connections share.
 *
 * Stopping: front_stop() accepts what waits, then no more; idle connections close, the
 * others after the answers under way, all after FRONT_STOP_MS.
 *
 * Threads     Belongs to its loop.
 */
#ifndef SERVER_HTTP_FRONT_H
#define SERVER_HTTP_FRONT_H

#include "base/buf.h"
#include "server/http/head.h"
#include "server/net/conn.h"
#include "server/route.h"

enum {
    FRONT_STOP_MS = 10000,
    FRONT_BACKLOG = 511,
    FRONT_OUT_BYTES_MAX = 1 << 20,
    FRONT_LINES_BYTES_MAX = 64 << 10,
    FRONT_PEER_SLOTS = 4096,
    FRONT_AWAY_MAX = 8 /* over the limit, told so and lingering; more are cut at once */
};

struct server_loop;

struct front_config {
    struct server_loop *at;
    struct loop *loop;
    struct wheel *wheel;
    int fd; /* bound; the front's from here on */
    const struct route *routes;
    size_t route_count;
    bool is_admin; /* no callers, no language, no visits: the operator's own machine */
    size_t connections_max;
    SSL_CTX *tls; /* NULL: plain; a reference is taken */
};

struct front {
    struct net net;
    struct server_loop *at;
    struct loop *loop;
    const struct route *routes;
    size_t route_count;
    bool is_admin;
    bool stopping;
    size_t connections_max;
    size_t peer_max; /* of one address that is no trusted proxy's */
    uint64_t peer_seed;
    uint32_t peers[FRONT_PEER_SLOTS]; /* connections by a hash of their address */
    uv_tcp_t listener;
    bool listening;
    size_t turns;     /* requests under way, their clients gone or not */
    struct buf lines; /* of the head being written */
    struct buf out;   /* small answers of one turn of the loop, written at once */
    struct http_field fields[HTTP_FIELDS_MAX]; /* of the head being read */
    char date[32];
    int64_t date_s;
    uint64_t ids; /* request ids: random start, then a walk over all numbers */
};

/* NULL when it cannot listen (errno). */
struct front *front_open(const struct front_config *config);
void front_set_tls(struct front *front, SSL_CTX *tls);
void front_stop(struct front *front);
/* Closes whatever is still open. */
void front_cut(struct front *front);
size_t front_connections(const struct front *front);
size_t front_turns(const struct front *front);
/* All connections are gone and all close call-backs have run. */
void front_free(struct front **front);

/* Counts a connection of this address; false when it has its share already. */
bool front_peer_add(struct front *front, const struct address *peer);
void front_peer_remove(struct front *front, const struct address *peer);

/* IMF-fixdate of now. */
const char *front_date(struct front *front);
/* 32 hex digits and a NUL. */
void front_id(struct front *front, char id[33]);

#endif
