/* storage/sale/import_window.c - a window's work: products, shops, sales, refunds.
 *
 * Whatever the store fails to do is tried again; every step does nothing the second
 * time. */
#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "proto/policy.h"
#include "storage/catalogue/product.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/sale/import_inside.h"
#include "storage/store.h"

enum { HANDLES_AT_ONCE = 256, SHOPS_AT_ONCE = 256, HELD_AT_ONCE = 256 };

/* A row that is done with, well or badly. */
static void
finish(struct sales_import *import, struct import_row *row, const char *why)
{
    row->done = true;
    import->counts.done++;
    if (why != NULL) {
        import_fault(import, row->line, why);
    }
}

/* --- products ------------------------------------------------------------------------ */
static void
learn_product(struct sales_import *import, const struct product_change *change)
{
    const struct product *product = &change->former;
    struct known_thing *thing = known_find(import->products, change->want.handle);

    if (thing == NULL) {
        thing = known_add(import->products, change->want.handle);
    }
    if (thing != NULL) {
        thing->value = product->version != 0 ? product->id.value : 0;
        thing->sensitive =
            product->version != 0 &&
            policy_is_sensitive(import->config.policy, product->category);
    }
}

static enum err
find_products(struct sales_import *import, struct product_change *changes, size_t count)
{
    struct arena *arena = arena_new(WINDOW_ARENA_BYTES);
    enum err err = product_find_many(import->config.store, arena, changes, count);

    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        if (changes[i].err == ERR_NONE) {
            learn_product(import, &changes[i]);
        } else {
            err = changes[i].err;
        }
    }
    arena_free(&arena);
    return err;
}

/* The next handles of the window that nobody has looked up, from *at on. */
static size_t
choose_handles(struct import_window *window, size_t *at, struct product_change *changes)
{
    size_t count = 0;

    for (; *at < window->count && count < HANDLES_AT_ONCE; ++*at) {
        const struct import_row *row = &window->rows[*at];

        if (!row->is_refund &&
            known_find(window->import->products, row->handle) == NULL) {
            changes[count++] =
                (struct product_change){ .want = { .merchant =
                                                       window->import->config.merchant,
                                                   .handle = row->handle } };
        }
    }
    return count;
}

static enum err
learn_products(struct import_window *window)
{
    struct product_change *changes =
        xcalloc(HANDLES_AT_ONCE, sizeof(struct product_change));
    size_t at = 0, count;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && (count = choose_handles(window, &at, changes)) > 0) {
        err = find_products(window->import, changes, count);
    }
    free(changes);
    return err;
}

/* --- shops --------------------------------------------------------------------------- */
static struct str
number_word(struct shop_number *number)
{
    return str_of(number, sizeof(*number));
}

/* What a shop's known_thing stands for. Reports of shops that are not open are looked at
 * one by one before anything is claimed: a claim cannot be taken back. */
enum { SHOP_IS_NOWHERE, SHOP_IS_OPEN, SHOP_IS_SHUT };

static struct call *
call_status(struct arena *arena, struct shop_number number)
{
    struct call *call = call_command(arena, "HMGET");

    call_keyf(call, KEY_SHOP, id_partition(number.value), number.value);
    call_text(call, "status");
    call_text(call, "suspended");
    return call;
}

/* The next numbers of the window that nobody has looked up, from *at on. */
static size_t
choose_numbers(struct import_window *window, size_t *at, struct import_row **rows)
{
    size_t count = 0;

    for (; *at < window->count && count < SHOPS_AT_ONCE; ++*at) {
        struct import_row *row = &window->rows[*at];

        if (!row->is_refund &&
            known_find(window->import->shops, number_word(&row->want.shop)) == NULL) {
            rows[count++] = row;
        }
    }
    return count;
}

static void
learn_shop(struct sales_import *import, struct import_row *row, const struct call *call)
{
    struct str word = number_word(&row->want.shop);
    struct known_thing *thing = known_find(import->shops, word);

    if (thing == NULL) {
        thing = known_add(import->shops, word);
    }
    if (thing != NULL) {
        bool is_there = reply_str(reply_at(call->reply, 0)).len > 0;
        bool is_shut = str_equal(reply_str(reply_at(call->reply, 0)), STR("closed")) ||
                       reply_at(call->reply, 1)->type != REPLY_NIL;

        thing->value = !is_there ? SHOP_IS_NOWHERE
                       : is_shut ? SHOP_IS_SHUT
                                 : SHOP_IS_OPEN;
    }
}

