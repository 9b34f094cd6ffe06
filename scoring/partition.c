/* scoring/partition.c - a partition's events, in order, one batch after the other. */
#include "scoring/partition.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "proto/event.h"
#include "scoring/cut.h"
#include "scoring/load.h"
#include "scoring/store_call.h"
#include "scoring/write.h"
#include "storage/key.h"
#include "storage/shop/list.h"

enum {
    DEAD_KEPT = 100000,  /* bad events that are kept to be looked at */
    ENTRIES_FIRST = 128, /* asked for before it is known what they hold */
    SETTLE_BYTES_MIN = 8 << 10,
    ROW_BYTES_USUAL = 150,
    DAY_BYTES_USUAL = 7
};

struct entry {
    struct str id;
    struct str bytes;
    const char *why; /* it is bad; no event of it counts */
    struct event *event;
    size_t count;
};

struct step {
    struct scoring *scoring;
    struct partition *partition;
    struct arena *arena;
    struct score_policy policy; /* may change while we wait; a step keeps to one */
    struct score_batch batch;
    struct load load;
    struct score_writes *writes;
    struct entry *entry;
    size_t asked; /* entries */
    size_t entries;
    size_t events;
    bool more;
    const struct reply *due; /* number, paid at ... */
    struct scored_shop **touched;
    size_t touched_count;
    size_t bytes; /* that the call will have, about */
};

/* --- opening ------------------------------------------------------------------------- */

static enum err
count_shops(struct scoring *scoring, struct arena *arena, struct partition *partition)
{
    struct call *call = shops_count_call(arena, partition->number);
    enum err err;

    call->timeout_ms = WORKER_TIMEOUT_MS;
    err = call_wait(scoring->store, call);
    if (err == ERR_NONE && call->reply->integer > 0) {
        partition->shops = (size_t)call->reply->integer;
    }
    return err;
}

enum err
partition_open(struct scoring *scoring, struct partition *partition)
{
    struct arena *arena = arena_new(STEP_ARENA_BYTES);
    enum err err;

    rows_forget(scoring->rows, partition->number);
    err = score_applied_read(scoring->store, arena, partition->number,
                             &partition->applied);
    if (err == ERR_NONE) {
        err = count_shops(scoring, arena, partition);
    }
    partition->cut =
        err == ERR_NONE && partition->applied.rebuild ? ++scoring->cuts : 0;
    if (err == ERR_NONE) {
        err = cut_look(scoring, arena, partition);
    }
    partition->open = err == ERR_NONE;
    arena_free(&arena);
    return err;
}

void
partition_forget(struct scoring *scoring, struct partition *partition)
{
    rows_forget(scoring->rows, partition->number);
    partition->open = partition->rebuilt = false;
    partition->cut = 0;
    partition->oldest_ms = partition->lag_events = partition->stuck = 0;
}

enum err
partition_apply(struct scoring *scoring, struct partition *partition,
                struct score_writes *writes, const char *event)
{
    struct score_position next;
    enum err err = score_apply(scoring->store, writes, event, &next);

    if (err == ERR_NONE) {
        partition->applied.at = next;
        scoring->counts.batches++;
    } else {
        scoring->counts.moved += err == ERR_MOVED_ON;
        partition_forget(scoring, partition);
    }
    return err;
}

/* --- reading ------------------------------------------------------------------------- */

/* So many entries that they hold a batch's events, as the last ones did, and some more:
 * servers put 64 visits and more into one, and what was read and has no room is read
 * again. */
static size_t
entries_wanted(const struct partition *partition)
{
    size_t wanted = ENTRIES_FIRST;

    if (partition->events > 0) {
        wanted = STEP_EVENTS * partition->entries / partition->events;
        wanted += wanted / 4 + 8;
    }
    return wanted < STEP_EVENTS ? wanted : STEP_EVENTS;
}

/* From the entry that the position stands on, and with it, so that a gap shows. */
static struct call *
call_events(struct step *step)
{
    struct call *call = worker_read(step->arena, "XRANGE");
    bool firm = cut_is_firm(step->partition);

    call_keyf(call, KEY_EVENTS, step->partition->number);
    call_arg(call, arena_printf(step->arena, "%s%s", firm ? "" : "(",
                                step->partition->applied.at.event));
    call_text(call, "+");
    call_text(call, "COUNT");
    step->asked = entries_wanted(step->partition) + firm;
    call_int(call, (int64_t)step->asked);
    call_track(call);
    return call;
}

