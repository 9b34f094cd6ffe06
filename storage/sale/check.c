/* storage/sale/check.c - sales, the claims on their ids, and the merchants' lists. */
#include "storage/sale/check.h"

#include <stdio.h>

#include "storage/key.h"
#include "storage/member/member.h"
#include "storage/redis/call.h"
#include "storage/sale/content.h"
#include "storage/sale/groups.h"
#include "storage/sale/recorded.h"

enum { ARENA_BYTES = 64 << 20, AT_ONCE = 256, TIMEOUT_MS = 5000, PLACE_BYTES = 64 };

/* --- many sales at once ------------------------------------------------------------------- */

typedef void put_keys_fn(struct call *call, unsigned partition);

/* What a function says of each of some sales, asked by partitions. */
struct asked {
    const char *function;
    put_keys_fn *put_keys;
    const struct sale *const *sales;
    size_t count;
    unsigned *partition;          /* of each sale */
    const struct reply **replies; /* of each sale, when all went well */
};

static struct asked
asked_of(struct arena *arena, const struct sale *const *sales, size_t count)
{
    return (struct asked){ .sales = sales,
                           .count = count,
                           .partition =
                               arena_alloc(arena, (count + 1) * sizeof(unsigned)) };
}

static struct call *
call_group(struct arena *arena, const struct asked *asked, const struct group *group)
{
    struct call *call = call_function(arena, asked->function);

    asked->put_keys(call, group->partition);
    for (size_t i = 0; i < group->count; i++) {
        call_arg(call, sale_hash(asked->sales[group->index[i]]));
    }
    call->timeout_ms = TIMEOUT_MS;
    return call;
}

static enum err
ask(struct store *store, struct arena *arena, struct asked *asked)
{
    struct groups groups = groups_make(arena, asked->partition, asked->count);
    struct call **calls =
        arena_alloc(arena, (groups.count + 1) * sizeof(struct call *));
    enum err err = ERR_NONE;

    asked->replies = arena_alloc(arena, (asked->count + 1) * sizeof(*asked->replies));
    for (size_t i = 0; i < groups.count; i++) {
        calls[i] = call_group(arena, asked, &groups.group[i]);
    }
    if (groups.count > 0) {
        err = call_wait_all(store, calls, groups.count);
    }
    for (size_t i = 0; i < groups.count && err == ERR_NONE; i++) {
        const struct group *group = &groups.group[i];

        for (size_t j = 0; j < group->count; j++) {
            asked->replies[group->index[j]] = reply_at(calls[i]->reply, j + 1);
        }
    }
    return err;
}

/* --- claims ------------------------------------------------------------------------------- */

static enum err
check_claims(struct store *store, struct arena *arena, const struct sale *const *sales,
             size_t count, struct tally *tally, int64_t *unlisted)
{
    struct asked asked = asked_of(arena, sales, count);
    enum err err;

    asked.function = "sale_claimed";
    asked.put_keys = sale_put_claims;
    for (size_t i = 0; i < count; i++) {
        asked.partition[i] = id_partition(sales[i]->merchant.value);
    }
    err = ask(store, arena, &asked);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        struct shop_number shop;
        bool listed = true;
        bool right = sale_claim_parse(asked.replies[i], &shop, &listed) &&
                     shop.value == sales[i]->shop.value;

        *(right ? &tally->right : &tally->wrong) += 1;
        *unlisted += !listed;
    }
    return err;
}

static enum err
check_sales(struct store *store, struct arena *arena, const struct recorded_sale *sales,
            size_t count, struct tally *tally, int64_t *unlisted)
{
    const struct sale **good = arena_alloc(arena, (count + 1) * sizeof(*good));
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (sales[i].err == ERR_NONE) {
            good[kept++] = &sales[i].sale;
        } else {
            tally->wrong++; /* its hash or its record cannot be read */
        }
    }
    return check_claims(store, arena, good, kept, tally, unlisted);
}

enum err
sale_check_claims(struct store *store, struct tally *tally, int64_t *unlisted)
{
    struct recorded_walk walk = { 0 };
    enum err err = ERR_NONE;

    while (err == ERR_NONE && !walk.done) {
        struct arena *arena = arena_new(ARENA_BYTES);
        struct recorded_sale *sales;
        size_t count;

        err = recorded_sales_next(store, arena, &walk, NULL, &sales, &count);
        if (err == ERR_NONE && count > 0) {
            err = check_sales(store, arena, sales, count, tally, unlisted);
        }
        arena_free(&arena);
    }
    return err;
}

