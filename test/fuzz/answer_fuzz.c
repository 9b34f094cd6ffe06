/* test/fuzz/answer_fuzz.c - whatever the store answers, storage and scoring judge it:
 * nothing crashes, leaks or goes on for ever, and what is taken is within its limits.
 *
 * The call layer is cut off (--wrap in the Makefile): answers come from the input.
 * Input: the name of what is asked, then the answers to its calls, a line each:
 *
 *     [ and ]     an array begins, ends
 *     :12         a number
 *     _           nothing
 *     !           the store is down; !? nobody knows what happened
 *     other       a string; %0a is the byte 0x0a
 *
 * After the last answer the others are nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "proto/policy.h"
#include "proto/time.h"
#include "scoring/ask.h"
#include "scoring/preview.h"
#include "scoring/release.h"
#include "scoring/turn.h"
#include "scoring/verify.h"
#include "storage/catalogue/index.h"
#include "storage/catalogue/record.h"
#include "storage/checked.h"
#include "storage/health.h"
#include "storage/job/ask.h"
#include "storage/member/attempt.h"
#include "storage/member/member.h"
#include "storage/member/merchant.h"
#include "storage/member/username.h"
#include "storage/outbox/outbox.h"
#include "storage/policy/audit.h"
#include "storage/policy/policy.h"
#include "storage/privacy/keyfile.h"
#include "storage/privacy/period_keys.h"
#include "storage/privacy/pseudonym.h"
#include "storage/process.h"
#include "storage/redis/cache.h"
#include "storage/redis/cached.h"
#include "storage/redis/inside.h"
#include "storage/redis/reply.h"
#include "storage/sale/sale.h"
#include "storage/score/live.h"
#include "storage/score/ranking.h"
#include "storage/score/whole.h"
#include "storage/shop/following.h"
#include "storage/shop/slot.h"
#include "storage/shop/tier.h"
#include "storage/stats/stats.h"
#include "storage/test_clock.h"
#include "test/fuzz/fuzz.h"

enum { ARENA_BYTES_MAX = 64 << 20, ANSWER_BYTES_MAX = 4 << 20, CALLS_MAX = 4000 };
enum { DEPTH_MAX = 6, ELEMENTS_MAX = 512, ROWS_BYTES = 1 << 20, CACHE_BYTES = 1 << 20 };

/* The day is 2026-04-11, in period 734. */
static const int64_t now_ms = INT64_C(1775872800000);
static const struct shop_number shop = { 10000174 }, other_shop = { 10000345 };
static const struct member_id member = { 490 }, merchant = { 487 };
static const struct product_id product = { 265 }, other_product = { 454 };

static struct {
    struct loop *loop;
    struct keys *keys;
    struct policy *policy;
    struct clock clock;
    struct store *store; /* of this input, as all below */
    struct arena *arena; /* for answers */
    struct arena *own;   /* for who asks */
    struct str rest;     /* of the input */
    int calls;
} world;

/* --- answers ------------------------------------------------------------------------ */

static struct str
unescape(struct str line)
{
    char *out = arena_alloc(world.arena, line.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < line.len; i++) {
        uint8_t byte = (uint8_t)line.data[i];

        if (byte == '%' && line.len - i > 2 &&
            decode_hex(str_of(line.data + i + 1, 2), &byte, 1)) {
            i += 2;
        }
        out[len++] = (char)byte;
    }
    return str_of(out, len);
}

static struct reply read_reply(int depth);

static void
read_elements(struct reply *array, int depth)
{
    struct reply *element = arena_alloc(world.arena, ELEMENTS_MAX * sizeof(*element));
    struct str rest = world.rest, line;

    while (array->count < ELEMENTS_MAX && str_split(&rest, '\n', &line) &&
           !str_equal(line, STR("]"))) {
        element[array->count++] = read_reply(depth + 1);
        rest = world.rest;
    }
    array->element = element;
    world.rest = rest;
}

