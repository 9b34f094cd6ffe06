/* test/bench/fill.c - adds very many shops to a store, for what must be measured on many.
 *
 *     fill COUNT KIND [PRODUCT,PRODUCT...] (--redis URL --keys FILE | --data DIR)
 *
 * Shops are spread over all partitions, the same ones for the same store and COUNT. What
 * the worker keeps of a shop is made and packed by the worker's own functions and written
 * by its one call, so rows, days, sales and visitors are what events would have left.
 * Figures are written as a worker leaves them that was stopped in the middle of the next
 * release: `xiaopu board release` finishes it, and every shop has its rank. One shop in
 * ten has visits that wait for the release after that one.
 *
 * No server or worker may be at work on the store meanwhile. Prints one line of JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "cli/with_store.h"
#include "proto/time.h"
#include "scoring/part.h"
#include "scoring/store_call.h"
#include "scoring/write.h"
#include "storage/key.h"
#include "storage/policy/policy.h"
#include "storage/score/figures.h"
#include "storage/shop/list.h"
#include "storage/shop/profile.h"
#include "storage/wire.h"

enum {
    TASKS = 8, /* partitions at a time */
    AT_ONCE = 64,
    ARENA_BYTES = 64 << 20,
    PRODUCTS_MAX = 4,
    COUNT_MAX = 100000000,
    SALES_BUYERS = 20,
    WAITS_EVERY = 10,
    WAITING_FEN = 1000
};

struct kind {
    const char *name;
    int days;          /* with sales, visits or activity, over three times as many */
    int sales, visits; /* in the period that goes on */
    bool owner;        /* a member, who has the shop */
    bool page;         /* texts and featured products */
    bool released;
};

/* DESIGN.md, What it must reach. Rows are what only the worker reads. */
static const struct kind kinds[] = {
    { "rows", 20, 0, 0, false, false, false },
    { "quiet", 20, 0, 0, true, true, true },
    { "busy", 60, 30, 100, true, true, true },
};

struct filling {
    struct store *store;
    const struct kind *kind;
    struct score_policy policy;
    struct str release_key;
    struct product_id products[PRODUCTS_MAX];
    size_t products_count;
    int64_t count; /* shops, in all */
    int64_t release;
    unsigned next; /* partition */
    int running;
    struct waits ended;
    enum err err;
};

/* Some shops of one partition. */
struct some {
    struct filling *filling;
    struct arena *arena;
    unsigned partition;
    uint64_t first_n, first_member; /* of all of the partition */
    size_t from, count;
    struct call *call[4 * AT_ONCE + 4];
    size_t calls;
};

/* --- chance, by the shop alone ------------------------------------------------------------ */

static uint64_t
mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

/* 0 ... below - 1, of this shop's what-th question. */
static int64_t
chance(struct shop_number shop, uint64_t what, int64_t below)
{
    return (int64_t)(mix((uint64_t)shop.value * 1024 + what) % (uint64_t)below);
}

/* Few sell much: one shop in k sells about k times as much as most. */
static int64_t
size_of(struct shop_number shop)
{
    return 1000 / (1 + chance(shop, 0, 1000));
}

/* --- what the worker keeps ------------------------------------------------------------------ */

static struct score_day
make_day(struct shop_number shop, int i, int32_t day)
{
    uint64_t what = 8 + 4 * (uint64_t)i;
    int visitors = 1 + (int)chance(shop, what + 1, 5);

    return (struct score_day){
        .day = day,
        .active = chance(shop, what, 2) == 0,
        .sales_fen = chance(shop, what + 2, 3) > 0
                         ? 0
                         : 100 * (1 + size_of(shop)) * (1 + chance(shop, what + 3, 90)),
        .visits = visitors * VISITOR_MEMBER,
        .views = 2 * visitors,
        .visitors = visitors,
    };
}

static void
add_days(const struct filling *filling, struct scored_shop *shop, int32_t today)
{
    const struct score_params *params = &filling->policy.score;

    for (int i = filling->kind->days; i > 0; i--) {
        int32_t at = today - 3 * i + (int32_t)chance(shop->number, 4, 3);
        struct score_day *day = row_day(&shop->row, at);

        *day = make_day(shop->number, i, at);
        shop->row.visits_total_fen += influence_visits_fen(day, params);
        shop->row.active_days_total += day->active;
    }
    shop->changed = shop->older_changed = true;
}

