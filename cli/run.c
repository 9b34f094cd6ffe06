/* cli/run.c - xiaopu run: the whole service on one machine, or one machine of several.
 *
 * A supervisor with three children: the private redis-server, `xiaopu server` and
 * `xiaopu scoring`. With --redis the store is elsewhere, and there are two. It starts what
 * dies again, passes SIGHUP on, and on SIGTERM or SIGINT stops the server, then the
 * worker, then the store, so that what was acknowledged is on disk. What cannot even start
 * ends the command with one line. Once a day, and at once when it is due at the start, a
 * further child rotates the key file; then the others read it anew. With --redis other
 * machines have the same key file, and an operator rotates it.
 */
#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/child.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/prepare.h"
#include "cli/run.h"
#include "cli/with_store.h"
#include "server/net/listen.h"
#include "server/server.h"

enum {
    DAY_MS = 86400000,
    STOP_MS = 15000,
    LOOK_MS = 20,
    TASKS_MAX = 512,
    SIGNALS = 3,
    NAME_WORDS_MAX = 2
};

struct run {
    struct options options; /* with real ports */
    char listen[96], admin[96];
    struct listen_address listen_at, admin_at;
    struct loop *loop;
    struct reach reach;
    struct child *server, *scoring, *keys;
    uv_signal_t signals[SIGNALS];
    uv_timer_t daily;
    struct wait stop;
    bool stopping;
    int status;
};

static void
read_files_anew(struct run *run)
{
    if (run->server) {
        child_signal(run->server, SIGHUP);
    }
    if (run->scoring) {
        child_signal(run->scoring, SIGHUP);
    }
}

static void
on_signal(uv_signal_t *handle, int number)
{
    struct run *run = handle->data;

    if (number == SIGHUP) {
        read_files_anew(run);
    } else if (!run->stopping) {
        run->stopping = true;
        wait_end(&run->stop);
    }
}

static void
watch_signals(struct run *run)
{
    static const int numbers[SIGNALS] = { SIGTERM, SIGINT, SIGHUP };

    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_init(loop_uv(run->loop), &run->signals[i]);
        run->signals[i].data = run;
        uv_signal_start(&run->signals[i], on_signal, numbers[i]);
    }
}

/* Starts `xiaopu NAME [VERB]` with those of our options that it takes. */
static struct child *
start_part(struct run *run, const char *name, const char *verb, unsigned takes)
{
    char *words[OPTION_COUNT], self[512];
    const char *argv[1 + NAME_WORDS_MAX + OPTION_COUNT + 1] = { self, name, verb };
    const struct child_config config = { .name = name, .argv = argv, .fd = -1 };
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    unsigned count, first = verb ? 3 : 2;
    struct child *child;

    assert(len > 0);
    self[len] = '\0';
    count = options_words(&run->options, takes, words);
    for (unsigned i = 0; i < count; i++) {
        argv[first + i] = words[i];
    }
    child = child_start(run->loop, &config);
    for (unsigned i = 0; i < count; i++) {
        free(words[i]);
    }
    return child;
}

static void
wait_for_keys(struct run *run)
{
    while (run->keys && child_alive(run->keys) && !run->stopping) {
        task_sleep(LOOK_MS);
    }
}

/* Wrapping keys change by the month; asking each day is early enough. */
static void
renew_keys(void *arg)
{
    struct run *run = arg;

    child_stop(&run->keys, STOP_MS);
    if (run->stopping) {
        return;
    }
    run->keys = start_part(run, "keys", "rotate", TAKES_STORE);
    wait_for_keys(run);
    if (run->stopping) {
        return; /* run_task() ends it */
    }
    if (run->keys && child_status(run->keys) == EXIT_DONE) {
        read_files_anew(run);
    } else {
        log_error("the key file was not rotated",
                  LOG_I("status", run->keys ? child_status(run->keys) : -1));
    }
}

static void
on_daily(uv_timer_t *timer)
{
    struct run *run = timer->data;

    task_start(run->loop, renew_keys, run);
}

static bool
start_embedded(struct run *run)
{
    bool everysec =
        strcmp(option_or(&run->options, OPTION_DURABILITY, "always"), "everysec") == 0;
    char why[512];

    if (!embedded_store_lock(run->reach.embedded, EMBEDDED_LOCK_WAIT_MS)) {
        say_failed("%s is in use by another xiaopu", run->options.value[OPTION_DATA]);
        return false;
    }
    if (!embedded_store_start(run->reach.embedded,
                              everysec ? EMBEDDED_SYNC_EVERYSEC : EMBEDDED_SYNC_ALWAYS,
                              why, sizeof(why))) {
        say_failed("%s", why);
        return false;
    }
    return true;
}

static bool
start_store(struct run *run)
{
    if (reach_open(&run->reach, &run->options, REACH_SERVICE) != EXIT_DONE) {
        return false;
    }
    run->reach.give_up = &run->stopping;
    return run->reach.embedded == NULL || start_embedded(run);
}

/* Has a part given up before all was ready? It has said why itself, but for the store.
 */
