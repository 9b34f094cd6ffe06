/* scoring/verify.c - walking the store and comparing; see the header. */
#include "scoring/verify.h"

#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/policy.h"
#include "proto/score/figure.h"
#include "proto/time.h"
#include "scoring/agree.h"
#include "scoring/shop.h"
#include "scoring/verify_ranking.h"
#include "storage/key.h"
#include "storage/policy/policy.h"
#include "storage/privacy/pseudonym.h"
#include "storage/redis/call.h"
#include "storage/score/apply.h"
#include "storage/score/credits.h"
#include "storage/score/figures.h"
#include "storage/score/whole.h"
#include "storage/shop/list.h"
#include "storage/shop/slot.h"

enum {
    ARENA_BYTES = 64 << 20,
    LOOKS = 8, /* at a shop that is being worked on */
    LOOK_AGAIN_MS = 250,
    SHOPS_AT_ONCE = 256
};

#define VERIFY_CODE(name, code, text) code,
static const char *const codes[] = { VERIFY_MAP(VERIFY_CODE) };
#undef VERIFY_CODE
#define VERIFY_TEXT(name, code, text) text,
static const char *const texts[] = { VERIFY_MAP(VERIFY_TEXT) };
#undef VERIFY_TEXT

struct verify {
    struct scoring *scoring;
    struct verify_report *report;
    struct whole_span span;
    int32_t known_from; /* sales of earlier periods are forgotten, or will be soon */
    struct score_applied applied; /* of the partition, before its shops were read */
    struct release release;       /* in force when we last looked */
    int64_t began_with;           /* release */
    int slots_first;
    int64_t ranked; /* shops that should have a place in that one */
};

const char *
verify_code(enum verify_what what)
{
    return codes[what];
}

const char *
verify_text(enum verify_what what)
{
    return texts[what];
}

static void
judge(struct verify_report *report, enum verify_what what, bool right)
{
    *(right ? &report->right[what] : &report->wrong[what]) += 1;
}

/* --- one shop -------------------------------------------------------------------------- */

static const struct score_day *
find_day(const struct whole *whole, int32_t day)
{
    for (size_t i = 0; i < whole->row.count; i++) {
        if (whole->row.days[i].day == day) {
            return &whole->row.days[i];
        }
    }
    return NULL;
}

static void
judge_sales(const struct verify *verify, const struct whole *whole,
            const struct whole_period *period, struct verify_report *report)
{
    int64_t fen[PERIOD_DAYS] = { 0 };

    credits_by_day(period->sale, period->count, period->period, CREDITS_SETTLED,
                   &verify->scoring->policy.score, fen);
    for (int32_t i = 0; i < PERIOD_DAYS; i++) {
        const struct score_day *day = find_day(whole, period->period * PERIOD_DAYS + i);

        if (fen[i] != 0 || (day != NULL && day->sales_fen != 0)) {
            judge(report, VERIFY_SALES, day != NULL && day->sales_fen == fen[i]);
        }
    }
}

static int
by_sale(const void *left, const void *right)
{
    const struct sale_record *a = left, *b = right;

    return a->sale < b->sale ? -1 : a->sale > b->sale;
}

static void
judge_once(const struct whole_period *period, struct verify_report *report)
{
    struct sale_record *sorted =
        xmemdup(period->sale, period->count * sizeof(sorted[0]));

    if (period->count > 0) {
        qsort(sorted, period->count, sizeof(sorted[0]), by_sale);
    }
    for (size_t i = 0; i < period->count; i++) {
        judge(report, VERIFY_ONCE, i == 0 || sorted[i].sale != sorted[i - 1].sale);
    }
    free(sorted);
}

/* The owner's sums were written with the sales themselves; the records came by way of
 * the events. A sale that was taken back whole is no order any more. A record may hold
 * less than the sale, then the books have more. */