/* Events of the period that goes on, as the worker would have heard them. */
static void
add_events(const struct filling *filling, struct score_batch *batch,
           struct scored_shop *shop)
{
    int32_t from = period_of_day(batch->today) * PERIOD_DAYS;
    int32_t days = batch->today - from + 1;
    struct event event = { .kind = EVENT_SALE, .shop = shop->number };

    if (filling->kind->sales > 0) {
        shop_add_sales(shop, period_of_day(batch->today));
    }
    for (int i = 0; i < filling->kind->sales; i++) {
        uint64_t what = 400 + 4 * (uint64_t)i;
        int32_t day = from + (int32_t)chance(shop->number, what, days);

        event.sale = (struct event_sale){
            .sale = mix((uint64_t)shop->number.value * 1024 + what),
            .buyer = (uint64_t)chance(shop->number, what + 1, SALES_BUYERS) + 1,
            .paid_at_s = time_day_starts_s(day),
            .net_fen = 1000 + chance(shop->number, what + 2, 20000),
            .buyer_class = BUYER_MERCHANT,
        };
        (void)shop_event(batch, shop, &event);
    }
    event.kind = EVENT_VISIT;
    for (int i = 0; i < filling->kind->visits; i++) {
        uint64_t what = 600 + 2 * (uint64_t)i;

        event.visit = (struct event_visit){
            .day = from + (int32_t)chance(shop->number, what, days),
            .visitor = mix((uint64_t)shop->number.value * 1024 + what) >> 24,
            .net = (uint16_t)(1 + chance(shop->number, what + 1, 60000)),
            .visitor_class = VISITOR_ANONYMOUS,
        };
        (void)shop_event(batch, shop, &event);
    }
}

static void
write_figures(struct some *some, struct score_writes *writes,
              const struct scored_shop *shop)
{
    const struct filling *filling = some->filling;
    const struct sums sums = shop_sums(shop, &filling->policy);
    int32_t day = time_day(store_now_ms(filling->store) / 1000) - 7;
    struct figures figures = {
        .release = filling->release,
        .batch = 3,
        .on_boards = true,
        .half_life_days = filling->policy.score.half_life_days,
        .sum = sums,
        .z = influence_compose(&sums, &filling->policy.score).total,
        .sales_points = 10 * size_of(shop->number),
        .visits_points = 100,
        .visits_taken_fen = shop->row.visits_total_fen,
        .active_days_taken = shop->row.active_days_total,
        .sales_shown_fen = 1000 * size_of(shop->number),
        .visits_shown = 200,
        .published = { day, day - 7, day - 14 },
    };
    const struct score_command set = {
        "HSET",
        arena_printf(some->arena, KEY_FIGURES, some->partition, shop->number.value), 0
    };
    struct part_entry entry = { .place = { figures.z, shop->number } };
    struct str args[2];
    struct buf buf;

    for (int i = 0; i < FIGURES_RECENT; i++) {
        entry.published[i] = (uint16_t)figures.published[i];
    }
    buf_init(&buf, FIGURES_BYTES_MAX);
    figures_encode(&figures, &buf);
    args[0] = arena_printf(some->arena, "%" PRId64, figures.release);
    args[1] = arena_dup(some->arena, buf_str(&buf));
    buf_free(&buf);
    score_write(writes, &set, args, 2);
    part_write_change(writes, some->arena, figures.release, &entry);
}

static void
write_score(struct some *some, struct score_writes *writes, struct shop_number number)
{
    const struct filling *filling = some->filling;
    struct score_batch batch;
    struct scored_shop shop;

    score_batch_init(&batch, &filling->policy, store_now_ms(filling->store) / 1000,
                     filling->release_key);
    shop_init(&shop, number, batch.today, batch.policy);
    add_days(filling, &shop, batch.today);
    add_events(filling, &batch, &shop);
    shop_finish(&batch, &shop);
    if (filling->kind->released) {
        write_figures(some, writes, &shop);
        if (chance(number, 1, WAITS_EVERY) == 0) {
            shop.row.visits_total_fen += WAITING_FEN;
            shop.row.flags |= ROW_UNRELEASED;
        }
    }
    shop_write(writes, some->arena, &shop);
    batch_write_pending(writes, some->arena, &batch);
    score_batch_free(&batch);
    shop_free(&shop);
}

