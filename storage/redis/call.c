/* storage/redis/call.c - making a call: its words, its keys and their one tag. */
#include "storage/redis/call.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>

#include "base/encode.h"
#include "storage/redis/inside.h"

enum { ARGV_ROOM_FIRST = 16, KEY_BYTES_MAX = 512 };

static bool
is_reader(const char *name)
{
    static const char *const readers[] = {
        "EXISTS",  "GET",       "GETRANGE", "HEXISTS",       "HGET",      "HGETALL",
        "HKEYS",   "HLEN",      "HMGET",    "HSCAN",         "HVALS",     "INFO",
        "MGET",    "PING",      "SCARD",    "SINTER",        "SISMEMBER", "SMEMBERS",
        "SSCAN",   "SCAN",      "STRLEN",   "TIME",          "TTL",       "TYPE",
        "XINFO",   "XLEN",      "XRANGE",   "XREVRANGE",     "ZCARD",     "ZCOUNT",
        "ZRANGE",  "ZREVRANGE", "ZSCAN",    "ZSCORE",        "DBSIZE",    "SMISMEMBER",
        "ZMSCORE", "HSTRLEN",   "ZRANK",    "ZRANGEBYSCORE", "BITCOUNT",  "GETBIT",
    };

    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        if (strcmp(name, readers[i]) == 0) {
            return true;
        }
    }
    return false;
}

static struct call *
call_new(struct arena *arena, const char *name)
{
    struct call *call = arena_alloc(arena, sizeof *call);

    call->arena = arena;
    call->name = name;
    call->timeout_ms = CALL_TIMEOUT_MS;
    return call;
}

struct call *
call_command(struct arena *arena, const char *name)
{
    struct call *call = call_new(arena, name);

    call->is_read = is_reader(name);
    call_text(call, name);
    return call;
}

/* FCALL, the versioned name and the number of keys are filled in when it is sent. */
struct call *
call_function(struct arena *arena, const char *name)
{
    struct call *call = call_new(arena, name);

    call->is_function = true;
    for (int i = 0; i < FUNCTION_WORDS; i++) {
        call_text(call, "");
    }
    return call;
}

static void
grow(struct call *call)
{
    size_t room = call->argv_room == 0 ? ARGV_ROOM_FIRST : 2 * call->argv_room;
    const char **argv = arena_alloc(call->arena, room * sizeof *argv);
    size_t *argv_len = arena_alloc(call->arena, room * sizeof *argv_len);

    for (size_t i = 0; i < call->argc; i++) {
        argv[i] = call->argv[i];
        argv_len[i] = call->argv_len[i];
    }
    call->argv = argv;
    call->argv_len = argv_len;
    call->argv_room = room;
}

void
call_set_word(struct call *call, size_t i, struct str word)
{
    call->argv[i] = word.data != NULL ? word.data : "";
    call->argv_len[i] = word.len;
}

void
call_arg(struct call *call, struct str arg)
{
    if (call->argc == call->argv_room) {
        grow(call);
    }
    call_set_word(call, call->argc++, arg);
}

/* Keys without braces do not exist here (storage/key.h). */
struct str
call_tag(struct str key)
{
    const char *open = memchr(key.data, '{', key.len);
    const char *end = key.data + key.len;
    const char *close = open != NULL ? memchr(open, '}', (size_t)(end - open)) : NULL;

    assert(close != NULL && close > open + 1);
    return str_of(open + 1, (size_t)(close - open) - 1);
}

void
call_key(struct call *call, struct str key)
{
    if (call->keys == 0) {
        call->key = key;
    }
    /* One tag a call, or a cluster would refuse it; keys come before other arguments.
     */
    assert(str_equal(call_tag(key), call_tag(call->key)));
    assert(!call->is_function || call->argc == FUNCTION_WORDS + call->keys);
    call->keys++;
    call_arg(call, key);
}

/* Every call writes keys, and vsnprintf() takes a thousand instructions for one. */
struct key_text {
    va_list args;
    size_t len;
    char bytes[KEY_BYTES_MAX];
};

static void
put_bytes(struct key_text *key, struct str bytes)
{
    assert(bytes.len <= sizeof key->bytes - key->len);
    if (bytes.len > 0) { /* what is empty may be nowhere */
        memcpy(key->bytes + key->len, bytes.data, bytes.len);
    }
    key->len += bytes.len;
}

static void
put_number(struct key_text *key, int64_t number, size_t digits_min)
{
    char digits[ENCODE_DECIMAL_BYTES];
    size_t len = encode_decimal(number, digits);

    if (len < digits_min) {
        put_bytes(key, str_of("00", digits_min - len));
    }
    put_bytes(key, str_of(digits, len));
}

/* One of the conversions that storage/key.h has; the format behind it. */
static const char *
put_conversion(struct key_text *key, const char *format)
{
    char c;
    int len;

    switch (*format) {
    case 'c':
        c = (char)va_arg(key->args, int);
        put_bytes(key, str_of(&c, 1));
        return format + 1;
    case 's':
        put_bytes(key, str_from(va_arg(key->args, const char *)));
        return format + 1;
    case '.': /* %.*s */
        len = va_arg(key->args, int);
        put_bytes(key, str_of(va_arg(key->args, const char *), (size_t)len));
        return format + 3;
    case 'd':
        put_number(key, va_arg(key->args, int), 0);
        return format + 1;
    case 'u':
        put_number(key, va_arg(key->args, unsigned), 0);
        return format + 1;
    case '0': /* %03u */
        put_number(key, va_arg(key->args, unsigned), 3);
        return format + 3;
    default:
        assert(strncmp(format, PRId64, sizeof PRId64 - 1) == 0);
        put_number(key, va_arg(key->args, int64_t), 0);
        return format + sizeof PRId64 - 1;
    }
}

void
call_keyf(struct call *call, const char *format, ...)
{
    struct key_text key = { .len = 0 };

    va_start(key.args, format);
    while (*format != '\0') {
        size_t plain = strcspn(format, "%");

        put_bytes(&key, str_of(format, plain));
        format += plain;
        if (*format == '%') {
            format = put_conversion(&key, format + 1);
        }
    }
    va_end(key.args);
    call_key(call, arena_dup(call->arena, str_of(key.bytes, key.len)));
}

void
call_text(struct call *call, const char *text)
{
    call_arg(call, str_from(text));
}

void
call_int(struct call *call, int64_t number)
{
    char digits[ENCODE_DECIMAL_BYTES];

    call_arg(call,
             arena_dup(call->arena, str_of(digits, encode_decimal(number, digits))));
}

void
call_track(struct call *call)
{
    call->is_tracked = true;
}

void
call_constant(struct call *call)
{
    call->is_constant = true;
}

void
call_replicated(struct call *call)
{
    call->is_replicated = true;
}

void
call_at_node(struct call *call, size_t i)
{
    assert(call->keys == 0);
    call->at_node = i + 1;
}
