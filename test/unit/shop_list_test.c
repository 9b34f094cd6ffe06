/* What storage/shop/list.h promises of the bits of a list. */
#include "storage/shop/list.h"

#include <string.h>

#include "base/log.h"
#include "storage/redis/call.h"
#include "test/support/unit.h"

enum { MAX = 1000 };

struct list {
    unsigned char bytes[4 * SHOPS_PAGE_BYTES];
    size_t len;
};

static void
set(struct list *list, uint64_t bit)
{
    list->bytes[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
    list->len = list->len > bit / 8 ? list->len : (size_t)(bit / 8 + 1);
}

/* What GETRANGE answers there. */
static struct reply
page_of(struct list *list, const struct shops_cursor *cursor)
{
    size_t from = (size_t)(cursor->bit / 8);
    size_t left = from < list->len ? list->len - from : 0;

    return (struct reply){
        .type = REPLY_STRING,
        .str = str_of((char *)list->bytes + (left > 0 ? from : 0),
                      left < SHOPS_PAGE_BYTES ? left : SHOPS_PAGE_BYTES),
    };
}

/* All shops, at most `max` at a time; how often was asked. */
static int
walk(struct list *list, size_t max, struct shop_number *shops, size_t *count)
{
    struct shops_cursor cursor = shops_first(7);
    int asked = 0;

    *count = 0;
    while (!cursor.ended) {
        const struct reply reply = page_of(list, &cursor);
        size_t more;

        assert_int_equal(shops_take(&reply, &cursor, shops + *count, max, &more),
                         ERR_NONE);
        assert_true(more <= max);
        *count += more;
        asked++;
    }
    return asked;
}

static void
shops_come_in_the_order_of_numbers_however_many_at_a_time(void **state UNUSED)
{
    static const uint64_t bits[] = { 0, 1, 7, 8, 63, 64, 4095, 4096, 12289 };
    struct shop_number shops[MAX];
    struct list list = { .len = 0 };
    size_t count;

    for (size_t i = 0; i < COUNT(bits); i++) {
        set(&list, bits[i]);
    }
    for (size_t max = 1; max <= COUNT(bits) + 1; max++) {
        walk(&list, max, shops, &count);
        assert_int_equal(count, COUNT(bits));
        for (size_t i = 0; i < COUNT(bits); i++) {
            assert_int_equal(shops[i].value, id_make(SHOP_N_FIRST + bits[i], 7));
            assert_int_equal(shops_bit(shops[i]), bits[i]);
        }
    }
}

static void
the_end_is_known_with_the_last_shop(void **state UNUSED)
{
    struct shop_number shops[MAX];
    struct list list = { .len = 0 };
    size_t count;

    assert_int_equal(walk(&list, 4, shops, &count), 1);
    assert_int_equal(count, 0);
    for (uint64_t bit = 0; bit < 8; bit++) {
        set(&list, bit);
    }
    assert_int_equal(walk(&list, 4, shops, &count), 2);
    assert_int_equal(walk(&list, 8, shops, &count), 1);
    assert_int_equal(walk(&list, 5, shops, &count), 2);
    assert_int_equal(count, 8);
}

static void
a_walk_goes_on_behind_any_shop(void **state UNUSED)
{
    struct shop_number shops[MAX];
    struct list list = { .len = 0 };
    struct shops_cursor cursor =
        shops_after((struct shop_number){ id_make(SHOP_N_FIRST + 9, 7) });
    struct reply reply;
    size_t count;

    set(&list, 9);
    set(&list, 10);
    reply = page_of(&list, &cursor);
    assert_int_equal(shops_take(&reply, &cursor, shops, MAX, &count), ERR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(shops[0].value, id_make(SHOP_N_FIRST + 10, 7));
    assert_true(cursor.ended);
}

static void
what_is_no_list_or_no_number_is_judged(void **state UNUSED)
{
    static char bytes[SHOPS_PAGE_BYTES + 1];
    struct shops_cursor cursor = shops_first(7);
    const struct reply nil = { .type = REPLY_NIL }, array = { .type = REPLY_ARRAY },
                       longer = { .type = REPLY_STRING,
                                  .str = str_of(bytes, sizeof(bytes)) };
    struct reply reply = { .type = REPLY_STRING, .str = STR("\xff\xff") };
    struct shop_number shops[MAX];
    size_t count;

    log_least(LOG_SILENT);
    assert_int_equal(shops_take(&nil, &cursor, shops, MAX, &count), ERR_BAD_DATA);
    assert_int_equal(shops_take(&array, &cursor, shops, MAX, &count), ERR_BAD_DATA);
    assert_int_equal(shops_take(&longer, &cursor, shops, MAX, &count), ERR_BAD_DATA);
    cursor = shops_after((struct shop_number){ SHOP_NUMBER_MAX - 256 });
    assert_int_equal(shops_take(&reply, &cursor, shops, MAX, &count), ERR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(shops[0].value / PARTITIONS, SHOP_NUMBER_MAX / PARTITIONS);
    assert_true(cursor.ended);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shops_come_in_the_order_of_numbers_however_many_at_a_time),
        cmocka_unit_test(the_end_is_known_with_the_last_shop),
        cmocka_unit_test(a_walk_goes_on_behind_any_shop),
        cmocka_unit_test(what_is_no_list_or_no_number_is_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
