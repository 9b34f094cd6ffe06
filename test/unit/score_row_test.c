/* test/unit/score_row_test.c - packed rows come back as they were, and hostile bytes are
 * refused. */
#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "proto/time.h"
#include "storage/score/row.h"
#include "test/unit/unit.h"

static const int32_t base = 20600;

static struct score_row
make_row(void)
{
    struct score_row row;

    row_init(&row, base);
    row.flags = ROW_VISIT_CHUNKS;
    row.policy_version = 7;
    row.fold = (struct sums){ 1.5, 0x1.12787691f678bp+15, 3e-9 };
    *row_day(&row, base + 3) = (struct score_day){ base + 3, true, 12345, 20, 99, 7 };
    *row_day(&row, base) = (struct score_day){ .day = base, .sales_fen = 1 };
    *row_day(&row, base - 400) =
        (struct score_day){ base - 400, true, INT64_C(1) << 40, 400000, 5, 20000 };
    *row_day(&row, base - 399) =
        (struct score_day){ .day = base - 399, .active = true };
    row.visits_total_fen = 123456;
    row.active_days_total = 3;
    visitor_list_init(&row.visits, 735);
    visitor_list_tell(&row.visits,
                      (struct visitor){ 0xfedcba9876, 0xbeef, 27, VISITOR_MEMBER });
    visitor_list_tell(&row.visits, (struct visitor){ 1, 0, 0, VISITOR_VERIFIED });
    return row;
}

static void
a_row_comes_back_as_it_was(void **state UNUSED)
{
    struct score_row row = make_row(), read;
    struct buf packed, older, again;

    buf_init(&packed, ROW_BYTES_MAX);
    buf_init(&older, DAYS_BYTES_MAX);
    buf_init(&again, ROW_BYTES_MAX);
    row.flags |= ROW_OLDER_DAYS;
    row_encode(&row, &packed);
    row_encode_older(&row, &older);
    row_init(&read, 0);
    assert_int_equal(row_decode(buf_str(&packed), &read), ERR_NONE);
    assert_false(read.older);
    assert_int_equal(read.count, 2);
    assert_int_equal(row_decode_older(buf_str(&older), &read), ERR_NONE);
    assert_int_equal(read.count, 4);
    assert_memory_equal(&read.fold, &row.fold, sizeof(row.fold));
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(read.days[i].day, row.days[i].day);
        assert_int_equal(read.days[i].active, row.days[i].active);
        assert_int_equal(read.days[i].sales_fen, row.days[i].sales_fen);
        assert_int_equal(read.days[i].visits, row.days[i].visits);
        assert_int_equal(read.days[i].views, row.days[i].views);
        assert_int_equal(read.days[i].visitors, row.days[i].visitors);
    }
    assert_true(read.visits.visitor[0].who == 0xfedcba9876 &&
                read.visits.visitor[0].net == 0xbeef);
    row_encode(&read, &again);
    assert_true(str_equal(buf_str(&packed), buf_str(&again)));
    row_free(&row);
    row_free(&read);
    buf_free(&packed);
    buf_free(&older);
    buf_free(&again);
}

/* Its older days read, and forgotten again. */
static void
a_row_knows_its_first_day(void **state UNUSED)
{
    struct score_row row = make_row(), read;
    struct buf packed, older, again;

    buf_init(&packed, ROW_BYTES_MAX);
    buf_init(&older, DAYS_BYTES_MAX);
    buf_init(&again, ROW_BYTES_MAX);
    row.flags |= ROW_OLDER_DAYS;
    row_encode(&row, &packed);
    row_encode_older(&row, &older);
    row_init(&read, 0);
    assert_int_equal(row_first_day(&read), INT32_MAX);
    assert_int_equal(row_decode(buf_str(&packed), &read), ERR_NONE);
    assert_int_equal(row_first_day(&read), base - 400);
    assert_int_equal(row_decode_older(buf_str(&older), &read), ERR_NONE);
    assert_int_equal(row_first_day(&read), base - 400);
    row_drop_older(&read);
    assert_false(read.older);
    assert_int_equal(read.count, 2);
    assert_int_equal(row_first_day(&read), base - 400);
    row_encode(&read, &again);
    assert_true(str_equal(buf_str(&packed), buf_str(&again)));
    row_free(&row);
    row_free(&read);
    buf_free(&packed);
    buf_free(&older);
    buf_free(&again);
}

enum { BASE_AT = 28, FIRST_DAY_AT = 30, FIRST_DAY_BYTES = 2 };

/* It did not say which its first day is: one that somebody must look at. */
static void
a_row_of_the_first_format_is_read(void **state UNUSED)
{
    struct score_row row = make_row(), read;
    struct buf packed;

    buf_init(&packed, ROW_BYTES_MAX);
    row.flags |= ROW_OLDER_DAYS;
    row_encode(&row, &packed);
    packed.data[0] = 1;
    packed.len -= FIRST_DAY_BYTES;
    memmove(packed.data + FIRST_DAY_AT, packed.data + FIRST_DAY_AT + FIRST_DAY_BYTES,
            packed.len - FIRST_DAY_AT);
    row_init(&read, 0);
    assert_int_equal(row_decode(buf_str(&packed), &read), ERR_NONE);
    assert_int_equal(read.base, base);
    assert_int_equal(read.count, 2);
    assert_int_equal(row_first_day(&read), 0);
    row_free(&read);

    memset(packed.data + BASE_AT, 0, FIRST_DAY_AT - BASE_AT); /* no day is before 0 */
    row_init(&read, 0);
    assert_int_equal(row_decode(buf_str(&packed), &read), ERR_BAD_DATA);
    row_free(&row);
    row_free(&read);
    buf_free(&packed);
}