static struct reply
read_reply(int depth)
{
    struct reply reply = { .type = REPLY_NIL };
    struct str line;

    if (!str_split(&world.rest, '\n', &line) || str_equal(line, STR("_"))) {
        return reply;
    }
    if (str_equal(line, STR("[")) && depth < DEPTH_MAX) {
        reply.type = REPLY_ARRAY;
        read_elements(&reply, depth);
    } else if (str_starts(line, STR(":")) &&
               str_to_i64(str_of(line.data + 1, line.len - 1), &reply.integer)) {
        reply.type = REPLY_INTEGER;
    } else {
        reply.type = REPLY_STRING;
        reply.str = unescape(line);
    }
    return reply;
}

static enum err
answer(struct call *call)
{
    struct reply *reply = arena_alloc(world.arena, sizeof(*reply));
    struct str code;

    if (++world.calls > CALLS_MAX) {
        return ERR_STORE_DOWN;
    }
    *reply = read_reply(0);
    if (reply->type == REPLY_STRING && str_equal(reply->str, STR("!"))) {
        return ERR_STORE_DOWN;
    }
    if (reply->type == REPLY_STRING && str_equal(reply->str, STR("!?"))) {
        return ERR_STORE_UNCERTAIN;
    }
    call->reply = reply;
    code = reply_str(reply_at(reply, 0));
    return !call->is_function ? ERR_NONE
           : code.len > 0     ? err_parse(code)
                              : ERR_INTERNAL;
}

enum err __wrap_call_wait_all(struct store *store, struct call **calls, size_t count);
enum err __wrap_call_wait(struct store *store, struct call *call);

enum err
__wrap_call_wait_all(struct store *store, struct call **calls, size_t count)
{
    enum err err = ERR_NONE;

    assert(store == world.store && task_running());
    for (size_t i = 0; i < count; i++) {
        calls[i]->err = answer(calls[i]);
        err = err == ERR_NONE ? calls[i]->err : err;
    }
    return err;
}

enum err
__wrap_call_wait(struct store *store, struct call *call)
{
    return __wrap_call_wait_all(store, &call, 1);
}

/* --- goods ---------------------------------------------------------------------------- */

/* A product that was read is written as it was, and reads the same again. */
static void
expect_product(const struct product *read)
{
    struct str first, second;
    struct reply doc[] = {
        { .type = REPLY_STRING, .str = STR("merchant") },
        { .type = REPLY_STRING, .str = STR("487") },
        { .type = REPLY_STRING, .str = STR("version") },
        { .type = REPLY_STRING, .str = STR("1") },
        { .type = REPLY_STRING, .str = STR("doc") },
        { .type = REPLY_STRING },
    };
    struct reply fields = { .type = REPLY_ARRAY, .count = 6, .element = doc };
    struct reply parts[] = { { .type = REPLY_NIL }, fields, { .type = REPLY_NIL } };
    const struct reply whole = { .type = REPLY_ARRAY, .count = 3, .element = parts };
    struct product again = { .id = product };

    assert(read->variant_count >= 1 && read->variant_count <= VARIANTS_MAX);
    first = record_write(world.own, read);
    doc[5].str = first;
    assert(record_read(world.own, &whole, &again) == ERR_NONE);
    second = record_write(world.own, &again);
    assert(str_equal(first, second));
    product_cheapest(read);
    product_stock_level(read);
    variant_title(world.own, &read->variants[0]);
}

static void
ask_product(void)
{
    struct product read = { .id = product };

    if (product_read(world.store, world.own, product, &read) == ERR_NONE) {
        expect_product(&read);
    }
}

static void
ask_products(void)
{
    const struct product_id ids[] = { product, other_product };
    struct product read[2];
    struct product_change change = { .want = { .merchant = merchant,
                                               .handle = STR("tea") } };
    int64_t count;

    if (product_read_many_fresh(world.store, world.own, ids, 2, read) == ERR_NONE) {
        for (int i = 0; i < 2; i++) {
            if (read[i].version > 0) {
                expect_product(&read[i]);
            }
        }
    }
    product_count(world.store, world.own, &count);
    product_set_down(world.store, world.own, product, true, STR("why"), now_ms);
    if (product_find_many(world.store, world.own, &change, 1) == ERR_NONE &&
        change.err == ERR_NONE && change.former.version > 0) {
        change.want = change.former;
        if (product_settle(&change) == ERR_NONE) {
            product_write_many(world.store, world.own, &change, 1, now_ms);
        }
    }
}

