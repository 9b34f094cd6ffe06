/* test/function/member_test.c - accounts, user names, sessions and limits on a real
 * store. */
#include "storage/member/member.h"

#include <stdio.h>
#include <string.h>

#include "storage/member/attempt.h"
#include "storage/member/merchant.h"
#include "storage/member/password.h"
#include "storage/member/username.h"
#include "test/support/keyed.h"
#include "test/support/store_test.h"

enum { NOW = 1000000 };

static enum err
sign_up(struct store_test *t, struct str username, int64_t now_ms,
        struct member *member, struct session_token *token)
{
    struct member_want want = {
        .username = username,
        .nickname = STR("Nick"),
        .password = STR("hash"),
        .now_ms = now_ms,
    };

    return member_make(t->store, t->arena, &want, member, token);
}

static struct member
signed_up(struct store_test *t, struct str username, struct session_token *token)
{
    struct member member;

    assert_int_equal(sign_up(t, username, NOW, &member, token), ERR_NONE);
    return member;
}

STORE_TEST(a_member_is_found_by_id_by_name_and_by_token)
{
    struct session_token token;
    struct member made = signed_up(t, STR("alice"), &token), read;
    struct session session;

    assert_int_equal(member_read(t->store, t->arena, made.id, &read), ERR_NONE);
    assert_true(str_equal(read.username, STR("alice")));
    assert_int_equal(member_read_by_username(t->store, t->arena, STR("alice"), &read),
                     ERR_NONE);
    assert_int_equal(read.id.value, made.id.value);
    assert_int_equal(
        member_session_read(t->store, t->arena, str_from(token.text), NOW, &session),
        ERR_NONE);
    assert_int_equal(session.member.value, made.id.value);
    assert_int_equal(session.shop.value, 0);
    assert_int_equal(member_read_by_username(t->store, t->arena, STR("nobody"), &read),
                     ERR_NOT_FOUND);
}

/* Whoever was told that nothing happened may ask again at once. */
STORE_TEST(a_member_who_cannot_be_written_leaves_the_name_free)
{
    struct session_token token;
    struct member member;

    store_test_say(t, "ACL SETUSER default resetkeys ~[^m]*"); /* no members */
    assert_int_equal(sign_up(t, STR("alice"), NOW, &member, &token), ERR_STORE_DOWN);
    store_test_say(t, "ACL SETUSER default allkeys");
    assert_int_equal(sign_up(t, STR("alice"), NOW, &member, &token), ERR_NONE);
}

STORE_TEST(a_rename_that_cannot_be_written_leaves_the_name_free)
{
    struct session_token token;
    struct member bob = signed_up(t, STR("bob"), &token), carol;

    store_test_say(t, "ACL SETUSER default resetkeys ~[^m]*"); /* no members */
    assert_int_equal(member_rename(t->store, t->arena, &bob, STR("alice"), NOW),
                     ERR_STORE_DOWN);
    store_test_say(t, "ACL SETUSER default allkeys");
    carol = signed_up(t, STR("carol"), &token);
    assert_int_equal(member_rename(t->store, t->arena, &carol, STR("alice"), NOW),
                     ERR_NONE);
}

STORE_TEST(a_name_is_given_once)
{
    struct session_token token;
    struct member member;

    signed_up(t, STR("alice"), &token);
    assert_int_equal(sign_up(t, STR("alice"), NOW, &member, &token),
                     ERR_USERNAME_TAKEN);
    assert_int_equal(
        sign_up(t, STR("alice"), NOW + 2 * USERNAME_CLAIM_MS, &member, &token),
        ERR_USERNAME_TAKEN);
}

/* Many at once, each in a task of its own. */
struct race {
    struct store_test *t;
    enum err err;
    int *running;
    struct wait *over;
    void (*run)(struct race *race);
    int64_t number;
};

static void
run_race(void *arg)
{
    struct race *race = arg;

    race->run(race);
    if (--*race->running == 0) {
        wait_end(race->over);
    }
}

