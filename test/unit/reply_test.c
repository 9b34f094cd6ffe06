/* test/unit/reply_test.c - replies as hiredis reads them into an arena, and their copies. */
#include "storage/redis/reply.h"

#include <hiredis/hiredis.h>

#include "test/unit/unit.h"

enum { ARENA_BYTES = 1 << 20, SMALL_BYTES = 4096 };

struct reading {
    struct arena *answers, *copies;
    redisReader *reader;
};

static struct reading
begin(size_t bytes_max)
{
    struct reading reading = { arena_new(bytes_max), arena_new(ARENA_BYTES),
                               redisReaderCreate() };

    reply_read_into(reading.reader, reading.answers);
    return reading;
}

static void
end(struct reading *reading)
{
    redisReaderFree(reading->reader);
    arena_free(&reading->answers);
    arena_free(&reading->copies);
}

static const struct reply *
next(struct reading *reading)
{
    void *answer = NULL;

    assert_int_equal(redisReaderGetReply(reading->reader, &answer), REDIS_OK);
    return answer != NULL ? reply_copy(reading->copies, answer) : NULL;
}

static void
feed(struct reading *reading, const char *bytes)
{
    redisReaderFeed(reading->reader, bytes, strlen(bytes));
}

static void
every_kind_comes_as_it_was_sent(void **state UNUSED)
{
    struct reading reading = begin(ARENA_BYTES);
    const struct reply *reply;

    feed(&reading, "*6\r\n$3\r\none\r\n:-2\r\n$-1\r\n*-1\r\n*0\r\n"
                   "*2\r\n+OK\r\n*1\r\n$0\r\n\r\n");
    reply = next(&reading);
    assert_int_equal(reply->count, 6);
    assert_true(str_equal(reply_str(reply_at(reply, 0)), STR("one")));
    assert_int_equal(reply_at(reply, 1)->integer, -2);
    assert_int_equal(reply_at(reply, 2)->type, REPLY_NIL);
    assert_int_equal(reply_at(reply, 3)->type, REPLY_NIL);
    assert_int_equal(reply_at(reply, 4)->type, REPLY_ARRAY);
    assert_int_equal(reply_at(reply, 4)->count, 0);
    reply = reply_at(reply, 5);
    assert_true(str_equal(reply_str(reply_at(reply, 0)), STR("OK")));
    assert_int_equal(reply_at(reply_at(reply, 1), 0)->type, REPLY_STRING);
    assert_int_equal(reply_at(reply_at(reply, 1), 0)->str.len, 0);
    end(&reading);
}

static void
a_refusal_keeps_its_words(void **state UNUSED)
{
    struct reading reading = begin(ARENA_BYTES);
    void *answer = NULL;

    feed(&reading, "-OOM no room\r\n");
    assert_int_equal(redisReaderGetReply(reading.reader, &answer), REDIS_OK);
    assert_true(str_equal(reply_error(answer), STR("OOM no room")));
    end(&reading);
}

/* Cut at every byte, and many after each other: more than the arena would hold at once. */
static void
replies_take_each_others_place(void **state UNUSED)
{
    static const char bytes[] = "*3\r\n$5\r\nfirst\r\n*2\r\n:1\r\n:2\r\n$4\r\nlast\r\n";
    struct reading reading = begin(SMALL_BYTES);

    for (int round = 0; round < 1000; round++) {
        const struct reply *reply = NULL;

        for (size_t i = 0; i < sizeof(bytes) - 1; i++) {
            assert_null(reply);
            redisReaderFeed(reading.reader, bytes + i, 1);
            reply = next(&reading);
        }
        assert_true(str_equal(reply_str(reply_at(reply, 0)), STR("first")));
        assert_int_equal(reply_at(reply_at(reply, 1), 1)->integer, 2);
        assert_true(str_equal(reply_str(reply_at(reply, 2)), STR("last")));
    }
    end(&reading);
}

static void
what_has_no_room_ends_the_reading(void **state UNUSED)
{
    static const char *const too_much[] = { "*2147483647\r\n", "*600\r\n:1\r\n",
                                            "*3\r\n*500\r\n" };

    for (size_t i = 0; i < COUNT(too_much); i++) {
        struct reading reading = begin(SMALL_BYTES);
        void *answer = NULL;

        feed(&reading, too_much[i]);
        assert_int_equal(redisReaderGetReply(reading.reader, &answer), REDIS_ERR);
        assert_int_equal(reading.reader->err, REDIS_ERR_OOM);
        end(&reading);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_comes_as_it_was_sent),
        cmocka_unit_test(a_refusal_keeps_its_words),
        cmocka_unit_test(replies_take_each_others_place),
        cmocka_unit_test(what_has_no_room_ends_the_reading),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
