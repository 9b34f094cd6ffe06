/* test/function/job_test.c - jobs and what is asked of the worker, on a real Redis. */
#include "storage/job/ask.h"

#include <stdio.h>

#include "test/support/store_test.h"

static const struct member_id owner = { 256 * 9 + 7 };

static struct job
queued(struct job_id id)
{
    return (struct job){ .id = id,
                         .owner = owner,
                         .kind = STR("import"),
                         .state = JOB_QUEUED,
                         .created_at_ms = 1234 };
}

static struct job
read_job(struct store_test *t, struct job_id id)
{
    struct job job;

    assert_int_equal(job_read(t->store, t->arena, id, &job), ERR_NONE);
    return job;
}

static struct job_id
create(struct store_test *t)
{
    struct job job = queued(job_id_make(owner));
    bool begin = false;

    assert_int_equal(job_create(t->store, t->arena, &job, &begin), ERR_NONE);
    assert_true(begin);
    return job.id;
}

static void
an_id_tells_its_owner_s_partition(void **state UNUSED)
{
    struct job_id id = job_id_make(owner), back;

    assert_memory_equal(id.text, "07", 2);
    assert_true(job_id_parse(str_from(id.text), &back));
    assert_string_equal(back.text, id.text);
    assert_false(job_id_parse(STR(""), &back));
    assert_false(job_id_parse(STR("07"), &back));
    assert_false(job_id_parse(STR("0700000000000000000000000000000G"), &back));
    assert_false(job_id_parse(STR("0700000000000000000000000000000A"), &back));
}

STORE_TEST(a_job_tells_its_progress_and_its_result)
{
    const struct job_error errors[] = { { 3, STR("Price"), STR("no \"price\"") },
                                        { 9, STR(""), STR("无效") } };
    struct job_progress progress = { 10, 100, 2, 0, 2, errors, STR("") };
    struct job_id id = create(t);
    struct job job = read_job(t, id);

    assert_int_equal(job.state, JOB_QUEUED);
    assert_int_equal(job.owner.value, owner.value);
    assert_true(str_equal(job.kind, STR("import")));
    assert_int_equal(job_tell(t->store, t->arena, id, &progress), ERR_NONE);
    job = read_job(t, id);
    assert_int_equal(job.state, JOB_RUNNING);
    assert_true(job.done == 10 && job.total == 100 && job.errors_total == 2);
    assert_int_equal(job.errors_count, 2);
    assert_int_equal(job.errors[0].line, 3);
    assert_true(str_equal(job.errors[0].field, STR("Price")));
    assert_true(str_equal(job.errors[0].reason, STR("no \"price\"")));
    assert_true(str_equal(job.errors[1].reason, STR("无效")));
    assert_int_equal(job_done(t->store, t->arena, id, STR("{\"made\":1}")), ERR_NONE);
    job = read_job(t, id);
    assert_int_equal(job.state, JOB_DONE);
    assert_true(str_equal(job.result, STR("{\"made\":1}")));
}

STORE_TEST(an_ended_job_is_told_nothing_more)
{
    struct job_progress progress = { .done = 1 };
    struct job_id id = create(t);

    assert_int_equal(job_failed(t->store, t->arena, id, ERR_BAD_DATA), ERR_NONE);
    assert_int_equal(job_failed(t->store, t->arena, id, ERR_BAD_DATA), ERR_NONE);
    assert_int_equal(job_done(t->store, t->arena, id, STR("")), ERR_MOVED_ON);
    assert_int_equal(job_tell(t->store, t->arena, id, &progress), ERR_MOVED_ON);
    assert_int_equal(read_job(t, id).reason, ERR_BAD_DATA);
}

STORE_TEST(only_the_first_hundred_errors_are_kept)
{
    const struct job_error error = { 1, STR(""), STR("bad") };
    struct job_id id = create(t);

    for (size_t i = 0; i < JOB_ERRORS_MAX + 5; i++) {
        struct job_progress progress = { 0, 0, (int64_t)i + 1, i, 1, &error, STR("") };

        assert_int_equal(job_tell(t->store, t->arena, id, &progress), ERR_NONE);
    }
    assert_int_equal(read_job(t, id).errors_count, JOB_ERRORS_MAX);
    assert_int_equal(read_job(t, id).errors_total, JOB_ERRORS_MAX + 5);
}

