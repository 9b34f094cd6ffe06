/* storage/sale/import.c - rows of a sales table gathered into windows, each a task. */
#include "storage/sale/import.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "storage/sale/import_inside.h"
#include "storage/store.h"

enum { WINDOW_WAIT_MS = 1000 };

void
import_fault(struct sales_import *import, int64_t line, const char *reason)
{
    import->counts.bad++;
    import->config.fault(import->config.arg, line, reason);
}

static void
run_window(void *arg)
{
    struct import_window *window = arg;
    struct sales_import *import = window->import;

    import_window_work(window);
    arena_free(&window->arena);
    free(window);
    import->running--;
    waits_end(&import->window_done);
}

static void
wait_for_windows(struct sales_import *import, int left)
{
    while (import->running > left) {
        waits_join(&import->window_done, clock_mono_ms() + WINDOW_WAIT_MS);
    }
}

/* Hands the filled window to a task of its own; here and now when there is none. */
static void
send_window(struct sales_import *import)
{
    struct import_window *window = import->window;

    import->window = NULL;
    wait_for_windows(import, WINDOWS_MAX - 1);
    import->running++;
    if (!task_start(store_loop(import->config.store), run_window, window)) {
        run_window(window);
    }
}

static struct import_row *
next_row(struct sales_import *import)
{
    if (import->window == NULL) {
        import->window = xcalloc(1, sizeof(*import->window));
        import->window->import = import;
        import->window->arena = arena_new(WINDOW_ARENA_BYTES);
    }
    return &import->window->rows[import->window->count];
}

static bool
take_header(struct sales_import *import, const struct csv_row *row)
{
    const char *why = import_columns_read(row, &import->columns);

    import->has_header = true;
    if (why != NULL) {
        import->err = ERR_INVALID_FIELD;
        import_fault(import, row->line, why);
    }
    return why == NULL;
}

static bool
take_row(void *arg, const struct csv_row *csv)
{
    struct sales_import *import = arg;
    struct import_row *row;
    const char *why;

    if (!import->has_header) {
        return take_header(import, csv);
    }
    import->counts.rows++;
    row = next_row(import);
    why = import_row_read(import->window->arena, &import->columns, csv,
                          store_now_ms(import->config.store), row);
    if (why != NULL) {
        import->counts.done++;
        import_fault(import, csv->line, why);
    } else if (++import->window->count == WINDOW_ROWS) {
        send_window(import);
    }
    return import->err == ERR_NONE;
}

struct sales_import *
sales_import_open(const struct sales_import_config *config)
{
    struct sales_import *import = xcalloc(1, sizeof(*import));

    import->config = *config;
    import->window_done = WAITS_INIT;
    import->products = known_new();
    import->shops = known_new();
    import->reader = csv_reader_new(take_row, import);
    return import;
}

void
sales_import_close(struct sales_import **import)
{
    struct sales_import *closing = *import;

    if (closing == NULL) {
        return;
    }
    wait_for_windows(closing, 0);
    if (closing->window != NULL) {
        arena_free(&closing->window->arena);
        free(closing->window);
    }
    for (size_t i = 0; i < closing->held_count; i++) {
        free(closing->held[i].sale_id);
        free(closing->held[i].refund_id);
    }
    free(closing->held);
    csv_reader_free(&closing->reader);
    known_free(&closing->products);
    known_free(&closing->shops);
    free(closing);
    *import = NULL;
}

enum err
sales_import_feed(struct sales_import *import, struct str bytes)
{
    if (import->err == ERR_NONE) {
        csv_feed(import->reader, bytes);
    }
    return import->err;
}

enum err
sales_import_end(struct sales_import *import)
{
    if (import->err == ERR_NONE) {
        csv_end(import->reader);
    }
    if (import->err == ERR_NONE && !import->has_header) {
        import->err = ERR_INVALID_FIELD;
        import_fault(import, 1, "the file is empty");
    }
    if (import->err == ERR_NONE && import->window != NULL) {
        send_window(import);
    }
    wait_for_windows(import, 0);
    if (import->err == ERR_NONE) {
        import_held_work(import);
    }
    return import->err;
}

const struct sales_import_counts *
sales_import_counts(const struct sales_import *import)
{
    return &import->counts;
}
