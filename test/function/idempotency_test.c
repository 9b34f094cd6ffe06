/* test/function/idempotency_test.c - what is done under a key is done and recorded in one
 * step, once, on a real Redis. */
#include "storage/idempotency.h"

#include <string.h>

#include "storage/catalogue/product.h"
#include "storage/member/member.h"
#include "storage/policy/audit.h"
#include "storage/policy/policy.h"
#include "storage/shop/shop.h"
#include "test/support/store_test.h"

#define NOW INT64_C(1767225600000)

static const struct idempotency_place place = { 's', 7 };

/* The n-th key, of the request with that body. */
static struct idempotency
key_of(uint8_t n, uint8_t body)
{
    struct idempotency key = { .given = true };

    memset(key.id, n, sizeof(key.id));
    memset(key.fingerprint, body, sizeof(key.fingerprint));
    return key;
}

static struct member_id
member_made(struct store_test *t)
{
    struct member_want want = { .nickname = STR("Owner"), .now_ms = NOW };
    struct session_token token;
    struct member member;

    assert_int_equal(member_make(t->store, t->arena, &want, &member, &token), ERR_NONE);
    return member.id;
}

STORE_TEST(a_record_is_found_by_its_key_and_holds_for_its_body_only)
{
    struct idempotency key = key_of(1, 1), other = key_of(2, 1), changed = key_of(1, 2);
    struct str state;

    assert_int_equal(idempotency_find(t->store, t->arena, &key, place, &state),
                     ERR_NONE);
    assert_null(state.data);
    assert_int_equal(idempotency_note(t->store, t->arena, &key, place, STR("a b")),
                     ERR_NONE);
    assert_int_equal(idempotency_find(t->store, t->arena, &key, place, &state),
                     ERR_NONE);
    assert_true(str_equal(state, STR("a b")));
    assert_int_equal(idempotency_note(t->store, t->arena, &key, place, STR("c")),
                     ERR_IDEMPOTENCY_BUSY);
    assert_int_equal(idempotency_find(t->store, t->arena, &changed, place, &state),
                     ERR_IDEMPOTENCY_MISMATCH);
    assert_int_equal(idempotency_find(t->store, t->arena, &other, place, &state),
                     ERR_NONE);
    assert_null(state.data);
}

STORE_TEST(records_are_kept_for_a_week_and_go_by_themselves)
{
    struct idempotency key = key_of(1, 1);
    int64_t left_s;

    assert_int_equal(idempotency_note(t->store, t->arena, &key, place, STR("x")),
                     ERR_NONE);
    left_s =
        store_test_say(t, "TTL done:{s007}:01010101010101010101010101010101")->integer;
    assert_in_range(left_s, IDEMPOTENCY_KEPT_S - 60, IDEMPOTENCY_KEPT_S);
}

STORE_TEST(without_a_key_nothing_is_looked_for_and_nothing_kept)
{
    struct idempotency none = { .given = false };
    struct str state;

    assert_int_equal(idempotency_note(t->store, t->arena, &none, place, STR("x")),
                     ERR_NONE);
    assert_int_equal(idempotency_find(t->store, t->arena, &none, place, &state),
                     ERR_NONE);
    assert_null(state.data);
    assert_int_equal(store_test_say(t, "DBSIZE")->integer, 0);
}

STORE_TEST(a_shop_remembers_how_it_was_opened)
{
    struct shop_open_want want = { member_made(t), STR("Tea 茶"), NOW };
    struct shop_open_want later = { want.owner, STR("Coffee"), NOW + 5 };
    struct idempotency key = key_of(1, 1), changed = key_of(1, 2), other = key_of(3, 1);
    struct shop_opened made, again;

    assert_int_equal(shop_open_before(t->store, t->arena, want.owner, &key, &again),
                     ERR_NONE);
    assert_int_equal(again.number.value, 0);
    assert_int_equal(shop_open_keyed(t->store, t->arena, &want, &key, 4, &made),
                     ERR_NONE);
    assert_int_equal(shop_open_before(t->store, t->arena, want.owner, &key, &again),
                     ERR_NONE);
    assert_int_equal(again.number.value, made.number.value);
    assert_int_equal(again.at_ms, NOW);
    assert_int_equal(again.policy_version, 4);
    assert_true(str_equal(again.nickname, want.nickname));

    assert_int_equal(shop_open_keyed(t->store, t->arena, &later, &key, 5, &again),
                     ERR_IDEMPOTENCY_BUSY);
    assert_int_equal(shop_open_keyed(t->store, t->arena, &later, &other, 5, &again),
                     ERR_SHOP_EXISTS);
    assert_int_equal(shop_open_before(t->store, t->arena, want.owner, &other, &again),
                     ERR_NONE);
    assert_int_equal(again.number.value, 0); /* a refusal leaves nothing */
    assert_int_equal(shop_open_before(t->store, t->arena, want.owner, &changed, &again),
                     ERR_IDEMPOTENCY_MISMATCH);
}

