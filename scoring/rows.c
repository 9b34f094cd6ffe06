/* scoring/rows.c - the shops that the worker has in memory, within a limit. */
#include "scoring/rows.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"

enum { TABLE_FIRST = 16 };

struct entry {
    struct scored_shop shop; /* first: what callers hold points here */
    size_t bytes;            /* as accounted */
    bool used;               /* since the hand came by */
};

/* Open addressing by n, at most half full. */
struct table {
    struct entry **slot;
    size_t room;
    size_t count;
    bool busy;
};

struct rows {
    struct table table[PARTITIONS];
    size_t bytes;
    size_t bytes_max;
    unsigned hand; /* the partition that is trimmed next */
};

struct rows *
rows_new(size_t bytes_max)
{
    struct rows *rows = xcalloc(1, sizeof(*rows));

    rows->bytes_max = bytes_max;
    return rows;
}

void
rows_free(struct rows **rows)
{
    if (*rows == NULL) {
        return;
    }
    for (unsigned i = 0; i < PARTITIONS; i++) {
        rows_forget(*rows, i);
    }
    free(*rows);
    *rows = NULL;
}

/* Where the table has, or would have, this shop. */
static size_t
place(const struct table *table, struct shop_number shop)
{
    size_t mask = table->room - 1;
    size_t at = shop_n(shop) * UINT64_C(0x9e3779b97f4a7c15) >> 40;

    for (at &= mask; table->slot[at] != NULL; at = (at + 1) & mask) {
        if (table->slot[at]->shop.number.value == shop.value) {
            break;
        }
    }
    return at;
}

static void
make_table(struct table *table, size_t room)
{
    struct table old = *table;

    table->room = room;
    table->slot = xcalloc(room, sizeof(table->slot[0]));
    for (size_t i = 0; i < old.room; i++) {
        if (old.slot[i] != NULL) {
            table->slot[place(table, old.slot[i]->shop.number)] = old.slot[i];
        }
    }
    free(old.slot);
}

struct scored_shop *
rows_find(const struct rows *rows, struct shop_number shop)
{
    const struct table *table = &rows->table[id_partition(shop.value)];
    struct entry *entry;

    if (table->room == 0) {
        return NULL;
    }
    entry = table->slot[place(table, shop)];
    if (entry == NULL) {
        return NULL;
    }
    entry->used = true;
    return &entry->shop;
}

struct scored_shop *
rows_add(struct rows *rows, struct shop_number shop)
{
    struct table *table = &rows->table[id_partition(shop.value)];
    struct entry *entry = xcalloc(1, sizeof(*entry));

    assert(rows_find(rows, shop) == NULL);
    if (table->count * 2 >= table->room) {
        make_table(table, table->room == 0 ? TABLE_FIRST : table->room * 2);
    }
    entry->shop.number = shop;
    entry->used = true;
    table->slot[place(table, shop)] = entry;
    table->count++;
    return &entry->shop;
}

void
rows_account(struct rows *rows, struct scored_shop *shop)
{
    struct entry *entry = (struct entry *)shop;

    rows->bytes -= entry->bytes;
    entry->bytes = sizeof(*entry) + shop_bytes(shop);
    rows->bytes += entry->bytes;
}

static void
free_entry(struct rows *rows, struct table *table, size_t at)
{
    rows->bytes -= table->slot[at]->bytes;
    shop_free(&table->slot[at]->shop);
    free(table->slot[at]);
    table->slot[at] = NULL;
    table->count--;
}

void
rows_forget(struct rows *rows, unsigned partition)
{
    struct table *table = &rows->table[partition];
    bool busy = table->busy;

    for (size_t i = 0; i < table->room; i++) {
        if (table->slot[i] != NULL) {
            free_entry(rows, table, i);
        }
    }
    free(table->slot);
    *table = (struct table){ .busy = busy };
}

void
rows_busy(struct rows *rows, unsigned partition, bool busy)
{
    rows->table[partition].busy = busy;
}

/* Second chance: what was not used since the last time goes. */
static void
trim_table(struct rows *rows, struct table *table)
{
    size_t before = table->count;

    for (size_t i = 0; i < table->room; i++) {
        if (table->slot[i] != NULL && !table->slot[i]->used) {
            free_entry(rows, table, i);
        } else if (table->slot[i] != NULL) {
            table->slot[i]->used = false;
        }
    }
    if (table->count < before) { /* chains were broken */
        make_table(table, table->room);
    }
}

void
rows_trim(struct rows *rows)
{
    for (unsigned i = 0; i < 2 * PARTITIONS && rows->bytes > rows->bytes_max; i++) {
        struct table *table = &rows->table[rows->hand];

        if (!table->busy) {
            trim_table(rows, table);
        }
        rows->hand = (rows->hand + 1) % PARTITIONS;
    }
}

size_t
rows_bytes(const struct rows *rows)
{
    return rows->bytes;
}
