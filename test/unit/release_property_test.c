/* test/unit/release_property_test.c - what a shop publishes, over random sets of what
 * waits: SCORING.md 10, invariant 8, without a store (test/function/release_crash_test.c
 * has one).
 *
 * The seed is printed (test/support/chance.h). */
#include <string.h>

#include "proto/score/release.h"
#include "scoring/shop_release.h"
#include "test/support/chance.h"
#include "test/support/score.h"

enum { ROUNDS = 2000, WAITING_MAX = 40, ROOM = 2 * WAITING_MAX + 2 };
enum { DAY = 733 * PERIOD_DAYS + 3, RELEASES = 60 };

static const uint8_t key[32] = { 7 };
static struct score_policy policy;

static int
begin(void **state UNUSED)
{
    chance_begin();
    return 0;
}

/* A buyer's class is the same in all that waits of the buyer; a field comes once. */
static size_t
draw_waiting(struct pending_entry *entries)
{
    size_t wanted = (size_t)below(WAITING_MAX), count = 0;

    memset(entries, 0, ROOM * sizeof(entries[0]));
    for (size_t i = 0; i < wanted; i++) {
        uint64_t buyer = (uint64_t)below(9);

        entries[count++] = (struct pending_entry){
            .field = { .period = 731 + (int32_t)below(3),
                       .buyer = buyer,
                       .buyer_class = buyer % 3 == 0 ? BUYER_AGE_0 : BUYER_MERCHANT,
                       .eligible_day = DAY - (int32_t)i / 2 + (int32_t)below(2) * 30 },
            .fen = below(40000) - 8000,
        };
    }
    return count;
}

static struct shop_release
draw(struct pending_entry *entries)
{
    policy = (struct score_policy){ .version = 1,
                                    .score = score_defaults(),
                                    .release = release_defaults() };
    policy.release.k_min = 1 + (int32_t)below(4);
    policy.release.k_max = policy.release.k_min + (int32_t)below(3);
    policy.release.noise_points = below(2) == 0 ? 0 : 100;
    return (struct shop_release){ .shop = { 10000128 },
                                  .release = 1 + below(5),
                                  .day = DAY,
                                  .policy = &policy,
                                  .measure = release_measure_of(&policy.score),
                                  .key = str_of(key, sizeof(key)),
                                  .on_boards = below(2) == 0,
                                  .visits_total_fen = below(2000),
                                  .active_days_total = below(3),
                                  .figures = { .half_life_days = 30 },
                                  .entry = entries,
                                  .count = draw_waiting(entries),
                                  .room = ROOM };
}

static void
shuffle(struct pending_entry *entries, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t at = (size_t)below((int64_t)i);
        struct pending_entry kept = entries[i - 1];

        entries[i - 1] = entries[at];
        entries[at] = kept;
    }
}

/* What waits afterwards, summed: of all, or of one buyer. */
static int64_t
left_fen(const struct shop_release *release, const struct pending_field *of)
{
    int64_t sum = 0;

    for (size_t i = 0; i < release->count; i++) {
        const struct pending_entry *entry = &release->entry[i];

        if (!entry->gone && (of == NULL || (entry->field.period == of->period &&
                                            entry->field.buyer == of->buyer))) {
            sum += entry->fen;
        }
    }
    return sum;
}

/* Who begins again reads what waits in another order. */
static void
the_order_of_what_waits_changes_nothing(void **state UNUSED)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct pending_entry entries[ROOM], other_entries[ROOM];
        struct shop_release one = draw(entries), other = one;

        memcpy(other_entries, entries, sizeof(entries));
        shuffle(other_entries, one.count);
        other.entry = other_entries;
        shop_release(&one);
        shop_release(&other);
        assert_memory_equal(&one.figures, &other.figures, sizeof(one.figures));
        assert_int_equal(one.published, other.published);
        assert_int_equal(one.left, other.left);
        assert_int_equal(one.count, other.count);
        for (size_t i = 0; i < one.count; i++) {
            assert_true(left_fen(&one, &one.entry[i].field) ==
                        left_fen(&other, &one.entry[i].field));
        }
    }
}

/* Nothing is lost but what is less than a point, and of a buyer no more goes out than
 * the policy lets. */
static void
what_waited_is_published_or_waits_on(void **state UNUSED)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct pending_entry entries[ROOM], before_entries[ROOM];
        struct shop_release release = draw(entries), before = release;
        int64_t gone_fen;

        policy.release.noise_points = 0;
        memcpy(before_entries, entries, sizeof(entries));
        before.entry = before_entries;
        shop_release(&release);
        gone_fen = left_fen(&before, NULL) - left_fen(&release, NULL);
        assert_in_range(gone_fen - 100 * release.figures.sales_points, 0, 99);
        for (size_t i = 0; i < before.count; i++) {
            const struct pending_field *of = &before.entry[i].field;
            int64_t fen = left_fen(&before, of) - left_fen(&release, of);

            assert_true(fen <= policy.release.cap_fen &&
                        fen >= -policy.release.cap_fen);
        }
    }
}

/* The next epoch, with what was not taken. */
static void
go_on(struct shop_release *release)
{
    size_t kept = 0;

    for (size_t i = 0; i < release->count; i++) {
        if (!release->entry[i].gone) {
            release->entry[kept++] = release->entry[i];
        }
    }
    release->count = kept;
    release->day += PERIOD_DAYS;
    release->release++;
}

/* When one buyer is enough, what waits in the end is of those who do not count, and no
 * debt. */
static void
instalments_come_to_an_end(void **state UNUSED)
{
    for (int round = 0; round < ROUNDS / 10; round++) {
        struct pending_entry entries[ROOM];
        struct shop_release release = draw(entries);

        policy.release.k_min = policy.release.k_max = 1;
        for (int i = 0; i < RELEASES; i++) {
            shop_release(&release);
            go_on(&release);
        }
        for (size_t i = 0; i < release.count; i++) {
            const struct pending_field *of = &release.entry[i].field;
            int64_t fen = left_fen(&release, of);

            assert_true(fen >= 0);
            assert_true(fen < RELEASE_BUYER_MIN_FEN || of->buyer_class == BUYER_AGE_0);
        }
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_what_waits_changes_nothing),
        cmocka_unit_test(what_waited_is_published_or_waits_on),
        cmocka_unit_test(instalments_come_to_an_end),
    };

    return cmocka_run_group_tests(tests, begin, NULL);
}