/* --- lists ------------------------------------------------------------------------ */

static struct call *
call_list(struct arena *arena, struct member_id merchant, struct str from)
{
    struct call *call = call_command(arena, "XRANGE");

    call_keyf(call, KEY_REPORTS, id_partition(merchant.value), merchant.value);
    call_arg(call, from);
    call_text(call, "+");
    call_text(call, "COUNT");
    call_int(call, AT_ONCE);
    return call;
}

static enum err
check_listed(struct store *store, struct arena *arena, const struct sale *const *sales,
             size_t count, struct tally *tally)
{
    struct asked asked = asked_of(arena, sales, count);
    enum err err;

    asked.function = "sale_read";
    asked.put_keys = sale_put_book;
    for (size_t i = 0; i < count; i++) {
        asked.partition[i] = id_partition(sales[i]->shop.value);
    }
    err = ask(store, arena, &asked);
    for (size_t i = 0; i < count && err == ERR_NONE; i++) {
        bool right = asked.replies[i]->type != REPLY_NIL;

        *(right ? &tally->right : &tally->wrong) += 1;
    }
    return err;
}

static enum err
check_places(struct store *store, struct arena *arena, struct member_id merchant,
             const struct reply *places, struct tally *tally)
{
    const struct sale **good = arena_alloc(arena, (places->count + 1) * sizeof(*good));
    struct sale *sales = arena_alloc(arena, (places->count + 1) * sizeof(*sales));
    size_t count = 0;

    for (size_t i = 0; i < places->count; i++) {
        if (sale_place_parse(reply_at(places, i), merchant, &sales[count])) {
            good[count] = &sales[count];
            count++;
        } else {
            tally->wrong++;
        }
    }
    return check_listed(store, arena, good, count, tally);
}

/* The next begins behind the last of these. */
static void
note_last(const struct reply *places, char *from)
{
    struct str last = reply_str(reply_at(reply_at(places, places->count - 1), 0));

    snprintf(from, PLACE_BYTES, "(%.*s", STR_ARGS(last));
}

static enum err
check_list(struct store *store, struct member_id merchant, struct tally *tally)
{
    char from[PLACE_BYTES] = "-";
    size_t count = AT_ONCE;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && count == AT_ONCE) {
        struct arena *arena = arena_new(ARENA_BYTES);
        struct call *call = call_list(arena, merchant, str_from(from));

        err = call_wait(store, call);
        count = err == ERR_NONE ? call->reply->count : 0;
        if (count > 0) {
            note_last(call->reply, from);
            err = check_places(store, arena, merchant, call->reply, tally);
        }
        arena_free(&arena);
    }
    return err;
}

/* Which of the members have a list. */
static enum err
choose_merchants(struct store *store, struct member_id *members, size_t *count)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct call *calls[AT_ONCE];
    size_t kept = 0;
    enum err err;

    for (size_t i = 0; i < *count; i++) {
        calls[i] = call_command(arena, "EXISTS");
        call_keyf(calls[i], KEY_REPORTS, id_partition(members[i].value),
                  members[i].value);
    }
    err = call_wait_all(store, calls, *count);
    for (size_t i = 0; i < *count && err == ERR_NONE; i++) {
        if (calls[i]->reply->integer == 1) {
            members[kept++] = members[i];
        }
    }
    *count = kept;
    arena_free(&arena);
    return err;
}

enum err
sale_check_reports(struct store *store, unsigned partition, struct tally *tally)
{
    struct member_id members[AT_ONCE];
    int64_t drawn, n = 1;
    enum err err = members_drawn(store, partition, &drawn);

    while (err == ERR_NONE && n <= drawn) {
        size_t count = 0;

        while (n <= drawn && count < AT_ONCE) {
            members[count++].value = id_make((uint64_t)n++, partition);
        }
        err = choose_merchants(store, members, &count);
        for (size_t i = 0; i < count && err == ERR_NONE; i++) {
            err = check_list(store, members[i], tally);
        }
    }
    return err;
}
