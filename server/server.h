/* server/server.h - the server as the command line sees it.
 *
 * One process has one: N request loops, each a thread with its own listening socket and
 * its own store, and one more thread for the jobs and the admin listener. The caller
 * keeps the main thread: it waits for signals and calls server_stop() on SIGTERM and
 * SIGINT, server_reload() on SIGHUP. SIGPIPE must be ignored.
 *
 *     if ((server = server_start(&config)) == NULL) return EXIT_FAILED; said already
 *     ... sigwait ...
 *     server_stop(server);
 *     server_join(&server);
 *
 * Threads     server_stop() and server_reload() from any; the rest from one.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include <stdbool.h>

#include "base/clock.h"

struct keys;
struct server;

enum { SERVER_LOOPS_MAX = 64 };

struct server_address {
    const char *host; /* an address, no name */
    int port;         /* 0: the system chooses */
};

/* Everything is borrowed for as long as the server lives. */
struct server_config {
    const char *store_url; /* storage/store.h */
    const char *store_user;
    const char *store_password;
    struct clock *clock;
    struct keys *keys; /* storage/privacy/keys.h */
    struct server_address listen;
    struct server_address admin;
    const char *public_url; /* server_url_ok(); NULL: http(s)://ADDR:PORT of `listen` */
    const char *tls_cert;   /* NULL: no TLS */
    const char *tls_key;
    const char *trust_proxy; /* proxy_ranges_read() knows it; NULL: none */
    int loops;               /* at most SERVER_LOOPS_MAX; 0: one for each core */
    bool test_clock;
};

/* "https://shop.example:8443", with or without a slash at its end: what links begin
 * with. */
bool server_url_ok(const char *url);
/* Can this pair be served? Says why not in one line on stderr. */
bool server_certificate_ok(const char *cert, const char *key);

/* Binds and starts to serve. NULL after one line on stderr when an address is in use or a
 * certificate cannot be read. */
struct server *server_start(const struct server_config *config);
/* Where it listens, with the port that the system chose. */
int server_port(const struct server *server);
int server_admin_port(const struct server *server);
/* Reads certificates anew; the old ones stay when the new are no good. */
void server_reload(struct server *server);
/* Begins to stop: accepts no more, finishes what is under way within 10 s. */
void server_stop(struct server *server);
/* Waits until it has stopped, and frees it. False when it ended by itself, by a SIGTERM
 * to its own process and after one line on stderr: the store's data is not for us. */
bool server_join(struct server **server);

#endif