static struct call *
call_due(struct step *step)
{
    struct call *call = worker_read(step->arena, "ZRANGEBYSCORE");

    call_keyf(call, KEY_SETTLING, step->partition->number);
    call_text(call, "-inf");
    call_int(call, step->batch.now_s - step->policy.score.settle_after_s);
    call_text(call, "WITHSCORES");
    call_text(call, "LIMIT");
    call_int(call, step->partition->stuck);
    call_int(call, STEP_SETTLES);
    return call;
}

/* An entry has the one field "e"; "day" is our own, of no event (scoring/sweep.c). */
static void
read_entry(struct step *step, const struct reply *reply, struct event *scratch,
           struct entry *entry)
{
    const struct reply *fields = reply_at(reply, 1);
    struct str name = reply_str(reply_at(fields, 0));

    *entry = (struct entry){ .id = reply_str(reply_at(reply, 0)),
                             .bytes = reply_str(reply_at(fields, 1)),
                             .why = "not an event" };
    if (fields->count == 2 && str_equal(name, STR("day"))) {
        entry->why = NULL;
        return;
    }
    if (fields->count != 2 || !str_equal(name, STR("e"))) {
        return;
    }
    if (event_read(entry->bytes, scratch, &entry->count, &entry->why) != ERR_NONE) {
        entry->count = 0;
        return;
    }
    entry->why = NULL;
    entry->event = arena_alloc(step->arena, (entry->count + 1) * sizeof(scratch[0]));
    memcpy(entry->event, scratch, entry->count * sizeof(scratch[0]));
}

/* As many entries as make at most STEP_EVENTS events, but one at least. */
static void
read_entries(struct step *step, const struct reply *reply)
{
    struct event *scratch =
        arena_alloc(step->arena, EVENTS_PER_ENTRY * sizeof(scratch[0]));
    struct partition *partition = step->partition;
    size_t first = cut_is_firm(partition) ? 1 : 0;

    step->entry = arena_alloc(step->arena, (reply->count + 1) * sizeof(step->entry[0]));
    step->more = reply->count == step->asked;
    for (size_t i = first; i < reply->count; i++) {
        struct entry *entry = &step->entry[step->entries];

        read_entry(step, reply_at(reply, i), scratch, entry);
        if (step->events > 0 && step->events + entry->count > STEP_EVENTS) {
            step->more = true;
            break;
        }
        step->events += entry->count;
        step->entries++;
    }
    if (step->events > 0) {
        partition->entries = step->entries;
        partition->events = step->events;
    }
}

static enum err
read_step(struct step *step)
{
    struct call *calls[] = { call_events(step), call_due(step) };
    enum err err = call_wait_all(step->scoring->store, calls, 2);

    if (err != ERR_NONE) {
        return err;
    }
    if (!cut_is_whole(step->partition, calls[0]->reply)) {
        step->more = true;
        return cut_take(step->scoring, step->arena, step->partition);
    }
    read_entries(step, calls[0]->reply);
    step->due = calls[1]->reply;
    step->more = step->more || step->due->count == 2 * STEP_SETTLES;
    return ERR_NONE;
}

/* --- loading -------------------------------------------------------------------------- */

static bool
is_ours(const struct step *step, struct shop_number shop)
{
    return shop.value > 0 && id_partition(shop.value) == step->partition->number;
}

/* The i-th shop with a sale due. */
static bool
due_shop(const struct step *step, size_t i, struct shop_number *shop, int64_t *from_s)
{
    return reply_int(reply_at(step->due, 2 * i), &shop->value) &&
           is_ours(step, *shop) && reply_int(reply_at(step->due, 2 * i + 1), from_s);
}

static enum err
load_step_shops(struct step *step)
{
    size_t room = step->events + step->due->count, count = 0;
    struct shop_number *shops = arena_alloc(step->arena, (room + 1) * sizeof(shops[0]));
    int64_t from_s;

    for (size_t i = 0; i < step->entries; i++) {
        for (size_t k = 0; k < step->entry[i].count; k++) {
            if (is_ours(step, step->entry[i].event[k].shop)) {
                shops[count++] = step->entry[i].event[k].shop;
            }
        }
    }
    for (size_t i = 0; i < step->due->count / 2; i++) {
        count += due_shop(step, i, &shops[count], &from_s);
    }
    step->touched = arena_alloc(step->arena, (count + 1) * sizeof(step->touched[0]));
    return load_shops(&step->load, shops, count);
}

