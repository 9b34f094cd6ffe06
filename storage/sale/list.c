/* storage/sale/list.c - a merchant's own sales, by id and in order of reporting. */
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/sale/content.h"
#include "storage/sale/sale.h"

enum { SALES_LISTED_MAX = 100 };

enum err
sale_read(struct store *store, struct arena *arena, struct member_id merchant,
          struct str sale_id, struct sale *sale)
{
    struct call *call;
    enum err err;

    *sale = (struct sale){ 0 };
    sale_name(sale, merchant, sale_id);
    call = sale_call_claimed(arena, sale);
    call_wait(store, call);
    if ((err = sale_took_claimed(call, sale)) != ERR_NONE) {
        return err;
    }
    call = sale_call_read(arena, sale);
    call_wait(store, call);
    return sale_took_read(call, sale);
}

/* "MS-SEQUENCE", as streams number their entries. */
static bool
is_place(struct str place)
{
    struct str ms;
    int64_t number;

    return str_split(&place, '-', &ms) && str_to_i64(ms, &number) && number >= 0 &&
           str_to_i64(place, &number) && number >= 0;
}

/* One more than asked for, so that we see whether there are more. */
static enum err
read_places(struct store *store, struct arena *arena, struct member_id merchant,
            int64_t since_ms, struct str after, size_t limit,
            const struct reply **places)
{
    struct call *call = call_command(arena, "XRANGE");
    enum err err;

    if (after.len > 0 && !is_place(after)) {
        return ERR_INVALID_FIELD; /* not a place that we gave out */
    }
    call_keyf(call, KEY_REPORTS, id_partition(merchant.value), merchant.value);
    if (after.len > 0) {
        call_arg(call, arena_printf(arena, "(%.*s", STR_ARGS(after)));
    } else {
        call_int(call, since_ms > 0 ? since_ms : 0);
    }
    call_text(call, "+");
    call_text(call, "COUNT");
    call_int(call, (int64_t)limit + 1);
    err = call_wait(store, call);
    *places = call->reply;
    return err;
}

bool
sale_place_parse(const struct reply *entry, struct member_id merchant,
                 struct sale *sale)
{
    struct str id = reply_field(reply_at(entry, 1), "s"), number;

    *sale = (struct sale){ 0 };
    if (!str_split(&id, ' ', &number) || !sale_id_ok(id)) {
        return false;
    }
    sale_name(sale, merchant, id);
    return shop_number_parse(number, &sale->shop);
}

/* A sale is listed after it was written, so a place without one is damage. */
static enum err
read_sales(struct store *store, struct arena *arena, struct sale_page *page)
{
    struct call *calls[SALES_LISTED_MAX];
    enum err err = ERR_NONE;

    for (size_t i = 0; i < page->count; i++) {
        calls[i] = sale_call_read(arena, &page->sales[i]);
    }
    if (page->count > 0) {
        err = call_wait_all(store, calls, page->count);
    }
    for (size_t i = 0; i < page->count && err == ERR_NONE; i++) {
        err = sale_took_read(calls[i], &page->sales[i]);
    }
    return err == ERR_NOT_FOUND ? ERR_BAD_DATA : err;
}

enum err
sale_list(struct store *store, struct arena *arena, struct member_id merchant,
          int64_t since_ms, struct str after, size_t limit, struct sale_page *page)
{
    const struct reply *places;
    enum err err;

    *page = (struct sale_page){ .sales = arena_alloc(arena, (SALES_LISTED_MAX + 1) *
                                                                sizeof(struct sale)) };
    limit = limit < SALES_LISTED_MAX ? limit : SALES_LISTED_MAX;
    err = read_places(store, arena, merchant, since_ms, after, limit, &places);
    if (err != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < places->count && i < limit; i++) {
        if (!sale_place_parse(&places->element[i], merchant, &page->sales[i])) {
            return ERR_BAD_DATA;
        }
        page->count++;
    }
    if (places->count > limit) {
        page->next = reply_str(reply_at(&places->element[limit - 1], 0));
    }
    return read_sales(store, arena, page);
}
