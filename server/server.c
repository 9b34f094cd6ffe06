/* server/server.c - starting, reloading and stopping all loops. */
#include "server/server.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/http/head.h"
#include "server/loop/server.h"
#include "server/net/listen.h"
#include "server/net/tls.h"
#include "server/page/pages.h"

enum { FDS_RESERVED = 256 }; /* for the store, logs, and accepting to say no */

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fputs("xiaopu: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
}

/* As many connections as the system lets us have, less the reserve, shared out. */
static size_t
connections_max(int loops)
{
    struct rlimit limit = { 1024, 1024 };
    rlim_t reserve;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    reserve = limit.rlim_cur / 4 * 3; /* of few, most are the process's own */
    reserve = reserve < FDS_RESERVED ? reserve : FDS_RESERVED;
    return (size_t)(limit.rlim_cur - reserve) / (size_t)loops;
}

static bool
say_bind(const struct server_address *address)
{
    say(errno == EINVAL       ? "%s is no address to listen on (port %d)"
        : errno == EADDRINUSE ? "%s:%d is in use"
                              : "cannot listen on %s:%d",
        address->host, address->port);
    return false;
}

/* Binds once alone, to find out whether somebody else listens there (RELIABILITY.md 4),
 * then once for each loop. */
static bool
bind_all(struct server *server)
{
    const struct server_config *config = &server->config;
    int probe;

    server->port = config->listen.port;
    server->admin_port = config->admin.port;
    if ((probe = listen_bind(config->listen.host, &server->port, false)) < 0) {
        return say_bind(&config->listen);
    }
    close(probe);
    for (int i = 0; i < server->loop_count; i++) {
        server->loop[i].fd = listen_bind(config->listen.host, &server->port, true);
        if (server->loop[i].fd < 0) {
            return say_bind(&config->listen);
        }
    }
    server_jobs_loop(server)->fd =
        listen_bind(config->admin.host, &server->admin_port, false);
    return server_jobs_loop(server)->fd >= 0 || say_bind(&config->admin);
}

bool
server_url_ok(const char *url)
{
    struct str rest = str_from(url);
    size_t scheme = str_starts(rest, STR("https://"))  ? 8
                    : str_starts(rest, STR("http://")) ? 7
                                                       : 0;

    if (scheme == 0 || rest.len >= SERVER_URL_BYTES) {
        return false;
    }
    rest = str_of(url + scheme, rest.len - scheme);
    if (rest.len > 0 && rest.data[rest.len - 1] == '/') {
        rest.len--;
    }
    return http_authority_valid(rest);
}

static void
set_public_url(struct server *server)
{
    const struct server_config *config = &server->config;
    size_t len;

    if (config->public_url != NULL) {
        snprintf(server->public_url, sizeof server->public_url, "%s",
                 config->public_url);
        len = strlen(server->public_url);
        if (len > 0 && server->public_url[len - 1] == '/') {
            server->public_url[len - 1] = '\0';
        }
        return;
    }
    snprintf(server->public_url, sizeof server->public_url,
             strchr(config->listen.host, ':') != NULL ? "%s://[%s]:%d" : "%s://%s:%d",
             config->tls_cert != NULL ? "https" : "http", config->listen.host,
             server->port);
}

/* NULL after one line on stderr. */
static SSL_CTX *
read_pair(const char *cert, const char *key, SSL_CTX *before)
{
    const char *why = NULL;
    SSL_CTX *context = tls_context_new(cert, key, before, &why);

    if (context == NULL) {
        say("%s: %s", cert, why);
    }
    return context;
}

bool
server_certificate_ok(const char *cert, const char *key)
{
    SSL_CTX *context = read_pair(cert, key, NULL);
    bool good = context != NULL;

    SSL_CTX_free(context);
    return good;
}

