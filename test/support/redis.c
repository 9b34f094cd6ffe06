/* test/support/redis.c - see the header. */
#include "test/support/redis.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_TRIES = 2000, TRY_EVERY_NS = 5000000 };

static void
must(bool holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

/* A port that nobody listens on just now. */
static int
free_port(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    must(bind(fd, (struct sockaddr *)&address, len) == 0 &&
             getsockname(fd, (struct sockaddr *)&address, &len) == 0,
         "bind");
    close(fd);
    return ntohs(address.sin_port);
}

static void
run_server(const struct redis *redis)
{
    const char *cluster = redis->bus_port > 0 ? "yes" : "no";
    char bus_port[16];

    snprintf(bus_port, sizeof bus_port, "%d", redis->bus_port);
    must(chdir(redis->dir) == 0, redis->dir);
    must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "prctl");
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", "redis.sock",
           "--save", "", "--appendonly", "yes", "--appendfsync", "always", "--logfile",
           "redis.log", "--bind", "127.0.0.1", "--cluster-enabled", cluster,
           "--cluster-port", bus_port, (char *)NULL);
    _exit(127);
}

/* Says one line and looks for a word in the first piece of the answer. */
static bool
answers(const struct redis *redis, const char *line, const char *word)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ssize_t len = (ssize_t)strlen(line);
    char answer[1024];
    bool found = false;

    snprintf(address.sun_path, sizeof address.sun_path, "%s/redis.sock", redis->dir);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
        write(fd, line, (size_t)len) == len &&
        (len = read(fd, answer, sizeof answer - 1)) > 0) {
        answer[len] = '\0';
        found = strstr(answer, word) != NULL;
    }
    close(fd);
    return found;
}

static void
wait_for_answer(const struct redis *redis, const char *line, const char *word)
{
    static const struct timespec pause = { 0, TRY_EVERY_NS };

    for (int i = 0; !answers(redis, line, word); i++) {
        must(i < START_TRIES && waitpid(redis->pid, NULL, WNOHANG) == 0,
             "redis-server did not start");
        nanosleep(&pause, NULL);
    }
}

void
redis_start(struct redis *redis)
{
    redis->pid = fork();
    must(redis->pid >= 0, "fork");
    if (redis->pid == 0) {
        run_server(redis);
    }
    wait_for_answer(redis, "PING\r\n", "+PONG"); /* not while it loads its data */
    if (redis->bus_port > 0) {
        answers(redis, "CLUSTER ADDSLOTSRANGE 0 16383\r\n", "+OK");
        wait_for_answer(redis, "CLUSTER INFO\r\n", "cluster_state:ok");
    }
}

void
redis_begin(struct redis *redis)
{
    const char *kind = getenv("TEST_REDIS");

    signal(SIGPIPE, SIG_IGN);
    strcpy(redis->dir, "/tmp/xiaopu-test-XXXXXX");
    must(mkdtemp(redis->dir) != NULL, redis->dir);
    snprintf(redis->url, sizeof redis->url, "unix:%s/redis.sock", redis->dir);
    redis->bus_port = kind != NULL && strcmp(kind, "cluster") == 0 ? free_port() : 0;
    redis_start(redis);
}

void
redis_signal(struct redis *redis, int number)
{
    must(redis->pid > 0 && kill(redis->pid, number) == 0, "kill");
}

void
redis_kill(struct redis *redis)
{
    if (redis->pid > 0) {
        redis_signal(redis, SIGKILL);
        must(waitpid(redis->pid, NULL, 0) == redis->pid, "waitpid");
        redis->pid = 0;
    }
}

static void
remove_in(int parent, const char *name)
{
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] != '.' && unlinkat(fd, entry->d_name, 0) != 0) {
            remove_in(fd, entry->d_name);
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    unlinkat(parent, name, AT_REMOVEDIR);
}

void
redis_end(struct redis *redis)
{
    redis_kill(redis);
    remove_in(AT_FDCWD, redis->dir);
}