static enum err
learn_shops(struct import_window *window)
{
    struct import_row *rows[SHOPS_AT_ONCE];
    struct call *calls[SHOPS_AT_ONCE];
    size_t at = 0, count;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && (count = choose_numbers(window, &at, rows)) > 0) {
        for (size_t i = 0; i < count; i++) {
            calls[i] = call_status(window->work, rows[i]->want.shop);
        }
        err = call_wait_all(window->import->config.store, calls, count);
        for (size_t i = 0; i < count && err == ERR_NONE; i++) {
            learn_shop(window->import, rows[i], calls[i]);
        }
    }
    return err;
}

/* --- sales --------------------------------------------------------------------------- */
/* NULL when the row can be reported, its product and shop filled in. */
static const char *
settle_row(const struct sales_import *import, struct import_row *row)
{
    const struct known_thing *product = known_find(import->products, row->handle);
    const struct known_thing *shop =
        known_find(import->shops, number_word(&row->want.shop));

    if (product == NULL || shop == NULL) {
        return "too many different products or shops in one file";
    }
    if (product->value == 0) {
        return "the merchant has no such product";
    }
    if (shop->value == SHOP_IS_NOWHERE) {
        return err_text(ERR_NO_SUCH_SHOP);
    }
    row->want.merchant = import->config.merchant;
    row->want.product.value = product->value;
    row->want.sensitive = product->sensitive;
    row->shop_is_open = shop->value == SHOP_IS_OPEN;
    return NULL;
}

/* Reports for all rows that are not done; rows[i] is of reports[i]. */
static size_t
choose_sales(struct import_window *window, struct sale_report *reports,
             struct import_row **rows)
{
    size_t count = 0;

    for (size_t i = 0; i < window->count; i++) {
        struct import_row *row = &window->rows[i];
        const char *why;

        if (row->is_refund || row->done) {
            continue;
        }
        if ((why = settle_row(window->import, row)) != NULL) {
            finish(window->import, row, why);
            continue;
        }
        rows[count] = row;
        reports[count++] =
            (struct sale_report){ .want = row->want, .shop_known = row->shop_is_open };
    }
    return count;
}

static void
took_sale(struct sales_import *import, struct import_row *row,
          const struct sale_report *report)
{
    if (report->err == ERR_NONE) {
        import->counts.sales += report->made;
        import->counts.repeats += !report->made;
    }
    finish(import, row, report->err == ERR_NONE ? NULL : err_text(report->err));
}

static enum err
report_sales(struct import_window *window)
{
    struct sale_report *reports =
        arena_alloc(window->work, WINDOW_ROWS * sizeof(*reports));
    struct import_row **rows =
        arena_alloc(window->work, WINDOW_ROWS * sizeof(struct import_row *));
    struct store *store = window->import->config.store;
    size_t count = choose_sales(window, reports, rows);
    enum err err = ERR_NONE;

    sales_report(store, window->work, reports, count, store_now_ms(store));
    for (size_t i = 0; i < count; i++) {
        if (err_passes(reports[i].err)) {
            err = reports[i].err;
        } else {
            took_sale(window->import, rows[i], &reports[i]);
        }
    }
    return err;
}

/* --- refunds ------------------------------------------------------------------------- */
static bool
hold(struct sales_import *import, const struct import_row *row)
{
    if (import->held_count == HELD_MAX) {
        return false;
    }
    if (import->held_count == import->held_room) {
        import->held_room = import->held_room * 2 + 256;
        import->held =
            xrealloc(import->held, import->held_room * sizeof(struct held_refund));
    }
    import->held[import->held_count++] = (struct held_refund){
        .line = row->line,
        .sale_id = strndup(row->refund_of.data, row->refund_of.len),
        .refund_id = strndup(row->want.sale_id.data, row->want.sale_id.len),
        .amount_fen = row->want.amount_fen,
    };
    return true;
}

