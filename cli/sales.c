/* cli/sales.c - `xiaopu sales import FILE.csv --merchant ID`: history from elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "cli/command.h"
#include "cli/with_store.h"
#include "proto/policy.h"
#include "storage/member/merchant.h"
#include "storage/policy/policy.h"
#include "storage/sale/import.h"

enum { READ_BYTES = 256 << 10, PROGRESS_MS = 200, ARENA_BYTES_MAX = 1 << 20 };

struct work {
    struct sales_import *import;
    const char *path;
    bool progress_shown; /* on a terminal only: a line that is written over */
    int64_t progress_next_ms;
};

static void
show_progress(struct work *work)
{
    const struct sales_import_counts *counts = sales_import_counts(work->import);
    int64_t now_ms = clock_mono_ms();

    if (isatty(STDERR_FILENO) && now_ms >= work->progress_next_ms) {
        fprintf(stderr, "\r%" PRId64 " of %" PRId64 " rows", counts->done,
                counts->rows);
        work->progress_next_ms = now_ms + PROGRESS_MS;
        work->progress_shown = true;
    }
}

static void
end_progress(const struct work *work)
{
    if (work->progress_shown) {
        fputs("\r\033[K", stderr);
    }
}

/* Does a fault now end it all? Then no row has been read. */
static bool
at_header(const struct work *work)
{
    return sales_import_counts(work->import)->rows == 0;
}

static void
say_fault(void *arg, int64_t line, const char *reason)
{
    const struct work *work = arg;

    end_progress(work);
    if (at_header(work)) {
        fprintf(stderr, "xiaopu: %s: ", work->path);
    }
    fprintf(stderr, "line %" PRId64 ": %s\n", line, reason);
}

/* ERR_NOT_FOUND stands for a file that cannot be read: it was said already. */
static enum err
feed_file(struct work *work, int fd)
{
    char *bytes = xmalloc(READ_BYTES);
    enum err err = ERR_NONE;
    ssize_t got;

    while (err == ERR_NONE && (got = read(fd, bytes, READ_BYTES)) != 0) {
        if (got > 0) {
            err = sales_import_feed(work->import, str_of(bytes, (size_t)got));
            show_progress(work);
        } else if (errno != EINTR) {
            say_failed("%s: %s", work->path, strerror(errno));
            err = ERR_NOT_FOUND;
        }
    }
    free(bytes);
    return err;
}

static void
print_counts(const struct sales_import_counts *counts)
{
    printf("%" PRId64 " sales, %" PRId64 " refunds, %" PRId64 " known before, %" PRId64
           " bad rows\n",
           counts->sales, counts->refunds, counts->repeats, counts->bad);
}

static int
import_file(const struct sales_import_config *config, int fd)
{
    struct work *work = config->arg;
    bool refused;
    enum err err;

    work->import = sales_import_open(config);
    err = feed_file(work, fd);
    if (err == ERR_NONE) {
        err = sales_import_end(work->import);
    }
    refused = err != ERR_NONE && at_header(work);
    end_progress(work);
    if (!refused) {
        print_counts(sales_import_counts(work->import));
    }
    sales_import_close(&work->import);
    if (err == ERR_NONE) {
        return EXIT_DONE;
    }
    return err == ERR_NOT_FOUND || (refused && err == ERR_INVALID_FIELD)
               ? EXIT_FAILED /* said already */
               : say_failed("%s: %s", work->path, err_text(err));
}

static int
open_and_import(struct sales_import_config *config, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int outcome;

    if (fd < 0) {
        return say_failed("%s: %s", path, strerror(errno));
    }
    outcome = import_file(config, fd);
    close(fd);
    return outcome;
}

/* The store's policy says which categories are sensitive. */
static int
import_for_merchant(struct sales_import_config *config, struct arena *arena,
                    const char *path)
{
    struct policy *policy;
    struct str name;
    int outcome;
    enum err err = merchant_name_read(config->store, arena, config->merchant, &name);

    if (err != ERR_NONE) {
        return err == ERR_NOT_FOUND ? say_failed("there is no such merchant")
                                    : say_failed("%s", err_text(err));
    }
    if ((err = policy_load(config->store, arena, &policy)) != ERR_NONE) {
        return say_failed("%s", err_text(err));
    }
    config->policy = policy;
    outcome = open_and_import(config, path);
    policy_free(&policy);
    return outcome;
}

static int
sales_import(struct store *store, const struct options *options)
{
    struct work work = { .path = options->args[0] };
    struct sales_import_config config = { .store = store,
                                          .fault = say_fault,
                                          .arg = &work };
    struct arena *arena;
    int outcome;

    member_id_parse(str_from(options->value[OPTION_MERCHANT]), &config.merchant);
    arena = arena_new(ARENA_BYTES_MAX);
    outcome = import_for_merchant(&config, arena, options->args[0]);
    arena_free(&arena);
    return outcome;
}

int
command_sales_import(const struct options *options)
{
    return with_store(options, sales_import);
}
