/* test/function/policy_test.c - the policy's versions and the audit's chain, on a real
 * Redis. */
#include "storage/policy/policy.h"

#include "base/clock.h"
#include "storage/policy/audit.h"
#include "storage/policy/holder.h"
#include "test/support/store_test.h"

static struct policy *
newest(struct store_test *t)
{
    struct policy *policy;

    assert_int_equal(policy_load(t->store, t->arena, &policy), ERR_NONE);
    return policy;
}

/* Puts the newest with another cooldown. */
static enum err
put_cooldown(struct store_test *t, int64_t expected, int64_t cooldown_s,
             int64_t *version)
{
    struct policy *policy = newest(t);
    struct policy_change change = { .expected = expected,
                                    .policy = policy,
                                    .what = STR("policy_changed"),
                                    .actor = { 1234 },
                                    .now_ms = 1767225600000,
                                    .note = STR("try it") };
    enum err err;

    policy->slots.cooldown_s = cooldown_s;
    err = policy_put(t->store, t->arena, &change, version);
    policy_free(&policy);
    return err;
}

STORE_TEST(an_empty_store_begins_with_the_defaults_as_version_1)
{
    struct policy *policy = newest(t), *usual = policy_default();
    struct policy_version about;

    assert_int_equal(policy->version, 1);
    assert_true(str_equal(policy_changed_fields(t->arena, policy, usual), STR("{}")));
    policy_free(&policy);
    policy_free(&usual);
    assert_int_equal(policy_load_version(t->store, t->arena, 1, &policy, &about),
                     ERR_NONE);
    assert_int_equal(about.actor.value, 0);
    policy_free(&policy);
}

STORE_TEST(a_change_is_the_next_version_with_its_line_in_the_audit)
{
    struct audit_line lines[2];
    struct policy *policy;
    int64_t version = 0;
    size_t count;

    assert_int_equal(put_cooldown(t, 1, 60, &version), ERR_NONE);
    assert_int_equal(version, 2);
    policy = newest(t);
    assert_int_equal(policy->slots.cooldown_s, 60);
    policy_free(&policy);
    assert_int_equal(audit_page(t->store, t->arena, 0, 2, lines, &count), ERR_NONE);
    assert_int_equal(count, 1);
    assert_int_equal(lines[0].link.seq, 1);
    assert_int_equal(lines[0].entry.actor.value, 1234);
    assert_true(str_equal(lines[0].entry.from, STR("{\"slots.cooldown_s\":259200}")));
    assert_true(str_equal(lines[0].entry.to, STR("{\"slots.cooldown_s\":60}")));
    assert_true(str_equal(lines[0].entry.note, STR("try it")));
}

STORE_TEST(a_change_of_a_former_version_is_refused_and_a_repeat_is_not)
{
    struct audit_checked checked;
    int64_t version = 0;

    assert_int_equal(put_cooldown(t, 2, 60, &version), ERR_STALE_VERSION);
    assert_int_equal(put_cooldown(t, 1, 60, &version), ERR_NONE);
    assert_int_equal(put_cooldown(t, 1, 60, &version), ERR_NONE);
    assert_int_equal(version, 2);
    assert_int_equal(put_cooldown(t, 1, 61, &version), ERR_STALE_VERSION);
    assert_int_equal(audit_check(t->store, &checked), ERR_NONE);
    assert_int_equal(checked.policies, 1);
    assert_int_equal(checked.entries, 1);
}

STORE_TEST(the_history_is_told_newest_first_in_pages)
{
    struct policy_version versions[4];
    int64_t version;
    size_t count;

    for (int64_t i = 1; i <= 4; i++) {
        assert_int_equal(put_cooldown(t, i, i, &version), ERR_NONE);
    }
    assert_int_equal(policy_history(t->store, t->arena, 0, 3, versions, &count),
                     ERR_NONE);
    assert_int_equal(count, 3);
    assert_int_equal(versions[0].version, 5);
    assert_true(str_equal(versions[0].note, STR("try it")));
    assert_int_equal(policy_history(t->store, t->arena, 3, 4, versions, &count),
                     ERR_NONE);
    assert_int_equal(count, 2);
    assert_int_equal(versions[1].version, 1);
    assert_int_equal(versions[1].note.len, 0);
    assert_int_equal(policy_history(t->store, t->arena, 99, 4, versions, &count),
                     ERR_NONE);
    assert_int_equal(count, 0);
}

STORE_TEST(a_version_that_never_was_is_not_found)
{
    struct policy *policy;

    assert_int_equal(policy_load_version(t->store, t->arena, 7, &policy, NULL),
                     ERR_NOT_FOUND);
    assert_null(policy);
}

STORE_TEST(a_damaged_document_is_an_error_and_no_policy)
{
    struct policy *policy;

    store_test_say(t, "HSET policy:{g} version 9 document {\"slots\":{\"hold_s\":-1}}");
    assert_int_equal(policy_load(t->store, t->arena, &policy), ERR_BAD_DATA);
    assert_null(policy);
    store_test_say(t, "HSET policy:{g} version 9 document {");
    assert_int_equal(policy_load(t->store, t->arena, &policy), ERR_BAD_DATA);
}

