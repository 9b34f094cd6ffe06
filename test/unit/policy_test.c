/* test/unit/policy_test.c - what proto/policy.h promises. */
#include "proto/policy.h"

#include "test/support/unit.h"

struct fixture {
    struct arena *arena;
    json_t *doc; /* the default document, to be spoiled */
    struct policy_faults faults;
};

static int
make(void **state)
{
    struct fixture *made = calloc(1, sizeof(*made));
    struct policy *policy = policy_default();

    assert_non_null(made);
    made->arena = arena_new(256 << 10);
    made->doc = policy_json(policy);
    policy_free(&policy);
    *state = made;
    return 0;
}

static int
drop(void **state)
{
    struct fixture *made = *state;

    json_decref(made->doc);
    arena_free(&made->arena);
    free(made);
    return 0;
}

/* Replaces doc.group.name by the JSON text's one element. */
static void
spoil(struct fixture *made, const char *group, const char *name, const char *text)
{
    json_t *holder = json_loads(text, 0, NULL);

    assert_non_null(holder);
    json_object_set(json_object_get(made->doc, group), name, json_array_get(holder, 0));
    json_decref(holder);
}

static enum err
read_doc(struct fixture *made, enum policy_source source)
{
    struct policy *policy;
    enum err err = policy_read(made->arena, made->doc, source, &policy, &made->faults);

    assert_true((err == ERR_NONE) == (policy != NULL));
    policy_free(&policy);
    return err;
}

static void
assert_fault(struct fixture *made, const char *path, const char *reason)
{
    for (size_t i = 0; i < made->faults.count; i++) {
        if (strcmp(made->faults.item[i].path, path) == 0) {
            assert_string_equal(made->faults.item[i].reason, reason);
            return;
        }
    }
    fail_msg("no fault at %s", path);
}

static void
the_default_document_is_the_contract_s(void **state)
{
    static const char contract[] =
        "{\"slots\":{\"tiers\":[{\"influence\":0,\"slots\":4},"
        "{\"influence\":300,\"slots\":5},{\"influence\":800,\"slots\":6},"
        "{\"influence\":2000,\"slots\":8},{\"influence\":5000,\"slots\":10},"
        "{\"influence\":12000,\"slots\":12}],\"cooldown_s\":259200,"
        "\"hold_s\":1209600,\"up_after\":2,\"down_after\":4,\"down_below_pct\":70},"
        "\"influence\":{\"half_life_days\":30,\"settle_after_s\":604800,"
        "\"merchant_buyer_weight\":1000,\"buyer_weights\":["
        "{\"age_days\":0,\"weight\":200},{\"age_days\":7,\"weight\":500},"
        "{\"age_days\":30,\"weight\":1000}],\"sales_brackets\":["
        "{\"up_to_fen\":10000,\"permille\":1000},{\"up_to_fen\":20000,\"permille\":500}"
        ","
        "{\"up_to_fen\":50000,\"permille\":200},{\"up_to_fen\":200000,\"permille\":50}]"
        ","
        "\"visitor_weights\":{\"verified\":1000,\"member\":250,\"anonymous\":100},"
        "\"visitor_fen\":50,\"visitor_days_max\":4,\"anonymous_per_net_max\":5,"
        "\"visit_brackets\":[{\"up_to_visitors\":50,\"permille\":1000},"
        "{\"up_to_visitors\":200,\"permille\":400},"
        "{\"up_to_visitors\":1000,\"permille\":100}],\"activity_fen\":500,"
        "\"visits_of_sales_pct\":25,\"visits_beyond_pct\":10,"
        "\"activity_of_rest_pct\":10},\"release\":{\"interval_s\":604800,\"k_min\":5,"
        "\"k_max\":12,\"delay_days_max\":6,\"cap_fen\":10000,\"noise_points\":100},"
        "\"board\":{\"size\":300,\"listing\":{\"top\":50,\"min_shops\":300,"
        "\"min_releases\":3,\"window_days\":84,\"max_buyer_share_pct\":40}},"
        "\"attribution\":{\"window_s\":604800},\"privacy\":{\"sensitive_categories\":["
        "\"计生\",\"医疗\",\"health\"]},\"names\":{\"reserved\":[\"官方\",\"客服\","
        "\"official\",\"support\"]},\"limits\":{\"sign_ups_per_hour\":30,"
        "\"failed_sign_ins_per_quarter\":10,\"orders_per_hour\":30,"
        "\"merchant_calls_per_s\":2000,\"public_gets_per_minute\":0},"
        "\"orders\":{\"payment_window_s\":1800,\"refund_window_s\":604800},"
        "\"commission\":{\"default_bps\":500,\"max_bps\":3000,\"settle_after_s\":"
        "604800},"
        "\"withdrawals\":{\"min_fen\":100,\"daily_fen\":500000,"
        "\"approval_over_fen\":100000},\"site\":{\"name\":\"小铺\","
        "\"operator_name\":\"\",\"contact\":\"\",\"icp\":\"\",\"terms_url\":\"\"}}";
    struct fixture *made = *state;
    char *text = json_dumps(made->doc, JSON_COMPACT);

    assert_string_equal(text, contract);
    free(text);
}

