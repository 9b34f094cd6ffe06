/* server/loop/server.h - the server from within: what its loops share. */
#ifndef SERVER_LOOP_SERVER_H
#define SERVER_LOOP_SERVER_H

#include "server/loop/loop.h"
#include "storage/process.h"
#include "storage/skew.h"

enum { SERVER_URL_BYTES = 256 };

struct server {
    struct server_config config;
    struct proxy_ranges proxies;
    char public_url[SERVER_URL_BYTES];
    struct pages *pages;    /* read only: all loops share it */
    size_t connections_max; /* of one loop */
    int port;
    int admin_port;
    int loop_count;           /* that serve requests */
    struct server_loop *loop; /* and one more behind them, for the jobs */
    uv_sem_t started;
    uv_mutex_t tls_lock; /* over `tls`, which loops look up when they are woken */
    SSL_CTX *tls;
    _Atomic bool stopping;
    _Atomic bool refused;     /* the store's data is not for us: we end */
    struct skew skew;         /* the jobs loop follows it */
    _Atomic bool clock_known; /* the test clock's offset was read, or there is none */
    bool beats;               /* the jobs loop's: somebody has heard that we live */
    char process_id[PROCESS_ID_BYTES];
};

/* Says why in one line, and ends the process as a SIGTERM would. */
void server_refuse(struct server *server, enum err why);

static inline struct server_loop *
server_jobs_loop(struct server *server)
{
    return &server->loop[server->loop_count];
}

static inline bool
is_jobs_loop(const struct server_loop *at)
{
    return at->number == at->server->loop_count;
}

#endif
