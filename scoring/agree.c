/* scoring/agree.c - the subjects' own checks, put into the report. */
#include "scoring/agree.h"

#include "proto/policy.h"
#include "storage/catalogue/check.h"
#include "storage/policy/audit.h"
#include "storage/policy/policy.h"
#include "storage/sale/check.h"
#include "storage/shop/check.h"

enum { POLICY_ARENA_BYTES = 16 << 20 };

static void
take(struct verify_report *report, enum verify_what what, const struct tally *tally)
{
    report->right[what] += tally->right;
    report->wrong[what] += tally->wrong;
    report->messages += tally->waiting;
}

enum err
agree_partition(struct store *store, unsigned partition, struct verify_report *report)
{
    struct tally products = { 0 }, reports = { 0 };
    struct shop_tallies shops = { 0 };
    enum err err;

    if ((err = shop_check_members(store, partition, &shops)) != ERR_NONE ||
        (err = shop_check_shops(store, partition, &shops)) != ERR_NONE ||
        (err = catalogue_check_products(store, partition, &products)) != ERR_NONE ||
        (err = sale_check_reports(store, partition, &reports)) != ERR_NONE) {
        return err;
    }
    take(report, VERIFY_OWNERS, &shops.owners);
    take(report, VERIFY_FOLLOWING, &shops.following);
    take(report, VERIFY_PRODUCTS, &products);
    take(report, VERIFY_REPORTS, &reports);
    return ERR_NONE;
}

static enum err
read_version(struct store *store, int64_t *version)
{
    struct arena *arena = arena_new(POLICY_ARENA_BYTES);
    struct policy *policy = NULL;
    enum err err = policy_load(store, arena, &policy);

    if (err == ERR_NONE) {
        *version = policy->version;
    }
    policy_free(&policy);
    arena_free(&arena);
    return err;
}

/* Each version of the policy but the first has its line, written in the same call; so
 * the version is read first. */
static enum err
agree_audit(struct store *store, struct verify_report *report)
{
    struct audit_checked checked;
    int64_t version = 0;
    enum err err = read_version(store, &version);
    bool whole;

    if (err != ERR_NONE) {
        return err;
    }
    err = audit_check(store, &checked);
    whole = err == ERR_NONE && checked.policies >= version - 1;
    report->right[VERIFY_AUDIT] += checked.entries;
    report->wrong[VERIFY_AUDIT] += !whole;
    return err == ERR_BAD_DATA ? ERR_NONE : err;
}

enum err
agree_whole(struct store *store, struct verify_report *report)
{
    struct tally index = { 0 }, claims = { 0 };
    enum err err;

    if ((err = catalogue_check_index(store, &index)) != ERR_NONE ||
        (err = sale_check_claims(store, &claims, &report->unlisted)) != ERR_NONE) {
        return err;
    }
    take(report, VERIFY_INDEX, &index);
    take(report, VERIFY_CLAIMS, &claims);
    return agree_audit(store, report);
}
