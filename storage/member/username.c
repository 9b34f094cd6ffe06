/* storage/member/username.c - claims on user names, by compare-and-set. */
#include "storage/member/username.h"

#include <ctype.h>

#include "storage/key.h"
#include "storage/member/member.h"
#include "storage/redis/call.h"

static unsigned
name_partition(struct str name)
{
    return partition_of_words(&name, 1);
}

bool
username_fold(struct arena *arena, struct str name, struct str *folded)
{
    char *text;

    if (name.len < USERNAME_BYTES_MIN || name.len > USERNAME_BYTES_MAX) {
        return false;
    }
    text = arena_cstr(arena, name);
    for (size_t i = 0; i < name.len; i++) {
        text[i] = (char)tolower((unsigned char)text[i]);
        if (text[i] == '\0' ||
            !strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", text[i])) {
            return false;
        }
    }
    *folded = str_of(text, name.len);
    return true;
}

static enum err
read_claim(struct store *store, struct arena *arena, struct str name, struct str *value)
{
    struct call *call = call_command(arena, "GET");
    enum err err;

    call_keyf(call, KEY_USERNAME, name_partition(name), STR_ARGS(name));
    err = call_wait(store, call);
    *value = err == ERR_NONE ? reply_str(call->reply) : STR("");
    return err;
}

/* ERR_MOVED_ON when the claim does not stand as expected. */
static enum err
swap(struct store *store, struct arena *arena, struct str name, struct str expected,
     struct str wanted)
{
    struct call *call = call_function(arena, "username_swap");

    call_keyf(call, KEY_USERNAME, name_partition(name), STR_ARGS(name));
    call_arg(call, expected);
    call_arg(call, wanted);
    return call_wait(store, call);
}

/* "ID AT_MS" or "ID": at_ms is 0 for a confirmed one. */
static bool
parse_claim(struct str value, struct member_id *member, int64_t *at_ms)
{
    struct str id;

    *at_ms = 0;
    return str_split(&value, ' ', &id) && member_id_parse(id, member) &&
           (value.data == NULL || str_to_i64(value, at_ms));
}

/* May this claim be taken by another? A confirmed one is free when its member bears
 * another name; one under way when that took too long and its member never came. When
 * the member does bear the name, only the confirmation was lost. */
static enum err
judge_claim(struct store *store, struct arena *arena, const struct username_claim *want,
            int64_t now_ms, struct str value)
{
    struct member member;
    struct member_id holder;
    int64_t at_ms;
    enum err err;

    if (!parse_claim(value, &holder, &at_ms)) {
        return ERR_BAD_DATA;
    }
    if (holder.value == want->member.value) {
        return ERR_NONE;
    }
    if (at_ms > 0 && now_ms - at_ms < USERNAME_CLAIM_MS) {
        return ERR_USERNAME_TAKEN;
    }
    err = member_read(store, arena, holder, &member);
    if (err == ERR_NOT_FOUND) {
        return ERR_NONE;
    }
    if (err == ERR_NONE && str_equal(member.username, want->name)) {
        return ERR_USERNAME_TAKEN;
    }
    return err;
}

enum err
username_take(struct store *store, struct arena *arena, int64_t now_ms,
              struct username_claim *claim)
{
    struct str found;
    enum err err = read_claim(store, arena, claim->name, &found);

    if (err == ERR_NONE && found.len > 0) {
        err = judge_claim(store, arena, claim, now_ms, found);
    }
    if (err != ERR_NONE) {
        return err;
    }
    claim->held = arena_printf(arena, "%lld %lld", (long long)claim->member.value,
                               (long long)now_ms);
    err = swap(store, arena, claim->name, found, claim->held);
    return err == ERR_MOVED_ON ? ERR_USERNAME_TAKEN : err;
}

enum err
username_confirm(struct store *store, struct arena *arena, struct username_claim *claim)
{
    struct str confirmed = arena_printf(arena, "%lld", (long long)claim->member.value);
    enum err err = swap(store, arena, claim->name, claim->held, confirmed);

    if (err == ERR_NONE) {
        claim->held = confirmed;
    }
    return err;
}

enum err
username_release(struct store *store, struct arena *arena,
                 const struct username_claim *claim)
{
    enum err err = swap(store, arena, claim->name, claim->held, STR(""));

    return err == ERR_MOVED_ON ? ERR_NONE : err;
}

enum err
username_find(struct store *store, struct arena *arena, struct str name,
              struct username_claim *claim)
{
    int64_t at_ms;
    enum err err;

    claim->name = name;
    if ((err = read_claim(store, arena, name, &claim->held)) != ERR_NONE) {
        return err;
    }
    if (claim->held.len == 0) {
        return ERR_NOT_FOUND;
    }
    return parse_claim(claim->held, &claim->member, &at_ms) ? ERR_NONE : ERR_BAD_DATA;
}
