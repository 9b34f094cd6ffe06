/* storage/sale/report.c - reporting sales: look, claim, write, list.
 *
 * Look: the shop must be there, so that a wrong number leaves no trace; but a sale whose
 * claim stands is taken further whatever its shop's state. Claim: the id
 * belongs to this shop now. Write: the sale, its event and the owner's sums, in one
 * function. List: the merchant's own list. A retry goes through all of it again and
 * finds done what was done. Each step is answered when a replica has it, where there are
 * replicas: a sale that was acknowledged survives a failover. */
#include "storage/sale/sale.h"

#include "proto/score/decay.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/privacy/pseudonym.h"
#include "storage/redis/call.h"
#include "storage/sale/content.h"
#include "storage/sale/groups.h"
#include "storage/stats/stats.h"

/* Many calls that stand in line together: the last of them waits for all others. */
enum { MANY_TIMEOUT_MS = 10 * CALL_TIMEOUT_MS };

/* Reports under way; a partition of PARTITIONS leaves one out of a step. */
struct batch {
    struct store *store;
    struct arena *arena;
    struct sale_report *reports;
    size_t count;
    unsigned *partition;
    int64_t now_ms;
};

typedef struct call *call_group_fn(struct batch *batch, const struct group *group);
typedef void read_group_fn(struct batch *batch, const struct group *group,
                           const struct call *call);

/* One step: a call for each group, all at once, then their replies. */
static void
run_step(struct batch *batch, call_group_fn *make, read_group_fn *read)
{
    struct groups groups = groups_make(batch->arena, batch->partition, batch->count);
    struct call **calls =
        arena_alloc(batch->arena, (groups.count + 1) * sizeof(struct call *));

    for (size_t i = 0; i < groups.count; i++) {
        calls[i] = make(batch, &groups.group[i]);
        call_replicated(calls[i]);
        calls[i]->timeout_ms =
            batch->count > GROUP_MAX ? MANY_TIMEOUT_MS : CALL_TIMEOUT_MS;
    }
    if (groups.count > 0) {
        call_wait_all(batch->store, calls, groups.count);
    }
    for (size_t i = 0; i < groups.count; i++) {
        read(batch, &groups.group[i], calls[i]);
    }
}

static void
fail_group(struct batch *batch, const struct group *group, enum err err)
{
    for (size_t i = 0; i < group->count; i++) {
        batch->reports[group->index[i]].err = err;
    }
}

/* --- look --- */
static enum err
judge_shop(const struct reply *shop)
{
    struct str status = reply_str(reply_at(shop, 0));

    if (reply_at(shop, 0)->type == REPLY_NIL) {
        return ERR_NO_SUCH_SHOP;
    }
    if (str_equal(status, STR("closed"))) {
        return ERR_SHOP_CLOSED;
    }
    return reply_at(shop, 1)->type == REPLY_NIL ? ERR_NONE : ERR_SUSPENDED;
}

static enum err
look(struct batch *batch, const struct sale_report *report)
{
    const struct sale_want *want = &report->want;
    struct call *claim = sale_call_claimed(batch->arena, &report->sale);
    struct call *shop = call_command(batch->arena, "HMGET");
    enum err err;

    call_keyf(shop, KEY_SHOP, id_partition(want->shop.value), want->shop.value);
    call_text(shop, "status");
    call_text(shop, "suspended");
    if ((err = call_wait(batch->store, shop)) != ERR_NONE ||
        (err = judge_shop(shop->reply)) == ERR_NONE) {
        return err;
    }
    if (call_wait(batch->store, claim) != ERR_NONE) {
        return claim->err;
    }
    return reply_at(claim->reply, 1)->type == REPLY_NIL ? err : ERR_NONE;
}

/* --- claim --- */
static struct call *
call_claim(struct batch *batch, const struct group *group)
{
    struct call *call = call_function(batch->arena, "sale_claim");

    sale_put_claims(call, group->partition);
    for (size_t i = 0; i < group->count; i++) {
        const struct sale *sale = &batch->reports[group->index[i]].sale;

        call_arg(call, sale_hash(sale));
        call_int(call, sale->shop.value);
    }
    return call;
}

static void
read_claim(struct batch *batch, const struct group *group, const struct call *call)
{
    if (call->err != ERR_NONE) {
        fail_group(batch, group, call->err);
        return;
    }
    for (size_t i = 0; i < group->count; i++) {
        struct sale_report *report = &batch->reports[group->index[i]];
        struct shop_number shop;

        if (!sale_claim_parse(reply_at(call->reply, i + 1), &shop, &report->listed)) {
            report->err = ERR_BAD_DATA;
        } else if (shop.value != report->want.shop.value) {
            report->err = ERR_SALE_MISMATCH;
        }
    }
}

