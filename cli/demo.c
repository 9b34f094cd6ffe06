/* cli/demo.c - see demo.h. The same store gets the same demo: nothing here is random
 * but ids and secrets, and the history ends yesterday. */
#include "cli/demo.h"

#include <assert.h>
#include <stdio.h>

#include "base/embedded.h"
#include "cli/ask_worker.h"
#include "cli/merchant.h"
#include "proto/score/decay.h"
#include "proto/time.h"
#include "scoring/shop.h"
#include "storage/catalogue/import.h"
#include "storage/catalogue/index.h"
#include "storage/job/ask.h"
#include "storage/member/member.h"
#include "storage/member/password.h"
#include "storage/policy/policy.h"
#include "storage/sale/import.h"
#include "storage/shop/slot.h"
#include "storage/visit/visit.h"

EMBEDDED(demo)

enum {
    ARENA_BYTES_MAX = 8 << 20,
    DAYS = 60,
    SLOTS_FILLED = 4,
    DEMO_PRODUCTS_MAX = 64,
    HISTORY_BYTES_MAX = 4 << 20,
    VISITS_A_DAY = 4, /* at most, of the last shop; the first has SHOPS times as many */
    GUESTS_A_DAY = 6, /* from whom a day's visits come: some come twice */
    VISIT_DAYS_MAX = PERIOD_DAYS + LATE_VISIT_DAYS
};

/* The first has a user name and a password, so that one can sign in as its owner. */
static const char *const owners[] = {
    "demo", "阿岚", "小满", "山月", "柚子", "青禾", "老周", "糖糖", "木木", "北渡",
};
enum { SHOPS = sizeof(owners) / sizeof(owners[0]) };
static const char demo_password[] = "demo demo demo";

struct demo {
    struct store *store;
    struct arena *arena;
    struct policy *policy; /* in force */
    struct member_id merchant;
    struct shop_number shop[SHOPS];
    struct product_id product[DEMO_PRODUCTS_MAX];
    struct str handle[DEMO_PRODUCTS_MAX];
    size_t products;
};

/* Always the same numbers in the same order. */
static uint32_t
next_number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void
open_the_gate(struct policy *policy)
{
    policy->release.k_min = 1;
    policy->release.k_max = 1;
    policy->release.delay_days_max = 0;
    policy->release.noise_points = 0;
    policy->influence.settle_after_s = 0;
}

static enum err
put_policy(struct demo *demo)
{
    struct policy_change change = { .what = STR("policy_changed"),
                                    .now_ms = store_now_ms(demo->store),
                                    .note = STR("demo") };
    enum err err = policy_load(demo->store, demo->arena, &demo->policy);

    if (err != ERR_NONE) {
        return err;
    }
    change.expected = demo->policy->version;
    change.policy = demo->policy;
    open_the_gate(demo->policy);
    return policy_put(demo->store, demo->arena, &change, &demo->policy->version);
}

static void
no_product_fault(void *arg, const struct table_fault *fault)
{
    (void)arg;
    fprintf(stderr, "demo catalogue, line %lld: %s\n", (long long)fault->line,
            fault->reason);
}

static enum err
import_products(struct demo *demo)
{
    const struct import_config config = {
        .store = demo->store,
        .merchant = demo->merchant,
        .commission_bps_max = demo->policy->commission.max_bps,
        .fault = no_product_fault,
    };
    struct import *import = import_open(&config);
    enum err err = import_feed(import, embedded_demo[0].bytes);

    if (err == ERR_NONE) {
        err = import_end(import);
    }
    import_close(&import);
    return err;
}

static enum err
list_products(struct demo *demo)
{
    const struct catalogue_cursor from_start = { 0 };
    struct catalogue_page page;
    enum err err = catalogue_own(demo->store, demo->arena, demo->merchant, &from_start,
                                 DEMO_PRODUCTS_MAX, &page);

    for (size_t i = 0; err == ERR_NONE && i < page.count; i++) {
        if (product_is_listed(&page.products[i])) {
            demo->product[demo->products] = page.products[i].id;
            demo->handle[demo->products++] = page.products[i].handle;
        }
    }
    return err;
}

