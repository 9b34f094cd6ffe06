/* test/unit/task_test.c - what base/task.h promises about tasks and waits. */
#include "base/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "test/support/unit.h"

/* What tasks of one test write down, in the order in which they do. */
struct story {
    struct loop *loop;
    struct wait wait;
    char said[64];
    size_t count;
    int64_t at_ms;
    bool result;
};

static void
say(struct story *story, char c)
{
    assert_true(story->count < sizeof story->said - 1);
    story->said[story->count++] = c;
}

static struct story
story_begin(size_t tasks_max)
{
    return (struct story){ .loop = loop_new(tasks_max), .wait = WAIT_INIT };
}

static void
story_end(struct story *story, const char *expected)
{
    assert_string_equal(story->said, expected);
    assert_int_equal(loop_tasks(story->loop), 0);
    loop_free(&story->loop);
    assert_null(story->loop);
}

static void
waiter(void *arg)
{
    struct story *story = arg;

    say(story, 'a');
    wait_for(&story->wait);
    say(story, 'c');
}

static void
ender(void *arg)
{
    struct story *story = arg;

    wait_end(&story->wait);
    say(story, 'b');
}

static void
a_waiting_task_goes_on_from_the_loop_not_inside_wait_end(void **state UNUSED)
{
    struct story story = story_begin(2);

    assert_true(task_start(story.loop, waiter, &story));
    assert_true(task_start(story.loop, ender, &story));
    assert_int_equal(loop_tasks(story.loop), 1);
    assert_false(task_running());
    loop_run(story.loop);
    story_end(&story, "abc");
}

static void
a_wait_that_was_over_before_does_not_wait(void **state UNUSED)
{
    struct story story = story_begin(1);

    wait_end(&story.wait);
    assert_true(task_start(story.loop, waiter, &story));
    story_end(&story, "ac");
}

static void
too_late(void *arg)
{
    struct story *story = arg;
    int64_t begun_ms = clock_mono_ms();

    story->result = wait_until(&story->wait, begun_ms + 20);
    story->at_ms = clock_mono_ms() - begun_ms;
}

static void
a_wait_ends_at_its_deadline(void **state UNUSED)
{
    struct story story = story_begin(1);

    loop_run_task(story.loop, too_late, &story);
    assert_false(story.result);
    assert_in_range(story.at_ms, 20, 2000);
    wait_end(&story.wait); /* the owner forgets it later; nobody waits any more */
    story_end(&story, "");
}

static void
in_time(void *arg)
{
    struct story *story = arg;

    story->result = wait_until(&story->wait, clock_mono_ms() + 60000);
}

static void
a_wait_that_ends_before_its_deadline_says_so(void **state UNUSED)
{
    struct story story = story_begin(2);

    assert_true(task_start(story.loop, in_time, &story));
    assert_true(task_start(story.loop, ender, &story));
    loop_run(story.loop); /* and no timer keeps the loop alive */
    assert_true(story.result);
    story_end(&story, "b");
}

static void
starter(void *arg)
{
    struct story *story = arg;

    say(story, '1');
    assert_true(task_start(story->loop, waiter, story));
    say(story, '2');
    wait_end(&story->wait);
    task_yield();
    say(story, '3');
}

static void
a_task_may_start_another_which_runs_until_its_first_wait(void **state UNUSED)
{
    struct story story = story_begin(2);

    loop_run_task(story.loop, starter, &story);
    story_end(&story, "1a2c3");
}

static void
sleeper(void *arg)
{
    task_sleep(1);
    say(arg, 's');
}

static void
more_than_tasks_max_are_refused(void **state UNUSED)
{
    struct story story = story_begin(2);

    assert_true(task_start(story.loop, sleeper, &story));
    assert_true(task_start(story.loop, sleeper, &story));
    assert_false(task_start(story.loop, sleeper, &story));
    loop_run(story.loop);
    assert_true(task_start(story.loop, sleeper, &story));
    loop_run(story.loop);
    story_end(&story, "sss");
}

static void
deep(void *arg)
{
    char bytes[3000];
    size_t *sum = arg;

    memset(bytes, 7, sizeof bytes);
    task_sleep(1);
    for (size_t i = 0; i < sizeof bytes; i++) {
        *sum += (size_t)bytes[i];
    }
}

static void
a_thousand_tasks_keep_their_stacks_apart(void **state UNUSED)
{
    struct loop *loop = loop_new(1000);
    size_t sum = 0;

    for (int i = 0; i < 1000; i++) {
        assert_true(task_start(loop, deep, &sum));
    }
    loop_run(loop);
    assert_int_equal(sum, 1000u * 3000u * 7u);
    loop_free(&loop);
}

static void
compute(void *arg)
{
    bool *in_task = arg;

    *in_task = task_running();
}

static void
offloader(void *arg)
{
    struct story *story = arg;
    bool in_task = true;

    story->result = task_offload(compute, &in_task);
    assert_false(in_task);
    assert_ptr_equal(task_loop(), story->loop);
    say(story, 'o');
}

static void
offloaded_work_runs_outside_and_is_waited_for(void **state UNUSED)
{
    struct story story = story_begin(1);

    loop_run_task(story.loop, offloader, &story);
    assert_true(story.result);
    story_end(&story, "o");
}

struct tally {
    int taken;
    int refused;
};

static void
counting_offloader(void *arg)
{
    struct tally *tally = arg;
    bool ignored;

    if (task_offload(compute, &ignored)) {
        tally->taken++;
    } else {
        tally->refused++;
    }
}

static void
offloading_is_refused_beyond_its_limit(void **state UNUSED)
{
    struct loop *loop = loop_new(OFFLOAD_MAX + 1);
    struct tally tally = { 0, 0 };

    for (int i = 0; i < OFFLOAD_MAX + 1; i++) {
        assert_true(task_start(loop, counting_offloader, &tally));
    }
    loop_run(loop);
    assert_int_equal(tally.taken, OFFLOAD_MAX);
    assert_int_equal(tally.refused, 1);
    loop_free(&loop);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_waiting_task_goes_on_from_the_loop_not_inside_wait_end),
        cmocka_unit_test(a_wait_that_was_over_before_does_not_wait),
        cmocka_unit_test(a_wait_ends_at_its_deadline),
        cmocka_unit_test(a_wait_that_ends_before_its_deadline_says_so),
        cmocka_unit_test(a_task_may_start_another_which_runs_until_its_first_wait),
        cmocka_unit_test(more_than_tasks_max_are_refused),
        cmocka_unit_test(a_thousand_tasks_keep_their_stacks_apart),
        cmocka_unit_test(offloaded_work_runs_outside_and_is_waited_for),
        cmocka_unit_test(offloading_is_refused_beyond_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