static void
ask_catalogue(void)
{
    const struct catalogue_query query = { .text = STR("龙井 tea"),
                                           .category = STR("茶叶"),
                                           .merchant = merchant,
                                           .sort = SORT_PRICE,
                                           .limit = 10 };
    struct catalogue_page page;
    const struct catalogue_category *categories;
    size_t count;

    if (catalogue_search(world.store, world.own, &query, &page) == ERR_NONE) {
        assert(page.count <= 10);
    }
    if (catalogue_own(world.store, world.own, merchant, &query.after, 10, &page) ==
        ERR_NONE) {
        assert(page.count <= 10);
    }
    if (catalogue_categories(world.store, world.own, &categories, &count) == ERR_NONE) {
        assert(count <= CATALOGUE_CATEGORIES_MAX);
    }
    catalogue_index(world.store, world.own, product);
}

/* --- members -------------------------------------------------------------------------- */

static void
ask_member(void)
{
    struct member read;
    struct shop_number held;
    struct str nickname = STR("alice");

    member_read_by_username(world.store, world.own, STR("alice"), &read);
    if (member_read(world.store, world.own, member, &read) == ERR_NONE) {
        member_rename(world.store, world.own, &read, STR("bob"), now_ms);
    }
    member_take_shop(world.store, world.own, member, shop, &held);
    member_set_nickname(world.store, world.own, member, nickname);
    member_set_password(world.store, world.own, member, STR("hash"), "");
}

static void
ask_member_make(void)
{
    const struct member_want want = { .username = STR("alice"),
                                      .nickname = STR("alice"),
                                      .password = STR("hash"),
                                      .now_ms = now_ms };
    struct member made;
    struct session_token token;

    if (member_make(world.store, world.own, &want, &made, &token) == ERR_NONE) {
        member_rename(world.store, world.own, &made, STR("bob"), now_ms);
    }
}

static void
ask_session(void)
{
    struct str token = STR("eaT9LR6BxXDrPE-zxjVA5ZEyO4ODPiT5mWzLynIjnJSgw");
    struct session session;

    if (member_session_read(world.store, world.own, token, now_ms, &session) ==
        ERR_NONE) {
        assert(session.member.value > 0 && session.expires_at_ms > now_ms);
    }
    member_session_peek(world.store, world.own, token, now_ms, &session);
}

static void
ask_merchant(void)
{
    struct merchant_secrets secrets = { 0 };
    struct str name;

    if (merchant_secrets_read(world.store, world.own, merchant, now_ms, &secrets) ==
        ERR_NONE) {
        assert(secrets.count >= 1 && secrets.count <= MERCHANT_SECRETS_MAX);
    }
    merchant_secrets_wipe(&secrets);
    merchant_name_read(world.store, world.own, merchant, &name);
}

static void
ask_username(void)
{
    struct username_claim claim = { .name = STR("alice"), .member = member };

    if (username_take(world.store, world.own, now_ms, &claim) == ERR_NONE) {
        username_confirm(world.store, world.own, &claim);
        username_release(world.store, world.own, &claim);
    }
    username_find(world.store, world.own, STR("alice"), &claim);
}

static void
ask_attempt(void)
{
    const struct attempt attempts[] = {
        { STR("sign-in by account"), STR("alice"), 900000, 5 },
        { STR("sign-in by address"), STR("::1"), 900000, 5 },
    };
    int64_t retry_after_ms;

    attempt_take(world.store, world.own, attempts, 2, now_ms, &retry_after_ms);
    attempt_give_back(world.store, world.own, attempts, 2);
}

static void
ask_job(void)
{
    struct job_id id = { "e7a128bb859b5bcb9c6c97abc6bf6b23" };
    const struct job want = {
        .id = id, .owner = merchant, .kind = STR("import"), .created_at_ms = now_ms
    };
    struct job read;
    struct ask ask;
    bool found;

    if (job_read(world.store, world.own, id, &read) == ERR_NONE) {
        assert(read.errors_count <= JOB_ERRORS_MAX);
    }
    ask_next(world.store, world.own, ASK_LINE_OTHERS, &ask, &found);
    job_create(world.store, world.own, &want, &found);
    ask_worker(world.store, world.own, &want, STR("{}"));
    job_done(world.store, world.own, id, STR("{}"));
}