static void
took_refund(struct sales_import *import, struct import_row *row,
            const struct sale_refund *refund)
{
    if (refund->err == ERR_NOT_FOUND) {
        row->done = true;
        if (!hold(import, row)) {
            finish(import, row, "too many refunds stand before their sales");
        }
        return;
    }
    if (refund->err == ERR_NONE) {
        import->counts.refunds += refund->made;
        import->counts.repeats += !refund->made;
    }
    finish(import, row, refund->err == ERR_NONE ? NULL : err_text(refund->err));
}

static size_t
choose_refunds(struct import_window *window, struct sale_refund *refunds,
               struct import_row **rows)
{
    size_t count = 0;

    for (size_t i = 0; i < window->count; i++) {
        struct import_row *row = &window->rows[i];

        if (row->is_refund && !row->done) {
            rows[count] = row;
            refunds[count++] =
                (struct sale_refund){ .merchant = window->import->config.merchant,
                                      .sale_id = row->refund_of,
                                      .refund_id = row->want.sale_id,
                                      .amount_fen = row->want.amount_fen };
        }
    }
    return count;
}

static enum err
take_refunds(struct import_window *window)
{
    struct sale_refund *refunds =
        arena_alloc(window->work, WINDOW_ROWS * sizeof(*refunds));
    struct import_row **rows =
        arena_alloc(window->work, WINDOW_ROWS * sizeof(struct import_row *));
    struct store *store = window->import->config.store;
    size_t count = choose_refunds(window, refunds, rows);
    enum err err = ERR_NONE;

    sales_refund(store, window->work, refunds, count, store_now_ms(store));
    for (size_t i = 0; i < count; i++) {
        if (err_passes(refunds[i].err)) {
            err = refunds[i].err;
        } else {
            took_refund(window->import, rows[i], &refunds[i]);
        }
    }
    return err;
}

/* --- a window ------------------------------------------------------------------------ */
static enum err
do_steps(struct import_window *window)
{
    enum err err;

    if ((err = learn_products(window)) != ERR_NONE ||
        (err = learn_shops(window)) != ERR_NONE ||
        (err = report_sales(window)) != ERR_NONE) {
        return err;
    }
    return take_refunds(window);
}

static enum err
work_once(struct import_window *window)
{
    enum err err;

    window->work = arena_new(WINDOW_ARENA_BYTES);
    err = do_steps(window);
    arena_free(&window->work);
    return err;
}

void
import_window_work(struct import_window *window)
{
    struct sales_import *import = window->import;
    enum err err = work_once(window);

    for (int i = 0; err_passes(err) && i < STORE_PATIENCE; i++) {
        task_sleep(STORE_PAUSE_MS);
        err = work_once(window);
    }
    if (err != ERR_NONE && import->err == ERR_NONE) {
        import->err = err;
    }
}

/* Refunds that waited are rows of a window again: nothing else is done about them. */
static void
fill_from_held(struct import_window *window, const struct held_refund *held,
               size_t count)
{
    window->count = count;
    for (size_t i = 0; i < count; i++) {
        window->rows[i] = (struct import_row){
            .line = held[i].line,
            .is_refund = true,
            .refund_of = str_from(held[i].sale_id),
            .want = { .sale_id = str_from(held[i].refund_id),
                      .amount_fen = held[i].amount_fen },
        };
    }
}

void
import_held_work(struct sales_import *import)
{
    struct import_window *window = xcalloc(1, sizeof(*window));
    struct held_refund *held = import->held;
    size_t count = import->held_count;

    window->import = import;
    import->held = NULL; /* those that find no sale even now are held anew */
    import->held_count = import->held_room = 0;
    for (size_t at = 0; at < count && import->err == ERR_NONE; at += HELD_AT_ONCE) {
        size_t rest = count - at;

        fill_from_held(window, held + at, rest < HELD_AT_ONCE ? rest : HELD_AT_ONCE);
        import_window_work(window);
    }
    for (size_t i = 0; i < count; i++) {
        free(held[i].sale_id);
        free(held[i].refund_id);
    }
    free(held);
    free(window);
    for (size_t i = 0; i < import->held_count; i++) {
        import->counts.done++;
        import_fault(import, import->held[i].line,
                     "there is no such sale to take back");
    }
}