static enum err
write_scores(struct some *some, struct score_position *at)
{
    struct score_writes *writes = score_writes_new(some->arena, some->partition, at);
    enum err err = ERR_NONE;

    for (size_t i = 0; i < some->count && err == ERR_NONE; i++) {
        uint64_t n = some->first_n + some->from + i;

        write_score(some, writes, (struct shop_number){ id_make(n, some->partition) });
        if (i + 1 == some->count || score_writes_bytes(writes) >= SCORE_CALL_BYTES) {
            err = score_apply(some->filling->store, writes, NULL, at);
            writes = score_writes_new(some->arena, some->partition, at);
        }
    }
    return err;
}

/* --- what owners and visitors see ------------------------------------------------------------ */

static struct call *
add_call(struct some *some, const char *name)
{
    struct call *call = call_command(some->arena, name);

    call->timeout_ms = 10 * WORKER_TIMEOUT_MS;
    some->call[some->calls++] = call;
    return call;
}

static void
put(struct call *call, const char *field, struct str value)
{
    call_text(call, field);
    call_arg(call, value);
}

/* As lua/shop.lua makes and fills it. */
static void
put_shop(struct some *some, int64_t number, int64_t owner)
{
    const struct filling *filling = some->filling;
    int64_t now_ms = store_now_ms(filling->store);
    int64_t placed_ms = now_ms - 30 * 86400 * INT64_C(1000);
    struct call *call = add_call(some, "HSET");

    call_keyf(call, KEY_SHOP, some->partition, number);
    put(call, "owner", arena_printf(some->arena, "%" PRId64, owner));
    put(call, "status", STR("open"));
    put(call, "on_boards", STR("1"));
    put(call, "opened_at_ms", arena_printf(some->arena, "%" PRId64, placed_ms));
    for (size_t i = 0; i < filling->products_count && filling->kind->page; i++) {
        call_arg(call, arena_printf(some->arena, "slot:%zu", i + 1));
        call_arg(call, shop_pack_slot(some->arena, &(struct shop_slot){
                                                       filling->products[i], placed_ms,
                                                       placed_ms, STR("") }));
    }
}

static void
put_profile(struct some *some, int64_t number)
{
    const struct shop shop = {
        .nickname = arena_printf(some->arena, "小店 %" PRId64, number),
        .bio =
            STR("我每天都喝的茶，自己用过的杯子，还有家乡的点心，都在这里。先尝一泡再决"
                "定，不合口味也没有关系。每周三晚上换一次推荐，欢迎常来坐坐，也欢迎告诉"
                "我您喜欢什么。"),
    };
    struct call *call = add_call(some, "SET");

    call_keyf(call, KEY_PROFILE, some->partition, number);
    call_arg(call, shop_pack_profile(some->arena, &shop));
}

static void
put_owner(struct some *some, int64_t number, int64_t owner)
{
    struct call *call = add_call(some, "HSET");

    call_keyf(call, KEY_MEMBER, some->partition, owner);
    put(call, "username", STR(""));
    put(call, "nickname", arena_printf(some->arena, "店主 %" PRId64, number));
    put(call, "password", STR(""));
    put(call, "roles", STR("0"));
    put(call, "created_at_ms", STR("1700000000000"));
    put(call, "shop", arena_printf(some->arena, "%" PRId64, number));
}

static enum err
write_shops(struct some *some)
{
    struct call *list = add_call(some, "BITFIELD");

    call_keyf(list, KEY_SHOPS, some->partition);
    for (size_t i = 0; i < some->count; i++) {
        int64_t number = id_make(some->first_n + some->from + i, some->partition);
        int64_t owner = id_make(some->first_member + some->from + i, some->partition);

        call_text(list, "SET");
        call_text(list, "u1");
        call_int(list, (int64_t)shops_bit((struct shop_number){ number }));
        call_text(list, "1");
        put_shop(some, number, owner);
        if (some->filling->kind->page) {
            put_profile(some, number);
        }
        if (some->filling->kind->owner) {
            put_owner(some, number, owner);
        }
    }
    return call_wait_all(some->filling->store, some->call, some->calls);
}

/* --- partitions ------------------------------------------------------------------------------- */

/* A block of the counter that ids are drawn from; *first is the first that it gives. */
static enum err
draw(struct filling *filling, struct arena *arena, struct str counter, int64_t count,
     uint64_t *first)
{
    struct call *call = call_command(arena, "INCRBY");
    enum err err;

    call_key(call, counter);
    call_int(call, count);
    err = call_wait(filling->store, call);
    if (err == ERR_NONE) {
        *first = (uint64_t)(call->reply->integer - count);
    }
    return err;
}

