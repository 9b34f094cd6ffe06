/* storage/catalogue/import.c - rows gathered into products, products into batches.
 *
 * A batch lies in its arena: drafts first, then what each try reads and writes. The
 * arena's limit is far above what a batch of IMPORT_BATCH_BYTES can need. */
#include "storage/catalogue/import.h"

#include <stdlib.h>

#include "base/table.h"
#include "base/xmalloc.h"
#include "storage/catalogue/index.h"
#include "storage/store.h"

enum {
    ARENA_BYTES_MAX = 64 << 20,
    TRIES_MAX = 9,
    FIRST_PAUSE_MS = 100 /* doubled after each try: 25 s in all */
};

/* One product of the batch. */
struct entry {
    struct draft draft;
    int64_t line;
    bool done;
};

/* A handle whose product was written. There are no more of them than the catalogue has
 * products. */
struct written {
    UT_hash_handle hh;
    char handle[];
};

struct import {
    struct import_config config;
    struct import_counts counts;
    struct csv_reader *reader;
    struct table table;
    bool has_header;
    enum err err; /* what ended the import */
    int64_t began_at_ms;
    struct arena *arena; /* of the batch */
    struct entry *entries[IMPORT_BATCH_PRODUCTS];
    size_t count;
    size_t begun;          /* drafts in the arena, refused ones too */
    size_t bytes;          /* of the batch's rows */
    struct entry *current; /* whose rows are coming; NULL: nobody's */
    struct written *written;
};

/* --- telling ------------------------------------------------------------------------ */
static void
tell(struct import *import, const struct table_fault *fault)
{
    import->config.fault(import->config.arg, fault);
}

static void
tell_bad_row(struct import *import, const struct table_fault *fault)
{
    import->counts.bad_rows++;
    tell(import, fault);
}

/* --- handles that were written ------------------------------------------------------ */
static bool
was_written(const struct import *import, struct str handle)
{
    struct written *found;

    HASH_FIND(hh, import->written, handle.data, handle.len, found);
    return found != NULL;
}

static void
remember_written(struct import *import, struct str handle)
{
    struct written *written = xmalloc(sizeof *written + handle.len);

    memcpy(written->handle, handle.data, handle.len);
    HASH_ADD_KEYPTR(hh, import->written, written->handle, handle.len, written);
}

static void
forget_written(struct import *import)
{
    struct written *written, *next;

    HASH_ITER(hh, import->written, written, next)
    {
        HASH_DEL(import->written, written);
        free(written);
    }
}

/* --- a batch ------------------------------------------------------------------------ */
/* A try of its own: settling changes what is wanted. */
static void
prepare(struct import *import, const struct entry *entry, struct product_change *change)
{
    const struct product *product = &entry->draft.product;
    size_t bytes = product->variant_count * sizeof(struct variant);

    change->want = *product;
    change->want.variants = arena_alloc(import->arena, bytes);
    memcpy(change->want.variants, product->variants, bytes);
}

static void
count_outcome(struct import *import, enum product_outcome outcome)
{
    import->counts.made += outcome == PRODUCT_MADE;
    import->counts.changed += outcome == PRODUCT_CHANGED;
    import->counts.same += outcome == PRODUCT_SAME;
}

/* Looks at what became of a product. True when it needs another try. */
static bool
take_outcome(struct import *import, struct entry *entry,
             const struct product_change *change)
{
    struct table_fault fault = { .line = entry->line };

    switch (change->err) {
    case ERR_NONE:
        count_outcome(import, change->outcome);
        remember_written(import, entry->draft.product.handle);
        break;
    case ERR_INVALID_FIELD: /* no good variant: its rows were told */
        break;
    case ERR_CATALOGUE_FULL:
        fault.reason = "the catalogue is full";
        tell_bad_row(import, &fault);
        break;
    default:
        return true;
    }
    entry->done = true;
    return false;
}

