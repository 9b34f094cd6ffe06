/* server/net/conn.c - see the header. */
#include "server/net/conn.h"

#include <assert.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Bytes that the socket did not take at once, on their way. */
struct late {
    uv_write_t write;
    struct conn *conn;
    size_t len;
    char data[];
};

static void
on_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;

    tls_free(&conn->tls);
    conn->net->ops->gone(conn);
}

static void
unlist(struct conn *conn)
{
    struct net *net = conn->net;

    if (conn->before != NULL) {
        conn->before->next = conn->next;
    } else {
        net->first = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->before = conn->before;
    }
    net->count--;
    net->handshakes -= conn->shaking ? 1 : 0;
    conn->shaking = false;
}

void
conn_close(struct conn *conn)
{
    if (!conn->closing) {
        conn->closing = true;
        unlist(conn);
        uv_close((uv_handle_t *)&conn->tcp, on_closed);
    }
}

void
conn_close_read(struct conn *conn)
{
    struct net *net = conn->net;
    uv_os_fd_t fd;

    if (!conn->closing && uv_fileno((uv_handle_t *)&conn->tcp, &fd) == 0) {
        recv(fd, net->read_room, sizeof net->read_room, MSG_DONTWAIT);
    }
    conn_close(conn);
}

/* The queue of a loop is full: whoever holds most of it goes. */
static void
shed(struct net *net)
{
    struct conn *slowest = NULL;

    for (struct conn *conn = net->first; conn != NULL; conn = conn->next) {
        if (slowest == NULL || conn->queued_bytes > slowest->queued_bytes) {
            slowest = conn;
        }
    }
    if (slowest != NULL) {
        conn_close(slowest);
    }
}

static void
shut(struct conn *conn)
{
    uv_os_fd_t fd;

    if (uv_fileno((uv_handle_t *)&conn->tcp, &fd) == 0) {
        shutdown(fd, SHUT_WR);
    }
}

static void
on_written(uv_write_t *write, int status)
{
    struct late *late = write->data;
    struct conn *conn = late->conn;

    conn->queued_bytes -= late->len;
    conn->net->queued_bytes -= late->len;
    free(late);
    if (conn->closing) {
        return;
    }
    if (status < 0) {
        conn_close(conn);
    } else if (conn->queued_bytes == 0) {
        if (conn->finishing) {
            shut(conn);
        }
        conn->net->ops->drained(conn);
    }
}

/* Copies what is left of the buffers behind the first `skip` bytes. */
static struct late *
late_new(struct conn *conn, const uv_buf_t *bufs, unsigned count, size_t skip,
         size_t len)
{
    struct late *late = malloc(sizeof *late + len);
    size_t at = 0;

    if (late == NULL) {
        return NULL;
    }
    late->conn = conn;
    late->len = len;
    late->write.data = late;
    for (unsigned i = 0; i < count; i++) {
        size_t from = skip < bufs[i].len ? skip : bufs[i].len;

        memcpy(late->data + at, bufs[i].base + from, bufs[i].len - from);
        at += bufs[i].len - from;
        skip -= from;
    }
    assert(at == len);
    return late;
}

static void
write_late(struct conn *conn, struct late *late)
{
    uv_buf_t buf = uv_buf_init(late->data, (unsigned)late->len);

    conn->queued_bytes += late->len;
    conn->net->queued_bytes += late->len;
    if (uv_write(&late->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) != 0) {
        conn->queued_bytes -= late->len;
        conn->net->queued_bytes -= late->len;
        free(late);
        conn_close(conn);
        return;
    }
    if (conn->queued_bytes > CONN_QUEUE_MAX) {
        conn_close(conn);
    } else if (conn->net->queued_bytes > NET_QUEUE_MAX) {
        shed(conn->net);
    }
}

static void
write_raw(struct conn *conn, const struct str *pieces, size_t count)
{
    uv_buf_t bufs[CONN_PIECES_MAX];
    size_t total = 0;
    int sent = 0;

    assert(count <= CONN_PIECES_MAX);
    for (size_t i = 0; i < count; i++) {
        bufs[i] =
            uv_buf_init((char *)(uintptr_t)pieces[i].data, (unsigned)pieces[i].len);
        total += pieces[i].len;
    }
    if (conn->queued_bytes == 0 && total > 0) {
        sent = uv_try_write((uv_stream_t *)&conn->tcp, bufs, (unsigned)count);
        if (sent < 0 && sent != UV_EAGAIN) {
            conn_close(conn);
            return;
        }
        sent = sent < 0 ? 0 : sent;
    }
    if ((size_t)sent < total) {
        struct late *late =
            late_new(conn, bufs, (unsigned)count, (size_t)sent, total - (size_t)sent);

        if (late == NULL) {
            conn_close(conn);
        } else {
            write_late(conn, late);
        }
    }
}

/* Records that TLS made, also by reading and by failing. */
static void
flush_records(struct conn *conn)
{
    struct str records = buf_str(&conn->net->records);

    if (records.len > 0 && !conn->closing) {
        write_raw(conn, &records, 1);
    }
    buf_clear(&conn->net->records);
    if (conn->shaking && tls_established(conn->tls)) {
        conn->shaking = false;
        conn->net->handshakes--;
    }
}