STORE_TEST(a_running_job_that_fell_silent_was_interrupted)
{
    struct job_progress progress = { .done = 1 };
    struct job_id id = create(t);
    char words[128];

    assert_int_equal(job_tell(t->store, t->arena, id, &progress), ERR_NONE);
    snprintf(words, sizeof(words), "HINCRBY job:{m007}:%s beat_s -31", id.text);
    store_test_say(t, words);
    assert_int_equal(read_job(t, id).state, JOB_FAILED);
    assert_int_equal(read_job(t, id).reason, ERR_INTERRUPTED);
    assert_int_equal(job_tell(t->store, t->arena, id, &progress), ERR_NONE);
    assert_int_equal(read_job(t, id).state, JOB_RUNNING); /* it only slept */
}

STORE_TEST(an_unknown_job_is_not_found)
{
    struct job_progress progress = { .done = 1 };
    struct job job;

    assert_int_equal(job_read(t->store, t->arena, job_id_make(owner), &job),
                     ERR_NOT_FOUND);
    assert_int_equal(job_tell(t->store, t->arena, job_id_make(owner), &progress),
                     ERR_MOVED_ON);
}

STORE_TEST(a_key_makes_one_job_and_another_body_is_refused)
{
    const uint8_t seed[32] = { 1, 2, 3 };
    struct job job = queued(job_id_from(owner, seed));
    bool begin = false;

    job.state = JOB_RUNNING;
    job.fingerprint = STR("abc");
    assert_int_equal(job_create(t->store, t->arena, &job, &begin), ERR_NONE);
    assert_true(begin);
    assert_int_equal(job_create(t->store, t->arena, &job, &begin), ERR_NONE);
    assert_false(begin);
    job.fingerprint = STR("abd");
    assert_int_equal(job_create(t->store, t->arena, &job, &begin),
                     ERR_IDEMPOTENCY_MISMATCH);
}

STORE_TEST(a_fingerprint_may_be_told_with_the_bodys_end)
{
    const uint8_t seed[32] = { 4, 5, 6 };
    struct job_progress progress = { .done = 1 };
    struct job job = queued(job_id_from(owner, seed));
    bool begin = false;

    job.state = JOB_RUNNING;
    assert_int_equal(job_create(t->store, t->arena, &job, &begin), ERR_NONE);
    assert_int_equal(job_tell(t->store, t->arena, job.id, &progress), ERR_NONE);
    assert_int_equal(read_job(t, job.id).fingerprint.len, 0);
    progress.fingerprint = STR("abc");
    assert_int_equal(job_tell(t->store, t->arena, job.id, &progress), ERR_NONE);
    assert_true(str_equal(read_job(t, job.id).fingerprint, STR("abc")));
    /* Whoever does not know yet what comes is not told that it is something else. */
    assert_int_equal(job_create(t->store, t->arena, &job, &begin), ERR_NONE);
    assert_false(begin);
    job.fingerprint = STR("abd");
    assert_int_equal(job_create(t->store, t->arena, &job, &begin),
                     ERR_IDEMPOTENCY_MISMATCH);
}

STORE_TEST(what_is_asked_is_found_in_order_until_it_is_answered)
{
    struct job first = queued(job_id_make(owner)), second = queued(job_id_make(owner));
    struct ask ask;
    bool found;

    assert_int_equal(ask_next(t->store, t->arena, ASK_LINE_OTHERS, &ask, &found),
                     ERR_NONE);
    assert_false(found);
    assert_int_equal(ask_worker(t->store, t->arena, &first, STR("")), ERR_NONE);
    assert_int_equal(ask_worker(t->store, t->arena, &second, STR("{}")), ERR_NONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask_next(t->store, t->arena, ASK_LINE_OTHERS, &ask, &found),
                         ERR_NONE);
        assert_true(found);
        assert_string_equal(ask.job.text, first.id.text);
    }
    assert_int_equal(ask_answered(t->store, t->arena, &ask), ERR_NONE);
    assert_int_equal(ask_next(t->store, t->arena, ASK_LINE_OTHERS, &ask, &found),
                     ERR_NONE);
    assert_true(found && str_equal(ask.args, STR("{}")));
    assert_string_equal(ask.job.text, second.id.text);
}

STORE_TEST(too_many_askers_are_refused_and_their_jobs_fail)
{
    struct job job;

    for (int i = 0; i < ASKS_WAITING_MAX; i++) {
        job = queued(job_id_make(owner));
        assert_int_equal(ask_worker(t->store, t->arena, &job, STR("")), ERR_NONE);
    }
    job = queued(job_id_make(owner));
    assert_int_equal(ask_worker(t->store, t->arena, &job, STR("")), ERR_OVERLOADED);
    assert_int_equal(read_job(t, job.id).state, JOB_FAILED);
}