static void
race_all(struct store_test *t, struct race *races, int count,
         void (*run)(struct race *race))
{
    struct wait over = WAIT_INIT;
    int running = count;

    for (int i = 0; i < count; i++) {
        races[i] = (struct race){ t, ERR_INTERNAL, &running, &over, run, i };
        assert_true(task_start(t->loop, run_race, &races[i]));
    }
    wait_for(&over);
}

static int
count_err(const struct race *races, int count, enum err err)
{
    int found = 0;

    for (int i = 0; i < count; i++) {
        found += races[i].err == err;
    }
    return found;
}

static void
race_sign_up(struct race *race)
{
    struct arena *arena = arena_new(1 << 20);
    struct session_token token;
    struct member member;
    struct member_want want = { .username = STR("bob"),
                                .nickname = STR("Bob"),
                                .now_ms = NOW };

    race->err = member_make(race->t->store, arena, &want, &member, &token);
    arena_free(&arena);
}

STORE_TEST(of_many_claimants_at_once_one_gets_the_name)
{
    struct race races[16];
    struct member member;

    race_all(t, races, 16, race_sign_up);
    assert_int_equal(count_err(races, 16, ERR_NONE), 1);
    assert_int_equal(count_err(races, 16, ERR_USERNAME_TAKEN), 15);
    assert_int_equal(member_read_by_username(t->store, t->arena, STR("bob"), &member),
                     ERR_NONE);
}

STORE_TEST(a_claim_whose_member_never_came_is_taken_over_after_a_minute)
{
    struct username_claim lost = { STR("carol"), { id_make(77, 5) }, { NULL, 0 } };
    struct session_token token;
    struct member member;

    assert_int_equal(username_take(t->store, t->arena, NOW, &lost), ERR_NONE);
    assert_int_equal(
        sign_up(t, STR("carol"), NOW + USERNAME_CLAIM_MS - 1, &member, &token),
        ERR_USERNAME_TAKEN);
    assert_int_equal(sign_up(t, STR("carol"), NOW + USERNAME_CLAIM_MS, &member, &token),
                     ERR_NONE);
    /* Who comes too late to confirm has lost it. */
    assert_int_equal(username_confirm(t->store, t->arena, &lost), ERR_MOVED_ON);
}

STORE_TEST(a_renamed_member_leaves_the_former_name_free)
{
    struct session_token token;
    struct member alice = signed_up(t, STR("alice"), &token), other;

    assert_int_equal(member_rename(t->store, t->arena, &alice, STR("alicia"), NOW),
                     ERR_NONE);
    assert_int_equal(member_read_by_username(t->store, t->arena, STR("alice"), &other),
                     ERR_NOT_FOUND);
    assert_int_equal(member_read_by_username(t->store, t->arena, STR("alicia"), &other),
                     ERR_NONE);
    assert_int_equal(other.id.value, alice.id.value);
    assert_int_equal(sign_up(t, STR("alice"), NOW, &other, &token), ERR_NONE);
    assert_int_equal(member_rename(t->store, t->arena, &other, STR("alicia"), NOW),
                     ERR_USERNAME_TAKEN);
}

static enum err
use(struct store_test *t, const struct session_token *token, int64_t now_ms)
{
    struct session session;

    return member_session_read(t->store, t->arena, str_from(token->text), now_ms,
                               &session);
}

STORE_TEST(a_session_lives_thirty_days_from_its_last_use)
{
    struct session_token token;
    int64_t now_ms = NOW;

    signed_up(t, STR("alice"), &token);
    for (int i = 0; i < 3; i++) {
        now_ms += SESSION_LIFE_MS - 1;
        assert_int_equal(use(t, &token, now_ms), ERR_NONE);
    }
    assert_int_equal(use(t, &token, now_ms + SESSION_LIFE_MS), ERR_UNAUTHENTICATED);
}

