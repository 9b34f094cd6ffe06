/* proto/msgpack.c - MessagePack's bytes (github.com/msgpack/msgpack, spec.md). */
#include "proto/msgpack.h"

#include <assert.h>
#include <endian.h>

#include "proto/json.h"

enum {
    FIX_MAP = 0x80,
    FIX_ARRAY = 0x90,
    FIX_STR = 0xa0,
    NIL = 0xc0,
    FALSE_BYTE = 0xc2,
    TRUE_BYTE = 0xc3,
    FLOAT64 = 0xcb,
    UINT8 = 0xcc, /* then 16, 32 and 64 bits */
    INT8 = 0xd0,
    INT16 = 0xd1,
    INT32 = 0xd2,
    INT64 = 0xd3,
    STR8 = 0xd9,
    STR16 = 0xda,
    STR32 = 0xdb,
    ARRAY16 = 0xdc,
    ARRAY32 = 0xdd,
    MAP16 = 0xde,
    MAP32 = 0xdf
};

/* A type byte and `bytes` bytes of the value, big endian. */
static void
put_head(struct buf *out, uint8_t type, uint64_t value, int bytes)
{
    char head[9];

    head[0] = (char)type;
    for (int i = 0; i < bytes; i++) {
        head[1 + i] = (char)(uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
    buf_put(out, head, (size_t)bytes + 1);
}

void
msgpack_put_nil(struct buf *out)
{
    put_head(out, NIL, 0, 0);
}

void
msgpack_put_bool(struct buf *out, bool value)
{
    put_head(out, value ? TRUE_BYTE : FALSE_BYTE, 0, 0);
}

void
msgpack_put_uint(struct buf *out, uint64_t value)
{
    if (value < 0x80) {
        put_head(out, (uint8_t)value, 0, 0);
    } else if (value <= UINT8_MAX) {
        put_head(out, UINT8, value, 1);
    } else if (value <= UINT16_MAX) {
        put_head(out, UINT8 + 1, value, 2);
    } else if (value <= UINT32_MAX) {
        put_head(out, UINT8 + 2, value, 4);
    } else {
        put_head(out, UINT8 + 3, value, 8);
    }
}

void
msgpack_put_int(struct buf *out, int64_t value)
{
    if (value >= 0) {
        msgpack_put_uint(out, (uint64_t)value);
    } else if (value >= -32) {
        put_head(out, (uint8_t)(int8_t)value, 0, 0);
    } else if (value >= INT8_MIN) {
        put_head(out, INT8, (uint64_t)value, 1);
    } else if (value >= INT16_MIN) {
        put_head(out, INT16, (uint64_t)value, 2);
    } else if (value >= INT32_MIN) {
        put_head(out, INT32, (uint64_t)value, 4);
    } else {
        put_head(out, INT64, (uint64_t)value, 8);
    }
}

void
msgpack_put_double(struct buf *out, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    put_head(out, FLOAT64, bits, 8);
}

void
msgpack_put_str(struct buf *out, struct str s)
{
    if (s.len < 32) {
        put_head(out, (uint8_t)(FIX_STR + s.len), 0, 0);
    } else if (s.len <= UINT8_MAX) {
        put_head(out, STR8, s.len, 1);
    } else if (s.len <= UINT16_MAX) {
        put_head(out, STR16, s.len, 2);
    } else {
        put_head(out, STR32, s.len, 4);
    }
    buf_put_str(out, s);
}

void
msgpack_put_array(struct buf *out, size_t count)
{
    if (count < 16) {
        put_head(out, (uint8_t)(FIX_ARRAY + count), 0, 0);
    } else if (count <= UINT16_MAX) {
        put_head(out, ARRAY16, count, 2);
    } else {
        put_head(out, ARRAY32, count, 4);
    }
}

void
msgpack_put_map(struct buf *out, size_t count)
{
    if (count < 16) {
        put_head(out, (uint8_t)(FIX_MAP + count), 0, 0);
    } else if (count <= UINT16_MAX) {
        put_head(out, MAP16, count, 2);
    } else {
        put_head(out, MAP32, count, 4);
    }
}

static void put_json(struct buf *out, const json_t *value, int depth);

static void
put_object(struct buf *out, const json_t *object, int depth)
{
    /* jansson's iterators do not take const, and change nothing. */
    json_t *fields = (json_t *)(uintptr_t)object;
    json_t *value;
    const char *name;

    msgpack_put_map(out, json_object_size(object));
    json_object_foreach(fields, name, value)
    {
        msgpack_put_str(out, str_from(name));
        put_json(out, value, depth + 1);
    }
}

static void
put_array(struct buf *out, const json_t *array, int depth)
{
    msgpack_put_array(out, json_array_size(array));
    for (size_t i = 0; i < json_array_size(array); i++) {
        put_json(out, json_array_get(array, i), depth + 1);
    }
}

static void
put_json(struct buf *out, const json_t *value, int depth)
{
    assert(depth <= JSON_DEPTH_MAX);
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        put_object(out, value, depth);
        break;
    case JSON_ARRAY:
        put_array(out, value, depth);
        break;
    case JSON_STRING:
        msgpack_put_str(out,
                        str_of(json_string_value(value), json_string_length(value)));
        break;
    case JSON_INTEGER:
        msgpack_put_int(out, json_integer_value(value));
        break;
    case JSON_REAL:
        msgpack_put_double(out, json_real_value(value));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        msgpack_put_bool(out, json_is_true(value));
        break;
    case JSON_NULL:
        msgpack_put_nil(out);
        break;
    }
}

void
msgpack_from_json(struct buf *out, const json_t *value)
{
    put_json(out, value, 0);
}

/* `bytes` bytes behind the type byte, big endian, and moves behind them. */
static bool
read_tail(struct msgpack_reader *reader, size_t bytes, uint64_t *value)
{
    uint64_t number = 0;

    assert(bytes > 0 && bytes <= sizeof(number));
    if ((size_t)(reader->end - reader->at) < 1 + bytes) {
        return false;
    }
    memcpy((uint8_t *)&number + sizeof(number) - bytes, reader->at + 1, bytes);
    reader->at += 1 + bytes;
    *value = be64toh(number);
    return true;
}

bool
msgpack_read_array(struct msgpack_reader *reader, size_t *count)
{
    struct msgpack_reader moved = *reader;
    uint64_t value = 0;
    bool good;

    if (moved.at >= moved.end) {
        return false;
    }
    switch (*moved.at) {
    case ARRAY16:
        good = read_tail(&moved, 2, &value);
        break;
    case ARRAY32:
        good = read_tail(&moved, 4, &value);
        break;
    default:
        value = *moved.at & 0x0f;
        good = (*moved.at++ & 0xf0) == FIX_ARRAY;
        break;
    }
    /* Each element takes at least one byte. */
    if (!good || value > (uint64_t)(moved.end - moved.at)) {
        return false;
    }
    *reader = moved;
    *count = (size_t)value;
    return true;
}

bool
msgpack_read_uint(struct msgpack_reader *reader, uint64_t max, uint64_t *value)
{
    struct msgpack_reader moved = *reader;
    uint64_t number = 0;
    bool good;

    if (moved.at >= moved.end) {
        return false;
    }
    if (*moved.at < 0x80) {
        number = *moved.at++;
        good = true;
    } else if (*moved.at >= UINT8 && *moved.at <= UINT8 + 3) {
        good = read_tail(&moved, (size_t)1 << (*moved.at - UINT8), &number);
    } else if (*moved.at >= INT8 && *moved.at <= INT64) {
        size_t bytes = (size_t)1 << (*moved.at - INT8);

        /* Other writers send positive numbers in signed forms too. */
        good =
            read_tail(&moved, bytes, &number) && (number >> (8 * bytes - 1) & 1) == 0;
    } else {
        good = false;
    }
    if (!good || number > max) {
        return false;
    }
    *reader = moved;
    *value = number;
    return true;
}

bool
msgpack_read_bool(struct msgpack_reader *reader, bool *value)
{
    if (reader->at >= reader->end ||
        (*reader->at != FALSE_BYTE && *reader->at != TRUE_BYTE)) {
        return false;
    }
    *value = *reader->at++ == TRUE_BYTE;
    return true;
}
