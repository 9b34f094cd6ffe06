/* storage/job/ask.c - asking the worker: first the job, then the entry that names it.
 *
 * If we stop between the two, a queued job stands that nobody works on; asking again
 * with its id makes the entry. One that was refused an entry is refused itself. */
#include "storage/job/ask.h"

#include "storage/key.h"
#include "storage/redis/call.h"

static bool
is_preview(struct str kind)
{
    return str_equal(kind, STR(ASK_PREVIEW));
}

static enum err
add_entry(struct store *store, struct arena *arena, const struct job *job,
          struct str args)
{
    struct call *call = call_function(arena, "job_ask");

    call_key(call, STR(KEY_ASK));
    call_text(call, job->id.text);
    call_arg(call, job->kind);
    call_arg(call, args);
    call_int(call, ASKS_WAITING_MAX);
    call_int(call, is_preview(job->kind) ? 1 : (int)ASKS_WAITING_MAX);
    return call_wait(store, call);
}

enum err
ask_worker(struct store *store, struct arena *arena, const struct job *job,
           struct str args)
{
    bool begin;
    enum err err = job_create(store, arena, job, &begin);

    if (err != ERR_NONE || !begin) {
        return err;
    }
    err = add_entry(store, arena, job, args);
    if (err == ERR_OVERLOADED || err == ERR_PREVIEW_RUNNING) {
        (void)job_refused(store, arena, job->id, err); /* it would stay queued */
    }
    return err;
}

enum err
ask_answered(struct store *store, struct arena *arena, const struct ask *ask)
{
    struct call *call = call_command(arena, "XDEL");

    call_key(call, STR(KEY_ASK));
    call_arg(call, ask->entry);
    return call_wait(store, call);
}

/* The oldest of these entries in the line. */
static const struct reply *
find_entry(const struct reply *entries, enum ask_line line)
{
    for (size_t i = 0; i < entries->count; i++) {
        const struct reply *entry = reply_at(entries, i);
        bool preview = is_preview(reply_field(reply_at(entry, 1), "kind"));

        if (preview == (line == ASK_LINE_PREVIEWS)) {
            return entry;
        }
    }
    return NULL;
}

enum err
ask_next(struct store *store, struct arena *arena, enum ask_line line, struct ask *ask,
         bool *found)
{
    struct call *call = call_command(arena, "XRANGE");
    const struct reply *entry, *fields;
    enum err err;

    *found = false;
    call_key(call, STR(KEY_ASK));
    call_text(call, "-");
    call_text(call, "+");
    call_text(call, "COUNT");
    call_int(call, ASKS_WAITING_MAX);
    err = call_wait(store, call);
    if (err != ERR_NONE || (entry = find_entry(call->reply, line)) == NULL) {
        return err;
    }
    fields = reply_at(entry, 1);
    ask->entry = reply_str(reply_at(entry, 0));
    ask->kind = reply_field(fields, "kind");
    ask->args = reply_field(fields, "args");
    if (!job_id_parse(reply_field(fields, "job"), &ask->job)) {
        return ask_answered(store, arena, ask);
    }
    *found = true;
    return ERR_NONE;
}
