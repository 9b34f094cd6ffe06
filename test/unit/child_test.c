/* test/unit/child_test.c - what base/child.h promises. */
#include "base/child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/support/unit.h"

enum { LONG_MS = 10000 };

static void
in_a_task(task_fn *fn, void *arg)
{
    struct loop *loop = loop_new(4);

    loop_run_task(loop, fn, arg);
    loop_run(loop);
    loop_free(&loop);
}

static struct child *
start_shell(const char *script)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    const struct child_config config = {
        .name = "test", .argv = argv, .dir = "/", .fd = -1
    };

    return child_start(task_loop(), &config);
}

/* Until `path` is there, or the test has waited too long. */
static bool
file_appears(const char *path)
{
    int64_t deadline_ms = clock_mono_ms() + LONG_MS;

    while (access(path, F_OK) != 0) {
        if (clock_mono_ms() > deadline_ms) {
            return false;
        }
        task_sleep(5);
    }
    return true;
}

static void
run_to_the_end(void *arg)
{
    struct child *child = start_shell("exit 7");
    int64_t deadline_ms = clock_mono_ms() + LONG_MS;

    assert_non_null(child);
    while (child_alive(child) && clock_mono_ms() < deadline_ms) {
        task_sleep(5);
    }
    *(int *)arg = child_status(child);
    child_stop(&child, LONG_MS);
    assert_null(child);
}

static void
a_child_says_how_it_ended(void **state UNUSED)
{
    int status = -1;

    in_a_task(run_to_the_end, &status);
    assert_int_equal(status, 7);
}

static void
stop_one_that_does_not_listen(void *arg)
{
    struct child *child = start_shell("trap '' TERM; : >/tmp/$PPID.trapped; "
                                      "while :; do sleep 0.05; done");
    char path[64];
    int64_t before_ms;

    snprintf(path, sizeof(path), "/tmp/%d.trapped", (int)getpid());
    assert_true(file_appears(path));
    unlink(path);
    before_ms = clock_mono_ms();
    child_stop(&child, 50);
    *(int64_t *)arg = clock_mono_ms() - before_ms;
}

static void
a_child_that_ignores_the_term_signal_is_killed_in_time(void **state UNUSED)
{
    int64_t took_ms = 0;

    in_a_task(stop_one_that_does_not_listen, &took_ms);
    assert_in_range(took_ms, 50, LONG_MS);
}

static void
see_it_come_back(void *arg)
{
    /* The first life leaves a file and ends; the second finds it and stays. */
    struct child *child = start_shell("test -e /tmp/$PPID.first && "
                                      ": >/tmp/$PPID.second && exec sleep 60; "
                                      ": >/tmp/$PPID.first");
    char first[64], second[64];

    snprintf(first, sizeof(first), "/tmp/%d.first", (int)getpid());
    snprintf(second, sizeof(second), "/tmp/%d.second", (int)getpid());
    child_keep(child);
    *(bool *)arg = file_appears(second) && child_alive(child);
    child_stop(&child, LONG_MS);
    unlink(first);
    unlink(second);
}

static void
a_kept_child_is_started_again(void **state UNUSED)
{
    bool came_back = false;

    in_a_task(see_it_come_back, &came_back);
    assert_true(came_back);
}

static void
leave_without_stopping(void)
{
    struct loop *loop = loop_new(1);
    const char *const argv[] = { "/bin/sleep", "60", NULL };
    const struct child_config config = { .name = "test", .argv = argv, .fd = 1 };

    child_start(loop, &config);
    _exit(0);
}

static void
a_child_ends_when_its_parent_is_gone(void **state UNUSED)
{
    int pipe_ends[2];
    char byte;

    assert_int_equal(pipe(pipe_ends), 0);
    if (fork() == 0) {
        close(pipe_ends[0]);
        dup2(pipe_ends[1], 1); /* the child's inherited descriptor keeps it open */
        close(pipe_ends[1]);
        leave_without_stopping();
    }
    close(pipe_ends[1]);
    assert_int_equal(read(pipe_ends[0], &byte, 1), 0); /* ends with the last holder */
    close(pipe_ends[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_says_how_it_ended),
        cmocka_unit_test(a_child_that_ignores_the_term_signal_is_killed_in_time),
        cmocka_unit_test(a_kept_child_is_started_again),
        cmocka_unit_test(a_child_ends_when_its_parent_is_gone),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
