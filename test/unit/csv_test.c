/* test/unit/csv_test.c - what base/csv.h promises. */
#include <stdlib.h>

#include "base/csv.h"
#include "test/support/unit.h"

/* Rows come out as "LINE:[a|b]" or "LINE:!fault". */
struct seen {
    struct buf text;
    int rows;
    int stop_after; /* 0: never */
};

static bool
note_row(void *arg, const struct csv_row *row)
{
    struct seen *seen = arg;

    buf_printf(&seen->text, "%d:", (int)row->line);
    if (row->fault != NULL) {
        buf_printf(&seen->text, "!%s", row->fault);
    } else {
        buf_put_char(&seen->text, '[');
        for (size_t i = 0; i < row->count; i++) {
            buf_printf(&seen->text, "%s", i > 0 ? "|" : "");
            buf_put_str(&seen->text, row->fields[i]);
        }
        buf_put_char(&seen->text, ']');
    }
    buf_put_char(&seen->text, ' ');
    seen->rows++;
    return seen->rows != seen->stop_after;
}

static void
read_in_pieces(struct seen *seen, struct str csv, size_t piece)
{
    struct csv_reader *reader = csv_reader_new(note_row, seen);

    buf_init(&seen->text, 1 << 20);
    seen->rows = 0;
    for (size_t at = 0; at < csv.len; at += piece) {
        size_t len = csv.len - at < piece ? csv.len - at : piece;

        csv_feed(reader, str_of(csv.data + at, len));
    }
    csv_end(reader);
    csv_reader_free(&reader);
    assert_null(reader);
    buf_put_char(&seen->text, '\0');
}

/* Whole, byte by byte, and by threes: the pieces make no difference. */
static void
expect(struct str csv, const char *rows)
{
    static const size_t pieces[] = { 1 << 20, 1, 3 };

    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct seen seen = { .stop_after = 0 };

        read_in_pieces(&seen, csv, pieces[i]);
        assert_string_equal(seen.text.data, rows);
        buf_free(&seen.text);
    }
}

static void
rows_are_what_spreadsheets_meant(void **state UNUSED)
{
    expect(STR("a,b\nc,d\n"), "1:[a|b] 2:[c|d] ");
    expect(STR("a,b\r\nc,d"), "1:[a|b] 2:[c|d] ");
    expect(STR("a,b\rc,d\r"), "1:[a|b] 2:[c|d] ");
    expect(STR("\xEF\xBB\xBF\"a\",b\n"), "1:[a|b] ");
    expect(STR("\xEF\xBB"
               "a\n"),
           "1:[\xEF\xBB"
           "a] ");
    expect(STR("a,,\n,\n"), "1:[a||] 2:[|] ");
    expect(STR("\n\r\n\na\n\n"), "4:[a] ");
    expect(STR("\"\"\n"), "1:[] ");
    expect(STR("\"a\"\"b\",\"c,d\"\n"), "1:[a\"b|c,d] ");
    expect(STR("5\" pipe,x\n"), "1:[5\" pipe|x] ");
    expect(STR(" a , b \n"), "1:[ a | b ] ");
    expect(STR(""), "");
    expect(STR("\xEF\xBB\xBF"), "");
}

static void
a_row_bears_the_line_it_begins_in(void **state UNUSED)
{
    expect(STR("a,\"1\n2\r\n3\"\nb\n"), "1:[a|1\n2\r\n3] 4:[b] ");
    expect(STR("a\r\n\r\n\"\r\"\r\nb"), "1:[a] 3:[\r] 5:[b] ");
}

static void
a_bad_row_is_told_and_the_next_one_read(void **state UNUSED)
{
    expect(STR("a\n\"b\"x,c\nd\n"),
           "1:[a] 2:!something stands behind a field's closing quote 3:[d] ");
    expect(STR("a\nb\0c\nd\n"),
           "1:[a] 2:!there is a NUL byte: a CSV file in UTF-8 is needed 3:[d] ");
    /* A quote left open takes all up to the next quote, and no more. */
    expect(STR("\"a,b\nc,\"d\"\ne\n"),
           "1:!something stands behind a field's closing quote 3:[e] ");
    expect(STR("a\n\"b\nc\n"), "1:[a] 2:!a quoted field is never closed ");
}

static char *
filled(size_t len, char c)
{
    char *bytes = malloc(len);

    assert_non_null(bytes);
    memset(bytes, c, len);
    return bytes;
}

static void
what_is_too_large_is_passed_over(void **state UNUSED)
{
    size_t len = CSV_FIELD_BYTES_MAX + 4;
    char *csv = filled(len, 'x');

    memcpy(csv + len - 3, "\na\n", 3);
    expect(str_of(csv, len), "1:!a field is longer than 128 KiB 2:[a] ");
    csv[0] = '"'; /* now the line ends are the field's */
    expect(str_of(csv, len), "1:!a field is longer than 128 KiB ");
    free(csv);

    csv = filled(CSV_FIELDS_MAX + 2, ',');
    memcpy(csv + CSV_FIELDS_MAX, "\na", 2);
    expect(str_of(csv, CSV_FIELDS_MAX + 2),
           "1:!the row has more than 512 fields 2:[a] ");
    free(csv);
}

static void
a_line_without_end_needs_no_memory(void **state UNUSED)
{
    struct seen seen = { .stop_after = 0 };
    struct csv_reader *reader = csv_reader_new(note_row, &seen);
    char *piece = filled(1 << 16, ',');

    buf_init(&seen.text, 1 << 20);
    memset(piece, 'x', 1 << 15);
    for (int i = 0; i < 64; i++) {
        assert_true(csv_feed(reader, str_of(piece, 1 << 16)));
    }
    assert_true(csv_feed(reader, STR("\nb\n")));
    assert_true(csv_end(reader));
    assert_int_equal(seen.rows, 2);
    csv_reader_free(&reader);
    buf_free(&seen.text);
    free(piece);
}

static void
the_callback_may_stop_the_reading(void **state UNUSED)
{
    struct seen seen = { .stop_after = 1 };

    read_in_pieces(&seen, STR("a\nb\nc\n"), 100);
    assert_int_equal(seen.rows, 1);
    buf_free(&seen.text);
}

static void
what_is_written_reads_the_same(void **state UNUSED)
{
    struct buf out;
    struct csv_writer writer = { .out = &out };

    buf_init(&out, 1 << 10);
    csv_put(&writer, STR("a,b"));
    csv_put(&writer, STR(""));
    csv_put(&writer, STR("say \"no\""));
    csv_put_end(&writer);
    csv_put(&writer, STR(""));
    csv_put_end(&writer);
    csv_put(&writer, STR(" c"));
    csv_put(&writer, STR("d\ne"));
    csv_put_end(&writer);
    assert_true(
        str_starts(buf_str(&out), STR("\"a,b\",,\"say \"\"no\"\"\"\r\n\"\"\r\n")));
    expect(buf_str(&out), "1:[a,b||say \"no\"] 2:[] 3:[ c|d\ne] ");
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_what_spreadsheets_meant),
        cmocka_unit_test(a_row_bears_the_line_it_begins_in),
        cmocka_unit_test(a_bad_row_is_told_and_the_next_one_read),
        cmocka_unit_test(what_is_too_large_is_passed_over),
        cmocka_unit_test(a_line_without_end_needs_no_memory),
        cmocka_unit_test(the_callback_may_stop_the_reading),
        cmocka_unit_test(what_is_written_reads_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
