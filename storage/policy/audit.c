/* storage/policy/audit.c - the audit's chain: linked here, appended in one function. */
#include "storage/policy/audit.h"

#include <assert.h>

#include "base/buf.h"
#include "base/encode.h"
#include "storage/idempotency.h"
#include "storage/key.h"
#include "storage/redis/call.h"
#include "storage/store.h"

enum {
    TRIES_MAX = 16,  /* others appended in between so often */
    TOGETHER_S = 60, /* as long as a request may take */
    ENTRY_BYTES_MAX = 512 << 10,
    CHECK_ARENA_BYTES = 64 << 20
};

static const struct idempotency_place place = { .family = 'g' };

/* False for one that is longer than any of ours. */
static bool
hash_entry(const struct audit_entry *entry, struct audit_link *link)
{
    const struct str parts[] = { entry->what, entry->target, entry->from, entry->to,
                                 entry->note };
    uint8_t digest[SHA256_BYTES];
    struct buf text;
    bool fits;

    buf_init(&text, ENTRY_BYTES_MAX);
    buf_put_str(&text, link->prev);
    buf_put_char(&text, '\0');
    buf_printf(&text, "%" PRId64, link->seq);
    buf_put_char(&text, '\0');
    buf_printf(&text, "%" PRId64, entry->at_ms);
    buf_put_char(&text, '\0');
    buf_printf(&text, "%" PRId64, entry->actor.value);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_put_char(&text, '\0');
        buf_put_str(&text, parts[i]);
    }
    fits = !text.full;
    crypto_sha256(buf_str(&text), digest);
    encode_hex(str_of(digest, sizeof(digest)), link->hash);
    buf_free(&text);
    return fits;
}

/* "12-0" */
static bool
read_seq(struct str id, int64_t *seq)
{
    struct str part;

    return str_split(&id, '-', &part) && str_to_i64(part, seq) &&
           str_equal(id, STR("0"));
}

/* One entry as XRANGE gives it. */
static bool
read_line(const struct reply *reply, struct audit_line *line)
{
    const struct reply *fields = reply_at(reply, 1);
    struct str hash = reply_field(fields, "hash");

    if (!read_seq(reply_str(reply_at(reply, 0)), &line->link.seq) ||
        hash.len != AUDIT_HASH_CHARS ||
        !str_to_i64(reply_field(fields, "at_ms"), &line->entry.at_ms) ||
        !str_to_i64(reply_field(fields, "actor"), &line->entry.actor.value)) {
        return false;
    }
    line->entry.what = reply_field(fields, "what");
    line->entry.target = reply_field(fields, "target");
    line->entry.from = reply_field(fields, "from");
    line->entry.to = reply_field(fields, "to");
    line->entry.note = reply_field(fields, "note");
    line->entry.key = NULL;
    line->link.prev = reply_field(fields, "prev");
    memcpy(line->link.hash, hash.data, AUDIT_HASH_CHARS);
    line->link.hash[AUDIT_HASH_CHARS] = '\0';
    return true;
}

static enum err
read_lines(const struct reply *reply, struct audit_line *lines, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < reply->count; i++) {
        if (!read_line(reply_at(reply, i), &lines[i])) {
            return ERR_BAD_DATA;
        }
        (*count)++;
    }
    return ERR_NONE;
}

enum err
audit_page(struct store *store, struct arena *arena, int64_t before, size_t limit,
           struct audit_line *lines, size_t *count)
{
    struct call *call = call_command(arena, "XREVRANGE");
    enum err err;

    assert(limit <= AUDIT_PAGE_MAX);
    call_key(call, STR(KEY_AUDIT));
    if (before > 0) {
        call_arg(call, arena_printf(arena, "(%" PRId64 "-0", before));
    } else {
        call_text(call, "+");
    }
    call_text(call, "-");
    call_text(call, "COUNT");
    call_int(call, (int64_t)limit);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    return read_lines(call->reply, lines, count);
}

enum err
audit_link(struct store *store, struct arena *arena, const struct audit_entry *entry,
           struct audit_link *link)
{
    struct audit_line last;
    size_t count;
    bool fits;
    enum err err = audit_page(store, arena, 0, 1, &last, &count);

    if (err != ERR_NONE) {
        return err;
    }
    link->seq = count > 0 ? last.link.seq + 1 : 1;
    link->prev = count > 0 ? arena_dup(arena, str_from(last.link.hash)) : STR("");
    fits = hash_entry(entry, link);
    assert(fits);
    return ERR_NONE;
}

