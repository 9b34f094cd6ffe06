/* test/unit/score_vectors_test.c - SCORING.md's own vectors, every bit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "proto/score/credit.h"
#include "proto/score/figure.h"
#include "proto/score/influence.h"
#include "proto/score/release.h"
#include "proto/score/tier.h"
#include "proto/score/visit.h"
#include "proto/time.h"
#include "test/support/unit.h"

#include "test/support/score.h"

static int64_t
int_at(const json_t *array, size_t i)
{
    return json_integer_value(json_array_get(array, i));
}

static double
double_at(const json_t *array, size_t i)
{
    return json_number_value(json_array_get(array, i));
}

static const char *
text_at(const json_t *array, size_t i)
{
    return json_string_value(json_array_get(array, i));
}

static void
sales_count_by_brackets(void **state UNUSED)
{
    struct score_params params = score_defaults();
    size_t i;
    json_t *pair;

    json_array_foreach(score_vectors("brackets_buyer"), i, pair)
    {
        assert_int_equal(bracket_fen(&params.sales, int_at(pair, 0)), int_at(pair, 1));
    }
}

static void
visits_count_by_brackets(void **state UNUSED)
{
    struct score_params params = score_defaults();
    size_t i;
    json_t *pair;

    json_array_foreach(score_vectors("brackets_visits_fen"), i, pair)
    {
        assert_int_equal(bracket_visits_fen(&params, int_at(pair, 0)), int_at(pair, 1));
    }
}

static void
the_three_sums_compose(void **state UNUSED)
{
    struct score_params params = score_defaults();
    size_t i;
    json_t *row;

    json_array_foreach(score_vectors("compose_F"), i, row)
    {
        struct sums sums = { double_at(row, 0), double_at(row, 1), double_at(row, 2) };
        struct influence made = influence_compose(&sums, &params);

        assert_true(made.total == double_at(row, 3));
        assert_true(made.sales == double_at(row, 4));
        assert_true(made.visits == double_at(row, 5));
        assert_true(made.activity == double_at(row, 6));
    }
}

static void
factors_are_the_committed_ones(void **state UNUSED)
{
    struct half_life half = half_life(30, LANDMARK);
    size_t i;
    json_t *row;

    json_array_foreach(score_vectors("factor_table_H30"), i, row)
    {
        assert_true(half.table[i] == strtod(json_string_value(row), NULL));
    }
    json_array_foreach(score_vectors("factor"), i, row)
    {
        double factor = decay_factor(LANDMARK + (int32_t)int_at(row, 0), &half);

        assert_true(factor == strtod(text_at(row, 1), NULL));
        assert_true(factor == strtod(text_at(row, 2), NULL));
    }
}

static void
days_and_periods_follow_from_seconds(void **state UNUSED)
{
    size_t i;
    json_t *row;

    json_array_foreach(score_vectors("day_index"), i, row)
    {
        int32_t day = time_day(int_at(row, 0));

        assert_int_equal(day, int_at(row, 1));
        assert_int_equal(period_of_day(day), int_at(row, 2));
    }
}

/* --- the scenario of section 11 ---------------------------------------------------- */

enum { USER_1 = 1, USER_2, USER_5 = 5, USER_6 };

struct sale {
    int shop; /* 1001 or 1002 */
    int buyer;
    int32_t day; /* from LANDMARK */
    int64_t net_fen;
    int32_t weight;
    int id;
};

/* What happens at each step: a sale as it then stands. */
static const struct sale steps[] = {
    { 1001, USER_5, 3, 8000, 1000, 1 },  { 1001, USER_5, 5, 15000, 1000, 2 },
    { 1001, USER_6, 5, 20000, 500, 3 },  { 1001, USER_1, 5, 20000, 0, 4 },
    { 1001, USER_5, 3, 5000, 1000, 1 },  { 1002, USER_1, 6, 6000, 1000, 5 },
    { 1001, USER_2, 7, 10000, 1000, 6 }, { 1001, USER_5, 5, 15000, 1000, 2 },
    { 1001, USER_5, 2, 5000, 1000, 7 },
};
enum { STEPS = sizeof(steps) / sizeof(steps[0]), SALES_MAX = 8, DAYS = 16 };