STORE_TEST(a_peek_does_not_prolong_a_session)
{
    struct session_token token;
    struct session session;

    signed_up(t, STR("alice"), &token);
    assert_int_equal(member_session_peek(t->store, t->arena, str_from(token.text),
                                         NOW + SESSION_LIFE_MS - 1, &session),
                     ERR_NONE);
    assert_int_equal(use(t, &token, NOW + SESSION_LIFE_MS), ERR_UNAUTHENTICATED);
}

STORE_TEST(a_new_password_ends_all_sessions_but_one)
{
    struct session_token first, second;
    struct member alice = signed_up(t, STR("alice"), &first);

    assert_int_equal(session_open(t->store, t->arena, alice.id, NOW, &second),
                     ERR_NONE);
    assert_int_equal(
        member_set_password(t->store, t->arena, alice.id, STR("new"), second.hash),
        ERR_NONE);
    assert_int_equal(use(t, &first, NOW), ERR_UNAUTHENTICATED);
    assert_int_equal(use(t, &second, NOW), ERR_NONE);
    assert_int_equal(session_end(t->store, t->arena, alice.id, second.hash), ERR_NONE);
    assert_int_equal(use(t, &second, NOW), ERR_UNAUTHENTICATED);
}

STORE_TEST(one_session_too_many_ends_the_longest_unused)
{
    struct session_token token[SESSIONS_MAX + 1];
    struct member alice = signed_up(t, STR("alice"), &token[0]);

    for (int i = 1; i <= SESSIONS_MAX; i++) {
        assert_int_equal(session_open(t->store, t->arena, alice.id, NOW + i, &token[i]),
                         ERR_NONE);
    }
    assert_int_equal(use(t, &token[0], NOW + 100), ERR_UNAUTHENTICATED);
    assert_int_equal(use(t, &token[1], NOW + 100), ERR_NONE);
    assert_int_equal(use(t, &token[SESSIONS_MAX], NOW + 100), ERR_NONE);
}

STORE_TEST(what_is_no_token_is_nobody)
{
    static const char *const words[] = {
        "", "x", "zzaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a",
        "00aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    };
    struct session session;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_int_equal(
            member_session_read(t->store, t->arena, str_from(words[i]), NOW, &session),
            ERR_UNAUTHENTICATED);
    }
}

static enum err
try(struct store_test *t, const char *who, int64_t now_ms, int64_t *wait_ms)
{
    struct attempt attempt = { STR("sign-in"), str_from(who), 900000, 10 };

    return attempt_take(t->store, t->arena, &attempt, 1, now_ms, wait_ms);
}

STORE_TEST(the_eleventh_attempt_of_a_window_is_refused_until_it_is_over)
{
    int64_t wait_ms;

    for (int i = 0; i < 10; i++) {
        assert_int_equal(try(t, "alice", NOW + i, &wait_ms), ERR_NONE);
    }
    assert_int_equal(try(t, "alice", NOW + 100, &wait_ms), ERR_RATE_LIMITED);
    assert_int_equal(wait_ms, 900000 - 100);
    assert_int_equal(try(t, "bob", NOW + 100, &wait_ms), ERR_NONE);
    assert_int_equal(try(t, "alice", NOW + 899999, &wait_ms), ERR_RATE_LIMITED);
    assert_int_equal(try(t, "alice", NOW + 900000, &wait_ms), ERR_NONE);
}

STORE_TEST(a_refusal_by_one_limit_does_not_count_for_the_other)
{
    struct attempt two[] = { { STR("a"), STR("x"), 1000, 1 },
                             { STR("b"), STR("x"), 1000, 2 } };
    int64_t wait_ms;

    assert_int_equal(attempt_take(t->store, t->arena, two, 2, NOW, &wait_ms), ERR_NONE);
    assert_int_equal(attempt_take(t->store, t->arena, two, 2, NOW, &wait_ms),
                     ERR_RATE_LIMITED);
    assert_int_equal(attempt_take(t->store, t->arena, two + 1, 1, NOW, &wait_ms),
                     ERR_NONE);
    assert_int_equal(attempt_take(t->store, t->arena, two + 1, 1, NOW, &wait_ms),
                     ERR_RATE_LIMITED);
    assert_int_equal(attempt_give_back(t->store, t->arena, two + 1, 1), ERR_NONE);
    assert_int_equal(attempt_take(t->store, t->arena, two + 1, 1, NOW, &wait_ms),
                     ERR_NONE);
}

