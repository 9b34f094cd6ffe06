/* storage/sale/import_inside.h - what the files of the sales import share.
 *
 * import.c reads rows into windows and starts their tasks; import_row.c judges a row;
 * import_window.c does a window's work; import_known.c remembers products and shops.
 */
#ifndef STORAGE_SALE_IMPORT_INSIDE_H
#define STORAGE_SALE_IMPORT_INSIDE_H

#include "base/arena.h"
#include "base/csv.h"
#include "base/task.h"
#include "storage/sale/import.h"
#include "storage/sale/sale.h"

enum {
    WINDOW_ROWS = 4096,
    WINDOWS_MAX = 3,      /* under way at once */
    HELD_MAX = 1000000,   /* refunds that wait for their sale */
    STORE_PATIENCE = 125, /* tries, STORE_PAUSE_MS apart */
    STORE_PAUSE_MS = 200
};
#define WINDOW_ARENA_BYTES ((size_t)96 << 20)

/* --- rows --------------------------------------------------------------------------- */
enum import_column {
    COLUMN_SALE_ID,
    COLUMN_NUMBER,
    COLUMN_PRODUCT_HANDLE,
    COLUMN_BUYER_REF,
    COLUMN_QUANTITY,
    COLUMN_AMOUNT_FEN,
    COLUMN_SOLD_AT,
    COLUMN_KIND,
    COLUMN_REFUND_OF,
    COLUMNS
};
struct import_columns {
    size_t place[COLUMNS]; /* in a row; SIZE_MAX: not there */
};
struct import_row {
    int64_t line;
    bool is_refund;
    struct str handle;
    struct str refund_of;
    struct sale_want want; /* a refund: its id and amount */
    bool shop_is_open;     /* when it was looked up */
    bool done;
};

/* NULL, or why the header cannot be used. */
const char *import_columns_read(const struct csv_row *header,
                                struct import_columns *columns);
/* NULL, or why the row cannot be taken. Strings are copied into the arena. */
const char *import_row_read(struct arena *arena, const struct import_columns *columns,
                            const struct csv_row *csv, int64_t now_ms,
                            struct import_row *row);

/* --- what was looked up before ------------------------------------------------------- */
struct known_thing {
    struct str word;
    int64_t
        value; /* product id, or how a shop is (import_window.c); 0: there is none */
    bool sensitive;
    struct known_thing *next;
};
struct known; /* words and what they stand for; it never forgets */

struct known *known_new(void);
void known_free(struct known **known);
struct known_thing *known_find(const struct known *known, struct str word);
/* The word is copied. NULL when there are too many already. */
struct known_thing *known_add(struct known *known, struct str word);

/* --- the import ---------------------------------------------------------------------- */
struct held_refund {
    int64_t line;
    char *sale_id, *refund_id;
    int64_t amount_fen;
};

struct sales_import {
    struct sales_import_config config;
    struct sales_import_counts counts;
    struct csv_reader *reader;
    struct import_columns columns;
    bool has_header;
    enum err err;
    struct import_window *window; /* being filled */
    int running;                  /* windows under way */
    struct waits window_done;
    struct known *products, *shops;
    struct held_refund *held;
    size_t held_count, held_room;
};

struct import_window {
    struct sales_import *import;
    struct arena *arena; /* of the rows */
    struct arena *work;  /* of one try */
    struct import_row rows[WINDOW_ROWS];
    size_t count;
};

void import_fault(struct sales_import *import, int64_t line, const char *reason);
/* Works off a window; what it cannot do for want of the store sets import->err. Waits. */
void import_window_work(struct import_window *window);
/* Takes the refunds that waited; those that have no sale even now are faults. Waits. */
void import_held_work(struct sales_import *import);

#endif
