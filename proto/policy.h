/* proto/policy.h - what operators decide: one document, every field bounded.
 *
 * A table (proto/policy/fields.c) describes each field once: its path, kind, bounds,
 * default, unit and meaning. The default document, the check of a proposed one, the
 * document that is given out and the schema are all made from it. Here is no store and
 * no clock: storage/policy/ keeps the versions and hands out the one in force.
 *
 * Ownership   A struct policy owns its strings and goes with policy_free(). It is never
 * changed after it was made, so any thread may read it.
 */
#ifndef PROTO_POLICY_H
#define PROTO_POLICY_H

#include <jansson.h>

#include "proto/ids.h"
#include "proto/json.h"

enum {
    POLICY_BUYER_WEIGHTS_MAX = 8, /* BUYER_AGE_0 and the classes after it */
    POLICY_BRACKETS_MAX = 8,
    POLICY_SENSITIVE_MAX = 64,
    POLICY_RESERVED_MAX = 200,
    POLICY_DOC_BYTES_MAX = 64 << 10,
    POLICY_FAULTS_MAX = 32,
    BOARD_SIZE_MAX = 300,
    BOARD_LISTING_RELEASES_MAX = 3 /* of a shop whose days are kept */
};

struct policy_tier {
    int64_t influence; /* points */
    int64_t slots;
};
struct policy_buyer_weight {
    int64_t age_days; /* accounts at least so old, up to the next row's age */
    int64_t weight;   /* permille */
};
struct policy_bracket {
    int64_t up_to; /* fen, or visitors a day */
    int64_t permille;
};
struct policy_brackets {
    size_t count;
    struct policy_bracket item[POLICY_BRACKETS_MAX];
};
struct policy_words {
    size_t count;
    const struct str *item;
};

/* The document of API.md, name for name. `version` is 0 in one that no store keeps. */
struct policy {
    int64_t version;
    struct {
        struct {
            size_t count;
            struct policy_tier item[SLOTS_MAX];
        } tiers;
        int64_t cooldown_s, hold_s;
        int64_t up_after, down_after, down_below_pct;
    } slots;
    struct {
        int64_t half_life_days, settle_after_s, merchant_buyer_weight;
        struct {
            size_t count;
            struct policy_buyer_weight item[POLICY_BUYER_WEIGHTS_MAX];
        } buyer_weights;
        struct policy_brackets sales_brackets; /* up_to in fen */
        struct {
            int64_t verified, member, anonymous;
        } visitor_weights;
        int64_t visitor_fen, visitor_days_max, anonymous_per_net_max;
        struct policy_brackets visit_brackets; /* up_to in visitors */
        int64_t activity_fen;
        int64_t visits_of_sales_pct, visits_beyond_pct, activity_of_rest_pct;
    } influence;
    struct {
        int64_t interval_s, k_min, k_max, delay_days_max, cap_fen, noise_points;
    } release;
    struct {
        int64_t size;
        struct {
            int64_t top, min_shops, min_releases, window_days, max_buyer_share_pct;
        } listing;
    } board;
    struct {
        int64_t window_s;
    } attribution;
    struct {
        struct policy_words sensitive_categories;
    } privacy;
    struct {
        struct policy_words reserved;
    } names;
    struct {
        int64_t sign_ups_per_hour, failed_sign_ins_per_quarter, orders_per_hour;
        int64_t merchant_calls_per_s, public_gets_per_minute;
    } limits; /* 0: none */
    struct {
        int64_t payment_window_s, refund_window_s;
    } orders;
    struct {
        int64_t default_bps, max_bps, settle_after_s;
    } commission;
    struct {
        int64_t min_fen, daily_fen, approval_over_fen;
    } withdrawals;
    struct {
        struct str name, operator_name, contact, icp, terms_url;
    } site;
    struct arena *arena; /* of the strings */
};

struct policy *policy_default(void);
void policy_free(struct policy **policy); /* NULL inside is allowed */

struct policy_faults {
    size_t count;
    struct json_fault item[POLICY_FAULTS_MAX]; /* reasons: literals or in the arena */
};

enum policy_source {
    POLICY_PROPOSED, /* by an operator: whole, and nothing unknown */
    POLICY_STORED    /* perhaps by an older or newer version: what is absent has its
                        default, what is unknown is left out */
};

/* Reads a document. ERR_UNKNOWN_FIELD or ERR_INVALID_FIELD, with each fault named (up
 * to POLICY_FAULTS_MAX). The caller frees *policy. */
enum err policy_read(struct arena *arena, const json_t *doc, enum policy_source source,
                     struct policy **policy, struct policy_faults *faults);

/* The whole document, in the table's order; the caller json_decref()s. */
json_t *policy_json(const struct policy *policy);

/* {"fields": [{path, type, min, max, step?, allowed?, unit, default, meaning: {zh, en}}]}
 */
json_t *policy_schema(void);

/* Is a category, or a part of it ("health/tests"), one of privacy.sensitive_categories?
 */
bool policy_is_sensitive(const struct policy *policy, struct str category);

/* How the privacy gate of releases compares with the default (API.md, the policy
 * document). */
enum policy_gate { GATE_DEFAULT, GATE_STRONGER, GATE_WEAKENED };
enum policy_gate policy_gate(const struct policy *policy);
const char *policy_gate_name(enum policy_gate gate); /* "default" */

#endif