static struct product_id
product_in_slot(const struct demo *demo, int shop, int slot)
{
    return demo->product[(size_t)(shop * 3 + slot * 5) % demo->products];
}

static enum err
fill_slots(struct demo *demo, int shop)
{
    const struct slot_rules rules = {
        .now_ms = store_now_ms(demo->store),
        .cooldown_ms = demo->policy->slots.cooldown_s * 1000,
        .slots_first = (int)demo->policy->slots.tiers.item[0].slots,
    };
    enum err err = ERR_NONE;

    for (int slot = 1; err == ERR_NONE && slot <= SLOTS_FILLED; slot++) {
        const struct slot_want want = { .shop = demo->shop[shop],
                                        .slot = slot,
                                        .product = product_in_slot(demo, shop, slot) };
        struct slot_state state;

        err = slot_feature(demo->store, demo->arena, &want, &rules, &state);
        if (err == ERR_ALREADY_FEATURED) {
            err = ERR_NONE;
        }
    }
    return err;
}

static enum err
open_shop(struct demo *demo, int which)
{
    struct member_want member = { .nickname = str_from(owners[which]),
                                  .now_ms = store_now_ms(demo->store) };
    struct shop_open_want shop = { .nickname = member.nickname,
                                   .now_ms = member.now_ms };
    struct session_token token;
    struct member made;
    enum err err;

    if (which == 0) {
        member.username = str_from(owners[0]);
        err = password_hash(demo->arena, str_from(demo_password), &member.password);
        if (err != ERR_NONE) {
            return err;
        }
    }
    err = member_make(demo->store, demo->arena, &member, &made, &token);
    if (err != ERR_NONE) {
        return err;
    }
    shop.owner = made.id;
    err = shop_open(demo->store, demo->arena, &shop, &demo->shop[which]);
    return err == ERR_NONE ? fill_slots(demo, which) : err;
}

static enum err
open_shops(struct demo *demo)
{
    enum err err = ERR_NONE;

    for (int i = 0; err == ERR_NONE && i < SHOPS; i++) {
        err = open_shop(demo, i);
    }
    return err;
}

/* One order: a shop sells the more, the earlier it stands in the list. */
static void
write_order(struct demo *demo, struct buf *csv, int day, int shop, uint32_t *state)
{
    size_t which = next_number(state) % demo->products;
    int quantity = 1 + (int)(next_number(state) % 3);
    int64_t at_ms = store_now_ms(demo->store) - (int64_t)day * 86400000 -
                    (int64_t)(next_number(state) % 86400) * 1000;
    char at[TIME_TEXT_BYTES];

    time_write(at_ms, at);
    buf_printf(csv, "demo-%d-%d-%u,%lld,%.*s,guest-%u,%d,%d,%s,sale,\n", day, shop,
               next_number(state), (long long)demo->shop[shop].value,
               STR_ARGS(demo->handle[which]), next_number(state) % 400, quantity,
               quantity * (2500 + (int)(which * 700)), at);
}

static void
write_history(struct demo *demo, struct buf *csv)
{
    uint32_t state = 20261121;

    buf_put_str(csv, STR("sale_id,number,product_handle,buyer_ref,quantity,amount_fen,"
                         "sold_at,kind,refund_of\n"));
    for (int day = DAYS; day >= 1; day--) {
        for (int shop = 0; shop < SHOPS; shop++) {
            uint32_t orders = next_number(&state) % (uint32_t)(SHOPS - shop + 1);

            for (uint32_t i = 0; i < orders; i++) {
                write_order(demo, csv, day, shop, &state);
            }
        }
    }
}

static void
no_sale_fault(void *arg, int64_t line, const char *reason)
{
    (void)arg;
    fprintf(stderr, "demo history, line %lld: %s\n", (long long)line, reason);
}

static enum err
import_sales(struct demo *demo)
{
    const struct sales_import_config config = {
        .store = demo->store,
        .merchant = demo->merchant,
        .policy = demo->policy,
        .fault = no_sale_fault,
    };
    struct sales_import *import = sales_import_open(&config);
    struct buf csv;
    enum err err;

    buf_init(&csv, HISTORY_BYTES_MAX);
    write_history(demo, &csv);
    err = sales_import_feed(import, buf_str(&csv));
    if (err == ERR_NONE) {
        err = sales_import_end(import);
    }
    sales_import_close(&import);
    buf_free(&csv);
    return err;
}