static bool
any_gave_up(struct run *run)
{
    if (run->reach.embedded && !embedded_store_alive(run->reach.embedded)) {
        say_failed("the store did not start; see %s/redis.log",
                   run->options.value[OPTION_DATA]);
        return true;
    }
    return !child_alive(run->server) || !child_alive(run->scoring);
}

/* Waits until the server says that it is ready. False when a part gave up or we are to
 * stop. */
static bool
become_ready(struct run *run)
{
    struct ready_question question = { run->admin_at, false };

    for (;;) {
        if (any_gave_up(run)) {
            run->status = EXIT_FAILED;
            return false;
        }
        if (task_offload(ready_ask, &question) && question.ready) {
            return true;
        }
        if (wait_until(&run->stop, clock_mono_ms() + LOOK_MS)) {
            return false;
        }
    }
}

static void
say_ready(const struct run *run)
{
    const char *scheme = run->options.value[OPTION_TLS_CERT] ? "https" : "http";

    printf("ready %s://%s\n", scheme, run->listen);
    fflush(stdout);
}

/* Whoever serves at the server's addresses would answer that it is ready. What else may
 * be wrong with an address the server says itself. */
static bool
is_free(const struct listen_address *address, const char *text)
{
    int port = address->port;
    int fd = listen_bind(address->host, &port, false);

    if (fd >= 0) {
        close(fd);
    } else if (errno == EADDRINUSE) {
        say_failed("%s is in use", text);
        return false;
    }
    return true;
}

static void
serve(struct run *run)
{
    if (!is_free(&run->listen_at, run->listen) ||
        !is_free(&run->admin_at, run->admin)) {
        run->status = EXIT_FAILED;
        return;
    }
    run->server = start_part(run, "server", NULL, TAKES_SERVER);
    run->scoring = start_part(run, "scoring", NULL, TAKES_SCORING);
    if (!run->server || !run->scoring) {
        run->status = say_failed("cannot start processes");
        return;
    }
    if (become_ready(run)) {
        if (run->reach.embedded) {
            embedded_store_keep(run->reach.embedded);
            uv_timer_start(
                &run->daily, on_daily,
                keys_want_rotation(run->reach.keys, clock_real_ms()) ? 0 : DAY_MS / 24,
                DAY_MS);
        }
        child_keep(run->server);
        child_keep(run->scoring);
        say_ready(run);
        wait_for(&run->stop);
    }
}

static void
run_task(void *arg)
{
    struct run *run = arg;

    watch_signals(run);
    uv_timer_init(loop_uv(run->loop), &run->daily);
    run->daily.data = run;
    log_least(LOG_SILENT); /* what fails here says so in one line */
    if (!start_store(run)) {
        run->status = EXIT_FAILED;
    } else if (prepare_store(&run->reach, &run->options)) {
        log_least(LOG_INFO);
        serve(run);
    } else if (!run->stopping) {
        run->status = EXIT_FAILED;
    }
    run->stopping = true;
    uv_close((uv_handle_t *)&run->daily, NULL);
    child_stop(&run->keys, STOP_MS);
    child_stop(&run->server, STOP_MS);
    child_stop(&run->scoring, STOP_MS);
    reach_close(&run->reach);
    for (int i = 0; i < SIGNALS; i++) {
        uv_close((uv_handle_t *)&run->signals[i], NULL);
    }
}

/* The address with a real port, and its text. */
static bool
settle_address(struct run *run, enum option option, const char *otherwise,
               struct listen_address *address, char *text, size_t room)
{
    const char *given = option_or(&run->options, option, otherwise);

    listen_address_read(given, address);
    if (address->port == 0 && !port_choose(address)) {
        run->status = say_failed("cannot listen on %s", given);
        return false;
    }
    snprintf(text, room, strchr(address->host, ':') ? "[%s]:%d" : "%s:%d",
             address->host, address->port);
    run->options.value[option] = text;
    return true;
}

/* All that can be wrong before anything is started. */
static bool
settle_options(struct run *run)
{
    const char *cert = run->options.value[OPTION_TLS_CERT];

    if (run->options.value[OPTION_REDIS] == NULL) {
        run->options.value[OPTION_DATA] =
            option_or(&run->options, OPTION_DATA, DATA_DEFAULT);
    }
    if (cert && !server_certificate_ok(cert, run->options.value[OPTION_TLS_KEY])) {
        run->status = EXIT_FAILED;
        return false;
    }
    return settle_address(run, OPTION_LISTEN, LISTEN_DEFAULT, &run->listen_at,
                          run->listen, sizeof(run->listen)) &&
           settle_address(run, OPTION_ADMIN, ADMIN_DEFAULT, &run->admin_at, run->admin,
                          sizeof(run->admin));
}

int
command_run(const struct options *options)
{
    struct run run = { .options = *options, .stop = WAIT_INIT };

    if (!settle_options(&run)) {
        return run.status;
    }
    log_start("run", LOG_INFO);
    run.loop = loop_new(TASKS_MAX);
    loop_run_task(run.loop, run_task, &run);
    loop_run(run.loop);
    loop_free(&run.loop);
    log_stop();
    return run.status;
}