/* --- shops ---------------------------------------------------------------------------- */

static void
ask_shop(void)
{
    const struct shop_number shops[] = { shop, other_shop };
    const struct shop_open_want want = { member, STR("alice"), now_ms };
    struct shop read = { .number = shop };
    struct shop_number number;
    struct str nicknames[2];

    if (shop_read(world.store, world.own, shop, &read) == ERR_NONE) {
        assert(read.parked_count <= PARKED_MAX && read.owner.value > 0);
    }
    shop_read_public(world.store, world.own, shop, &read);
    shop_nicknames(world.store, world.own, shops, 2, nicknames);
    shop_open(world.store, world.own, &want, &number);
}

static void
ask_slot(void)
{
    const struct slot_rules rules = { now_ms, 259200000, 4, { 0 } };
    const struct slot_want want = { shop, 1, product, NULL };
    struct shop_tier_row rows[] = { { .shop = shop }, { .shop = { 10000430 } } };
    const struct shop_tiers tiers = { rows, 2, now_ms };
    struct score_position at = { 0 };
    struct slot_state state;

    slot_feature(world.store, world.own, &want, &rules, &state);
    slot_empty(world.store, world.own, &want, &rules, &state);
    if (shop_tiers_read(world.store, world.own, rows, 2) == ERR_NONE) {
        shop_tiers_write(world.store, world.own, &tiers, &at);
    }
}

static void
ask_following(void)
{
    struct shop_list list = { 0 }, friends = { 0 };

    if (following_read(world.store, world.own, member, &list) == ERR_NONE &&
        following_friends(world.store, world.own, shop, &list, &friends) == ERR_NONE) {
        assert(friends.count <= list.count);
    }
    following_set(world.store, world.own, member, shop, true);
}

static void
ask_stats(void)
{
    int32_t today = time_day(now_ms / 1000);
    struct stats stats = { 0 };
    int64_t *buyers;

    if (stats_read(world.store, world.own, shop, today - 60, today, &stats) ==
        ERR_NONE) {
        buyers = arena_alloc(world.own, (stats.count + 1) * sizeof(*buyers));
        stats_buyers(world.store, world.own, shop, stats.rows, stats.count, buyers);
    }
}

/* --- sales ---------------------------------------------------------------------------- */

static void
ask_sale(void)
{
    struct sale sale = { .sale_id = STR("A-1"), .shop = shop };
    struct sale_page page;

    if (sale_read(world.store, world.own, merchant, STR("A-1"), &sale) == ERR_NONE) {
        sale_event(&sale);
    }
    if (sale_list(world.store, world.own, merchant, 0, STR(""), 20, &page) ==
        ERR_NONE) {
        assert(page.count <= 20);
    }
}

static void
ask_sales(void)
{
    struct sale_report reports[2];
    struct sale_refund refund = { .merchant = merchant,
                                  .sale_id = STR("A-1"),
                                  .refund_id = STR("R-1"),
                                  .amount_fen = 500 };

    for (int i = 0; i < 2; i++) {
        reports[i] = (struct sale_report){ .want = { .merchant = merchant,
                                                     .sale_id = STR("A-1"),
                                                     .shop = shop,
                                                     .product = product,
                                                     .quantity = 1,
                                                     .amount_fen = 4900,
                                                     .buyer_ref = STR("customer-77"),
                                                     .sold_at_ms = now_ms } };
    }
    reports[1].want.sale_id = STR("A-2");
    reports[1].want.sensitive = true;
    sales_report(world.store, world.own, reports, 2, now_ms);
    sales_refund(world.store, world.own, &refund, 1, now_ms);
}

static void
ask_pseudonym(void)
{
    const struct pseudonym_of of = { PSEUDONYM_BUYER, shop, 734, STR("customer-77") };
    uint64_t pseudonym;

    pseudonym_make(world.store, &of, &pseudonym);
    pseudonym_keep_keys(world.store, time_day(now_ms / 1000), now_ms);
}