/* A day's visits of a shop and what its visitors looked at there. */
static enum err
make_day(struct demo *demo, int shop, int32_t day, uint32_t *state,
         struct visit_entry *entry)
{
    unsigned most = VISITS_A_DAY * (unsigned)(SHOPS - shop);
    size_t count = 1 + next_number(state) % most;
    struct event *events = arena_alloc(demo->arena, count * sizeof(*events));
    struct visit_view *views = arena_alloc(demo->arena, SLOTS_FILLED * sizeof(*views));
    enum err err = ERR_NONE;

    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        unsigned guest = next_number(state) % (GUESTS_A_DAY * (unsigned)(SHOPS - shop));
        struct str person = arena_printf(demo->arena, "guest-%u", guest);
        const struct visit_of of = { .shop = demo->shop[shop],
                                     .day = day,
                                     .person = person,
                                     .net = person,
                                     .visitor_class = VISITOR_ANONYMOUS };

        err = visit_make(demo->store, &of, &events[i]); /* waits */
    }
    for (int slot = 1; slot <= SLOTS_FILLED; slot++) {
        views[slot - 1] = (struct visit_view){
            .shop = demo->shop[shop],
            .product = product_in_slot(demo, shop, slot),
            .day = day,
            .views = 1 + (int64_t)(next_number(state) % count),
        };
    }
    *entry = (struct visit_entry){ .partition = id_partition(demo->shop[shop].value),
                                   .events = events,
                                   .event_count = count,
                                   .views = views,
                                   .view_count = SLOTS_FILLED };
    return err;
}

/* Visits count in their own 28-day period only: they begin with the oldest one that the
 * worker still takes, and end yesterday like the sales. */
static enum err
make_visits(struct demo *demo)
{
    int32_t today = time_day(store_now_ms(demo->store) / 1000);
    int32_t first = period_of_day(today - LATE_VISIT_DAYS) * PERIOD_DAYS;
    struct visit_entry entries[VISIT_DAYS_MAX];
    uint32_t state = 20261122;
    enum err err = ERR_NONE;

    for (int shop = 0; shop < SHOPS && err == ERR_NONE; shop++) {
        size_t count = 0;

        assert(today - first <= VISIT_DAYS_MAX);
        for (int32_t day = first; day < today && err == ERR_NONE; day++) {
            err = make_day(demo, shop, day, &state, &entries[count++]);
        }
        if (err == ERR_NONE) {
            err = visit_append(demo->store, demo->arena, entries, count); /* waits */
        }
    }
    return err;
}

static int
fill(struct demo *demo)
{
    enum err err;
    int code = merchant_create(demo->store, STR("山间茶社"), &demo->merchant);

    if (code != EXIT_DONE) {
        return code;
    }
    if ((err = put_policy(demo)) != ERR_NONE ||
        (err = import_products(demo)) != ERR_NONE ||
        (err = list_products(demo)) != ERR_NONE ||
        (err = open_shops(demo)) != ERR_NONE ||
        (err = import_sales(demo)) != ERR_NONE ||
        (err = make_visits(demo)) != ERR_NONE) {
        return say_failed("the demo could not be made: %s", err_text(err));
    }
    printf("demo shop %lld, user name %s, password \"%s\"\n",
           (long long)demo->shop[0].value, owners[0], demo_password);
    return EXIT_DONE;
}

int
demo_fill(struct store *store, const struct reach *reach)
{
    struct demo demo = { .store = store, .arena = arena_new(ARENA_BYTES_MAX) };
    int64_t products = 0;
    enum err err = product_count(store, demo.arena, &products);
    int code = EXIT_DONE;

    if (err != ERR_NONE) {
        code = say_failed("%s", err_text(err));
    } else if (products == 0) {
        code = fill(&demo);
        if (code == EXIT_DONE) {
            code = ask_worker_and_print(store, reach, demo.arena, STR(ASK_RELEASE),
                                        STR(""));
        }
    }
    policy_free(&demo.policy);
    arena_free(&demo.arena);
    return code;
}
