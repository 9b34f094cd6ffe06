/* cli/ready.c - the two questions that `run` asks the network. */
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/run.h"

static struct addrinfo *
resolve(const struct listen_address *address)
{
    const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
                                    .ai_socktype = SOCK_STREAM };
    struct addrinfo *found = NULL;
    char port[8];

    snprintf(port, sizeof(port), "%d", address->port);
    return getaddrinfo(address->host, port, &hints, &found) == 0 ? found : NULL;
}

/* "HTTP/1.1 200 ..." as the first bytes of the answer. */
static bool
answers_200(int fd)
{
    static const char ask[] =
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    char answer[64] = { 0 };
    size_t got = 0;
    ssize_t len;

    if (write(fd, ask, sizeof(ask) - 1) != (ssize_t)sizeof(ask) - 1) {
        return false;
    }
    while (got < 12 && (len = read(fd, answer + got, sizeof(answer) - 1 - got)) > 0) {
        got += (size_t)len;
    }
    return strncmp(answer, "HTTP/1.1 200", 12) == 0;
}

void
ready_ask(void *question_arg)
{
    struct ready_question *question = question_arg;
    struct addrinfo *found = resolve(&question->admin);
    const struct timeval second = { 1, 0 };
    int fd;

    question->ready = false;
    if (!found) {
        return;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof(second));
        question->ready =
            connect(fd, found->ai_addr, found->ai_addrlen) == 0 && answers_200(fd);
        close(fd);
    }
    freeaddrinfo(found);
}

bool
port_choose(struct listen_address *address)
{
    struct addrinfo *found = resolve(address);
    struct sockaddr_storage bound;
    socklen_t len = sizeof(bound);
    char port[8];
    bool good = false;
    int fd;

    if (!found) {
        return false;
    }
    fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, found->ai_addr, found->ai_addrlen) == 0 &&
        getsockname(fd, (struct sockaddr *)&bound, &len) == 0 &&
        getnameinfo((struct sockaddr *)&bound, len, NULL, 0, port, sizeof(port),
                    NI_NUMERICSERV) == 0) {
        good = sscanf(port, "%d", &address->port) == 1;
    }
    if (fd >= 0) {
        close(fd);
    }
    freeaddrinfo(found);
    return good;
}