static bool
load_tls(struct server *server)
{
    const struct server_config *config = &server->config;
    SSL_CTX *fresh, *before;

    if (config->tls_cert == NULL) {
        return true;
    }
    before = server->tls;
    fresh = read_pair(config->tls_cert, config->tls_key, before);
    if (fresh == NULL) {
        return false;
    }
    uv_mutex_lock(&server->tls_lock);
    server->tls = fresh;
    uv_mutex_unlock(&server->tls_lock);
    SSL_CTX_free(before); /* connections and fronts hold their own references */
    return true;
}

static struct server *
server_new(const struct server_config *config)
{
    struct server *server = xcalloc(1, sizeof *server);
    int loops = config->loops > 0 ? config->loops : (int)uv_available_parallelism();
    bool known = proxy_ranges_read(config->trust_proxy, &server->proxies);

    assert(known && config->loops <= SERVER_LOOPS_MAX);
    server->config = *config;
    server->loop_count = loops < SERVER_LOOPS_MAX ? loops : SERVER_LOOPS_MAX;
    server->connections_max = connections_max(server->loop_count);
    server->loop = xcalloc((size_t)server->loop_count + 1, sizeof *server->loop);
    for (int i = 0; i <= server->loop_count; i++) {
        server->loop[i].server = server;
        server->loop[i].number = i;
        server->loop[i].fd = -1;
    }
    process_id_make(server->process_id);
    uv_sem_init(&server->started, 0);
    uv_mutex_init(&server->tls_lock);
    return server;
}

/* No thread of it runs. */
static void
server_free(struct server *server)
{
    pages_free(&server->pages);
    SSL_CTX_free(server->tls);
    uv_sem_destroy(&server->started);
    uv_mutex_destroy(&server->tls_lock);
    free(server->loop);
    free(server);
}

static bool
start_threads(struct server *server)
{
    bool good = true;

    for (int i = 0; i <= server->loop_count; i++) {
        uv_thread_create(&server->loop[i].thread, loop_main, &server->loop[i]);
    }
    for (int i = 0; i <= server->loop_count; i++) {
        uv_sem_wait(&server->started);
    }
    for (int i = 0; i <= server->loop_count; i++) {
        good = good && !server->loop[i].failed;
    }
    return good;
}

struct server *
server_start(const struct server_config *config)
{
    struct server *server = server_new(config);

    if (!load_tls(server) || !bind_all(server)) {
        server_free(server);
        return NULL;
    }
    set_public_url(server);
    server->pages = pages_new(str_from(server->public_url));
    if (!start_threads(server)) {
        say("cannot start: see the log");
        return NULL;
    }
    log_info("listening", LOG_S("address", config->listen.host),
             LOG_I("port", server->port), LOG_I("admin_port", server->admin_port),
             LOG_I("loops", server->loop_count));
    return server;
}

int
server_port(const struct server *server)
{
    return server->port;
}

int
server_admin_port(const struct server *server)
{
    return server->admin_port;
}

static void
wake_all(struct server *server)
{
    for (int i = 0; i <= server->loop_count; i++) {
        uv_async_send(&server->loop[i].wake);
    }
}

void
server_reload(struct server *server)
{
    bool good = load_tls(server);

    if (server->config.tls_cert != NULL) {
        log_info(good ? "certificate_replaced" : "certificate_kept");
    }
    wake_all(server);
}

void
server_stop(struct server *server)
{
    server->stopping = true;
    wake_all(server);
}

bool
server_join(struct server **server)
{
    struct server *gone = *server;
    bool good;

    for (int i = 0; i <= gone->loop_count; i++) {
        uv_thread_join(&gone->loop[i].thread);
    }
    good = !gone->refused;
    server_free(gone);
    *server = NULL;
    return good;
}

void
server_refuse(struct server *server, enum err why)
{
    say("%s", err_text(why));
    server->refused = true;
    kill(getpid(), SIGTERM);
}

const struct pages *
server_pages(const struct server_loop *at)
{
    return at->server->pages;
}

struct str
server_public_url(const struct server_loop *at)
{
    return str_from(at->server->public_url);
}

const struct proxy_ranges *
server_proxies(const struct server_loop *at)
{
    return &at->server->proxies;
}