void
audit_args(struct call *call, const struct audit_entry *entry,
           const struct audit_link *link)
{
    call_int(call, link->seq);
    call_int(call, entry->at_ms);
    call_int(call, entry->actor.value);
    call_arg(call, entry->what);
    call_arg(call, entry->target);
    call_arg(call, entry->from);
    call_arg(call, entry->to);
    call_arg(call, entry->note);
    call_arg(call, link->prev);
    call_text(call, link->hash);
}

enum err
audit_append(struct store *store, struct arena *arena, const struct audit_entry *entry)
{
    enum err err = ERR_MOVED_ON;

    for (int i = 0; i < TRIES_MAX && err == ERR_MOVED_ON; i++) {
        struct call *call = call_function(arena, "audit_append");
        struct audit_link link;

        if ((err = audit_link(store, arena, entry, &link)) != ERR_NONE) {
            return err;
        }
        call_key(call, STR(KEY_AUDIT));
        idempotency_put_key(call, entry->key, place);
        audit_args(call, entry, &link);
        idempotency_put_args(call, entry->key, TOGETHER_S);
        err = call_wait(store, call);
    }
    return err == ERR_MOVED_ON ? ERR_OVERLOADED : err;
}

/* --- the whole chain ---------------------------------------------------------------- */

/* Entries from `first` on, oldest first. */
static enum err
read_forward(struct store *store, struct arena *arena, int64_t first,
             struct audit_line *lines, size_t *count)
{
    struct call *call = call_command(arena, "XRANGE");
    enum err err;

    call_key(call, STR(KEY_AUDIT));
    call_arg(call, arena_printf(arena, "%" PRId64 "-0", first));
    call_text(call, "+");
    call_text(call, "COUNT");
    call_int(call, AUDIT_PAGE_MAX);
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    return read_lines(call->reply, lines, count);
}

static bool
line_holds(const struct audit_line *line, int64_t seq, const char *prev)
{
    struct audit_link again = { .seq = seq, .prev = str_from(prev) };

    return hash_entry(&line->entry, &again) && line->link.seq == seq &&
           str_equal(line->link.prev, again.prev) &&
           strcmp(line->link.hash, again.hash) == 0;
}

static enum err
check_page(struct store *store, struct arena *arena, struct audit_checked *checked,
           char *prev, size_t *count)
{
    struct audit_line *lines = arena_alloc(arena, AUDIT_PAGE_MAX * sizeof(*lines));
    enum err err = read_forward(store, arena, checked->entries + 1, lines, count);

    /* Before one that cannot be read there may be some that can. */
    for (size_t i = 0; i < *count; i++) {
        if (!line_holds(&lines[i], checked->entries + 1, prev)) {
            return ERR_BAD_DATA;
        }
        memcpy(prev, lines[i].link.hash, sizeof(lines[i].link.hash));
        checked->policies += str_starts(lines[i].entry.what, STR("policy_"));
        checked->entries++;
    }
    return err;
}

/* Nothing ever leaves the audit, so it is as long as what was added to it: that shows
 * what was taken off its end. */
static enum err
check_length(struct store *store)
{
    struct arena *arena = arena_new(CHECK_ARENA_BYTES);
    struct call *call = call_command(arena, "XINFO");
    int64_t length = 0, added = 0;
    enum err err;

    call_text(call, "STREAM");
    call_key(call, STR(KEY_AUDIT));
    call->quiet = true;
    err = call_wait(store, call);
    if (err == ERR_INTERNAL && str_equal(call->refusal, STR("ERR no such key"))) {
        err = ERR_NONE;
    } else if (err == ERR_NONE &&
               (!reply_int(reply_of(call->reply, "length"), &length) ||
                !reply_int(reply_of(call->reply, "entries-added"), &added) ||
                length != added)) {
        err = ERR_BAD_DATA;
    }
    arena_free(&arena);
    return err;
}

enum err
audit_check(struct store *store, struct audit_checked *checked)
{
    char prev[AUDIT_HASH_CHARS + 1] = "";
    size_t count = AUDIT_PAGE_MAX;
    enum err err = ERR_NONE;

    *checked = (struct audit_checked){ 0, 0, 0 };
    while (err == ERR_NONE && count == AUDIT_PAGE_MAX) {
        struct arena *arena = arena_new(CHECK_ARENA_BYTES);

        err = check_page(store, arena, checked, prev, &count);
        arena_free(&arena);
    }
    if (err == ERR_NONE) {
        err = check_length(store);
    }
    checked->broken_seq = err == ERR_BAD_DATA ? checked->entries + 1 : 0;
    return err;
}
