/* storage/score/apply.c - the worker's one way to write a partition. */
#include "storage/score/apply.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "storage/key.h"
#include "storage/redis/call.h"

enum { COMMAND_ARGS_FIRST = 16 };

struct command {
    const char *name;
    size_t key; /* index into keys */
    size_t head;
    struct str *arg;
    size_t count;
    size_t room;
};

struct score_writes {
    struct arena *arena;
    unsigned partition;
    struct score_position from;
    struct str *key;
    size_t keys, keys_room;
    struct command *command;
    size_t commands, commands_room;
    size_t bytes;
};

/* --- the position ------------------------------------------------------------------- */

static const char *const fields[] = { "at",          "release", "tier_day",
                                      "swept_day",   "credits", "tiers",
                                      "slots_first", "loose",   "rebuild" };
enum { FIELDS = sizeof(fields) / sizeof(fields[0]) };

static bool
position_parse(struct str text, struct score_position *at)
{
    struct str event;
    int64_t step;

    if (text.len == 0) {
        *at = (struct score_position){ "0-0", 0 };
        return true;
    }
    if (!str_split(&text, ' ', &event) || event.len >= sizeof(at->event) ||
        !str_to_i64(text, &step) || step < 0) {
        return false;
    }
    memcpy(at->event, event.data, event.len);
    at->event[event.len] = '\0';
    at->step = (uint64_t)step;
    return true;
}

struct str
score_position_text(struct arena *arena, const struct score_position *at)
{
    if (at->step == 0) {
        return STR("");
    }
    return arena_printf(arena, "%s %" PRIu64, at->event, at->step);
}

enum err
score_applied_read(struct store *store, struct arena *arena, unsigned partition,
                   struct score_applied *applied)
{
    struct call *call = call_command(arena, "HMGET");
    int64_t number[FIELDS] = { 0 };
    enum err err;

    call_keyf(call, KEY_APPLIED, partition);
    for (size_t i = 0; i < FIELDS; i++) {
        call_text(call, fields[i]);
    }
    if ((err = call_wait(store, call)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 1; i < FIELDS; i++) {
        const struct reply *reply = reply_at(call->reply, i);

        if (reply->type != REPLY_NIL && !reply_int(reply, &number[i])) {
            return ERR_BAD_DATA;
        }
    }
    applied->release = number[1];
    applied->tier_day = number[2];
    applied->swept_day = number[3];
    applied->credits = number[4];
    applied->tiers = number[5];
    applied->slots_first = number[6];
    applied->loose = number[7];
    applied->rebuild = number[8];
    return position_parse(reply_str(reply_at(call->reply, 0)), &applied->at)
               ? ERR_NONE
               : ERR_BAD_DATA;
}

/* --- collecting ----------------------------------------------------------------------- */

struct score_writes *
score_writes_new(struct arena *arena, unsigned partition,
                 const struct score_position *from)
{
    struct score_writes *writes = arena_alloc(arena, sizeof(*writes));

    *writes =
        (struct score_writes){ .arena = arena, .partition = partition, .from = *from };
    return writes;
}

/* Room for one more thing of `size` bytes in an array of the arena. */
static void *
grow(struct arena *arena, void *array, size_t count, size_t *room, size_t size)
{
    void *more;

    if (count < *room) {
        return array;
    }
    *room = *room == 0 ? COMMAND_ARGS_FIRST : *room * 2;
    more = arena_alloc(arena, *room * size);
    if (count > 0) {
        memcpy(more, array, count * size);
    }
    return more;
}

static size_t
key_index(struct score_writes *writes, struct str key)
{
    for (size_t i = writes->keys; i > 0; i--) {
        if (str_equal(writes->key[i - 1], key)) {
            return i - 1;
        }
    }
    writes->key = grow(writes->arena, writes->key, writes->keys, &writes->keys_room,
                       sizeof(writes->key[0]));
    writes->key[writes->keys] = key;
    writes->bytes += key.len;
    return writes->keys++;
}

static bool
takes_more(const struct command *command, const struct score_command *wanted,
           size_t key, size_t count)
{
    return command->key == key && strcmp(command->name, wanted->command) == 0 &&
           command->head == wanted->head &&
           command->count + count <= SCORE_COMMAND_ARGS_MAX;
}

/* The command that these arguments go behind, a new one when there is none. */
static struct command *
find_command(struct score_writes *writes, const struct score_command *wanted,
             size_t count)
{
    size_t key = key_index(writes, wanted->key);
    bool alone =
        strcmp(wanted->command, "HINCRBY") == 0 || strcmp(wanted->command, "XADD") == 0;

    for (size_t i = writes->commands; i > 0 && !alone; i--) {
        if (takes_more(&writes->command[i - 1], wanted, key, count)) {
            return &writes->command[i - 1];
        }
    }
    writes->command = grow(writes->arena, writes->command, writes->commands,
                           &writes->commands_room, sizeof(writes->command[0]));
    writes->command[writes->commands] =
        (struct command){ .name = wanted->command, .key = key, .head = wanted->head };
    return &writes->command[writes->commands++];
}

static void
add_arg(struct score_writes *writes, struct command *command, struct str arg)
{
    command->arg = grow(writes->arena, command->arg, command->count, &command->room,
                        sizeof(command->arg[0]));
    command->arg[command->count++] = arg;
    writes->bytes += arg.len;
}

void
score_write(struct score_writes *writes, const struct score_command *command,
            const struct str *args, size_t count)
{
    struct command *into = find_command(writes, command, count);

    for (size_t i = into->count == 0 ? 0 : command->head; i < count; i++) {
        add_arg(writes, into, args[i]);
    }
}

void
score_write_applied(struct score_writes *writes, const char *name, int64_t value)
{
    const struct score_command set = {
        "HSET", arena_printf(writes->arena, KEY_APPLIED, writes->partition), 0
    };
    const struct str args[] = { str_from(name),
                                arena_printf(writes->arena, "%" PRId64, value) };

    score_write(writes, &set, args, 2);
}

size_t
score_writes_bytes(const struct score_writes *writes)
{
    return writes->bytes;
}

bool
score_writes_empty(const struct score_writes *writes)
{
    return writes->commands == 0;
}

/* --- writing ---------------------------------------------------------------------------- */

static void
put_command(struct call *call, const struct command *command)
{
    call_text(call, command->name);
    call_int(call, (int64_t)command->key + 2); /* Lua counts from 1; applied is first */
    call_int(call, (int64_t)command->count);
    for (size_t i = 0; i < command->count; i++) {
        call_arg(call, command->arg[i]);
    }
}

enum err
score_apply(struct store *store, struct score_writes *writes, const char *event,
            struct score_position *next)
{
    struct call *call = call_function(writes->arena, "score_apply");

    *next = writes->from;
    next->step++;
    if (event != NULL) {
        snprintf(next->event, sizeof(next->event), "%s", event);
    }
    call_keyf(call, KEY_APPLIED, writes->partition);
    for (size_t i = 0; i < writes->keys; i++) {
        call_key(call, writes->key[i]);
    }
    call_arg(call, score_position_text(writes->arena, &writes->from));
    call_arg(call, score_position_text(writes->arena, next));
    for (size_t i = 0; i < writes->commands; i++) {
        put_command(call, &writes->command[i]);
    }
    return call_wait(store, call);
}