STORE_TEST(a_shop_that_was_taken_and_not_made_is_made_by_the_keys_next_try)
{
    struct shop_open_want want = { member_made(t), STR("Tea"), NOW };
    struct shop_number taken = { id_make(SHOP_N_FIRST + 5, 9) }, number;
    struct idempotency key = key_of(1, 1);
    struct shop_opened opened;

    assert_int_equal(member_take_shop(t->store, t->arena, want.owner, taken, &number),
                     ERR_NONE);
    assert_int_equal(shop_open_before(t->store, t->arena, want.owner, &key, &opened),
                     ERR_NONE);
    assert_int_equal(opened.number.value, 0);
    assert_int_equal(shop_open_keyed(t->store, t->arena, &want, &key, 1, &opened),
                     ERR_NONE);
    assert_int_equal(opened.number.value, taken.value);
}

STORE_TEST(a_suspension_is_not_repeated_after_its_end)
{
    struct shop_open_want want = { member_made(t), STR("Tea"), NOW };
    struct idempotency key = key_of(1, 1), next = key_of(2, 1);
    struct shop_number number;
    struct shop shop;
    bool found;

    assert_int_equal(shop_open(t->store, t->arena, &want, &number), ERR_NONE);
    assert_int_equal(shop_suspend_keyed(t->store, t->arena, number, true, &key),
                     ERR_NONE);
    assert_int_equal(shop_suspend_keyed(t->store, t->arena, number, false, &next),
                     ERR_NONE);
    assert_int_equal(shop_suspend_keyed(t->store, t->arena, number, true, &key),
                     ERR_IDEMPOTENCY_BUSY);
    assert_int_equal(
        shop_suspend_before(t->store, t->arena, number, &key, &shop, &found), ERR_NONE);
    assert_true(found);
    assert_int_equal(shop.status, SHOP_SUSPENDED);
    assert_int_equal(
        shop_suspend_before(t->store, t->arena, number, &next, &shop, &found),
        ERR_NONE);
    assert_int_equal(shop.status, SHOP_OPEN);
    assert_int_equal(shop_read(t->store, t->arena, number, &shop), ERR_NONE);
    assert_int_equal(shop.status, SHOP_OPEN);
}

static struct product
product_made(struct store_test *t)
{
    struct variant variant = { .price_fen = 100,
                               .exclusive_fen = PRICE_NONE,
                               .compare_fen = PRICE_NONE,
                               .stock = STOCK_OPEN };
    struct product_change change = { .want = { .merchant = { 513 },
                                               .handle = STR("mug"),
                                               .title = STR("Mug"),
                                               .commission_bps = RATE_DEFAULT,
                                               .variants = &variant,
                                               .variant_count = 1,
                                               .down_by_merchant = true } };

    assert_int_equal(product_find_many(t->store, t->arena, &change, 1), ERR_NONE);
    assert_int_equal(product_settle(&change), ERR_NONE);
    assert_int_equal(product_write_many(t->store, t->arena, &change, 1, NOW), ERR_NONE);
    return change.want;
}

static enum err
set_down(struct store_test *t, const struct product *product, bool down, int64_t now_ms,
         const struct idempotency *key)
{
    const struct product_down want = { product->id, down, STR("r"), now_ms, key };

    return product_set_down_keyed(t->store, t->arena, &want);
}

static struct product
product_before(struct store_test *t, struct product_id id,
               const struct idempotency *key)
{
    struct product product = { .id = id };
    bool found;

    assert_int_equal(product_set_down_before(t->store, t->arena, key, &product, &found),
                     ERR_NONE);
    assert_true(found);
    return product;
}