/* The products of the batch that are not done yet, each with its change. */
static size_t
gather(struct import *import, struct entry **entries, struct product_change *changes)
{
    size_t count = 0;

    for (size_t i = 0; i < import->count; i++) {
        if (!import->entries[i]->done) {
            prepare(import, import->entries[i], &changes[count]);
            entries[count++] = import->entries[i];
        }
    }
    return count;
}

/* Finds, settles and writes once. The error that makes another try worth while. */
static enum err
try_batch(struct import *import)
{
    struct product_change *changes =
        arena_alloc(import->arena, (import->count + 1) * sizeof *changes);
    struct entry *entries[IMPORT_BATCH_PRODUCTS];
    size_t count = gather(import, entries, changes);
    enum err err;

    err = product_find_many(import->config.store, import->arena, changes, count);
    if (err != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        changes[i].err = product_settle(&changes[i]);
    }
    err = product_write_many(import->config.store, import->arena, changes, count,
                             store_now_ms(import->config.store));
    if (err == ERR_STORE_DOWN) {
        return err; /* perhaps before anything was written: all of it again */
    }
    /* The outbox tells the index in any case; this way it knows when we are done. */
    catalogue_index_changes(import->config.store, import->arena, changes, count);
    err = ERR_NONE;
    for (size_t i = 0; i < count; i++) {
        if (take_outcome(import, entries[i], &changes[i])) {
            err = changes[i].err;
        }
    }
    return err;
}

static enum err
write_batch(struct import *import)
{
    enum err err = ERR_NONE;
    int64_t pause_ms = FIRST_PAUSE_MS;

    for (int i = 0; i < TRIES_MAX && import->count > 0; i++, pause_ms *= 2) {
        err = try_batch(import);
        if (err != ERR_STORE_DOWN && err != ERR_STORE_UNCERTAIN &&
            err != ERR_MOVED_ON) {
            break;
        }
        if (err != ERR_MOVED_ON) {
            task_sleep(pause_ms);
        }
    }
    arena_free(&import->arena);
    import->arena = arena_new(ARENA_BYTES_MAX);
    import->count = import->begun = import->bytes = 0;
    return err;
}

/* --- rows --------------------------------------------------------------------------- */
static bool
holds_handle(const struct import *import, struct str handle)
{
    for (size_t i = 0; i < import->count; i++) {
        if (str_equal(import->entries[i]->draft.product.handle, handle)) {
            return true;
        }
    }
    return false;
}

/* The rows of the current product are over. */
static void
end_product(struct import *import)
{
    if (import->current != NULL && !import->current->draft.refused) {
        import->entries[import->count++] = import->current;
    }
    import->current = NULL;
}

/* The current product's rows are over. What came earlier is written when there is no
 * more room, or when one has to know what became of this row's handle. */
static enum err
make_room(struct import *import, struct str handle)
{
    end_product(import);
    return import->begun == IMPORT_BATCH_PRODUCTS ||
                   import->bytes > IMPORT_BATCH_BYTES || holds_handle(import, handle)
               ? write_batch(import)
               : ERR_NONE;
}

/* Rows of a handle that was written already would replace what its first rows said. */
static enum err
begin_product(struct import *import, const struct csv_row *row, struct str handle)
{
    struct table_fault fault = { .line = row->line };
    enum err err = make_room(import, handle);

    if (err != ERR_NONE) {
        return err;
    }
    if (was_written(import, handle)) {
        fault.field = table_column_name(COLUMN_HANDLE);
        fault.reason = "names a product whose rows ended earlier";
        tell_bad_row(import, &fault);
        return ERR_NONE;
    }
    import->begun++;
    import->current = arena_alloc(import->arena, sizeof *import->current);
    import->current->line = row->line;
    if (!table_read_product(import->arena, &import->table, row, &import->current->draft,
                            &fault)) {
        tell_bad_row(import, &fault);
    }
    import->current->draft.product.merchant = import->config.merchant;
    import->current->draft.product.order =
        product_order(import->began_at_ms, import->counts.rows);
    return ERR_NONE;
}