static void
a_document_that_was_given_out_is_taken_back(void **state)
{
    struct fixture *made = *state;
    struct policy *policy;
    json_t *again;

    spoil(made, "names", "reserved", "[[\"店小二\"]]");
    spoil(made, "slots", "tiers", "[[{\"influence\":0,\"slots\":3}]]");
    assert_int_equal(
        policy_read(made->arena, made->doc, POLICY_PROPOSED, &policy, &made->faults),
        ERR_NONE);
    assert_int_equal(policy->slots.tiers.count, 1);
    assert_true(policy->slots.tiers.item[0].slots == 3);
    assert_true(str_equal(policy->names.reserved.item[0], STR("店小二")));
    assert_true(policy->influence.visitor_weights.member == 250);
    assert_true(policy->board.listing.window_days == 84);
    again = policy_json(policy);
    assert_true(json_equal(again, made->doc));
    json_decref(again);
    policy_free(&policy);
}

static void
each_field_out_of_its_bounds_is_named(void **state)
{
    struct fixture *made = *state;

    spoil(made, "slots", "cooldown_s", "[-1]");
    spoil(made, "slots", "up_after", "[1.0]");
    spoil(made, "influence", "half_life_days", "[31]");
    spoil(made, "influence", "visitor_weights",
          "[{\"verified\":1000,\"member\":260,\"anonymous\":100}]");
    spoil(made, "site", "name", "[\"\"]");
    spoil(made, "names", "reserved", "[[\"ok\",\"\"]]");
    spoil(made, "influence", "sales_brackets", "[[]]");
    spoil(made, "slots", "tiers", "[[{\"influence\":0,\"slots\":13},{\"slots\":1}]]");
    assert_int_equal(read_doc(made, POLICY_PROPOSED), ERR_INVALID_FIELD);
    assert_int_equal(made->faults.count, 9);
    assert_fault(made, "slots.cooldown_s", "must be an integer from 0 to 31536000");
    assert_fault(made, "slots.up_after", "must be an integer from 1 to 30");
    assert_fault(made, "influence.half_life_days",
                 "must be one of the allowed values, which the schema lists");
    assert_fault(made, "influence.visitor_weights.member", "must be a multiple of 50");
    assert_fault(made, "slots.tiers[0].slots", "must be an integer from 1 to 12");
    assert_fault(made, "slots.tiers[1].influence", "is required");
}

/* Figures keep the days of three releases. */
static void
nobody_may_ask_for_more_releases_than_are_kept(void **state)
{
    struct fixture *made = *state;

    spoil(made, "board", "listing",
          "[{\"top\":50,\"min_shops\":300,\"min_releases\":4,\"window_days\":84,"
          "\"max_buyer_share_pct\":40}]");
    assert_int_equal(read_doc(made, POLICY_PROPOSED), ERR_INVALID_FIELD);
    assert_fault(made, "board.listing.min_releases", "must be an integer from 0 to 3");
}

static void
a_missing_field_is_a_fault_when_proposed_and_a_default_when_stored(void **state)
{
    struct fixture *made = *state;

    json_object_del(json_object_get(made->doc, "slots"), "hold_s");
    json_object_del(made->doc, "release");
    assert_int_equal(read_doc(made, POLICY_PROPOSED), ERR_INVALID_FIELD);
    assert_fault(made, "slots.hold_s", "is required");
    assert_fault(made, "release.k_min", "is required");
    assert_int_equal(read_doc(made, POLICY_STORED), ERR_NONE);
}

static void
unknown_fields_are_named_wherever_they_stand(void **state)
{
    struct fixture *made = *state;

    spoil(made, "slots", "cooldown", "[1]");
    json_object_set_new(made->doc, "slot", json_object());
    json_object_set_new(made->doc, "<b>", json_true());
    spoil(made, "slots", "tiers", "[[{\"influence\":0,\"slots\":4,\"x\":1}]]");
    assert_int_equal(read_doc(made, POLICY_PROPOSED), ERR_UNKNOWN_FIELD);
    assert_int_equal(made->faults.count, 4);
    assert_fault(made, "slots.cooldown", "there is no such field");
    assert_fault(made, "slot", "there is no such field");
    assert_fault(made, "?", "there is no such field");
    assert_fault(made, "slots.tiers[0].x", "there is no such field");
    assert_int_equal(read_doc(made, POLICY_STORED), ERR_NONE);
}

