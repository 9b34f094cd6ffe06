/* storage/sale/refund.c - taking sales back, in whole or in part.
 *
 * The claim says in which shop a sale lies; the sale is read; then one function writes
 * the refund together with the event of what is left. The event is made here, of the
 * sale as it was read: when another refund came in between, the function says so and we
 * read again. */
#include "proto/score/decay.h"
#include "proto/time.h"
#include "storage/key.h"
#include "storage/privacy/pseudonym.h"
#include "storage/redis/call.h"
#include "storage/sale/content.h"
#include "storage/sale/sale.h"

/* Refunds of one sale at once: each round settles at least one of them. */
enum { ROUNDS_MAX = 64, REFUNDS_AT_ONCE_MAX = 256 };

struct step {
    struct store *store;
    struct arena *arena;
    struct sale_refund **refunds; /* that have not failed so far */
    size_t count;
    int32_t today;
};

typedef struct call *call_refund_fn(struct step *step,
                                    const struct sale_refund *refund);
typedef enum err read_refund_fn(const struct call *call, struct sale_refund *refund);

/* Asks for all refunds at once; those that go wrong drop out. */
static void
run(struct step *step, call_refund_fn *make, read_refund_fn *read)
{
    struct call *calls[REFUNDS_AT_ONCE_MAX];
    size_t left = 0;

    for (size_t i = 0; i < step->count; i++) {
        calls[i] = make(step, step->refunds[i]);
    }
    if (step->count > 0) {
        call_wait_all(step->store, calls, step->count);
    }
    for (size_t i = 0; i < step->count; i++) {
        struct sale_refund *refund = step->refunds[i];

        refund->err = read(calls[i], refund);
        if (refund->err == ERR_NONE) {
            step->refunds[left++] = refund;
        }
    }
    step->count = left;
}

static struct call *
call_claim(struct step *step, const struct sale_refund *refund)
{
    return sale_call_claimed(step->arena, &refund->sale);
}

static enum err
read_claim(const struct call *call, struct sale_refund *refund)
{
    return sale_took_claimed(call, &refund->sale);
}

static struct call *
call_sale(struct step *step, const struct sale_refund *refund)
{
    return sale_call_read(step->arena, &refund->sale);
}

/* A claim without a sale: the report stopped half-way, there is nothing to take back. */
static enum err
read_sale(const struct call *call, struct sale_refund *refund)
{
    return sale_took_read(call, &refund->sale);
}

static bool
buyer_is_forgotten(const struct step *step, const struct sale *sale)
{
    int32_t period = period_of_day(time_day(sale->sold_at_ms / 1000));

    return pseudonym_is_over(PSEUDONYM_BUYER, period, step->today);
}

/* Why it cannot be taken: a code, or "". The function says so only when the sale still
 * stands as it was read, and this refund was not taken before. */
static const char *
judge(const struct step *step, const struct sale_refund *refund)
{
    const struct sale *sale = &refund->sale;

    if (buyer_is_forgotten(step, sale) && !sale_is_for_the_books(sale)) {
        return err_code(ERR_REFUND_TOO_LATE);
    }
    return refund->amount_fen > sale->amount_fen - sale->refunded_fen ||
                   sale->refunds >= SALE_REFUNDS_MAX
               ? err_code(ERR_REFUND_EXCEEDS_SALE)
               : "";
}

static struct call *
call_refund(struct step *step, const struct sale_refund *refund)
{
    const struct sale *sale = &refund->sale;
    struct call *call = call_function(step->arena, "sale_refund");
    const char *why = judge(step, refund);
    struct sale after = *sale;

    if (why[0] == '\0') {
        after.refunded_fen += refund->amount_fen;
        after.refunds++;
    }
    sale_put_book(call, id_partition(sale->shop.value));
    call_keyf(call, KEY_REFUND_LEAVES, id_partition(sale->shop.value));
    sale_put_stats_key(call, sale);
    call_keyf(call, KEY_EVENTS, id_partition(sale->shop.value));
    call_arg(call, sale_hash(sale));
    call_arg(call, sale_refund_hash(step->arena, sale, refund->refund_id));
    call_int(call, refund->amount_fen);
    call_arg(call, sale_record(step->arena, sale));
    call_arg(call, sale_record(step->arena, &after));
    call_int(call, after.refunded_fen == after.amount_fen);
    call_arg(call, sale_sum_word(step->arena, sale));
    call_arg(call, sale_is_for_the_books(sale) ? STR("")
                                               : sale_event_tail(step->arena, &after));
    call_text(call, why);
    call_replicated(call);
    return call;
}

/* { code, made, record }, the last two also after a refusal */
static enum err
read_outcome(const struct call *call, struct sale_refund *refund)
{
    int64_t made;

    if (call->reply == NULL || call->reply->count < 3) {
        return call->err;
    }
    if (!reply_int(reply_at(call->reply, 1), &made) ||
        !sale_record_parse(reply_str(reply_at(call->reply, 2)),
                           id_partition(refund->sale.shop.value), &refund->sale)) {
        return ERR_BAD_DATA;
    }
    refund->made = made != 0;
    return call->err;
}

/* Those that somebody else was faster than. */
static void
choose_moved_on(struct step *step, struct sale_refund *refunds, size_t count)
{
    step->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (refunds[i].err == ERR_MOVED_ON) {
            step->refunds[step->count++] = &refunds[i];
        }
    }
}

static void
refund_some(struct store *store, struct arena *arena, struct sale_refund *refunds,
            size_t count, int64_t now_ms)
{
    struct sale_refund *chosen[REFUNDS_AT_ONCE_MAX];
    struct step step = { store, arena, chosen, count, time_day(now_ms / 1000) };

    for (size_t i = 0; i < count; i++) {
        chosen[i] = &refunds[i];
        refunds[i].made = false;
        refunds[i].sale = (struct sale){ 0 };
        sale_name(&refunds[i].sale, refunds[i].merchant, refunds[i].sale_id);
    }
    run(&step, call_claim, read_claim);
    for (int round = 0; round < ROUNDS_MAX && step.count > 0; round++) {
        run(&step, call_sale, read_sale);
        run(&step, call_refund, read_outcome);
        choose_moved_on(&step, refunds, count);
    }
    for (size_t i = 0; i < step.count; i++) {
        chosen[i]->err = ERR_OVERLOADED; /* nothing happened */
    }
}

void
sales_refund(struct store *store, struct arena *arena, struct sale_refund *refunds,
             size_t count, int64_t now_ms)
{
    for (size_t at = 0; at < count; at += REFUNDS_AT_ONCE_MAX) {
        size_t rest = count - at;

        refund_some(store, arena, refunds + at,
                    rest < REFUNDS_AT_ONCE_MAX ? rest : REFUNDS_AT_ONCE_MAX, now_ms);
    }
}
