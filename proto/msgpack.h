/* proto/msgpack.h - MessagePack, the part of it that we speak.
 *
 * Writers choose the shortest form. The reader is for stored and received bytes, which
 * are hostile: it goes forward only, allocates nothing and believes no count that the
 * bytes left could not hold (msgpack-c 4 reserves whatever a count says).
 */
#ifndef PROTO_MSGPACK_H
#define PROTO_MSGPACK_H

#include <jansson.h>

#include "base/buf.h"

void msgpack_put_nil(struct buf *out);
void msgpack_put_bool(struct buf *out, bool value);
void msgpack_put_uint(struct buf *out, uint64_t value);
void msgpack_put_int(struct buf *out, int64_t value);
void msgpack_put_double(struct buf *out, double value);
void msgpack_put_str(struct buf *out, struct str s);
void msgpack_put_array(struct buf *out, size_t count); /* `count` values follow */
void msgpack_put_map(struct buf *out, size_t count);   /* `count` pairs follow */

/* A document of ours (depth at most JSON_DEPTH_MAX, asserted), in the order of its
 * fields; out->full when it does not fit. */
void msgpack_from_json(struct buf *out, const json_t *value);

struct msgpack_reader {
    const uint8_t *at;
    const uint8_t *end;
};

static inline struct msgpack_reader
msgpack_reader(struct str bytes)
{
    const uint8_t *at = (const uint8_t *)bytes.data;

    return (struct msgpack_reader){ at, bytes.len > 0 ? at + bytes.len : at };
}

/* Each reads one value of its type and moves on. False, with the reader where it was,
 * for another type, a value out of range, or bytes that end too soon. */
bool msgpack_read_array(struct msgpack_reader *reader, size_t *count);
bool msgpack_read_uint(struct msgpack_reader *reader, uint64_t max, uint64_t *value);
bool msgpack_read_bool(struct msgpack_reader *reader, bool *value);

#endif
