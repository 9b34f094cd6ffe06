/* cli/server.c - xiaopu server: pages, API and background jobs.
 *
 * The main thread starts the server and waits for signals: SIGHUP reads certificates and
 * the key file anew, SIGTERM and SIGINT end it.
 */
#include "server/server.h"

#include <signal.h>

#include "base/log.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/reach.h"
#include "cli/run.h"

/* Until SIGTERM or SIGINT. */
static void
obey_signals(struct server *server, struct keys *keys, const sigset_t *signals)
{
    int number = 0;

    while (sigwait(signals, &number) == 0 && number == SIGHUP) {
        keys_read_anew(keys);
        server_reload(server);
    }
}

static int
serve(const struct server_config *config)
{
    struct server *server;
    sigset_t signals;
    bool started;

    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread is made */
    log_start("server", LOG_INFO);
    server = server_start(config);
    started = server != NULL;
    if (started) {
        obey_signals(server, config->keys, &signals);
        server_stop(server);
        started = server_join(&server);
    }
    log_stop();
    return started ? EXIT_DONE : EXIT_FAILED;
}

int
command_server(const struct options *options)
{
    struct listen_address listen, admin;
    struct reach reach;
    int64_t loops = 0; /* one for each core */
    int status = reach_open(&reach, options, REACH_SERVICE);

    if (status != EXIT_DONE) {
        return status;
    }
    listen_address_read(option_or(options, OPTION_LISTEN, LISTEN_DEFAULT), &listen);
    listen_address_read(option_or(options, OPTION_ADMIN, ADMIN_DEFAULT), &admin);
    str_to_i64(str_from(option_or(options, OPTION_LOOPS, "0")), &loops);
    const struct server_config config = {
        .store_url = reach.config.url,
        .store_user = reach.config.user,
        .store_password = reach.config.password,
        .clock = &reach.clock,
        .keys = reach.keys,
        .listen = { listen.host, listen.port },
        .admin = { admin.host, admin.port },
        .public_url = options->value[OPTION_PUBLIC_URL],
        .tls_cert = options->value[OPTION_TLS_CERT],
        .tls_key = options->value[OPTION_TLS_KEY],
        .trust_proxy = options->value[OPTION_TRUST_PROXY],
        .loops = (int)loops,
        .test_clock = options->value[OPTION_TEST_CLOCK] != NULL,
    };
    status = serve(&config);
    reach_close(&reach);
    return status;
}
