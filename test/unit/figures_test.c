/* What storage/score/figures.h and ranking.h promise of their packed forms. */
#include "storage/score/figures.h"
#include "storage/score/ranking.h"
#include "test/support/unit.h"

static const struct figures sample = {
    .batch = 7,
    .on_boards = true,
    .half_life_days = 30,
    .sum = { 1234.5, -0.25, 1e-3 },
    .z = 1e6,
    .sales_points = -12,
    .visits_points = 90,
    .visits_taken_fen = 4512,
    .active_days_taken = 3,
    .sales_shown_fen = 240000,
    .visits_shown = 180,
    .published = { 20700, 20693, 0 },
};

static void
figures_come_back_as_they_were(void **state)
{
    struct figures back = { 0 };
    struct buf bytes;

    (void)state;
    buf_init(&bytes, FIGURES_BYTES_MAX);
    figures_encode(&sample, &bytes);
    assert_false(bytes.full);
    assert_int_equal(figures_decode(buf_str(&bytes), &back), ERR_NONE);
    assert_memory_equal(&back, &sample, sizeof(back));
    for (size_t cut = 0; cut < bytes.len; cut++) {
        assert_int_equal(figures_decode(str_of(bytes.data, cut), &back), ERR_BAD_DATA);
    }
    buf_free(&bytes);
}

static void
equal_scores_stand_by_the_smaller_number(void **state)
{
    const struct place a = { 2.0, { 10000128 } }, b = { 2.0, { 10000129 } },
                       c = { 3.0, { 10000200 } };

    (void)state;
    assert_true(place_compare(&a, &b) < 0);
    assert_true(place_compare(&b, &a) > 0);
    assert_true(place_compare(&c, &a) < 0);
    assert_int_equal(place_compare(&a, &a), 0);
}

static void
influence_fades_with_the_release_not_with_the_reader(void **state)
{
    struct release release = { .number = 1, .as_of_ms = INT64_C(1767225600000) };
    struct figures figures = { .release = 1, .half_life_days = 30, .z = 40000.0 };

    (void)state;
    assert_int_equal(figures_influence(&figures, &release), 400);
    release.as_of_ms += INT64_C(30) * 86400000;
    assert_int_equal(figures_influence(&figures, &release), 200);
    figures.z = 0.0;
    assert_int_equal(figures_influence(&figures, &release), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_come_back_as_they_were),
        cmocka_unit_test(equal_scores_stand_by_the_smaller_number),
        cmocka_unit_test(influence_fades_with_the_release_not_with_the_reader),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