static bool
has_extra_fields(const struct import *import, const struct csv_row *row)
{
    for (size_t i = import->table.width; i < row->count; i++) {
        if (str_trim(row->fields[i]).len > 0) {
            return true;
        }
    }
    return false;
}

static void
tell_row(struct import *import, int64_t line, const char *reason)
{
    struct table_fault fault = { .line = line, .reason = reason };

    tell_bad_row(import, &fault);
}

static bool
is_current(const struct import *import, struct str handle)
{
    return import->current != NULL && handle.len > 0 &&
           str_equal(import->current->draft.product.handle, handle);
}

static enum err
take_row(struct import *import, const struct csv_row *row)
{
    struct arena *scratch = arena_new(64 << 10);
    struct str handle = table_row_handle(scratch, &import->table, row);
    struct table_fault fault = { .line = row->line };
    enum err err = ERR_NONE;

    if (!is_current(import, handle)) {
        err = begin_product(import, row, handle);
    } else if (import->current->draft.refused) {
        tell_row(import, row->line, "the first row of its product was not taken");
    }
    arena_free(&scratch);
    if (err == ERR_NONE && import->current != NULL && !import->current->draft.refused &&
        !table_read_variant(import->arena, &import->table, row, &import->current->draft,
                            &fault)) {
        tell_bad_row(import, &fault);
    }
    return err;
}

static enum err
read_header(struct import *import, const struct csv_row *row)
{
    struct table_fault fault = { .line = row->line };

    import->table.commission_bps_max = import->config.commission_bps_max;
    import->has_header = table_read_header(&import->table, row, &fault);
    if (!import->has_header) {
        tell(import, &fault);
        return ERR_INVALID_FIELD;
    }
    return import->config.began != NULL ? import->config.began(import->config.arg)
                                        : ERR_NONE;
}

static bool
row_arrived(void *arg, const struct csv_row *row)
{
    struct import *import = arg;

    if (!import->has_header) {
        import->err = read_header(import, row);
        return import->err == ERR_NONE;
    }
    import->counts.rows++;
    if (row->fault != NULL) {
        tell_row(import, row->line, row->fault);
        return true;
    }
    if (has_extra_fields(import, row)) {
        tell_row(import, row->line, "the row has more fields than the header");
        return true;
    }
    for (size_t i = 0; i < row->count; i++) {
        import->bytes += row->fields[i].len;
    }
    import->err = take_row(import, row);
    return import->err == ERR_NONE;
}

/* --- the whole ---------------------------------------------------------------------- */
struct import *
import_open(const struct import_config *config)
{
    struct import *import = xcalloc(1, sizeof *import);

    import->config = *config;
    import->began_at_ms = store_now_ms(config->store);
    import->arena = arena_new(ARENA_BYTES_MAX);
    import->reader = csv_reader_new(row_arrived, import);
    return import;
}

void
import_close(struct import **import)
{
    if (*import != NULL) {
        csv_reader_free(&(*import)->reader);
        forget_written(*import);
        arena_free(&(*import)->arena);
        free(*import);
        *import = NULL;
    }
}

enum err
import_feed(struct import *import, struct str bytes)
{
    if (import->err == ERR_NONE) {
        csv_feed(import->reader, bytes);
    }
    return import->err;
}

enum err
import_end(struct import *import)
{
    if (import->err == ERR_NONE) {
        csv_end(import->reader);
    }
    if (import->err == ERR_NONE && !import->has_header) {
        struct table_fault fault = { .line = 1, .reason = "there is no header row" };

        import->err = ERR_INVALID_FIELD;
        tell(import, &fault);
    }
    if (import->err == ERR_NONE) {
        end_product(import);
        import->err = write_batch(import);
    }
    return import->err;
}

const struct import_counts *
import_counts(const struct import *import)
{
    return &import->counts;
}