static enum err
load_step_parts(struct step *step)
{
    struct shop_number shop;
    int64_t from_s;

    for (size_t i = 0; i < step->entries; i++) {
        for (size_t k = 0; k < step->entry[i].count; k++) {
            const struct event *event = &step->entry[i].event[k];

            if (is_ours(step, event->shop)) {
                load_for_event(&step->load, rows_find(step->scoring->rows, event->shop),
                               event);
            }
        }
    }
    for (size_t i = 0; i < step->due->count / 2; i++) {
        if (due_shop(step, i, &shop, &from_s)) {
            load_for_settling(&step->load, rows_find(step->scoring->rows, shop),
                              from_s);
        }
    }
    return load_parts(&step->load);
}

/* --- computing ------------------------------------------------------------------------ */

static void
add_dead(struct step *step, struct str id, struct str bytes, const char *why)
{
    const struct score_command add = {
        "XADD", arena_printf(step->arena, KEY_DEAD, step->partition->number), 0
    };
    const struct str args[] = {
        STR("MAXLEN"), STR("~"),      arena_printf(step->arena, "%d", DEAD_KEPT),
        STR("*"),      STR("id"),     id,
        STR("why"),    str_from(why), STR("e"),
        bytes
    };

    score_write(step->writes, &add, args, sizeof(args) / sizeof(args[0]));
    step->scoring->counts.dead++;
}

static void
touch(struct step *step, struct scored_shop *shop)
{
    if (!shop->touched) {
        shop->touched = true;
        step->touched[step->touched_count++] = shop;
        step->bytes +=
            ROW_BYTES_USUAL + DAY_BYTES_USUAL * shop->row.count +
            VISITOR_BYTES * (shop->row.visits.count - shop->row.visits.stored);
    }
}

/* About what an event adds to the call beside its shop's row. */
static size_t
event_bytes(const struct scored_shop *shop, const struct event *event)
{
    if (event->kind == EVENT_VISIT) {
        return VISITOR_BYTES;
    }
    if (event->kind == EVENT_SALE || event->kind == EVENT_REFUND) {
        return shop->sold ? 4 * SALE_BYTES : SALES_PER_CHUNK * SALE_BYTES;
    }
    return 0;
}

static const char *
run_event(struct step *step, const struct event *event)
{
    struct scored_shop *shop;

    if (!is_ours(step, event->shop)) {
        return "a shop of another partition";
    }
    shop = rows_find(step->scoring->rows, event->shop);
    assert(shop != NULL);
    if (shop->damaged) {
        return "its shop's stored score is damaged";
    }
    touch(step, shop);
    step->bytes += event_bytes(shop, event);
    switch (shop_event(&step->batch, shop, event)) {
    case SHOP_IMPOSSIBLE:
        return "no intake sends such an event";
    case SHOP_LATE:
        step->scoring->counts.late++;
        return NULL;
    default:
        return NULL;
    }
}

static void
run_entry(struct step *step, const struct entry *entry)
{
    if (entry->why != NULL) {
        add_dead(step, entry->id, entry->bytes, entry->why);
    }
    for (size_t i = 0; i < entry->count; i++) {
        const char *why = run_event(step, &entry->event[i]);

        if (why != NULL) {
            struct buf buf;

            buf_init(&buf, EVENT_ENTRY_BYTES_MAX);
            event_write(&buf, &entry->event[i], 1);
            add_dead(step, entry->id, arena_dup(step->arena, buf_str(&buf)), why);
            buf_free(&buf);
        }
    }
}

/* Runs entries until the call is as large as it should be; gives how many. */
static size_t
run_entries(struct step *step)
{
    size_t i = 0;

    while (i < step->entries && (i == 0 || step->bytes < SCORE_CALL_BYTES)) {
        run_entry(step, &step->entry[i]);
        step->scoring->counts.events += (int64_t)step->entry[i].count;
        i++;
    }
    step->more = step->more || i < step->entries;
    return i;
}

static void
settle(struct step *step, struct scored_shop *shop, size_t bytes_max)
{
    touch(step, shop);
    step->bytes += shop_settle(&step->batch, shop,
                               bytes_max > step->bytes ? bytes_max - step->bytes : 0);
    step->more = step->more || shop_is_due(&step->batch, shop);
}

static bool
can_settle(const struct step *step, size_t i)
{
    struct shop_number number;
    int64_t from_s;

    return due_shop(step, i, &number, &from_s) &&
           !rows_find(step->scoring->rows, number)->damaged;
}

/* What is damaged stays due for ever, before all that was paid later. Those in front are
 * looked past until the end is reached; then from the first again, for others may have
 * come between. True: there is more to see. */