static void
write_sealed(struct conn *conn, struct str piece)
{
    while (piece.len > 0 && !conn->closing) {
        size_t len = piece.len < CONN_SEAL_BYTES ? piece.len : CONN_SEAL_BYTES;
        bool written = tls_write(conn->tls, str_of(piece.data, len));

        flush_records(conn);
        if (!written) {
            conn_close(conn);
        }
        piece.data += len;
        piece.len -= len;
    }
}

void
conn_write(struct conn *conn, const struct str *pieces, size_t count)
{
    if (conn->closing || conn->finishing) {
        return;
    }
    if (conn->tls == NULL) {
        write_raw(conn, pieces, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        write_sealed(conn, pieces[i]);
    }
}

void
conn_finish(struct conn *conn)
{
    if (conn->closing || conn->finishing) {
        return;
    }
    if (conn->tls != NULL) {
        tls_finish(conn->tls);
        flush_records(conn);
    }
    conn->finishing = true;
    if (conn->queued_bytes == 0 && !conn->closing) {
        shut(conn);
    }
}

static void
read_records(struct conn *conn, struct str bytes)
{
    struct net *net = conn->net;
    int got = 1;

    tls_feed(conn->tls, bytes);
    while (got > 0 && !conn->closing) {
        got = tls_read(conn->tls, net->plain_room, sizeof net->plain_room);
        flush_records(conn);
        if (got > 0 && !conn->closing) {
            net->ops->bytes(conn, (struct str){ net->plain_room, (size_t)got });
        }
    }
    tls_feed(conn->tls, STR("")); /* what stands behind a close_notify is nobody's */
    if (conn->closing) {
        return;
    }
    if (got < 0) {
        conn_close(conn);
    } else if (tls_ended(conn->tls)) {
        conn_pause(conn);
        net->ops->end(conn);
    }
}

static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct conn *conn = handle->data;

    (void)suggested;
    *buf = uv_buf_init(conn->net->read_room, sizeof conn->net->read_room);
}

static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct conn *conn = stream->data;

    if (len == 0) {
        return;
    }
    if (len == UV_EOF) {
        conn_pause(conn);
        conn->net->ops->end(conn);
    } else if (len < 0) {
        conn_close(conn);
    } else if (conn->tls != NULL) {
        read_records(conn, (struct str){ buf->base, (size_t)len });
    } else {
        conn->net->ops->bytes(conn, (struct str){ buf->base, (size_t)len });
    }
}

void
conn_pause(struct conn *conn)
{
    if (conn->reading && !conn->closing) {
        uv_read_stop((uv_stream_t *)&conn->tcp);
        conn->reading = false;
    }
}

void
conn_resume(struct conn *conn)
{
    if (!conn->reading && !conn->closing) {
        conn->reading = uv_read_start((uv_stream_t *)&conn->tcp, on_room, on_read) == 0;
    }
}

static void
read_peer(struct conn *conn)
{
    struct sockaddr_storage name;
    int len = sizeof name;

    if (uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&name, &len) != 0) {
        return;
    }
    if (name.ss_family == AF_INET) {
        conn->peer.bytes[10] = conn->peer.bytes[11] = 0xff;
        memcpy(conn->peer.bytes + 12, &((struct sockaddr_in *)&name)->sin_addr, 4);
    } else {
        memcpy(conn->peer.bytes, &((struct sockaddr_in6 *)&name)->sin6_addr, 16);
    }
}

static void
enlist(struct conn *conn)
{
    struct net *net = conn->net;

    conn->next = net->first;
    if (net->first != NULL) {
        net->first->before = conn;
    }
    net->first = conn;
    net->count++;
}

static bool
start_tls(struct conn *conn)
{
    struct net *net = conn->net;

    if (net->tls == NULL) {
        return true;
    }
    if (net->handshakes >= NET_HANDSHAKES_MAX ||
        (conn->tls = tls_new(net->tls, &net->records)) == NULL) {
        return false;
    }
    conn->shaking = true;
    net->handshakes++;
    return true;
}

static void
init(struct net *net, struct conn *conn)
{
    conn->net = net;
    uv_tcp_init(net->uv, &conn->tcp);
    conn->tcp.data = conn;
    enlist(conn);
}

static bool
begin(struct conn *conn, int result)
{
    if (result != 0 || !start_tls(conn)) {
        conn_close(conn);
        return false;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    read_peer(conn);
    conn_resume(conn);
    return true;
}

bool
conn_accept(struct net *net, struct conn *conn, uv_stream_t *listener)
{
    init(net, conn);
    return begin(conn, uv_accept(listener, (uv_stream_t *)&conn->tcp));
}

bool
conn_adopt(struct net *net, struct conn *conn, int fd)
{
    int result;

    init(net, conn);
    result = uv_tcp_open(&conn->tcp, fd);
    if (result != 0) {
        close(fd);
    }
    return begin(conn, result);
}
