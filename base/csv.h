/* base/csv.h - CSV as spreadsheets write it (RFC 4180), in as it arrives, and out.
 *
 * Bytes are fed in pieces of any size; whole rows come out by callback. A byte order
 * mark, CRLF, LF and CR line ends, quoted fields with line ends inside and empty lines
 * are taken. Memory is bounded whatever comes: a row that is too large is passed over
 * byte by byte.
 *
 * A row that cannot be used comes out as well, with its fault and without its fields,
 * and reading goes on behind the end of that row. Where a quoted field was left open
 * nobody can tell which line end is the row's; then everything up to the next quote
 * belongs to it, and what stands behind that quote is passed over up to the line's end.
 *
 * Waits       csv_feed() and csv_end() as the callback does.
 */
#ifndef BASE_CSV_H
#define BASE_CSV_H

#include "base/buf.h"

enum {
    CSV_FIELDS_MAX = 512,
    CSV_FIELD_BYTES_MAX = 128 << 10,
    CSV_ROW_BYTES_MAX = 512 << 10
};

struct csv_row {
    int64_t line; /* of the row's first byte, counted from 1 */
    const struct str *fields;
    size_t count;
    const char *fault; /* a literal, why the row cannot be used; NULL: it can */
};

/* The row is good until the call returns. False stops the reading for good. */
typedef bool csv_row_fn(void *arg, const struct csv_row *row);

struct csv_reader;

struct csv_reader *csv_reader_new(csv_row_fn *row, void *arg);
void csv_reader_free(struct csv_reader **reader);
/* False when the callback has stopped the reading. */
bool csv_feed(struct csv_reader *reader, struct str bytes);
/* Nothing more comes: gives out the last row, which may lack its line end. */
bool csv_end(struct csv_reader *reader);

/* Writing: field after field, then the row's end. What does not fit sets out->full. */
struct csv_writer {
    struct buf *out;
    size_t fields; /* of the row so far */
    bool blank;    /* the row is one empty field */
};

void csv_put(struct csv_writer *writer, struct str field);
void csv_put_end(struct csv_writer *writer);

#endif