STORE_TEST(who_was_refused_under_a_key_may_ask_again)
{
    const uint8_t seed[32] = { 7 };
    struct job first, job = queued(job_id_from(owner, seed));
    struct ask ask;
    bool found;

    job.fingerprint = STR("abc");
    for (int i = 0; i < ASKS_WAITING_MAX; i++) {
        first = queued(job_id_make(owner));
        assert_int_equal(ask_worker(t->store, t->arena, &first, STR("")), ERR_NONE);
    }
    assert_int_equal(ask_worker(t->store, t->arena, &job, STR("")), ERR_OVERLOADED);
    assert_int_equal(ask_worker(t->store, t->arena, &job, STR("")), ERR_OVERLOADED);
    store_test_say(t, "DEL ask:{g}");
    job.fingerprint = STR("abd"); /* judged anew: a refusal leaves no record */
    assert_int_equal(ask_worker(t->store, t->arena, &job, STR("")), ERR_NONE);
    assert_int_equal(read_job(t, job.id).state, JOB_QUEUED);
    assert_int_equal(ask_next(t->store, t->arena, ASK_LINE_OTHERS, &ask, &found),
                     ERR_NONE);
    assert_true(found);
    assert_string_equal(ask.job.text, job.id.text);
}

/* Work that takes minutes: nobody waits behind it, and nobody lines up for it. */
STORE_TEST(there_is_one_preview_at_a_time_in_a_line_of_its_own)
{
    struct job preview = queued(job_id_make(owner)), other = queued(job_id_make(owner));
    struct job second = queued(job_id_make(owner));
    struct ask ask;
    bool found;

    preview.kind = second.kind = STR(ASK_PREVIEW);
    assert_int_equal(ask_worker(t->store, t->arena, &preview, STR("{}")), ERR_NONE);
    assert_int_equal(ask_worker(t->store, t->arena, &preview, STR("{}")), ERR_NONE);
    assert_int_equal(store_test_say(t, "XLEN ask:{g}")->integer, 1); /* a repeat */
    assert_int_equal(ask_worker(t->store, t->arena, &second, STR("{}")),
                     ERR_PREVIEW_RUNNING);
    assert_int_equal(read_job(t, second.id).reason, ERR_PREVIEW_RUNNING);
    assert_int_equal(ask_worker(t->store, t->arena, &other, STR("")), ERR_NONE);

    assert_int_equal(ask_next(t->store, t->arena, ASK_LINE_OTHERS, &ask, &found),
                     ERR_NONE);
    assert_true(found);
    assert_string_equal(ask.job.text, other.id.text);
    assert_int_equal(ask_next(t->store, t->arena, ASK_LINE_PREVIEWS, &ask, &found),
                     ERR_NONE);
    assert_true(found);
    assert_string_equal(ask.job.text, preview.id.text);
    assert_int_equal(ask_answered(t->store, t->arena, &ask), ERR_NONE);
    assert_int_equal(ask_worker(t->store, t->arena, &second, STR("{}")), ERR_NONE);
}

STORE_TEST(an_entry_that_names_no_job_is_taken_out)
{
    struct ask ask;
    bool found;

    store_test_say(t, "XADD ask:{g} * job nonsense kind x args x");
    assert_int_equal(ask_next(t->store, t->arena, ASK_LINE_OTHERS, &ask, &found),
                     ERR_NONE);
    assert_false(found);
    assert_int_equal(store_test_say(t, "XLEN ask:{g}")->integer, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_tells_its_owner_s_partition),
        cmocka_unit_test(a_job_tells_its_progress_and_its_result),
        cmocka_unit_test(an_ended_job_is_told_nothing_more),
        cmocka_unit_test(only_the_first_hundred_errors_are_kept),
        cmocka_unit_test(a_running_job_that_fell_silent_was_interrupted),
        cmocka_unit_test(an_unknown_job_is_not_found),
        cmocka_unit_test(a_key_makes_one_job_and_another_body_is_refused),
        cmocka_unit_test(a_fingerprint_may_be_told_with_the_bodys_end),
        cmocka_unit_test(what_is_asked_is_found_in_order_until_it_is_answered),
        cmocka_unit_test(too_many_askers_are_refused_and_their_jobs_fail),
        cmocka_unit_test(who_was_refused_under_a_key_may_ask_again),
        cmocka_unit_test(there_is_one_preview_at_a_time_in_a_line_of_its_own),
        cmocka_unit_test(an_entry_that_names_no_job_is_taken_out),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