/* --- write --- */
/* The sales of one call, and which of its shops and stats each belongs to: many sales
 * are of the same, and each key is sent once. */
struct writing {
    const struct sale_report *report[GROUP_MAX];
    size_t count;
    size_t shop[GROUP_MAX], stats[GROUP_MAX];                    /* from 1 */
    const struct sale *of_shop[GROUP_MAX], *of_stats[GROUP_MAX]; /* the first of each */
    size_t shops, stats_count;
};

static int32_t
sale_period(const struct sale *sale)
{
    return period_of_day(time_day(sale->sold_at_ms / 1000));
}

static size_t
place_of_shop(struct writing *w, const struct sale *sale)
{
    for (size_t i = 0; i < w->shops; i++) {
        if (w->of_shop[i]->shop.value == sale->shop.value) {
            return i + 1;
        }
    }
    w->of_shop[w->shops++] = sale;
    return w->shops;
}

static size_t
place_of_stats(struct writing *w, const struct sale *sale)
{
    for (size_t i = 0; i < w->stats_count; i++) {
        if (w->of_stats[i]->shop.value == sale->shop.value &&
            sale_period(w->of_stats[i]) == sale_period(sale)) {
            return i + 1;
        }
    }
    w->of_stats[w->stats_count++] = sale;
    return w->stats_count;
}

static void
arrange(const struct batch *batch, const struct group *group, struct writing *w)
{
    w->count = group->count;
    w->shops = w->stats_count = 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct sale_report *report = &batch->reports[group->index[i]];

        w->report[i] = report;
        w->shop[i] = place_of_shop(w, &report->sale);
        w->stats[i] = place_of_stats(w, &report->sale);
    }
}

/* Are the different buyers of its product counted? */
static bool
counts_buyers(const struct sale_report *report)
{
    return report->want.sensitive && !sale_is_for_the_books(&report->sale);
}

static void
put_keys(struct call *call, const struct writing *w, unsigned partition)
{
    call_keyf(call, KEY_EVENTS, partition);
    sale_put_book(call, partition);
    for (size_t i = 0; i < w->shops; i++) {
        call_keyf(call, KEY_SHOP, partition, w->of_shop[i]->shop.value);
    }
    for (size_t i = 0; i < w->stats_count; i++) {
        sale_put_stats_key(call, w->of_stats[i]);
    }
    for (size_t i = 0; i < w->count; i++) {
        const struct sale *sale = &w->report[i]->sale;

        if (counts_buyers(w->report[i])) {
            call_keyf(call, KEY_BUYERS, partition, sale_period(sale));
        }
    }
}

/* The buyer, and behind it the field that counts it. */
static struct str
buyer_word(struct arena *arena, const struct sale *sale)
{
    struct str field = stats_buyers_field(
        arena, sale->shop, time_day(sale->sold_at_ms / 1000), sale->product);
    char *word = arena_alloc(arena, sizeof(sale->buyer) + field.len);

    memcpy(word, sale->buyer, sizeof(sale->buyer)); /* any bytes */
    memcpy(word + sizeof(sale->buyer), field.data, field.len);
    return str_of(word, sizeof(sale->buyer) + field.len);
}

static void
put_args(struct call *call, const struct writing *w)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct sale_report *report = w->report[i];
        const struct sale *sale = &report->sale;

        call_arg(call, sale_hash(sale));
        call_arg(call, sale_record(call->arena, sale));
        call_int(call, sale->amount_fen);
        call_arg(call, sale_sum_word(call->arena, sale));
        call_int(call, (int64_t)w->shop[i]);
        call_int(call, (int64_t)w->stats[i]);
        call_arg(call, counts_buyers(report) ? buyer_word(call->arena, sale) : STR(""));
        call_arg(call, sale_is_for_the_books(sale)
                           ? STR("")
                           : sale_event_tail(call->arena, sale));
    }
}

static struct call *
call_report(struct batch *batch, const struct group *group)
{
    struct call *call = call_function(batch->arena, "sale_report");
    struct writing *w = arena_alloc(batch->arena, sizeof(*w));

    arrange(batch, group, w);
    put_keys(call, w, group->partition);
    call_int(call, (int64_t)w->shops);
    call_int(call, (int64_t)w->stats_count);
    put_args(call, w);
    return call;
}

/* { code } or { 'ok', made, record }, which may be of another report. */
static enum err
read_outcome(const struct reply *outcome, struct sale_report *report)
{
    enum err err = err_parse(reply_str(reply_at(outcome, 0)));
    struct sale held = report->sale;
    int64_t made;

    if (err != ERR_NONE) {
        return err;
    }
    if (!reply_int(reply_at(outcome, 1), &made) ||
        !sale_record_parse(reply_str(reply_at(outcome, 2)),
                           id_partition(report->sale.shop.value), &held)) {
        return ERR_BAD_DATA;
    }
    if (!sale_is_same(&held, &report->sale)) {
        return ERR_SALE_MISMATCH;
    }
    report->sale = held;
    report->made = made != 0;
    return ERR_NONE;
}