static void
judge_books(const struct whole_period *period, struct verify_report *report)
{
    int64_t orders[PERIOD_DAYS] = { 0 }, fen[PERIOD_DAYS] = { 0 };
    bool capped[PERIOD_DAYS] = { false };

    for (size_t i = 0; i < period->count; i++) {
        const struct sale_record *sale = &period->sale[i];
        int32_t day = time_day(sale->paid_at_s) - period->period * PERIOD_DAYS;

        orders[day] += sale->net_fen > 0;
        fen[day] += sale->net_fen;
        capped[day] = capped[day] || sale->net_fen == SALE_NET_FEN_MAX;
    }
    for (int i = 0; i < PERIOD_DAYS; i++) {
        int64_t more_fen = period->sales_fen[i] - fen[i];

        if (orders[i] != 0 || period->orders[i] != 0 || more_fen != 0) {
            judge(report, VERIFY_BOOKS,
                  orders[i] == period->orders[i] &&
                      (capped[i] ? more_fen >= 0 : more_fen == 0));
        }
    }
}

/* What is left of a period whose sales are forgotten: days, of which none counts more
 * than was sold on it, and no row. */
static void
judge_forgotten(const struct verify *verify, const struct whole *whole,
                const struct whole_period *period, struct verify_report *report)
{
    int64_t swept_day = verify->applied.swept_day;

    for (int32_t i = 0; i < PERIOD_DAYS; i++) {
        const struct score_day *day = find_day(whole, period->period * PERIOD_DAYS + i);

        if (whole->applied && day != NULL && day->sales_fen > 0) {
            judge(report, VERIFY_BOOKS, day->sales_fen <= period->sales_fen[i]);
        }
    }
    if (swept_day != 0 && period->period < score_sales_from((int32_t)swept_day)) {
        judge(report, VERIFY_FORGOTTEN, period->count == 0);
    }
}

static void
judge_period(const struct verify *verify, const struct whole *whole,
             const struct whole_period *period, struct verify_report *report)
{
    if (period->period < verify->known_from) {
        judge_forgotten(verify, whole, period, report);
        return;
    }
    judge_sales(verify, whole, period, report);
    judge_once(period, report);
    if (whole->applied) {
        judge_books(period, report);
    }
}

static enum err
judge_visits(struct verify *verify, struct arena *arena, const struct whole *whole,
             struct verify_report *report)
{
    const struct visitor_list *list = &whole->row.visits;
    struct score_params rules;
    struct visit_days days;
    struct visitor *work;
    enum err err;

    if (!whole->has_row || !whole->has_visitors || list->count == 0) {
        return ERR_NONE;
    }
    err = scoring_visit_rules(verify->scoring, arena, list->period, &rules);
    if (err != ERR_NONE) {
        return err;
    }
    work = xmemdup(list->visitor, list->count * sizeof(list->visitor[0]));
    visit_weigh(work, list->count, &rules, &days);
    free(work);
    for (int32_t i = 0; i < PERIOD_DAYS; i++) {
        const struct score_day *day = find_day(whole, list->period * PERIOD_DAYS + i);

        if (days.visitors[i] > 0) {
            judge(report, VERIFY_VISITS,
                  day != NULL && day->visitors == days.visitors[i] &&
                      day->visits == days.milli[i] / SCORE_VISIT_MILLI);
        }
    }
    return ERR_NONE;
}

/* The version whose low bits the row bears: the newest such. */
static enum err
params_of_row(struct verify *verify, struct arena *arena, const struct score_row *row,
              struct score_policy *made_by)
{
    const struct score_policy *now = &verify->scoring->policy;
    uint16_t behind = (uint16_t)((uint16_t)now->version - row->policy_version);
    struct policy *policy = NULL;
    enum err err;

    *made_by = *now;
    if (behind == 0) {
        return ERR_NONE;
    }
    err = policy_load_version(verify->scoring->store, arena, now->version - behind,
                              &policy, NULL);
    if (err == ERR_NONE) {
        score_policy_of(policy, made_by);
    }
    policy_free(&policy);
    return err;
}

/* Days before it left all shops at the last day's end. */
static int32_t
oldest_day(const struct verify *verify)
{
    int64_t day = verify->applied.tier_day;

    return day == 0 ? 0 : score_oldest_day((int32_t)day);
}

/* The folds go on from the ascending sums: the same bits as summing all days. */
static enum err
judge_score(struct verify *verify, struct arena *arena, const struct whole *whole,
            struct verify_report *report)
{
    const struct score_row *row = &whole->row;
    struct score_policy made_by;
    struct sums sums = { 0 };
    struct half_life half;
    enum err err;