static void
race_attempt(struct race *race)
{
    struct arena *arena = arena_new(1 << 20);
    struct attempt attempt = { STR("sign-in"), STR("alice"), 900000, 10 };
    int64_t wait_ms;

    race->err = attempt_take(race->t->store, arena, &attempt, 1, NOW, &wait_ms);
    arena_free(&arena);
}

STORE_TEST(many_attempts_at_once_cannot_pass_the_limit)
{
    struct race races[32];

    race_all(t, races, 32, race_attempt);
    assert_int_equal(count_err(races, 32, ERR_NONE), 10);
    assert_int_equal(count_err(races, 32, ERR_RATE_LIMITED), 22);
}

STORE_TEST(a_password_is_known_again_and_no_other_is)
{
    struct str hash;

    assert_int_equal(password_hash(t->arena, STR("correct horse"), &hash), ERR_NONE);
    assert_int_equal(password_check(STR("correct horse"), hash), ERR_NONE);
    assert_int_equal(password_check(STR("Correct horse"), hash), ERR_BAD_CREDENTIALS);
    assert_int_equal(password_check(STR("correct horse"), STR("")),
                     ERR_BAD_CREDENTIALS);
}

static void
race_password(struct race *race)
{
    struct arena *arena = arena_new(1 << 20);
    struct str hash;

    race->err = password_hash(arena, STR("correct horse"), &hash);
    arena_free(&arena);
}

STORE_TEST(passwords_beyond_the_bound_are_refused_at_once)
{
    struct race races[PASSWORDS_WAITING_MAX + 4];

    race_all(t, races, PASSWORDS_WAITING_MAX + 4, race_password);
    assert_int_equal(count_err(races, PASSWORDS_WAITING_MAX + 4, ERR_OVERLOADED), 4);
    race_all(t, races, 1, race_password);
    assert_int_equal(races[0].err, ERR_NONE);
}

STORE_TEST(easy_passwords_are_weak)
{
    static const char *const weak[] = { "",
                                        "123456789",
                                        "1234567890",
                                        "PassWord123",
                                        "aaaaaaaaaaaa",
                                        "woaini1314520",
                                        "alice-in-2026" };

    for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
        assert_true(password_weak(t->arena, str_from(weak[i]), STR("alice-in-2026")));
    }
    assert_false(password_weak(t->arena, STR("correct horse"), STR("alice")));
    assert_false(password_weak(t->arena, STR("一二三四五六七八九十"), STR("")));
}

STORE_TEST(the_one_shop_of_a_member_is_taken_once)
{
    struct session_token token;
    struct member alice = signed_up(t, STR("alice"), &token);
    struct shop_number first = { id_make(SHOP_N_FIRST, 1) };
    struct shop_number second = { id_make(SHOP_N_FIRST, 2) }, held;

    assert_int_equal(member_take_shop(t->store, t->arena, alice.id, first, &held),
                     ERR_NONE);
    assert_int_equal(held.value, first.value);
    assert_int_equal(member_take_shop(t->store, t->arena, alice.id, second, &held),
                     ERR_NONE);
    assert_int_equal(held.value, first.value);
}

static struct member
merchant_made(struct store_test *t, const uint8_t *secret)
{
    struct member_want want = { .nickname = STR("Tea"),
                                .roles = MEMBER_MERCHANT,
                                .merchant_name = STR("Tea & Co"),
                                .merchant_secret = secret,
                                .now_ms = NOW };
    struct session_token token;
    struct member member;

    assert_int_equal(member_make(t->store, t->arena, &want, &member, &token), ERR_NONE);
    return member;
}

