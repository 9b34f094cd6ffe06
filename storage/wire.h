/* storage/wire.h - small numbers in packed values: little endian, and varints.
 *
 * Writing goes to a struct buf. Reading comes from bytes that may be anything: a reader
 * that runs out, or meets a varint that is too long, sets `bad`, gives zeros from then
 * on, and its user asks once at the end.
 */
#ifndef STORAGE_SCORE_WIRE_H
#define STORAGE_SCORE_WIRE_H

#include "base/buf.h"

void wire_put_uint(struct buf *buf, uint64_t value, int bytes);
void wire_put_varint(struct buf *buf, uint64_t value);
void wire_put_signed(struct buf *buf, int64_t value); /* zigzag */
void wire_put_double(struct buf *buf, double value);

struct wire {
    struct str left;
    bool bad;
};

uint64_t wire_uint(struct wire *wire, int bytes);
/* At most `max`, else bad. */
uint64_t wire_varint(struct wire *wire, uint64_t max);
int64_t wire_signed(struct wire *wire);
double wire_double(struct wire *wire); /* finite, else bad */

#endif
