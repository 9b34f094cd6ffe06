/* test/function/preview_test.c - a preview tells what the worker then makes, is left to the
 * next by a worker that goes, and looks past what is damaged. */
#include "proto/policy.h"
#include "scoring/ask.h"
#include "scoring/preview.h"
#include "storage/job/ask.h"
#include "test/support/world.h"

enum { SHOPS = 20 /* as many as a sample has */ };

static const struct member_id owner = { 77 };

static enum err
go_on(void *arg UNUSED, int64_t done UNUSED, int64_t total UNUSED)
{
    return ERR_NONE;
}

/* --- a history ------------------------------------------------------------------------- */

static void
open_shop(struct world *world, int i)
{
    list_shop(world, shop_of(i));
    store_test_say(world->t,
                   arena_cstr(world->t->arena, arena_printf(world->t->arena,
                                                            "HSET shop:{s007}:%" PRId64
                                                            " status open slot:1 513",
                                                            shop_of(i).value)));
}

static void
open_shops(struct world *world)
{
    for (int i = 0; i < SHOPS; i++) {
        open_shop(world, i);
    }
}

static struct event
draw_event(int32_t day)
{
    struct event event = { .shop = shop_of((int)below(SHOPS)) };

    if (below(3) == 0) {
        event.kind = EVENT_SALE;
        event.sale = (struct event_sale){ chance_next(), 1 + (uint64_t)below(40),
                                          time_day_starts_s(day - (int32_t)below(9)),
                                          below(60000), BUYER_MERCHANT };
    } else if (below(2) == 0) {
        event.kind = EVENT_VISIT;
        event.visit =
            (struct event_visit){ day, (uint64_t)below(1 << 20), 1, VISITOR_MEMBER };
    } else {
        event.kind = EVENT_ACTIVITY;
        event.activity_day = day;
    }
    return event;
}

/* Days go by with events, some weeks of them, so that some lie among the older days. */
static void
live(struct world *world)
{
    for (int i = 0; i < 40; i++) {
        int32_t day = time_day(store_now_ms(world->store) / 1000);
        struct event events[30];

        for (int k = 0; k < 30; k++) {
            events[k] = draw_event(day);
        }
        append(world, events, 30);
        turn(world);
        world->t->clock.offset_ms += DAY_S * INT64_C(1000);
    }
    turn(world);
}

static int64_t
live_points(struct world *world, struct shop_number number)
{
    int32_t day = time_day(store_now_ms(world->store) / 1000);
    struct half_life half =
        half_life(world->scoring.policy.score.half_life_days, LANDMARK);
    struct rows *rows = rows_new(1 << 20);
    struct score_batch batch;
    struct sums sums =
        shop_sums(read_shop(world, number, rows, &batch), &world->scoring.policy);

    rows_free(&rows);
    return influence_points(
        influence_compose(&sums, &world->scoring.policy.score).total, day, &half);
}

static struct score_policy
draw_policy(const struct world *world)
{
    static const int half_lives[] = { 7, 14, 30, 60, 90 };
    struct score_policy policy = world->scoring.policy;

    policy.version = 2;
    policy.score.half_life_days = half_lives[below(5)];
    policy.score.visitor_fen = (int32_t)below(200);
    policy.score.activity_fen = (int32_t)below(3000);
    policy.score.visits_of_sales_pct = (int32_t)below(100);
    if (below(2) == 0) { /* credits anew */
        policy.score.sales.at[1].permille = (int32_t)below(1000);
    }
    return policy;
}

/* Each shop's points in the sample, which has them all. */
static void
check_sample(struct world *world, const json_t *result, const char *which)
{
    const json_t *sample = json_object_get(result, "sample"), *row;
    size_t i;

    assert_int_equal(json_array_size(sample), SHOPS);
    json_array_foreach(sample, i, row)
    {
        struct shop_number number;

        assert_true(shop_number_parse(
            str_from(json_string_value(json_object_get(row, "number"))), &number));
        assert_int_equal(json_integer_value(json_object_get(row, which)),
                         live_points(world, number));
    }
}

STORE_TEST(what_a_preview_says_is_what_the_policy_does)
{
    struct score_policy proposed;
    struct world world;
    json_t *result = NULL;

    begin(&world, t);
    open_shops(&world);
    live(&world);
    for (int i = 0; i < 4; i++) {
        proposed = draw_policy(&world);
        proposed.version = world.scoring.policy.version + 1;
        assert_int_equal(preview_run(&world.scoring, &proposed, go_on, NULL, &result),
                         ERR_NONE);
        check_sample(&world, result, "from");
        world.scoring.policy = proposed;
        turn(&world);
        check_sample(&world, result, "to");
        json_decref(result);
    }
    end(&world);
}