static enum err
fill_some(struct some *some, struct score_position *at)
{
    enum err err;

    some->arena = arena_new(ARENA_BYTES);
    some->calls = 0;
    err = write_shops(some);
    if (err == ERR_NONE) {
        err = write_scores(some, at);
    }
    arena_free(&some->arena);
    return err;
}

static enum err
fill_partition(struct filling *filling, unsigned partition)
{
    int64_t count = filling->count / PARTITIONS +
                    ((int64_t)partition < filling->count % PARTITIONS);
    struct arena *arena = arena_new(ARENA_BYTES);
    struct some *some = xcalloc(1, sizeof(*some));
    struct score_applied applied;
    enum err err = score_applied_read(filling->store, arena, partition, &applied);

    *some = (struct some){ .filling = filling, .partition = partition };
    if (err == ERR_NONE) {
        err = draw(filling, arena, arena_printf(arena, KEY_SHOP_SEQ, partition), count,
                   &some->first_n);
        some->first_n += SHOP_N_FIRST;
    }
    if (err == ERR_NONE && filling->kind->owner) {
        err = draw(filling, arena, arena_printf(arena, KEY_MEMBER_SEQ, partition),
                   count, &some->first_member);
    }
    some->first_member++;
    for (int64_t i = 0; i < count && err == ERR_NONE; i += AT_ONCE) {
        some->from = (size_t)i;
        some->count = (size_t)(count - i < AT_ONCE ? count - i : AT_ONCE);
        err = fill_some(some, &applied.at);
    }
    free(some);
    arena_free(&arena);
    return err;
}

static void
fill_partitions(void *arg)
{
    struct filling *filling = arg;

    while (filling->next < PARTITIONS && filling->err == ERR_NONE) {
        enum err err = fill_partition(filling, filling->next++);

        filling->err = filling->err == ERR_NONE ? err : filling->err;
    }
    filling->running--;
    waits_end(&filling->ended);
}

/* --- the program -------------------------------------------------------------------------------- */

static enum err
read_policy(struct filling *filling)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct policy *policy = NULL;
    struct release release;
    enum err err = policy_load(filling->store, arena, &policy);

    if (err == ERR_NONE) {
        score_policy_of(policy, &filling->policy);
        err = release_read(filling->store, arena, false, &release);
    }
    if (err == ERR_NONE) {
        filling->release = release.number + 1;
        err = release.making == 0 ? ERR_NONE : ERR_MOVED_ON;
    }
    policy_free(&policy);
    arena_free(&arena);
    return err;
}

static bool
read_args(struct filling *filling, const struct options *options)
{
    struct str products = str_from(options->args[2] ? options->args[2] : "");
    struct str count = str_from(options->args[0] ? options->args[0] : "");
    const char *kind = options->args[1] ? options->args[1] : "";
    struct str product;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, kind) == 0) {
            filling->kind = &kinds[i];
        }
    }
    while (products.len > 0 && filling->products_count < PRODUCTS_MAX) {
        str_split(&products, ',', &product);
        if (!product_id_parse(product, &filling->products[filling->products_count++])) {
            return false;
        }
    }
    return filling->kind != NULL && str_to_i64(count, &filling->count) &&
           filling->count > 0 && filling->count <= COUNT_MAX;
}

static int
fill(struct store *store, const struct options *options)
{
    struct filling filling = { .store = store };
    int64_t began_ms = clock_mono_ms();

    if (!read_args(&filling, options)) {
        return say_usage("fill COUNT rows|quiet|busy [PRODUCT,PRODUCT...]");
    }
    filling.release_key = str_of(keys_release(store_keys(store)), KEY_BYTES);
    filling.err = read_policy(&filling);
    for (int i = 0; i < TASKS; i++) {
        filling.running++;
        if (!task_start(task_loop(), fill_partitions, &filling)) {
            return say_failed("too many tasks");
        }
    }
    while (filling.running > 0) {
        waits_join(&filling.ended, INT64_MAX);
    }
    if (filling.err != ERR_NONE) {
        return say_failed("%s", err_text(filling.err));
    }
    printf("{\"shops\": %" PRId64 ", \"kind\": \"%s\", \"took_ms\": %" PRId64 "}\n",
           filling.count, filling.kind->name, clock_mono_ms() - began_ms);
    return EXIT_DONE;
}

int
main(int argc, char **argv)
{
    struct options options;

    if (!options_read(&options, argc - 1, (const char *const *)argv + 1, TAKES_STORE)) {
        return EXIT_USAGE;
    }
    return with_store(&options, fill);
}
