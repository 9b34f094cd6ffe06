/* base/csv.c - reading CSV byte by byte where it matters, and writing it.
 *
 *     FIELD_STARTS -- " --> QUOTED -- " --> QUOTE_SEEN -- , or line end -->
 * FIELD_STARTS |                  ^                  |  | other byte '------- "
 * --------'  '-- other byte: a fault --> PLAIN
 *          v
 *        PLAIN -- , or line end --> FIELD_STARTS
 */
#include "base/csv.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"

enum state { FIELD_STARTS, PLAIN, QUOTED, QUOTE_SEEN };

static const char BOM[] = "\xEF\xBB\xBF";
enum { BOM_BYTES = 3 };

struct csv_reader {
    csv_row_fn *row;
    void *arg;
    enum state state;
    int bom;        /* bytes of the mark seen; BOM_BYTES when that is settled */
    bool after_cr;  /* an LF now is half a line end */
    bool stopped;   /* by the callback */
    bool begun;     /* the row holds something */
    int64_t line;   /* the one being read */
    int64_t row_at; /* the row's first line */
    const char *fault;
    struct buf text; /* the row's fields, one behind the other */
    size_t field_at; /* where the present field begins in it */
    size_t count;    /* fields that have ended */
    size_t ends[CSV_FIELDS_MAX];
    struct str fields[CSV_FIELDS_MAX];
};

struct csv_reader *
csv_reader_new(csv_row_fn *row, void *arg)
{
    struct csv_reader *reader = xcalloc(1, sizeof *reader);

    reader->row = row;
    reader->arg = arg;
    reader->line = reader->row_at = 1;
    buf_init(&reader->text, CSV_ROW_BYTES_MAX);
    buf_reserve(&reader->text, 1); /* empty fields point somewhere too */
    return reader;
}

void
csv_reader_free(struct csv_reader **reader)
{
    if (*reader != NULL) {
        buf_free(&(*reader)->text);
        free(*reader);
        *reader = NULL;
    }
}

/* The first fault of a row is told; its bytes are let go. */
static void
fault(struct csv_reader *reader, const char *reason)
{
    if (reader->fault == NULL) {
        reader->fault = reason;
    }
}

static void
put(struct csv_reader *reader, const char *bytes, size_t len)
{
    reader->begun = true;
    if (reader->fault != NULL) {
        return;
    }
    if (len > CSV_FIELD_BYTES_MAX - (reader->text.len - reader->field_at)) {
        fault(reader, "a field is longer than 128 KiB");
        return;
    }
    buf_put(&reader->text, bytes, len);
    if (reader->text.full) {
        fault(reader, "the row is longer than 512 KiB");
    }
}

static void
end_field(struct csv_reader *reader)
{
    reader->begun = true;
    reader->state = FIELD_STARTS;
    if (reader->count == CSV_FIELDS_MAX) {
        fault(reader, "the row has more than 512 fields");
        return;
    }
    reader->ends[reader->count++] = reader->text.len;
    reader->field_at = reader->text.len;
}

static void
clear_row(struct csv_reader *reader)
{
    buf_clear(&reader->text);
    reader->state = FIELD_STARTS;
    reader->begun = false;
    reader->fault = NULL;
    reader->field_at = reader->count = 0;
    reader->row_at = reader->line;
}

/* The line that ended is counted already. An empty one is no row. */
static void
end_row(struct csv_reader *reader)
{
    struct csv_row row = { .line = reader->row_at };
    const char *text = reader->text.data != NULL ? reader->text.data : "";

    if (reader->begun) {
        end_field(reader);
        row.fault = reader->fault;
        row.fields = reader->fields;
        row.count = row.fault == NULL ? reader->count : 0;
        for (size_t i = 0, at = 0; i < row.count; at = reader->ends[i++]) {
            reader->fields[i] = str_of(text + at, reader->ends[i] - at);
        }
        reader->stopped = !reader->row(reader->arg, &row);
    }
    clear_row(reader);
}

static void
count_line(struct csv_reader *reader, char c)
{
    if (c == '\r' || (c == '\n' && !reader->after_cr)) {
        reader->line++;
    }
    reader->after_cr = c == '\r';
}

