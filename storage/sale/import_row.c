/* storage/sale/import_row.c - one row of a sales table, judged cell by cell. */
#include "proto/money.h"
#include "proto/time.h"
#include "storage/sale/import_inside.h"

#define SOLD_AHEAD_MAX_MS (INT64_C(300) * 1000)

static const char *const names[COLUMNS] = {
    [COLUMN_SALE_ID] = "sale_id",
    [COLUMN_NUMBER] = "number",
    [COLUMN_PRODUCT_HANDLE] = "product_handle",
    [COLUMN_BUYER_REF] = "buyer_ref",
    [COLUMN_QUANTITY] = "quantity",
    [COLUMN_AMOUNT_FEN] = "amount_fen",
    [COLUMN_SOLD_AT] = "sold_at",
    [COLUMN_KIND] = "kind",
    [COLUMN_REFUND_OF] = "refund_of",
};

const char *
import_columns_read(const struct csv_row *header, struct import_columns *columns)
{
    if (header->fault != NULL) {
        return header->fault;
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        columns->place[c] = SIZE_MAX;
    }
    for (size_t i = 0; i < header->count; i++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            if (!str_equal_nocase(str_trim(header->fields[i]), str_from(names[c]))) {
                continue;
            }
            if (columns->place[c] != SIZE_MAX) {
                return "a column stands there twice";
            }
            columns->place[c] = i;
        }
    }
    for (size_t c = 0; c <= COLUMN_SOLD_AT; c++) {
        if (columns->place[c] == SIZE_MAX) {
            return "the first row must name sale_id, number, product_handle, "
                   "buyer_ref, "
                   "quantity, amount_fen, sold_at";
        }
    }
    return NULL;
}

static struct str
cell(const struct import_columns *columns, const struct csv_row *csv,
     enum import_column column)
{
    size_t place = columns->place[column];

    return place < csv->count ? str_trim(csv->fields[place]) : STR("");
}

/* Other books write what goes back as a negative amount. */
static bool
read_amount(struct str text, bool is_refund, int64_t *amount_fen)
{
    if (!str_to_i64(text, amount_fen)) {
        return false;
    }
    if (is_refund && *amount_fen < 0) {
        *amount_fen = -*amount_fen;
    }
    return *amount_fen >= (is_refund ? 1 : 0) && *amount_fen <= MONEY_FEN_MAX;
}

static const char *
read_kind(struct str kind, bool *is_refund)
{
    *is_refund = str_equal(kind, STR("refund"));
    return *is_refund || kind.len == 0 || str_equal(kind, STR("sale")) ||
                   str_equal(kind, STR("order"))
               ? NULL
               : "kind must be sale or refund";
}

static const char *
read_refund(struct arena *arena, const struct import_columns *columns,
            const struct csv_row *csv, struct import_row *row)
{
    struct str sale_id = cell(columns, csv, COLUMN_REFUND_OF);

    if (sale_id.len == 0) {
        return "a refund must say in refund_of which sale it takes back";
    }
    if (!sale_id_ok(sale_id)) {
        return "refund_of is no sale id";
    }
    row->refund_of = arena_dup(arena, sale_id);
    return NULL;
}

static const char *
read_sale(struct arena *arena, const struct import_columns *columns,
          const struct csv_row *csv, int64_t now_ms, struct import_row *row)
{
    struct sale_want *want = &row->want;
    struct str handle = cell(columns, csv, COLUMN_PRODUCT_HANDLE);
    struct str buyer_ref = cell(columns, csv, COLUMN_BUYER_REF);

    if (!shop_number_parse(cell(columns, csv, COLUMN_NUMBER), &want->shop)) {
        return "number is no shop's number";
    }
    if (handle.len == 0 || handle.len > HANDLE_BYTES_MAX) {
        return "product_handle must have 1 to 100 bytes";
    }
    if (buyer_ref.len == 0 || buyer_ref.len > SALE_BUYER_BYTES_MAX) {
        return "buyer_ref must have 1 to 200 bytes";
    }
    if (!str_to_i64(cell(columns, csv, COLUMN_QUANTITY), &want->quantity) ||
        want->quantity < 1 || want->quantity > SALE_QUANTITY_MAX) {
        return "quantity must be an integer from 1 to 1000000";
    }
    if (!time_read(cell(columns, csv, COLUMN_SOLD_AT), &want->sold_at_ms)) {
        return "sold_at must be an RFC 3339 time";
    }
    if (want->sold_at_ms > now_ms + SOLD_AHEAD_MAX_MS) {
        return "sold_at lies ahead";
    }
    row->handle = arena_dup(arena, handle);
    want->buyer_ref = arena_dup(arena, buyer_ref);
    return NULL;
}

const char *
import_row_read(struct arena *arena, const struct import_columns *columns,
                const struct csv_row *csv, int64_t now_ms, struct import_row *row)
{
    struct str sale_id;
    const char *why;

    if (csv->fault != NULL) {
        return csv->fault;
    }
    *row = (struct import_row){ .line = csv->line };
    if ((why = read_kind(cell(columns, csv, COLUMN_KIND), &row->is_refund)) != NULL) {
        return why;
    }
    sale_id = cell(columns, csv, COLUMN_SALE_ID);
    if (!sale_id_ok(sale_id)) {
        return "sale_id must have 1 to 100 bytes and no control characters";
    }
    if (!read_amount(cell(columns, csv, COLUMN_AMOUNT_FEN), row->is_refund,
                     &row->want.amount_fen)) {
        return "amount_fen must be an integer of fen up to 10^12";
    }
    row->want.sale_id = arena_dup(arena, sale_id);
    return row->is_refund ? read_refund(arena, columns, csv, row)
                          : read_sale(arena, columns, csv, now_ms, row);
}