STORE_TEST(a_take_down_is_not_repeated_after_its_end)
{
    struct idempotency first = key_of(1, 1), second = key_of(2, 1),
                       third = key_of(3, 1);
    struct product made = product_made(t), product;

    assert_int_equal(set_down(t, &made, true, NOW + 1, &first), ERR_NONE);
    assert_int_equal(set_down(t, &made, true, NOW + 2, &second), ERR_NONE); /* is so */
    assert_int_equal(set_down(t, &made, false, NOW + 3, &third), ERR_NONE);
    assert_int_equal(set_down(t, &made, true, NOW + 4, &first), ERR_IDEMPOTENCY_BUSY);

    product = product_before(t, made.id, &first);
    assert_true(product.down_by_operator && product.down_by_merchant);
    assert_int_equal(product.changed_at_ms, NOW + 1);
    product = product_before(t, made.id, &second);
    assert_true(product.down_by_operator);
    assert_int_equal(product.changed_at_ms, NOW + 1);
    product = product_before(t, made.id, &third);
    assert_true(!product.down_by_operator && product.down_by_merchant);
    assert_int_equal(product.changed_at_ms, NOW + 3);
    assert_int_equal(product_read_fresh(t->store, t->arena, made.id, &product),
                     ERR_NONE);
    assert_false(product.down_by_operator);
}

STORE_TEST(what_does_not_exist_leaves_no_record)
{
    struct idempotency key = key_of(1, 1);
    struct product none = { .id = { 513 } };

    assert_int_equal(set_down(t, &none, true, NOW, &key), ERR_NO_SUCH_PRODUCT);
    assert_int_equal(shop_suspend_keyed(t->store, t->arena,
                                        (struct shop_number){ 10000001 }, true, &key),
                     ERR_NO_SUCH_SHOP);
    assert_int_equal(store_test_say(t, "DBSIZE")->integer, 0);
}

/* Puts the newest policy with another cooldown. */
static enum err
put_cooldown(struct store_test *t, int64_t cooldown_s, const struct idempotency *key,
             int64_t *version)
{
    struct policy *policy;
    struct policy_change change = { .what = STR("policy_changed"),
                                    .now_ms = NOW,
                                    .key = key };
    enum err err;

    assert_int_equal(policy_load(t->store, t->arena, &policy), ERR_NONE);
    change.expected = policy->version;
    change.policy = policy;
    policy->slots.cooldown_s = cooldown_s;
    err = policy_put(t->store, t->arena, &change, version);
    policy_free(&policy);
    return err;
}

STORE_TEST(a_change_of_the_policy_is_one_version_and_one_line_under_its_key)
{
    struct idempotency key = key_of(1, 1), changed = key_of(1, 2), other = key_of(2, 1);
    struct audit_checked checked;
    int64_t version = 0;

    assert_int_equal(put_cooldown(t, 60, &key, &version), ERR_NONE);
    assert_int_equal(put_cooldown(t, 61, NULL, &version), ERR_NONE);
    assert_int_equal(put_cooldown(t, 60, &key, &version), ERR_IDEMPOTENCY_BUSY);
    assert_int_equal(policy_put_before(t->store, t->arena, &key, &version), ERR_NONE);
    assert_int_equal(version, 2);
    assert_int_equal(policy_put_before(t->store, t->arena, &changed, &version),
                     ERR_IDEMPOTENCY_MISMATCH);
    assert_int_equal(policy_put_before(t->store, t->arena, &other, &version), ERR_NONE);
    assert_int_equal(version, 0);
    assert_int_equal(policy_put_nothing(t->store, t->arena, &other, 3), ERR_NONE);
    assert_int_equal(policy_put_before(t->store, t->arena, &other, &version), ERR_NONE);
    assert_int_equal(version, 3);
    assert_int_equal(audit_check(t->store, &checked), ERR_NONE);
    assert_int_equal(checked.entries, 2);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_found_by_its_key_and_holds_for_its_body_only),
        cmocka_unit_test(records_are_kept_for_a_week_and_go_by_themselves),
        cmocka_unit_test(without_a_key_nothing_is_looked_for_and_nothing_kept),
        cmocka_unit_test(a_shop_remembers_how_it_was_opened),
        cmocka_unit_test(
            a_shop_that_was_taken_and_not_made_is_made_by_the_keys_next_try),
        cmocka_unit_test(a_suspension_is_not_repeated_after_its_end),
        cmocka_unit_test(a_take_down_is_not_repeated_after_its_end),
        cmocka_unit_test(what_does_not_exist_leaves_no_record),
        cmocka_unit_test(
            a_change_of_the_policy_is_one_version_and_one_line_under_its_key),
    };

    return cmocka_run_group_tests(tests, store_test_begin, store_test_end);
}