static void
take_quote(struct csv_reader *reader)
{
    switch (reader->state) {
    case FIELD_STARTS:
        reader->begun = true;
        reader->state = QUOTED;
        return;
    case QUOTED:
        reader->state = QUOTE_SEEN;
        return;
    case QUOTE_SEEN: /* two of them stand for one */
        reader->state = QUOTED;
        put(reader, "\"", 1);
        return;
    case PLAIN: /* 5" of something: unusual, but clear */
        put(reader, "\"", 1);
        return;
    }
}

static void
take_plain(struct csv_reader *reader, const char *bytes, size_t len)
{
    if (reader->state == FIELD_STARTS) {
        reader->state = PLAIN;
    } else if (reader->state == QUOTE_SEEN) {
        fault(reader, "something stands behind a field's closing quote");
        reader->state = PLAIN;
    }
    reader->after_cr = false;
    put(reader, bytes, len);
}

/* One of the bytes that mean something. */
static void
take_sign(struct csv_reader *reader, char c)
{
    count_line(reader, c);
    if (c == '\0') {
        fault(reader, "there is a NUL byte: a CSV file in UTF-8 is needed");
    } else if (c == '"') {
        take_quote(reader);
    } else if (reader->state == QUOTED) {
        put(reader, &c, 1);
    } else if (c == ',') {
        end_field(reader);
    } else {
        end_row(reader);
    }
}

static bool
is_sign(char c)
{
    return c == ',' || c == '"' || c == '\n' || c == '\r' || c == '\0';
}

/* Passes over a byte order mark, which may arrive in pieces. */
static size_t
take_bom(struct csv_reader *reader, struct str bytes)
{
    size_t at = 0;

    while (at < bytes.len && reader->bom < BOM_BYTES &&
           bytes.data[at] == BOM[reader->bom]) {
        reader->bom++;
        at++;
    }
    if (at < bytes.len && reader->bom < BOM_BYTES) {
        if (reader->bom > 0) {
            take_plain(reader, BOM, (size_t)reader->bom);
        }
        reader->bom = BOM_BYTES;
    }
    return at;
}

bool
csv_feed(struct csv_reader *reader, struct str bytes)
{
    size_t at = take_bom(reader, bytes);

    while (at < bytes.len && !reader->stopped) {
        size_t run = at;

        while (run < bytes.len && !is_sign(bytes.data[run])) {
            run++;
        }
        if (run > at) {
            take_plain(reader, bytes.data + at, run - at);
        }
        if (run < bytes.len) {
            take_sign(reader, bytes.data[run++]);
        }
        at = run;
    }
    return !reader->stopped;
}

bool
csv_end(struct csv_reader *reader)
{
    if (reader->state == QUOTED) {
        fault(reader, "a quoted field is never closed");
    }
    if (!reader->stopped) {
        end_row(reader);
    }
    return !reader->stopped;
}

static bool
needs_quotes(struct str field)
{
    for (size_t i = 0; i < field.len; i++) {
        if (is_sign(field.data[i])) {
            return true;
        }
    }
    /* Spreadsheets drop spaces at the ends of what is not quoted, and readers a byte
     * order mark at the start of a file. */
    return str_starts(field, STR("\xef\xbb\xbf")) ||
           (field.len > 0 &&
            (field.data[0] == ' ' || field.data[field.len - 1] == ' '));
}

void
csv_put(struct csv_writer *writer, struct str field)
{
    if (writer->fields++ > 0) {
        buf_put_char(writer->out, ',');
    }
    writer->blank = writer->fields == 1 && field.len == 0;
    if (!needs_quotes(field)) {
        buf_put_str(writer->out, field);
        return;
    }
    buf_put_char(writer->out, '"');
    for (size_t i = 0; i < field.len; i++) {
        if (field.data[i] == '"') {
            buf_put_char(writer->out, '"');
        }
        buf_put_char(writer->out, field.data[i]);
    }
    buf_put_char(writer->out, '"');
}

void
csv_put_end(struct csv_writer *writer)
{
    /* One empty field alone would be an empty line, which is no row. */
    buf_put_str(writer->out, writer->blank ? STR("\"\"\r\n") : STR("\r\n"));
    writer->fields = 0;
    writer->blank = false;
}