    if (!whole->has_row) {
        return ERR_NONE;
    }
    err = params_of_row(verify, arena, row, &made_by);
    if (err == ERR_NONE) {
        half = half_life(made_by.score.half_life_days, LANDMARK);
        influence_add_days(&sums, row->days, row_days_before(row, row->base),
                           &made_by.score, &half);
        judge(report, VERIFY_SCORES,
              memcmp(&sums, &row->fold, sizeof(sums)) == 0 &&
                  row_first_day(row) >= oldest_day(verify));
    }
    return err;
}

static void
judge_slots(const struct verify *verify, const struct whole *whole,
            struct verify_report *report)
{
    const struct shop *shop = &whole->shop;
    int filled = 0;

    for (int i = 0; i < SLOTS_MAX; i++) {
        filled += shop->slot[i].product.value != 0;
    }
    judge(report, VERIFY_SLOTS,
          filled <= slot_limit(shop, verify->slots_first) ||
              shop->tier.hold_until_ms > 0);
}

static enum err
judge_figures(struct verify *verify, struct arena *arena, const struct whole *whole,
              struct verify_report *report, bool *ranked)
{
    struct store *store = verify->scoring->store;
    struct figures figures = { 0 };
    enum err err = release_read(store, arena, true, &verify->release);

    *ranked = false;
    if (err == ERR_NONE) {
        err = figures_read(store, arena, verify->release.number, whole->shop.number,
                           &figures);
    }
    if (err == ERR_NONE && figures.release > 0) {
        judge(report, VERIFY_FIGURES,
              figures.half_life_days == verify->release.measure.half_life_days &&
                  figures.z ==
                      release_compose(&verify->release.measure, &figures.sum) &&
                  figures.sales_shown_fen >= figure_sales_fen(0, figures.sales_points));
        *ranked = figures.z > 0.0 && figures.on_boards;
    }
    return err;
}

static enum err
judge_whole(struct verify *verify, struct arena *arena, const struct whole *whole,
            struct verify_report *report)
{
    enum err err;

    judge(report, VERIFY_READABLE, true);
    for (size_t i = 0; i < whole->periods; i++) {
        judge_period(verify, whole, &whole->period[i], report);
    }
    judge_slots(verify, whole, report);
    if ((err = judge_visits(verify, arena, whole, report)) != ERR_NONE) {
        return err;
    }
    return judge_score(verify, arena, whole, report);
}

static bool
all_right(const struct verify_report *report)
{
    for (int i = 0; i < VERIFY_COUNT; i++) {
        if (report->wrong[i] > 0) {
            return false;
        }
    }
    return true;
}

static void
add_report(struct verify_report *sum, const struct verify_report *report)
{
    for (int i = 0; i < VERIFY_COUNT; i++) {
        sum->right[i] += report->right[i];
        sum->wrong[i] += report->wrong[i];
    }
    sum->shops += report->shops;
    sum->waiting += report->waiting;
}

static enum err
read_texts(const struct verify *verify, struct arena *arena, struct shop_number number)
{
    struct shop shop;

    return shop_read(verify->scoring->store, arena, number, &shop);
}

/* Looks at a shop once; *again when a later look may say more. */
static enum err
look(struct verify *verify, struct shop_number shop, struct verify_report *report,
     bool *again, bool *ranked)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct whole whole;
    bool there;
    enum err err;

    *report = (struct verify_report){ .shops = 1 };
    *ranked = false;
    err = whole_read(verify->scoring->store, arena, shop, &verify->span, &whole);
    there = err != ERR_NO_SUCH_SHOP; /* it is listed */
    if (err == ERR_NONE) {
        err = read_texts(verify, arena, shop);
    }
    if (err == ERR_BAD_DATA || !there) {
        judge(report, VERIFY_READABLE, false);
        err = ERR_NONE;
    } else if (err == ERR_NONE) {
        report->waiting = !whole.applied;
        err = judge_whole(verify, arena, &whole, report);
        if (err == ERR_NONE) {
            err = judge_figures(verify, arena, &whole, report, ranked);
        }
    }
    *again = there && !all_right(report);
    whole_free(&whole);
    arena_free(&arena);
    return err;
}

