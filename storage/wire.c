/* storage/wire.c - small numbers in packed values: little endian, and varints. */
#include "storage/wire.h"

#include <assert.h>
#include <endian.h>
#include <math.h>

enum { VARINT_BYTES_MAX = 10 };

void
wire_put_uint(struct buf *buf, uint64_t value, int bytes)
{
    uint64_t out = htole64(value);

    assert(bytes >= 0 && (size_t)bytes <= sizeof(out));
    buf_put(buf, &out, (size_t)bytes);
}

void
wire_put_varint(struct buf *buf, uint64_t value)
{
    uint8_t out[VARINT_BYTES_MAX];
    size_t len = 0;

    while (value >= 0x80) {
        out[len++] = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    out[len++] = (uint8_t)value;
    buf_put(buf, out, len);
}

void
wire_put_signed(struct buf *buf, int64_t value)
{
    uint64_t twice = (uint64_t)value << 1;

    wire_put_varint(buf, value < 0 ? ~twice : twice);
}

void
wire_put_double(struct buf *buf, double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    wire_put_uint(buf, bits, 8);
}

static uint8_t
next_byte(struct wire *wire)
{
    uint8_t byte;

    if (wire->left.len == 0) {
        wire->bad = true;
        return 0;
    }
    byte = (uint8_t)wire->left.data[0];
    wire->left.data++;
    wire->left.len--;
    return byte;
}

uint64_t
wire_uint(struct wire *wire, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++) {
        value |= (uint64_t)next_byte(wire) << 8 * i;
    }
    return value;
}

uint64_t
wire_varint(struct wire *wire, uint64_t max)
{
    uint64_t value = 0;

    for (int shift = 0; shift < 64; shift += 7) {
        uint8_t byte = next_byte(wire);

        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            wire->bad = wire->bad || value > max;
            return wire->bad ? 0 : value;
        }
    }
    wire->bad = true;
    return 0;
}

int64_t
wire_signed(struct wire *wire)
{
    uint64_t twice = wire_varint(wire, UINT64_MAX);

    return (int64_t)(twice & 1 ? ~(twice >> 1) : twice >> 1);
}

double
wire_double(struct wire *wire)
{
    uint64_t bits = wire_uint(wire, 8);
    double value;

    memcpy(&value, &bits, sizeof(value));
    if (!isfinite(value)) {
        wire->bad = true;
        return 0.0;
    }
    return value;
}