static void
rules_between_fields_hold(void **state)
{
    struct fixture *made = *state;

    spoil(made, "slots", "tiers",
          "[[{\"influence\":5,\"slots\":4},{\"influence\":5,\"slots\":3}]]");
    spoil(made, "influence", "visit_brackets",
          "[[{\"up_to_visitors\":9,\"permille\":1},"
          "{\"up_to_visitors\":8,\"permille\":1}]]");
    spoil(made, "influence", "buyer_weights", "[[{\"age_days\":1,\"weight\":1}]]");
    spoil(made, "release", "k_max", "[4]");
    spoil(made, "commission", "max_bps", "[499]");
    spoil(made, "site", "terms_url", "[\"javascript:1\"]");
    assert_int_equal(read_doc(made, POLICY_PROPOSED), ERR_INVALID_FIELD);
    assert_int_equal(made->faults.count, 8);
    assert_fault(made, "slots.tiers[0].influence", "must be 0");
    assert_fault(made, "slots.tiers[1].slots",
                 "must be greater than in the row before");
    assert_fault(made, "influence.visit_brackets[1].up_to_visitors",
                 "must be greater than in the row before");
    assert_fault(made, "influence.buyer_weights[0].age_days", "must be 0");
    assert_fault(made, "release.k_max", "must be at least release.k_min");
}

static void
documents_of_wrong_shape_do_no_harm(void **state)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "{\"slots\":[]}",
        "{\"slots\":{\"tiers\":{}}}",
        "{\"slots\":{\"tiers\":[[[[]]]]}}",
        "{\"slots\":null,\"influence\":7,\"site\":\"x\"}",
        "{\"slots\":{\"tiers\":[null,1,\"x\"]}}",
        "{\"names\":{\"reserved\":[[],{},null,\"\\u0001\"]}}",
    };
    struct fixture *made = *state;

    for (size_t i = 0; i < COUNT(texts); i++) {
        json_decref(made->doc);
        made->doc = json_loads(texts[i], 0, NULL);
        assert_non_null(made->doc);
        assert_int_equal(read_doc(made, POLICY_PROPOSED), ERR_INVALID_FIELD);
    }
}

static void
the_schema_describes_every_leaf_of_the_document(void **state UNUSED)
{
    json_t *schema = policy_schema();
    json_t *fields = json_object_get(schema, "fields");
    size_t i;
    json_t *row;

    assert_true(json_array_size(fields) > 60);
    json_array_foreach(fields, i, row)
    {
        json_t *meaning = json_object_get(row, "meaning");

        assert_true(json_string_length(json_object_get(meaning, "zh")) > 0);
        assert_true(json_string_length(json_object_get(meaning, "en")) > 0);
        assert_true(json_is_integer(json_object_get(row, "min")));
    }
    json_decref(schema);
}

static void
the_gate_is_weakened_by_any_field_below_its_default(void **state)
{
    struct fixture *made = *state;
    struct policy *policy = policy_default();

    assert_int_equal(policy_gate(policy), GATE_DEFAULT);
    policy->release.k_max = 100;
    assert_int_equal(policy_gate(policy), GATE_DEFAULT);
    policy->release.k_min = 6;
    assert_int_equal(policy_gate(policy), GATE_STRONGER);
    policy->influence.settle_after_s = 0;
    assert_int_equal(policy_gate(policy), GATE_WEAKENED);
    assert_string_equal(policy_gate_name(GATE_WEAKENED), "weakened");
    policy_free(&policy);
    assert_non_null(made);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, drop)
    const struct CMUnitTest tests[] = {
        TEST(the_default_document_is_the_contract_s),
        TEST(a_document_that_was_given_out_is_taken_back),
        TEST(each_field_out_of_its_bounds_is_named),
        TEST(nobody_may_ask_for_more_releases_than_are_kept),
        TEST(a_missing_field_is_a_fault_when_proposed_and_a_default_when_stored),
        TEST(unknown_fields_are_named_wherever_they_stand),
        TEST(rules_between_fields_hold),
        TEST(documents_of_wrong_shape_do_no_harm),
        TEST(the_schema_describes_every_leaf_of_the_document),
        TEST(the_gate_is_weakened_by_any_field_below_its_default),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