static struct audit_entry
entry_of(int64_t actor)
{
    return (struct audit_entry){ .at_ms = 5,
                                 .actor = { actor },
                                 .what = STR("shop_suspended"),
                                 .target = STR("shop 10000128"),
                                 .note = STR("why not") };
}

struct appender {
    struct store_test *t;
    int64_t actor;
    struct wait over;
    enum err err;
};

static void
append_some(void *arg)
{
    struct appender *appender = arg;
    struct arena *arena = arena_new(1 << 20);
    struct audit_entry entry = entry_of(appender->actor);

    for (int i = 0; i < 5 && appender->err == ERR_NONE; i++) {
        appender->err = audit_append(appender->t->store, arena, &entry);
    }
    arena_free(&arena);
    wait_end(&appender->over);
}

STORE_TEST(many_who_append_at_once_make_one_chain)
{
    struct appender appenders[4];
    struct audit_checked checked;

    for (size_t i = 0; i < COUNT(appenders); i++) {
        appenders[i] = (struct appender){ t, 1 + (int64_t)i, WAIT_INIT, ERR_NONE };
        assert_true(task_start(t->loop, append_some, &appenders[i]));
    }
    for (size_t i = 0; i < COUNT(appenders); i++) {
        wait_for(&appenders[i].over);
        assert_int_equal(appenders[i].err, ERR_NONE);
    }
    assert_int_equal(audit_check(t->store, &checked), ERR_NONE);
    assert_int_equal(checked.entries, 20);
}

STORE_TEST(a_changed_or_missing_entry_breaks_the_chain)
{
    struct audit_entry entry = entry_of(1);
    struct audit_checked checked;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(audit_append(t->store, t->arena, &entry), ERR_NONE);
    }
    store_test_say(t, "XDEL audit:{g} 2-0");
    assert_int_equal(audit_check(t->store, &checked), ERR_BAD_DATA);
    assert_int_equal(checked.broken_seq, 2);
    store_test_say(t, "DEL audit:{g}");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(audit_append(t->store, t->arena, &entry), ERR_NONE);
    }
    assert_int_equal(audit_check(t->store, &checked), ERR_NONE);
    store_test_say(t, "XDEL audit:{g} 3-0"); /* off its end */
    assert_int_equal(audit_check(t->store, &checked), ERR_BAD_DATA);
    assert_int_equal(checked.broken_seq, 3);
    store_test_say(t, "DEL audit:{g}");
    assert_int_equal(audit_append(t->store, t->arena, &entry), ERR_NONE);
    store_test_say(t, "XADD audit:{g} 2-0 at_ms 5 actor 1 what x target y from "
                      "z to z note z prev z hash "
                      "00000000000000000000000000000000"
                      "00000000000000000000000000000000");
    assert_int_equal(audit_check(t->store, &checked), ERR_BAD_DATA);
    assert_int_equal(checked.broken_seq, 2);
}

static void
note_change(void *arg)
{
    waits_end(arg);
}

STORE_TEST(a_change_is_in_force_in_other_processes_within_a_second)
{
    struct store *other = store_test_open(t);
    struct waits changed = WAITS_INIT;
    struct policy_holder *holder = policy_holder_open(other, note_change, &changed);
    const struct policy *before, *after;
    int64_t version, put_at_ms;

    assert_int_equal(policy_holder_wait(holder, 5000), ERR_NONE);
    before = policy_take(holder);
    assert_int_equal(before->version, 1);
    put_at_ms = clock_mono_ms();
    assert_int_equal(put_cooldown(t, 1, 60, &version), ERR_NONE);
    do {
        assert_true(waits_join(&changed, put_at_ms + 1000));
        after = policy_take(holder);
        policy_give(holder, after);
    } while (after->version < 2);
    assert_int_equal(after->slots.cooldown_s, 60);
    assert_int_equal(before->slots.cooldown_s, 259200); /* still ours to read */
    policy_give(holder, before);
    policy_holder_close(&holder);
    store_close(&other);
}

STORE_TEST(the_last_good_policy_stays_while_the_store_holds_a_damaged_one)
{
    struct policy_holder *holder = policy_holder_open(t->store, NULL, NULL);
    const struct policy *policy;

    assert_int_equal(policy_holder_wait(holder, 5000), ERR_NONE);
    store_test_say(t, "HSET policy:{g} version 2 document {");
    policy_holder_refresh(holder);
    policy = policy_take(holder);
    assert_int_equal(policy->version, 1);
    policy_give(holder, policy);
    policy_holder_close(&holder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_store_begins_with_the_defaults_as_version_1),
        cmocka_unit_test(a_change_is_the_next_version_with_its_line_in_the_audit),
        cmocka_unit_test(a_change_of_a_former_version_is_refused_and_a_repeat_is_not),
        cmocka_unit_test(the_history_is_told_newest_first_in_pages),
        cmocka_unit_test(a_version_that_never_was_is_not_found),
        cmocka_unit_test(a_damaged_document_is_an_error_and_no_policy),
        cmocka_unit_test(many_who_append_at_once_make_one_chain),
        cmocka_unit_test(a_changed_or_missing_entry_breaks_the_chain),
        cmocka_unit_test(a_change_is_in_force_in_other_processes_within_a_second),
        cmocka_unit_test(
            the_last_good_policy_stays_while_the_store_holds_a_damaged_one),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
