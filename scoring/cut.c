/* scoring/cut.c - streams that lost events before we had seen them. */
#include "scoring/cut.h"

#include <stdlib.h>

#include "base/log.h"
#include "scoring/store_call.h"
#include "storage/key.h"

static const char *const nowhere = "0-0"; /* before the first entry */

struct stream {
    bool there;
    struct str last; /* the last id that was given in it */
    int64_t length;
    int64_t added; /* since it began */
};

bool
cut_is_firm(const struct partition *partition)
{
    return partition->applied.loose == 0 &&
           strcmp(partition->applied.at.event, nowhere) != 0;
}

bool
cut_is_whole(const struct partition *partition, const struct reply *entries)
{
    struct str first = reply_str(reply_at(reply_at(entries, 0), 0));

    return !cut_is_firm(partition) ||
           str_equal(first, str_from(partition->applied.at.event));
}

static enum err
read_stream(struct scoring *scoring, struct arena *arena, unsigned partition,
            struct stream *stream)
{
    struct call *call = worker_read(arena, "XINFO");
    enum err err;

    *stream = (struct stream){ .there = false };
    call_text(call, "STREAM");
    call_keyf(call, KEY_EVENTS, partition);
    call->quiet = true;
    err = call_wait(scoring->store, call);
    if (err == ERR_INTERNAL && str_equal(call->refusal, STR("ERR no such key"))) {
        return ERR_NONE;
    }
    if (err != ERR_NONE) {
        return err;
    }
    stream->there = true;
    stream->last = reply_field(call->reply, "last-generated-id");
    return reply_int(reply_of(call->reply, "length"), &stream->length) &&
                   reply_int(reply_of(call->reply, "entries-added"), &stream->added)
               ? ERR_NONE
               : ERR_BAD_DATA;
}

/* Ids are compared as numbers: "9-1" comes before "10-0". */
static bool
id_is_less(struct str a, struct str b)
{
    uint64_t a_ms = strtoull(a.data, NULL, 10), b_ms = strtoull(b.data, NULL, 10);
    const char *a_dash = memchr(a.data, '-', a.len),
               *b_dash = memchr(b.data, '-', b.len);

    if (a_ms != b_ms || a_dash == NULL || b_dash == NULL) {
        return a_ms < b_ms;
    }
    return strtoull(a_dash + 1, NULL, 10) < strtoull(b_dash + 1, NULL, 10);
}

/* Where to read on. What stands in the same stream up to our position we have applied,
 * and views must not count twice; another stream has its own ids, and is all new. */
static const char *
place_after(const struct partition *partition, const struct stream *stream)
{
    const char *event = partition->applied.at.event;

    return stream->last.len == 0 || id_is_less(stream->last, str_from(event)) ? nowhere
                                                                              : event;
}

static enum err
take(struct scoring *scoring, struct arena *arena, struct partition *partition,
     const struct stream *stream)
{
    const char *event = arena_cstr(arena, str_from(place_after(partition, stream)));
    struct score_writes *writes =
        score_writes_new(arena, partition->number, &partition->applied.at);
    enum err err;

    score_write_applied(writes, "loose", 1);
    score_write_applied(writes, "rebuild", 1);
    if ((err = partition_apply(scoring, partition, writes, event)) != ERR_NONE) {
        return err;
    }
    partition->applied.loose = partition->applied.rebuild = 1;
    partition->cut = ++scoring->cuts;
    partition->rebuilt = false;
    scoring->counts.alarms++;
    log_error("a stream of events was cut behind our back",
              LOG_I("partition", partition->number));
    return ERR_NONE;
}

enum err
cut_take(struct scoring *scoring, struct arena *arena, struct partition *partition)
{
    struct stream stream;
    enum err err = read_stream(scoring, arena, partition->number, &stream);

    return err == ERR_NONE ? take(scoring, arena, partition, &stream) : err;
}

enum err
cut_look(struct scoring *scoring, struct arena *arena, struct partition *partition)
{
    struct stream stream;
    enum err err;

    if (partition->applied.loose != 0 || cut_is_firm(partition)) {
        return ERR_NONE;
    }
    err = read_stream(scoring, arena, partition->number, &stream);
    if (err == ERR_NONE && stream.there && stream.length != stream.added) {
        err = take(scoring, arena, partition, &stream);
    }
    return err;
}