static enum err
verify_shop(struct verify *verify, struct shop_number shop)
{
    struct verify_report report;
    bool again, ranked;
    enum err err = look(verify, shop, &report, &again, &ranked);

    for (int i = 1; i < LOOKS && err == ERR_NONE && again; i++) {
        task_sleep(LOOK_AGAIN_MS); /* a policy may just be taking hold */
        err = look(verify, shop, &report, &again, &ranked);
    }
    add_report(verify->report, &report);
    verify->ranked += ranked;
    return err;
}

/* --- the store ------------------------------------------------------------------------- */

/* The entry that the position stands on is not trimmed before the position has moved. */
static enum err
look_at_position(struct verify *verify, struct arena *arena, unsigned partition,
                 bool *stands)
{
    struct store *store = verify->scoring->store;
    const struct score_applied *applied = &verify->applied;
    struct call *call = call_command(arena, "XRANGE");
    enum err err = score_applied_read(store, arena, partition, &verify->applied);

    if (err != ERR_NONE) {
        return err;
    }
    call_keyf(call, KEY_EVENTS, partition);
    call_text(call, applied->at.event);
    call_text(call, applied->at.event);
    err = call_wait(store, call);
    *stands = applied->loose != 0 || strcmp(applied->at.event, "0-0") == 0 ||
              (err == ERR_NONE && call->reply->count == 1);
    return err;
}

static enum err
verify_position(struct verify *verify, unsigned partition)
{
    bool stands = false;
    enum err err = ERR_NONE;

    for (int i = 0; i < LOOKS && err == ERR_NONE && !stands; i++) {
        struct arena *arena = arena_new(ARENA_BYTES);

        err = look_at_position(verify, arena, partition, &stands);
        arena_free(&arena); /* it may have moved between the two reads */
    }
    if (err == ERR_NONE) {
        judge(verify->report, VERIFY_POSITIONS, stands);
    }
    return err;
}

static enum err
verify_partition(struct verify *verify, unsigned partition)
{
    struct shops_cursor cursor = shops_first(partition);
    struct shop_number shops[SHOPS_AT_ONCE];
    size_t count;
    enum err err = verify_position(verify, partition);

    while (err == ERR_NONE && !cursor.ended) {
        struct arena *arena = arena_new(ARENA_BYTES);

        err = shops_next(verify->scoring->store, arena, &cursor, shops, SHOPS_AT_ONCE,
                         &count);
        arena_free(&arena);
        for (size_t i = 0; i < count && err == ERR_NONE; i++) {
            err = verify_shop(verify, shops[i]);
        }
    }
    return err;
}

static enum err
verify_begin(struct verify *verify)
{
    struct store *store = verify->scoring->store;
    struct arena *arena = arena_new(ARENA_BYTES);
    int32_t today = time_day(store_now_ms(store) / 1000);
    struct policy *policy = NULL;
    enum err err = policy_load(store, arena, &policy);

    if (err == ERR_NONE) {
        scoring_set_policy(verify->scoring, policy);
        verify->slots_first = (int)policy->slots.tiers.item[0].slots;
        err = release_read(store, arena, false, &verify->release);
        verify->began_with = verify->release.number;
    }
    verify->span = (struct whole_span){
        .first_period = period_of_day(score_oldest_day(today)),
        .last_period = period_of_day(today + 1),
        .now_period = period_of_day(today),
    };
    verify->known_from = period_of_day(today - PERIOD_KEPT_DAYS);
    policy_free(&policy);
    arena_free(&arena);
    return err;
}

enum err
verify_store(struct scoring *scoring, struct verify_report *report,
             void (*progress)(const struct verify_report *report))
{
    struct verify verify = { .scoring = scoring, .report = report };
    struct tally ranks = { 0 };
    enum err err;

    memset(report, 0, sizeof(*report));
    err = verify_begin(&verify);
    for (unsigned i = 0; i < PARTITIONS && err == ERR_NONE; i++) {
        err = verify_partition(&verify, i);
        if (err == ERR_NONE) {
            err = agree_partition(scoring->store, i, report);
        }
        if (progress != NULL) {
            progress(report);
        }
    }
    if (err == ERR_NONE) {
        err = verify_ranking(scoring->store, verify.began_with, verify.ranked, &ranks);
        report->right[VERIFY_RANKS] = ranks.right;
        report->wrong[VERIFY_RANKS] = ranks.wrong;
    }
    return err == ERR_NONE ? agree_whole(scoring->store, report) : err;
}