/* --- what is damaged --------------------------------------------------------------------- */

/* The row says that there are older days, and there are none: the shop counts as one
 * without influence. */
STORE_TEST(a_shop_that_cannot_be_read_ends_no_preview)
{
    struct score_policy proposed;
    struct world world;
    json_t *result = NULL, *bins;

    begin(&world, t);
    open_shops(&world);
    live(&world);
    store_test_say(t, "DEL days:{s007}:9");
    proposed = draw_policy(&world);
    assert_int_equal(preview_run(&world.scoring, &proposed, go_on, NULL, &result),
                     ERR_NONE);
    bins = json_object_get(json_object_get(result, "histogram"), "now");
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(bins, 0), "shops")), SHOPS);
    json_decref(result);
    end(&world);
}

/* Many numbers were drawn whose shops never came. */
STORE_TEST(a_hole_in_the_list_hides_no_shop_behind_it)
{
    struct world world;
    json_t *result = NULL, *bins;

    begin(&world, t);
    open_shop(&world, 3);
    open_shop(&world, 9000);
    turn(&world);
    assert_int_equal(
        preview_run(&world.scoring, &world.scoring.policy, go_on, NULL, &result),
        ERR_NONE);
    bins = json_object_get(json_object_get(result, "histogram"), "now");
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(bins, 0), "shops")), 2);
    json_decref(result);
    end(&world);
}

/* --- whose it is --------------------------------------------------------------------------- */

static struct job
ask_for_preview(struct world *world, const char *args)
{
    struct job job = { .id = job_id_make(owner),
                       .owner = owner,
                       .kind = STR(ASK_PREVIEW),
                       .state = JOB_QUEUED };

    assert_int_equal(ask_worker(world->store, world->t->arena, &job, str_from(args)),
                     ERR_NONE);
    return job;
}

static struct job
read_job(struct world *world, struct job_id id)
{
    struct job job;

    assert_int_equal(job_read(world->store, world->t->arena, id, &job), ERR_NONE);
    return job;
}

static char *
default_document(void)
{
    struct policy *policy = policy_default();
    json_t *doc = policy_json(policy);
    char *text = json_dumps(doc, JSON_COMPACT);

    json_decref(doc);
    policy_free(&policy);
    return text;
}

STORE_TEST(a_worker_that_goes_leaves_its_preview_to_the_next)
{
    bool ours = false;
    char *document = default_document();
    struct world world;
    struct job job;

    begin(&world, t);
    open_shops(&world);
    job = ask_for_preview(&world, document);
    assert_int_equal(ask_preview(&world.scoring, &ours), ERR_INTERRUPTED);
    assert_int_equal(read_job(&world, job.id).state, JOB_QUEUED);
    ours = true;
    assert_int_equal(ask_preview(&world.scoring, &ours), ERR_NONE);
    job = read_job(&world, job.id);
    assert_int_equal(job.state, JOB_DONE);
    assert_int_equal(job.total, SHOPS);
    assert_int_equal(store_test_say(t, "XLEN ask:{g}")->integer, 0);
    free(document);
    end(&world);
}

STORE_TEST(a_document_that_cannot_be_taken_ends_its_job)
{
    bool ours = true;
    struct world world;
    struct job job;

    begin(&world, t);
    job = ask_for_preview(&world, "{\"slots\":1}");
    assert_int_equal(ask_preview(&world.scoring, &ours), ERR_NONE);
    job = read_job(&world, job.id);
    assert_int_equal(job.state, JOB_FAILED);
    assert_int_equal(job.reason, ERR_INVALID_FIELD);
    assert_int_equal(store_test_say(t, "XLEN ask:{g}")->integer, 0);
    end(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_preview_says_is_what_the_policy_does),
        cmocka_unit_test(a_shop_that_cannot_be_read_ends_no_preview),
        cmocka_unit_test(a_hole_in_the_list_hides_no_shop_behind_it),
        cmocka_unit_test(a_worker_that_goes_leaves_its_preview_to_the_next),
        cmocka_unit_test(a_document_that_cannot_be_taken_ends_its_job),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