static int64_t
spent(const struct sale *sales, int shop, int buyer)
{
    int64_t sum = 0;

    for (int id = 1; id < SALES_MAX; id++) {
        if (sales[id].shop == shop && sales[id].buyer == buyer) {
            sum += bracket_effective_fen(sales[id].net_fen, sales[id].weight);
        }
    }
    return sum;
}

static void
add_credits(const struct sale *sales, int shop, int buyer, int64_t bucket[DAYS])
{
    struct score_params params = score_defaults();
    int owner = shop - 1000;
    int64_t netted_fen = buyer <= USER_2 ? spent(sales, 1000 + buyer, owner) : 0;
    struct day_fen days[SALES_MAX];
    size_t count = 0;

    for (int id = 1; id < SALES_MAX; id++) {
        if (sales[id].shop == shop && sales[id].buyer == buyer) {
            count = credit_add_day(
                days, count, sales[id].day,
                bracket_effective_fen(sales[id].net_fen, sales[id].weight));
        }
    }
    credit_buyer(&params.sales, netted_fen, days, count);
    for (size_t i = 0; i < count; i++) {
        bucket[days[i].day] += days[i].fen;
    }
}

static void
assert_buckets(const struct sale *sales, int shop, const json_t *expected)
{
    int64_t bucket[DAYS] = { 0 };

    for (int buyer = USER_1; buyer <= USER_6; buyer++) {
        add_credits(sales, shop, buyer, bucket);
    }
    for (int day = 0; day < DAYS; day++) {
        char name[12];

        snprintf(name, sizeof(name), "%d", day);
        assert_int_equal(bucket[day],
                         json_integer_value(json_object_get(expected, name)));
    }
}

static void
sales_and_refunds_fill_the_buckets(void **state UNUSED)
{
    const json_t *expected = json_object_get(score_vectors("scenario"), "steps");
    struct sale sales[SALES_MAX] = { 0 };

    assert_int_equal(json_array_size(expected), STEPS);
    for (size_t i = 0; i < STEPS; i++) {
        const json_t *after = json_array_get(expected, i);

        sales[steps[i].id] = steps[i];
        assert_buckets(sales, 1001, json_object_get(after, "sales_1001"));
        assert_buckets(sales, 1002, json_object_get(after, "sales_1002"));
    }
}

/* Day in the period of a day after LANDMARK. */
static uint8_t
in_period(int64_t day)
{
    return (uint8_t)((LANDMARK + day) % PERIOD_DAYS);
}

static struct visitor
visit_of(const json_t *visit)
{
    const char *kind = json_string_value(json_object_get(visit, "kind"));
    const char *who = json_string_value(json_object_get(visit, "visitor"));
    bool verified = strcmp(kind, "verified") == 0,
         anonymous = strcmp(kind, "anon") == 0;

    return (struct visitor){
        .who = (uint64_t)(who[1] - '0'),
        .net = verified ? 0 : 77,
        .day = in_period(json_integer_value(json_object_get(visit, "day"))),
        .visitor_class = verified    ? VISITOR_VERIFIED
                         : anonymous ? VISITOR_ANONYMOUS
                                     : VISITOR_MEMBER,
    };
}

static void
visits_weigh_as_told(void **state UNUSED)
{
    const json_t *visits = json_object_get(score_vectors("scenario"), "visits");
    struct score_params params = score_defaults();
    struct visitor told[16], work[16];
    size_t i, count = 0;
    json_t *visit;

    json_array_foreach(visits, i, visit)
    {
        const json_t *expected = json_object_get(visit, "weighted_by_day");
        struct visit_days days;

        if (strcmp(json_string_value(json_object_get(visit, "visitor")), "u1") != 0) {
            told[count++] = visit_of(visit); /* the owner's are not even told */
        }
        memcpy(work, told, sizeof(work));
        visit_weigh(work, count, &params, &days);
        for (int day = 0; day < 14; day++) {
            char name[12];

            snprintf(name, sizeof(name), "%d", day);
            assert_int_equal(days.milli[in_period(day)],
                             json_integer_value(json_object_get(expected, name)));
        }
    }
}

