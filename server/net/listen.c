/* server/net/listen.c - see the header. */
#include "server/net/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union name {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static socklen_t
name_read(const char *host, int port, union name *name)
{
    memset(name, 0, sizeof *name);
    if (inet_pton(AF_INET, host, &name->v4.sin_addr) == 1) {
        name->v4.sin_family = AF_INET;
        name->v4.sin_port = htons((uint16_t)port);
        return sizeof name->v4;
    }
    if (inet_pton(AF_INET6, host, &name->v6.sin6_addr) == 1) {
        name->v6.sin6_family = AF_INET6;
        name->v6.sin6_port = htons((uint16_t)port);
        return sizeof name->v6;
    }
    return 0;
}

static int
port_of(int fd)
{
    union name name = { .v6 = { 0 } };
    socklen_t len = sizeof name;

    if (getsockname(fd, &name.any, &len) != 0) {
        return 0;
    }
    return ntohs(name.any.sa_family == AF_INET ? name.v4.sin_port : name.v6.sin6_port);
}

static bool
prepare(int fd, bool shared)
{
    int on = 1;

    return setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
           (!shared || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
}

int
listen_bind(const char *host, int *port, bool shared)
{
    union name name;
    socklen_t len = name_read(host, *port, &name);
    int fd, error;

    if (len == 0) {
        errno = EINVAL;
        return -1;
    }
    fd = socket(name.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    if (!prepare(fd, shared) || bind(fd, &name.any, len) != 0) {
        error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    *port = port_of(fd);
    return fd;
}