static void
chunks_come_back_as_they_were(void **state UNUSED)
{
    int64_t paid_at_s = time_day_starts_s(733 * PERIOD_DAYS + 5) + 77;
    struct sale_record sale = { .sale = 0x0123456789abcdef,
                                .buyer = 0xfedcba987654,
                                .net_fen = 4294967295u,
                                .paid_at_s = (uint32_t)paid_at_s,
                                .buyer_class = BUYER_MERCHANT,
                                .settled = true };
    struct sale_record read[SALES_PER_CHUNK];
    struct buf packed;
    size_t count;

    buf_init(&packed, 4096);
    sales_encode(&sale, 1, &packed);
    assert_int_equal(packed.len, SALE_BYTES);
    assert_int_equal(sales_decode(buf_str(&packed), 733, read, &count), ERR_NONE);
    assert_int_equal(count, 1);
    assert_true(read[0].sale == sale.sale && read[0].buyer == sale.buyer &&
                read[0].net_fen == sale.net_fen &&
                read[0].paid_at_s == sale.paid_at_s && read[0].settled &&
                read[0].buyer_class == BUYER_MERCHANT);
    assert_int_equal(sales_decode(buf_str(&packed), 734, read, &count), ERR_BAD_DATA);
    packed.len--;
    assert_int_equal(sales_decode(buf_str(&packed), 733, read, &count), ERR_BAD_DATA);
    buf_free(&packed);
}

static void
cut_rows_are_refused_or_hold_fewer_visitors(void **state UNUSED)
{
    struct score_row row = make_row(), read;
    struct buf packed;

    buf_init(&packed, ROW_BYTES_MAX);
    row_encode(&row, &packed);
    for (size_t len = 0; len < packed.len; len++) {
        enum err err;

        row_init(&read, 0);
        err = row_decode(str_of(packed.data, len), &read);
        assert_true(err == ERR_BAD_DATA || (packed.len - len) % VISITOR_BYTES == 0);
        row_free(&read);
    }
    row_free(&row);
    buf_free(&packed);
}

/* What is accepted must encode again to the same bytes: nothing is half understood. */
static void
random_bytes_crash_nothing(void **state UNUSED)
{
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[120];
        size_t len = (size_t)(rand_u64() % sizeof(bytes)), count;
        struct visitor_list visitors;
        struct sale_record sales[SALES_PER_CHUNK];
        struct score_row row;

        rand_bytes(bytes, sizeof(bytes));
        bytes[0] = 1;
        bytes[4 + 7] = bytes[4 + 15] = bytes[4 + 23] = 0x40;
        bytes[30] %= 4;
        row_init(&row, 0);
        if (row_decode(str_of(bytes, len), &row) == ERR_NONE && !row.older) {
            row_decode_older(str_of(bytes, len), &row);
        }
        row_free(&row);
        visitor_list_init(&visitors, 730);
        visitor_list_read(&visitors, str_of(bytes, len));
        visitor_list_free(&visitors);
        sales_decode(str_of(bytes, len), 730, sales, &count);
    }
}

/* The index must find what a look through the list would. */
static void
only_what_says_something_new_is_kept(void **state UNUSED)
{
    struct visitor_list list;
    struct buf chunk;
    bool full;

    visitor_list_init(&list, 730);
    for (int round = 0; round < 3; round++) {
        for (uint64_t who = 0; who < 3000; who++) {
            struct visitor visitor = { who << 20, 9, (uint8_t)(who % 28),
                                       VISITOR_ANONYMOUS };

            assert_int_equal(visitor_list_tell(&list, visitor), round == 0);
        }
    }
    assert_true(visitor_list_tell(&list, (struct visitor){ 0, 8, 0, 1 }));
    assert_true(visitor_list_tell(&list, (struct visitor){ 0, 9, 0, 2 }));
    assert_false(visitor_list_tell(&list, (struct visitor){ 0, 8, 0, 1 }));
    buf_init(&chunk, 4096);
    visitor_list_encode(&list, 0, VISITORS_PER_CHUNK, &chunk);
    assert_int_equal(visitor_list_read_chunk(&list, buf_str(&chunk), &full), ERR_NONE);
    assert_true(full && list.stored == VISITORS_PER_CHUNK);
    assert_int_equal(list.count, 3002 + VISITORS_PER_CHUNK);
    assert_false(visitor_list_tell(&list, (struct visitor){ 0, 8, 0, 1 }));
    visitor_list_free(&list);
    buf_free(&chunk);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_comes_back_as_it_was),
        cmocka_unit_test(a_row_knows_its_first_day),
        cmocka_unit_test(a_row_of_the_first_format_is_read),
        cmocka_unit_test(chunks_come_back_as_they_were),
        cmocka_unit_test(cut_rows_are_refused_or_hold_fewer_visitors),
        cmocka_unit_test(only_what_says_something_new_is_kept),
        cmocka_unit_test(random_bytes_crash_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