static const struct score_day scenario_days[] = {
    { .day = LANDMARK + 2, .sales_fen = 5000, .visits = 20 },
    { .day = LANDMARK + 3, .sales_fen = 5000, .visits = 25, .active = true },
    { .day = LANDMARK + 4, .visits = 20, .active = true },
    { .day = LANDMARK + 5, .sales_fen = 16000, .visits = 20, .active = true },
    { .day = LANDMARK + 7, .sales_fen = 4000 },
};
enum { SCENARIO_DAYS = sizeof(scenario_days) / sizeof(scenario_days[0]) };

static double
scenario_z(int half_life_days, int32_t landmark, struct influence *made)
{
    struct score_params params = score_defaults();
    struct half_life half = half_life(half_life_days, landmark);
    struct sums sums = { 0 };

    influence_add_days(&sums, scenario_days, SCENARIO_DAYS, &params, &half);
    *made = influence_compose(&sums, &params);
    return made->total;
}

static double
scenario_number(const char *name)
{
    return json_number_value(json_object_get(score_vectors("scenario"), name));
}

static void
the_scenario_has_its_score_in_every_bit(void **state UNUSED)
{
    const json_t *scenario = score_vectors("scenario");
    const json_t *hats = json_object_get(scenario, "hats_1001");
    struct influence made;
    double z = scenario_z(30, LANDMARK, &made);

    assert_true(z == scenario_number("z_1001"));
    assert_true(
        z == strtod(json_string_value(json_object_get(scenario, "z_1001_hex")), NULL));
    assert_true(made.sales == double_at(hats, 0));
    assert_true(made.visits == double_at(hats, 1));
    assert_true(made.activity == double_at(hats, 2));
    assert_true(scenario_z(14, LANDMARK, &made) ==
                scenario_number("z_1001_half_life_14"));
}

static void
moving_the_landmark_by_two_half_lives_quarters_a_score(void **state UNUSED)
{
    struct influence made;
    double z = scenario_z(30, LANDMARK, &made);
    double moved = scenario_z(30, LANDMARK + 60, &made);

    assert_true(moved * 4.0 == z);
    assert_true(moved == scenario_number("z_1001_landmark_plus_60"));
}

/* The vectors divided in another order: all but the last bits. */
static void
assert_close(double a, double b)
{
    assert_true(fabs(a - b) <= fabs(b) * 1e-14);
}

static void
the_scenario_shows_its_points(void **state UNUSED)
{
    const json_t *shown = json_object_get(score_vectors("scenario"), "display_1001");
    struct half_life half = half_life(30, LANDMARK);
    struct influence made;
    const char *day;
    json_t *expected;

    scenario_z(30, LANDMARK, &made);
    json_object_foreach((json_t *)(uintptr_t)shown, day, expected)
    {
        int32_t on = LANDMARK + (int32_t)strtol(day, NULL, 10);
        struct influence_parts parts = influence_parts(&made, on, &half);
        int64_t points = json_integer_value(json_object_get(expected, "influence"));

        assert_int_equal(influence_points(made.total, on, &half), points);
        assert_int_equal(parts.total, points);
        assert_int_equal(parts.sales + parts.visits + parts.activity, points);
        assert_close(made.sales / decay_factor(on, &half) / 100.0,
                     json_number_value(json_object_get(expected, "sales")));
        assert_close(made.visits / decay_factor(on, &half) / 100.0,
                     json_number_value(json_object_get(expected, "visits")));
    }
}

/* --- releases ----------------------------------------------------------------------- */

static uint8_t key_bytes[KEY_BYTES];

static struct str
prf_key(void)
{
    const char *hex =
        json_string_value(json_object_get(score_vectors("prf"), "key_hex"));

    assert_true(decode_hex(str_from(hex), key_bytes, sizeof(key_bytes)));
    return str_of(key_bytes, sizeof(key_bytes));
}

static void
prf_gives_delay_k_and_noise(void **state UNUSED)
{
    const json_t *prf = score_vectors("prf");
    struct release_params params = release_defaults();
    struct str key = prf_key(), word = STR("o1");
    struct str visitor[] = { STR("730"), STR("v1") };
    size_t i;
    json_t *row;

    assert_true(
        release_u64(key, "delay", &word, 1) ==
        strtoull(json_string_value(json_object_get(prf, "u64_delay_o1")), NULL, 16));
    json_array_foreach(json_object_get(prf, "delay"), i, row)
    {
        assert_int_equal(release_delay(key, str_from(text_at(row, 0)), &params),
                         int_at(row, 1));
    }
    json_array_foreach(json_object_get(prf, "k"), i, row)
    {
        assert_int_equal(
            release_k(key, strtol(text_at(row, 0), NULL, 10), int_at(row, 1), &params),
            int_at(row, 2));
    }
    assert_true(
        release_u64(key, "visitor", visitor, 2) ==
        strtoull(text_at(json_object_get(prf, "visitor_pseudonym"), 1), NULL, 16));
}

