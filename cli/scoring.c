/* cli/scoring.c - xiaopu scoring: the worker that turns events into influence.
 *
 * The worker has a thread of its own; the main thread waits for signals: SIGHUP reads
 * the key file anew, SIGTERM and SIGINT end it.
 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/reach.h"
#include "cli/run.h"
#include "scoring/worker.h"

static void *
run_worker(void *arg)
{
    worker_run(arg);
    kill(getpid(), SIGTERM); /* also when it ended for want of a store that is ours */
    return NULL;
}

static void
obey_signals(struct keys *keys, const sigset_t *signals)
{
    int number = 0;

    while (sigwait(signals, &number) == 0 && number == SIGHUP) {
        keys_read_anew(keys);
    }
}

static int
work(const struct worker_config *config)
{
    struct worker *worker;
    pthread_t thread;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before any thread is made */
    log_start("scoring", LOG_INFO);
    worker = worker_new(config);
    if (worker != NULL && pthread_create(&thread, NULL, run_worker, worker) == 0) {
        obey_signals(config->keys, &signals);
        worker_stop(worker);
        pthread_join(thread, NULL);
        worker_free(&worker);
        log_stop();
        return EXIT_DONE;
    }
    log_stop();
    return say_failed("the worker cannot be started");
}

int
command_scoring(const struct options *options)
{
    struct reach reach;
    int status = reach_open(&reach, options, REACH_SERVICE);

    if (status != EXIT_DONE) {
        return status;
    }
    const struct worker_config config = {
        .store_url = reach.config.url,
        .store_user = reach.config.user,
        .store_password = reach.config.password,
        .clock = &reach.clock,
        .keys = reach.keys,
        .test_clock = options->value[OPTION_TEST_CLOCK] != NULL,
    };
    status = work(&config);
    reach_close(&reach);
    return status;
}
