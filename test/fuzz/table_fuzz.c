/* test/fuzz/table_fuzz.c - product tables of any bytes, in pieces of any size: every row
 * comes out once, and what was taken can be written and is taken again. */
#include <assert.h>
#include <stdlib.h>

#include "storage/catalogue/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct reading {
    struct table table;
    bool has_header;
};

/* What one row says stands as it is when it is written out. */
static void
check_product(struct arena *arena, const struct draft *draft)
{
    struct buf out;
    struct csv_writer writer = { .out = &out };

    buf_init(&out, 8 << 20);
    table_write_header(&writer);
    table_write_product(&writer, arena, &draft->product);
    assert(!out.full);
    buf_free(&out);
}

static bool
row_arrived(void *arg, const struct csv_row *row)
{
    struct reading *reading = arg;
    struct table_fault fault = { .line = row->line };
    struct arena *arena;
    struct draft draft;

    assert(row->line > 0 && (row->fault == NULL || row->count == 0));
    if (!reading->has_header) {
        reading->table.commission_bps_max = 3000;
        reading->has_header = table_read_header(&reading->table, row, &fault);
        return reading->has_header;
    }
    if (row->fault != NULL) {
        return true;
    }
    arena = arena_new(8 << 20);
    if (table_read_product(arena, &reading->table, row, &draft, &fault) &&
        table_read_variant(arena, &reading->table, row, &draft, &fault)) {
        check_product(arena, &draft);
    } else {
        assert(fault.reason != NULL);
    }
    arena_free(&arena);
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading = { .has_header = false };
    struct csv_reader *reader = csv_reader_new(row_arrived, &reading);
    size_t piece = size > 0 ? 1 + data[0] % 64 : 1;

    for (size_t at = 0; at < size; at += piece) {
        size_t len = size - at < piece ? size - at : piece;

        csv_feed(reader, str_of(data + at, len));
    }
    csv_end(reader);
    csv_reader_free(&reader);
    return 0;
}
