/* test/function/embedded_store_test.c - what storage/embedded_store.h promises, with a
 * real redis-server. */
#include "storage/embedded_store.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "test/support/unit.h"

enum { LONG_MS = 10000 };

static char dir[64];
static char why[256];

static int
make_dir(void **state UNUSED)
{
    snprintf(dir, sizeof(dir), "/tmp/xiaopu-test-XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int
remove_dir(void **state UNUSED)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", dir);
    return system(command);
}

static void
in_a_task(task_fn *fn)
{
    struct loop *loop = loop_new(4);

    loop_run_task(loop, fn, NULL);
    loop_run(loop);
    loop_free(&loop);
}

static int
answer_type(redisContext *redis, const char *command)
{
    redisReply *reply = redisCommand(redis, command);
    int type = reply ? reply->type : 0;

    freeReplyObject(reply);
    return type;
}

/* Connects as hiredis does by itself, for the store's own calls are not tested here, and
 * waits until the data is loaded. */
static redisContext *
reach(const struct embedded_store *embedded, const char *user, const char *password)
{
    int64_t deadline_ms = clock_mono_ms() + LONG_MS;
    redisContext *redis = NULL;
    redisReply *reply;

    while (!redis && clock_mono_ms() < deadline_ms) {
        redis = redisConnectUnix(embedded_store_url(embedded) + 5);
        if (redis->err) {
            redisFree(redis);
            redis = NULL;
            task_sleep(10);
        }
    }
    assert_non_null(redis);
    reply = redisCommand(redis, "AUTH %s %s", user, password);
    assert_non_null(reply);
    assert_int_equal(reply->type, REDIS_REPLY_STATUS);
    freeReplyObject(reply);
    while (answer_type(redis, "PING") != REDIS_REPLY_STATUS) {
        assert_true(clock_mono_ms() < deadline_ms);
        task_sleep(10);
    }
    return redis;
}

static struct embedded_store *
open_and_start(void)
{
    struct embedded_store *embedded = embedded_store_open(dir, why, sizeof(why));

    assert_non_null(embedded);
    assert_true(embedded_store_lock(embedded, 0));
    assert_true(embedded_store_start(embedded, EMBEDDED_SYNC_ALWAYS, why, sizeof(why)));
    return embedded;
}

static void
write_and_read_again(void *arg UNUSED)
{
    struct embedded_store *embedded = open_and_start();
    redisContext *redis = reach(embedded, "service", embedded_store_password(embedded));

    assert_int_equal(answer_type(redis, "SET a 1"), REDIS_REPLY_STATUS);
    /* Functions are kept as transactions, which Redis judges when it loads them. */
    assert_int_equal(answer_type(redis, "MULTI"), REDIS_REPLY_STATUS);
    assert_int_equal(answer_type(redis, "SET b 1"), REDIS_REPLY_STATUS);
    assert_int_equal(answer_type(redis, "HSET c d 1"), REDIS_REPLY_STATUS);
    assert_int_equal(answer_type(redis, "EXEC"), REDIS_REPLY_ARRAY);
    redisFree(redis);
    embedded_store_close(&embedded);
    embedded = open_and_start();
    redis = reach(embedded, "service", embedded_store_password(embedded));
    assert_int_equal(answer_type(redis, "GET a"), REDIS_REPLY_STRING);
    assert_int_equal(answer_type(redis, "GET b"), REDIS_REPLY_STRING);
    assert_int_equal(answer_type(redis, "HGET c d"), REDIS_REPLY_STRING);
    redisFree(redis);
    embedded_store_close(&embedded);
}

static void
what_was_written_is_there_after_a_stop(void **state UNUSED)
{
    in_a_task(write_and_read_again);
}

static void
try_what_is_forbidden(void *arg UNUSED)
{
    struct embedded_store *embedded = open_and_start();
    redisContext *redis = reach(embedded, "service", embedded_store_password(embedded));
    struct stat found;

    assert_int_equal(answer_type(redis, "CONFIG GET dir"), REDIS_REPLY_ERROR);
    assert_int_equal(answer_type(redis, "FLUSHALL"), REDIS_REPLY_ERROR);
    assert_int_equal(answer_type(redis, "KEYS *"), REDIS_REPLY_ERROR);
    assert_int_equal(answer_type(redis, "SHUTDOWN"), REDIS_REPLY_ERROR);
    assert_int_equal(answer_type(redis, "INFO"), REDIS_REPLY_STRING);
    redisFree(redis);
    redis = redisConnectUnix(embedded_store_url(embedded) + 5);
    assert_int_equal(answer_type(redis, "GET a"), REDIS_REPLY_ERROR); /* nobody */
    assert_int_equal(answer_type(redis, "AUTH x"), REDIS_REPLY_ERROR);
    redisFree(redis);
    redis = reach(embedded, "admin", embedded_store_admin_password(embedded));
    assert_int_equal(answer_type(redis, "CONFIG GET dir"), REDIS_REPLY_ARRAY);
    redisFree(redis);
    embedded_store_close(&embedded);
    assert_int_equal(stat(dir, &found), 0);
    assert_int_equal(found.st_mode & 077, 0);
}

static void
the_service_may_not_configure_flush_or_stop(void **state UNUSED)
{
    in_a_task(try_what_is_forbidden);
}

static void
try_to_start_a_second_one(void *arg UNUSED)
{
    struct embedded_store *first = open_and_start();
    struct embedded_store *second = embedded_store_open(dir, why, sizeof(why));

    assert_non_null(second);
    assert_false(embedded_store_lock(second, 100));
    embedded_store_close(&first);
    assert_true(embedded_store_lock(second, EMBEDDED_LOCK_WAIT_MS));
    embedded_store_close(&second);
}

static void
a_directory_has_one_store_at_a_time(void **state UNUSED)
{
    in_a_task(try_to_start_a_second_one);
}

enum { OPENERS = 8 };

struct opener {
    pthread_t thread;
    pthread_barrier_t *together;
    struct embedded_store *embedded;
};

static void *
open_together(void *arg)
{
    struct opener *opener = arg;
    char reason[256];

    pthread_barrier_wait(opener->together);
    opener->embedded = embedded_store_open(dir, reason, sizeof(reason));
    return NULL;
}

static void
who_opens_a_new_directory_at_once_has_its_passwords(void **state UNUSED)
{
    struct opener openers[OPENERS];
    pthread_barrier_t together;
    const char *first;

    pthread_barrier_init(&together, NULL, OPENERS);
    for (int i = 0; i < OPENERS; i++) {
        openers[i].together = &together;
        pthread_create(&openers[i].thread, NULL, open_together, &openers[i]);
    }
    for (int i = 0; i < OPENERS; i++) {
        pthread_join(openers[i].thread, NULL);
        assert_non_null(openers[i].embedded);
    }
    first = embedded_store_password(openers[0].embedded);
    for (int i = 1; i < OPENERS; i++) {
        assert_string_equal(embedded_store_password(openers[i].embedded), first);
    }
    for (int i = 0; i < OPENERS; i++) {
        embedded_store_close(&openers[i].embedded);
    }
    pthread_barrier_destroy(&together);
}

static void
kill_it(void *arg UNUSED)
{
    struct embedded_store *embedded = open_and_start();
    redisContext *redis;

    embedded_store_keep(embedded);
    redis = reach(embedded, "admin", embedded_store_admin_password(embedded));
    freeReplyObject(redisCommand(redis, "SHUTDOWN NOSAVE"));
    redisFree(redis);
    redis = reach(embedded, "service", embedded_store_password(embedded));
    redisFree(redis);
    embedded_store_close(&embedded);
}

static void
a_kept_store_comes_back(void **state UNUSED)
{
    in_a_task(kill_it);
}

static void
a_file_instead_of_a_directory_is_refused_in_one_line(void **state UNUSED)
{
    assert_null(embedded_store_open("/dev/null", why, sizeof(why)));
    assert_string_equal(why, "cannot write to /dev/null: Not a directory");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_written_is_there_after_a_stop,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(the_service_may_not_configure_flush_or_stop,
                                        make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_directory_has_one_store_at_a_time, make_dir,
                                        remove_dir),
        cmocka_unit_test_setup_teardown(
            who_opens_a_new_directory_at_once_has_its_passwords, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(a_kept_store_comes_back, make_dir, remove_dir),
        cmocka_unit_test(a_file_instead_of_a_directory_is_refused_in_one_line),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