static void
read_report(struct batch *batch, const struct group *group, const struct call *call)
{
    if (call->err != ERR_NONE) {
        fail_group(batch, group, call->err);
        return;
    }
    for (size_t i = 0; i < group->count; i++) {
        struct sale_report *report = &batch->reports[group->index[i]];

        report->err = read_outcome(reply_at(call->reply, i + 1), report);
    }
}

/* --- list --- */
static struct call *
call_list(struct batch *batch, const struct group *group)
{
    struct call *call = call_function(batch->arena, "sale_list");

    sale_put_claims(call, group->partition);
    for (size_t i = 0; i < group->count; i++) {
        call_keyf(call, KEY_REPORTS, group->partition,
                  batch->reports[group->index[i]].want.merchant.value);
    }
    call_int(call, batch->now_ms);
    for (size_t i = 0; i < group->count; i++) {
        const struct sale *sale = &batch->reports[group->index[i]].sale;

        call_arg(call, sale_hash(sale));
        call_int(call, sale->shop.value);
        call_arg(call, sale->sale_id);
    }
    return call;
}

/* By now the sale is written: it counts, whatever becomes of the list. */
static void
read_list(struct batch *batch, const struct group *group, const struct call *call)
{
    if (call->err != ERR_NONE) {
        fail_group(batch, group, err_after_write(call->err));
    }
}

/* --- the story --- */
enum step { STEP_CLAIM, STEP_REPORT, STEP_LIST };

/* Who takes part in a step, and where. */
static void
choose(struct batch *batch, enum step step)
{
    for (size_t i = 0; i < batch->count; i++) {
        const struct sale_report *report = &batch->reports[i];
        const struct sale_want *want = &report->want;

        if (report->err != ERR_NONE || (step == STEP_LIST && report->listed)) {
            batch->partition[i] = PARTITIONS;
        } else {
            batch->partition[i] = id_partition(
                step == STEP_REPORT ? want->shop.value : want->merchant.value);
        }
    }
}

/* The buyer as this shop and this period know it: two merchants' words for a buyer are
 * two persons. Nobody, when the period's buyers are forgotten. */
static enum err
name_buyer(struct batch *batch, const struct sale_want *want, uint8_t *buyer)
{
    struct str person =
        arena_printf(batch->arena, "%lld%c%.*s", (long long)want->merchant.value, 0,
                     STR_ARGS(want->buyer_ref));
    struct pseudonym_of of = { PSEUDONYM_BUYER, want->shop,
                               period_of_day(time_day(want->sold_at_ms / 1000)),
                               person };
    uint64_t pseudonym;
    enum err err;

    if (pseudonym_is_over(of.kind, of.period, time_day(batch->now_ms / 1000))) {
        return ERR_NONE;
    }
    err = pseudonym_make(batch->store, &of, &pseudonym);
    for (int i = SALE_PSEUDONYM_BYTES - 1; i >= 0 && err == ERR_NONE; i--) {
        buyer[i] = (uint8_t)pseudonym;
        pseudonym >>= 8;
    }
    return err;
}

/* What will be kept of a report. */
static enum err
begin(struct batch *batch, struct sale_report *report)
{
    const struct sale_want *want = &report->want;
    enum err err;

    report->made = report->listed = false;
    report->sale = (struct sale){ .shop = want->shop,
                                  .product = want->product,
                                  .variant = want->variant,
                                  .quantity = want->quantity,
                                  .amount_fen = want->amount_fen,
                                  .sold_at_ms = want->sold_at_ms,
                                  .reported_at_ms = batch->now_ms,
                                  .buyer_class = BUYER_MERCHANT };
    sale_name(&report->sale, want->merchant, want->sale_id);
    if ((err = name_buyer(batch, want, report->sale.buyer)) != ERR_NONE) {
        return err;
    }
    return report->shop_known ? ERR_NONE : look(batch, report);
}

void
sales_report(struct store *store, struct arena *arena, struct sale_report *reports,
             size_t count, int64_t now_ms)
{
    struct batch batch = { store,
                           arena,
                           reports,
                           count,
                           arena_alloc(arena, (count + 1) * sizeof(unsigned)),
                           now_ms };

    for (size_t i = 0; i < count; i++) {
        reports[i].err = begin(&batch, &reports[i]);
    }
    choose(&batch, STEP_CLAIM);
    run_step(&batch, call_claim, read_claim);
    choose(&batch, STEP_REPORT);
    run_step(&batch, call_report, read_report);
    choose(&batch, STEP_LIST);
    run_step(&batch, call_list, read_list);
}