static bool
look_past_stuck(struct step *step)
{
    size_t count = step->due->count / 2, stuck = 0;

    while (stuck < count && !can_settle(step, stuck)) {
        stuck++;
    }
    step->partition->stuck += (int64_t)stuck;
    if (count < STEP_SETTLES) {
        step->partition->stuck = 0;
    }
    return step->partition->stuck > 0 && stuck > 0;
}

/* As much as the call has room for, and some also when events have filled it; what is
 * left is due again in the next step. */
static void
run_due(struct step *step)
{
    size_t bytes_max = step->bytes + SETTLE_BYTES_MIN;
    struct shop_number number;
    int64_t from_s;

    bytes_max = bytes_max < SCORE_CALL_BYTES ? SCORE_CALL_BYTES : bytes_max;
    for (size_t i = 0; i < step->due->count / 2; i++) {
        struct scored_shop *shop;

        if (step->bytes >= bytes_max) {
            step->more = true;
            return;
        }

        if (!due_shop(step, i, &number, &from_s)) {
            continue;
        }
        shop = rows_find(step->scoring->rows, number);
        if (!shop->damaged) {
            settle(step, shop, bytes_max);
        }
    }
}

static void
finish_shops(struct step *step)
{
    for (size_t i = 0; i < step->touched_count; i++) {
        struct scored_shop *shop = step->touched[i];

        shop_finish(&step->batch, shop);
        shop_write(step->writes, step->arena, shop);
        rows_account(step->scoring->rows, shop);
        shop->touched = false;
    }
    batch_write_pending(step->writes, step->arena, &step->batch);
}

/* What is behind the position is needed no more. */
static void
trim(struct step *step, struct str id)
{
    const struct score_command trim = {
        "XTRIM", arena_printf(step->arena, KEY_EVENTS, step->partition->number), 0
    };
    const struct str args[] = { STR("MINID"), STR("~"), id };

    score_write(step->writes, &trim, args, 3);
}

static void
note_lag(struct step *step, size_t done)
{
    struct partition *partition = step->partition;

    partition->oldest_ms = 0;
    partition->lag_events = 0;
    if (done < step->entries) {
        partition->oldest_ms = (int64_t)strtoull(step->entry[done].id.data, NULL, 10);
    }
    for (size_t i = done; i < step->entries; i++) {
        partition->lag_events += (int64_t)step->entry[i].count;
    }
}

static enum err
run_step(struct step *step)
{
    struct partition *partition = step->partition;
    const char *event = NULL;
    bool past_stuck;
    size_t done;
    enum err err;

    if ((err = load_step_shops(step)) != ERR_NONE ||
        (err = load_step_parts(step)) != ERR_NONE) {
        partition_forget(step->scoring, partition);
        return err;
    }
    step->writes =
        score_writes_new(step->arena, partition->number, &partition->applied.at);
    done = run_entries(step);
    past_stuck = look_past_stuck(step);
    run_due(step);
    finish_shops(step);
    if (done > 0) {
        trim(step, step->entry[done - 1].id);
        event = arena_cstr(step->arena, step->entry[done - 1].id);
        if (partition->applied.loose) {
            score_write_applied(step->writes, "loose", 0);
        }
    }
    note_lag(step, done);
    if (score_writes_empty(step->writes)) {
        step->more = past_stuck; /* nothing here but what cannot be read */
        return ERR_NONE;
    }
    err = partition_apply(step->scoring, partition, step->writes, event);
    if (err == ERR_NONE && done > 0) {
        partition->applied.loose = 0;
    }
    return err;
}

enum err
partition_step(struct scoring *scoring, struct partition *partition, bool *more)
{
    struct step step = { .scoring = scoring,
                         .partition = partition,
                         .arena = arena_new(STEP_ARENA_BYTES),
                         .policy = scoring->policy };
    enum err err;

    assert(partition->open && step.policy.version > 0);
    rows_busy(scoring->rows, partition->number, true);
    err = scoring_batch(scoring, step.arena, &step.policy, &step.batch);
    score_batch_swept(&step.batch, partition->applied.swept_day);
    step.load = (struct load){ .store = scoring->store,
                               .arena = step.arena,
                               .rows = scoring->rows,
                               .batch = &step.batch,
                               .partition = partition->number };
    if (err == ERR_NONE && (err = read_step(&step)) == ERR_NONE && step.due != NULL &&
        (step.entries > 0 || step.due->count > 0)) {
        err = run_step(&step);
    }
    *more = err == ERR_NONE && step.more;
    rows_busy(scoring->rows, partition->number, false);
    rows_trim(scoring->rows);
    score_batch_free(&step.batch);
    arena_free(&step.arena);
    return err;
}