STORE_TEST(a_merchants_former_secret_is_good_for_a_day)
{
    uint8_t first[MERCHANT_SECRET_BYTES], second[MERCHANT_SECRET_BYTES];
    struct merchant_secrets held;
    struct member_id id;
    struct str name;

    merchant_secret_new(first);
    merchant_secret_new(second);
    id = merchant_made(t, first).id;
    assert_int_equal(merchant_name_read(t->store, t->arena, id, &name), ERR_NONE);
    assert_true(str_equal(name, STR("Tea & Co")));
    assert_int_equal(merchant_secret_renew(t->store, t->arena, id, NOW, second),
                     ERR_NONE);
    assert_int_equal(merchant_secrets_read(t->store, t->arena, id,
                                           NOW + MERCHANT_FORMER_MS - 1, &held),
                     ERR_NONE);
    assert_int_equal(held.count, 2);
    assert_memory_equal(held.secret[0], second, sizeof(second));
    assert_memory_equal(held.secret[1], first, sizeof(first));
    assert_int_equal(
        merchant_secrets_read(t->store, t->arena, id, NOW + MERCHANT_FORMER_MS, &held),
        ERR_NONE);
    assert_int_equal(held.count, 1);
}

STORE_TEST(secrets_renewed_again_and_again_stay_few)
{
    uint8_t secret[MERCHANT_SECRET_BYTES];
    struct merchant_secrets held;
    struct member_id id;

    merchant_secret_new(secret);
    id = merchant_made(t, secret).id;
    for (int i = 0; i < 20; i++) {
        merchant_secret_new(secret);
        assert_int_equal(merchant_secret_renew(t->store, t->arena, id, NOW, secret),
                         ERR_NONE);
    }
    assert_int_equal(merchant_secrets_read(t->store, t->arena, id, NOW, &held),
                     ERR_NONE);
    assert_int_equal(held.count, MERCHANT_SECRETS_MAX);
    assert_memory_equal(held.secret[0], secret, sizeof(secret));
    id.value += PARTITIONS;
    assert_int_equal(merchant_secrets_read(t->store, t->arena, id, NOW, &held),
                     ERR_NOT_FOUND);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_found_by_id_by_name_and_by_token),
        cmocka_unit_test(a_member_who_cannot_be_written_leaves_the_name_free),
        cmocka_unit_test(a_rename_that_cannot_be_written_leaves_the_name_free),
        cmocka_unit_test(a_name_is_given_once),
        cmocka_unit_test(of_many_claimants_at_once_one_gets_the_name),
        cmocka_unit_test(a_claim_whose_member_never_came_is_taken_over_after_a_minute),
        cmocka_unit_test(a_renamed_member_leaves_the_former_name_free),
        cmocka_unit_test(a_session_lives_thirty_days_from_its_last_use),
        cmocka_unit_test(a_peek_does_not_prolong_a_session),
        cmocka_unit_test(a_new_password_ends_all_sessions_but_one),
        cmocka_unit_test(one_session_too_many_ends_the_longest_unused),
        cmocka_unit_test(what_is_no_token_is_nobody),
        cmocka_unit_test(the_eleventh_attempt_of_a_window_is_refused_until_it_is_over),
        cmocka_unit_test(a_refusal_by_one_limit_does_not_count_for_the_other),
        cmocka_unit_test(many_attempts_at_once_cannot_pass_the_limit),
        cmocka_unit_test(a_password_is_known_again_and_no_other_is),
        cmocka_unit_test(passwords_beyond_the_bound_are_refused_at_once),
        cmocka_unit_test(easy_passwords_are_weak),
        cmocka_unit_test(the_one_shop_of_a_member_is_taken_once),
        cmocka_unit_test(a_merchants_former_secret_is_good_for_a_day),
        cmocka_unit_test(secrets_renewed_again_and_again_stay_few),
    };

    return cmocka_run_group_tests(tests, keyed_begin, keyed_end);
}
