/* test/fuzz/csv_fuzz.c - CSV whole and cut gives the same rows, and good rows that are
 * written read the same again. The first byte says how the bytes are cut. */
#include "base/csv.h"
#include "test/fuzz/fuzz.h"

enum { BYTES_MAX = 4 << 20 };

struct rows {
    struct buf seen;    /* every row, faults too */
    struct buf written; /* good rows by csv_put() */
    struct buf
        fields; /* good rows, told apart by bytes no field can fake the count of */
};

static bool
on_row(void *arg, const struct csv_row *row)
{
    struct rows *rows = arg;
    struct csv_writer writer = { .out = &rows->written };

    buf_printf(&rows->seen, "\n%lld %zu %s|", (long long)row->line, row->count,
               row->fault ? row->fault : "");
    if (row->fault) {
        return true;
    }
    buf_printf(&rows->fields, "\n%zu|", row->count);
    for (size_t i = 0; i < row->count; i++) {
        buf_printf(&rows->fields, "%zu:", row->fields[i].len);
        buf_put_str(&rows->fields, row->fields[i]);
        buf_put_str(&rows->seen, row->fields[i]);
        csv_put(&writer, row->fields[i]);
    }
    csv_put_end(&writer);
    return true;
}

static void
read_pieces(struct rows *rows, struct str bytes, size_t piece)
{
    struct csv_reader *reader = csv_reader_new(on_row, rows);

    buf_init(&rows->seen, BYTES_MAX);
    buf_init(&rows->written, BYTES_MAX);
    buf_init(&rows->fields, BYTES_MAX);
    for (size_t at = 0; at < bytes.len; at += piece) {
        size_t len = bytes.len - at < piece ? bytes.len - at : piece;

        assert(csv_feed(reader, str_of(bytes.data + at, len)));
    }
    assert(csv_end(reader));
    csv_reader_free(&reader);
}

static void
rows_free(struct rows *rows)
{
    buf_free(&rows->seen);
    buf_free(&rows->written);
    buf_free(&rows->fields);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rows whole, cut, again;
    struct str bytes;

    if (size == 0) {
        return 0;
    }
    bytes = str_of(data + 1, size - 1);
    read_pieces(&whole, bytes, bytes.len + 1);
    read_pieces(&cut, bytes, 1u + data[0] % 7);
    assert(str_equal(buf_str(&whole.seen), buf_str(&cut.seen)));
    read_pieces(&again, buf_str(&whole.written), BYTES_MAX);
    assert(str_equal(buf_str(&whole.fields), buf_str(&again.fields)));
    rows_free(&whole);
    rows_free(&cut);
    rows_free(&again);
    return 0;
}