/* --- policy, processes, the outbox ------------------------------------------------------ */

static void
ask_policy(void)
{
    struct policy *policy = NULL;
    struct policy_version versions[10], about;
    const struct policy_change change = { .expected = 1,
                                          .policy = world.policy,
                                          .what = STR("policy_changed"),
                                          .actor = member,
                                          .now_ms = now_ms };
    int64_t version;
    size_t count;

    policy_load(world.store, world.own, &policy);
    policy_free(&policy);
    policy_load_version(world.store, world.own, 2, &policy, &about);
    policy_free(&policy);
    if (policy_history(world.store, world.own, 0, 10, versions, &count) == ERR_NONE) {
        assert(count <= 10);
    }
    policy_put(world.store, world.own, &change, &version);
}

static void
ask_audit(void)
{
    struct audit_line lines[10];
    struct audit_checked checked;
    size_t count;

    if (audit_page(world.store, world.own, 0, 10, lines, &count) == ERR_NONE) {
        assert(count <= 10);
    }
    audit_check(world.store, &checked);
}

static void
ask_process(void)
{
    struct process_state states[PROCESSES_MAX];
    struct store_health health;
    struct checked checked;
    int64_t offset_ms;
    size_t count;

    if (process_list(world.store, world.own, states, &count) == ERR_NONE) {
        assert(count <= PROCESSES_MAX);
        process_for(states, count, PROCESS_SCORING, 7);
    }
    store_health(world.store, world.own, &health);
    checked_read(world.store, world.own, &checked);
    test_clock_read(world.store, world.own, &offset_ms);
    test_clock_advance(world.store, world.own, 1000, &offset_ms);
}

static void
ask_outbox(void)
{
    static const struct outbox_kind products = { "product", 'p', catalogue_deliver };
    const struct outbox_kind *const kinds[] = { &following_outbox, &products };
    struct outbox_counts counts = { 0 };
    bool stop = false;

    outbox_relay_partition(world.store, 'm', 61, kinds, 2, &stop, &counts);
    outbox_relay_partition(world.store, 'p', 26, kinds, 2, &stop, &counts);
}

/* --- scores ----------------------------------------------------------------------------- */

static struct score_policy
score_policy(void)
{
    struct score_policy policy;

    score_policy_of(world.policy, &policy);
    policy.version = 1;
    return policy;
}

static void
ask_released(void)
{
    struct release release;
    struct figures figures[2];
    const struct shop_number shops[] = { shop, other_shop };
    const struct place place = { 12.0, shop };
    struct place *places;
    size_t count;
    int64_t at;

    if (release_read(world.store, world.own, true, &release) != ERR_NONE) {
        return;
    }
    if (figures_read_many(world.store, world.own, release.number, shops, 2, figures) ==
        ERR_NONE) {
        assert(figures_influence(&figures[0], &release) >= 0);
    }
    if (ranking_read(world.store, world.own, &release, 0, 300, &places, &count) ==
        ERR_NONE) {
        assert(count <= 300);
    }
    ranking_find(world.store, world.own, &release, &place, &at);
}

static void
ask_live(void)
{
    struct score_policy policy = score_policy();
    struct live live;

    if (live_read(world.store, world.own, shop, &policy, now_ms, &live) == ERR_NONE) {
        assert(live.pending_count <= LIVE_PENDING_MAX);
    }
}

static void
ask_whole(void)
{
    const struct whole_span span = { 732, 734, 734 };
    struct whole whole;

    if (whole_read(world.store, world.own, shop, &span, &whole) == ERR_NONE) {
        assert(whole.periods <= WHOLE_PERIODS_MAX);
        whole_free(&whole);
    }
}

/* A worker's turn when a release is due: events, settled sales, tiers, its part of the
 * release, the whole of it. */
static void
ask_turn(void)
{
    struct partition partition = { .number = id_partition(shop.value) };
    struct scoring scoring;
    bool more = true, done;

    scoring_init(&scoring, world.store, ROWS_BYTES);
    scoring.policy = score_policy();
    if (release_look(&scoring) == ERR_NONE &&
        release_begin(&scoring, now_ms, 0, STR("")) == ERR_NONE) {
        for (int i = 0; i < 3 && more; i++) {
            turn_partition(&scoring, &partition, &more);
        }
        release_finish(&scoring, &done);
    }
    scoring_free(&scoring);
}

