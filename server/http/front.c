/* server/http/front.c - listening, stopping, and small things connections share. */
#include "server/http/front.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "server/http/connection.h"
#include "server/loop/loop.h"

static void
on_connection(uv_stream_t *listener, int status)
{
    struct front *front = listener->data;

    if (status == 0) {
        http_conn_open(front, -1);
    }
}

static bool
listen_on(struct front *front, uv_loop_t *uv, int fd)
{
    int error;

    uv_tcp_init(uv, &front->listener);
    front->listener.data = front;
    front->listening = true;
    error = uv_tcp_open(&front->listener, fd);
    if (error != 0) {
        close(fd);
    } else {
        error =
            uv_listen((uv_stream_t *)&front->listener, FRONT_BACKLOG, on_connection);
    }
    errno = -error;
    return error == 0;
}

struct front *
front_open(const struct front_config *config)
{
    struct front *front = xcalloc(1, sizeof *front);

    front->net.uv = loop_uv(config->loop);
    front->net.wheel = config->wheel;
    front->net.ops = &http_conn_ops;
    buf_init(&front->net.records, NET_RECORDS_MAX);
    front->at = config->at;
    front->loop = config->loop;
    front->routes = config->routes;
    front->route_count = config->route_count;
    front->is_admin = config->is_admin;
    front->connections_max = config->connections_max;
    front->peer_max = config->connections_max / 4 * 3;
    front->ids = rand_u64();
    front->peer_seed = rand_u64();
    buf_init(&front->lines, FRONT_LINES_BYTES_MAX);
    buf_init(&front->out, FRONT_OUT_BYTES_MAX);
    front_set_tls(front, config->tls);
    if (!listen_on(front, front->net.uv, config->fd)) {
        return NULL; /* the process ends: an address that we bound cannot be used */
    }
    return front;
}

void
front_set_tls(struct front *front, SSL_CTX *tls)
{
    if (tls != NULL) {
        SSL_CTX_up_ref(tls);
    }
    SSL_CTX_free(front->net.tls);
    front->net.tls = tls;
}

/* Whoever waits in the backlog got through to us and is served: closing the listener
 * would reset them. */
static void
accept_waiting(struct front *front)
{
    uv_os_fd_t fd;
    int waiting;

    if (uv_fileno((uv_handle_t *)&front->listener, &fd) != 0) {
        return;
    }
    while ((waiting = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        http_conn_open(front, waiting);
    }
}

void
front_stop(struct front *front)
{
    struct conn *next;

    if (front->stopping) {
        return;
    }
    front->stopping = true;
    accept_waiting(front);
    uv_close((uv_handle_t *)&front->listener, NULL);
    front->listening = false;
    for (struct conn *conn = front->net.first; conn != NULL; conn = next) {
        next = conn->next;
        http_conn_retire((struct http_conn *)conn);
    }
}

void
front_cut(struct front *front)
{
    while (front->net.first != NULL) {
        conn_close(front->net.first);
    }
}

size_t
front_connections(const struct front *front)
{
    return front->net.count;
}

size_t
front_turns(const struct front *front)
{
    return front->turns;
}

void
front_free(struct front **front)
{
    if (*front != NULL) {
        SSL_CTX_free((*front)->net.tls);
        buf_free(&(*front)->net.records);
        buf_free(&(*front)->lines);
        buf_free(&(*front)->out);
        free(*front);
        *front = NULL;
    }
}

/* Two addresses may share a slot, and then their share: that costs less than a table
 * that strangers can fill. */
static uint32_t *
peer_slot(struct front *front, const struct address *peer)
{
    uint64_t hash = front->peer_seed;

    for (size_t i = 0; i < sizeof peer->bytes; i++) {
        hash = (hash ^ peer->bytes[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return &front->peers[hash % FRONT_PEER_SLOTS];
}

bool
front_peer_add(struct front *front, const struct address *peer)
{
    return ++*peer_slot(front, peer) <= front->peer_max ||
           proxy_ranges_hold(server_proxies(front->at), peer);
}

void
front_peer_remove(struct front *front, const struct address *peer)
{
    --*peer_slot(front, peer);
}

const char *
front_date(struct front *front)
{
    time_t now = (time_t)(clock_real_ms() / 1000);
    struct tm tm;

    if (front->date_s != now) {
        front->date_s = now;
        gmtime_r(&now, &tm);
        strftime(front->date, sizeof front->date, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    }
    return front->date;
}

/* splitmix64: each number once, none to be told from the one before. An id only tells
 * answers apart; it is no secret. */
static uint64_t
next_id(struct front *front)
{
    uint64_t z = front->ids += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void
front_id(struct front *front, char id[33])
{
    static const char digits[] = "0123456789abcdef";

    for (int half = 0; half < 2; half++) {
        uint64_t z = next_id(front);

        for (int i = 0; i < 16; i++, z >>= 4) {
            id[half * 16 + i] = digits[z & 15];
        }
    }
    id[32] = '\0';
}