static void
noise_is_two_geometric_draws(void **state UNUSED)
{
    const json_t *prf = score_vectors("prf");
    struct release_params params = release_defaults();
    struct str key = prf_key();
    size_t i;
    json_t *row;

    json_array_foreach(json_object_get(prf, "noise"), i, row)
    {
        int64_t shop = strtol(text_at(row, 0), NULL, 10);

        assert_int_equal(release_noise(key, shop, int_at(row, 1), &params),
                         int_at(row, 2));
        assert_int_equal(int_at(json_array_get(row, 3), 0) -
                             int_at(json_array_get(row, 3), 1),
                         int_at(row, 2));
    }
    json_array_foreach(json_object_get(prf, "vnoise"), i, row)
    {
        int64_t shop = strtol(text_at(row, 0), NULL, 10);

        assert_int_equal(release_visit_noise(key, shop, int_at(row, 1), &params),
                         int_at(row, 2));
    }
}

static void
a_batch_goes_out_in_instalments_with_noise(void **state UNUSED)
{
    const json_t *vector = score_vectors("release");
    struct release_params params = release_defaults();
    struct release_buyer buyers[16];
    struct str key = prf_key();
    int64_t points;
    size_t count = 0;
    const char *name;
    json_t *value;

    json_object_foreach(json_object_get(vector, "pending"), name, value)
    {
        buyers[count++] =
            (struct release_buyer){ .period = 730,
                                    .buyer = (uint64_t)(name[1] - '0'),
                                    .counts = true,
                                    .pending_fen = json_integer_value(value) };
    }
    assert_int_equal(release_buyers(buyers, count), 8);
    assert_int_equal(release_k(key, 1001, 0, &params), 5);
    assert_int_equal(release_take(buyers, count, 5, 730, &params, &points),
                     RELEASE_ALL);
    assert_int_equal(points, json_integer_value(json_object_get(vector, "R_points")));
    assert_int_equal(points + release_noise(key, 1001, 0, &params),
                     json_integer_value(json_object_get(vector, "published_points")));
    for (size_t i = 0; i < count; i++) {
        char buyer[3] = { 'b', (char)('0' + buyers[i].buyer), '\0' };

        assert_int_equal(buyers[i].released_fen,
                         json_integer_value(json_object_get(
                             json_object_get(vector, "released_fen"), buyer)));
        assert_int_equal(buyers[i].pending_fen,
                         json_integer_value(
                             json_object_get(json_object_get(vector, "left"), buyer)));
    }
}

static void
tiers_rise_and_fall_with_hysteresis(void **state UNUSED)
{
    struct tier_params params = tier_defaults();
    struct tier_state state_now = { 0 };
    size_t i;
    json_t *row;

    json_array_foreach(score_vectors("tiers"), i, row)
    {
        tier_evaluate(&state_now, int_at(row, 0), &params);
        assert_int_equal(tier_slots(state_now.tier, &params), int_at(row, 1));
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(sales_count_by_brackets),
        cmocka_unit_test(visits_count_by_brackets),
        cmocka_unit_test(the_three_sums_compose),
        cmocka_unit_test(factors_are_the_committed_ones),
        cmocka_unit_test(days_and_periods_follow_from_seconds),
        cmocka_unit_test(sales_and_refunds_fill_the_buckets),
        cmocka_unit_test(visits_weigh_as_told),
        cmocka_unit_test(the_scenario_has_its_score_in_every_bit),
        cmocka_unit_test(moving_the_landmark_by_two_half_lives_quarters_a_score),
        cmocka_unit_test(the_scenario_shows_its_points),
        cmocka_unit_test(prf_gives_delay_k_and_noise),
        cmocka_unit_test(noise_is_two_geometric_draws),
        cmocka_unit_test(a_batch_goes_out_in_instalments_with_noise),
        cmocka_unit_test(tiers_rise_and_fall_with_hysteresis),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