static enum err
go_on(void *arg, int64_t done, int64_t total)
{
    (void)arg;
    assert(done >= 0);
    (void)total;
    return ERR_NONE;
}

static void
ask_verify(void)
{
    struct verify_report report = { 0 };
    struct scoring scoring;
    json_t *result = NULL;

    scoring_init(&scoring, world.store, ROWS_BYTES);
    scoring.policy = score_policy();
    ask_answer(&scoring);
    if (preview_run(&scoring, &scoring.policy, go_on, NULL, &result) == ERR_NONE) {
        json_decref(result);
    }
    verify_store(&scoring, &report, NULL);
    scoring_free(&scoring);
}

/* --- one input ------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*ask)(void);
} asks[] = {
    { "product", ask_product },
    { "products", ask_products },
    { "catalogue", ask_catalogue },
    { "member", ask_member },
    { "member_make", ask_member_make },
    { "session", ask_session },
    { "merchant", ask_merchant },
    { "username", ask_username },
    { "attempt", ask_attempt },
    { "job", ask_job },
    { "shop", ask_shop },
    { "slot", ask_slot },
    { "following", ask_following },
    { "stats", ask_stats },
    { "sale", ask_sale },
    { "sales", ask_sales },
    { "pseudonym", ask_pseudonym },
    { "policy", ask_policy },
    { "audit", ask_audit },
    { "process", ask_process },
    { "outbox", ask_outbox },
    { "released", ask_released },
    { "live", ask_live },
    { "whole", ask_whole },
    { "turn", ask_turn },
    { "verify", ask_verify },
};

/* The same keys in every run, so that what was wrapped once can be opened. */
static struct keys *
make_keys(void)
{
    struct keyfile file = { .id = "0123456789abcdef",
                            .release = { 1 },
                            .receipt = { 2 },
                            .sealing = { 3 },
                            .month = { { 674, INT64_C(1772323200000), { 4 } },
                                       { 675, INT64_C(1775001600000), { 5 } } },
                            .months = 2 };
    char path[] = "/tmp/xiaopu-fuzz-XXXXXX", why[256];
    const char *reason;
    int fd = mkstemp(path);
    struct keys *keys;

    assert(fd >= 0 && keyfile_write(path, &file, false, &reason));
    keys = keys_open(path, 0, why, sizeof(why));
    assert(keys != NULL);
    close(fd);
    unlink(path);
    return keys;
}

static void
begin(void)
{
    log_least(LOG_SILENT);
    world.loop = loop_new(16);
    world.keys = make_keys();
    world.policy = policy_default();
}

static void
ask(void *arg)
{
    void (*const *fn)(void) = arg;

    (*fn)();
}

/* A store without a connection: nobody would use it. */
static void
run(void (*fn)(void))
{
    static struct node node; /* holds everything, and is never asked */
    struct store store = { .loop = world.loop,
                           .clock = &world.clock,
                           .keys = world.keys,
                           .period_keys = period_keys_new() };

    for (size_t i = 0; i < SLOTS; i++) {
        store.owner[i] = &node;
    }
    store.told = told_new(&store);
    store.cache = cache_new(&store, CACHE_BYTES);
    world.store = &store;
    world.calls = 0;
    world.clock.offset_ms = now_ms - clock_real_ms();
    world.arena = arena_new(ARENA_BYTES_MAX);
    world.own = arena_new(ARENA_BYTES_MAX);
    loop_run_task(world.loop, ask, &fn);
    arena_free(&world.own);
    arena_free(&world.arena);
    told_free(&store.told);
    cache_free(&store.cache);
    period_keys_free(&store.period_keys);
    loop_run(world.loop); /* their timers close */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str name;

    if (world.loop == NULL) {
        begin();
    }
    world.rest = str_of(data, size);
    if (size == 0 || size > ANSWER_BYTES_MAX || !str_split(&world.rest, '\n', &name)) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        if (str_equal(name, str_from(asks[i].name))) {
            run(asks[i].ask);
        }
    }
    return 0;
}
