/* cli/catalog.c - a merchant's product table into the catalogue. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/with_store.h"
#include "proto/policy.h"
#include "storage/catalogue/import.h"
#include "storage/member/merchant.h"
#include "storage/policy/policy.h"

enum { PIECE_BYTES = 64 << 10, ARENA_BYTES_MAX = 1 << 20 };

struct catalog_import {
    struct store *store;
    struct arena *arena;
    struct member_id merchant;
    FILE *file;
    const char *path;
    bool on_terminal; /* then progress is shown */
    struct import *import;
};

/* Does a fault now end it all? Then no row has been read. */
static bool
at_header(const struct catalog_import *work)
{
    return import_counts(work->import)->rows == 0;
}

static void
print_fault(void *arg, const struct table_fault *fault)
{
    const struct catalog_import *work = arg;

    if (work->on_terminal) {
        fputs("\r\033[K", stderr);
    }
    if (at_header(work)) {
        fprintf(stderr, "xiaopu: %s: ", work->path);
    }
    fprintf(stderr, "line %lld%s%s: %s\n", (long long)fault->line,
            fault->field != NULL ? ", " : "", fault->field != NULL ? fault->field : "",
            fault->reason);
}

static void
print_progress(const struct catalog_import *work)
{
    if (work->on_terminal) {
        fprintf(stderr, "\r%lld rows", (long long)import_counts(work->import)->rows);
    }
}

static int
print_result(const struct catalog_import *work, enum err err)
{
    const struct import_counts *counts = import_counts(work->import);

    if (work->on_terminal) {
        fputs("\r\033[K", stderr);
    }
    if (err == ERR_INVALID_FIELD && at_header(work)) {
        return EXIT_FAILED; /* said already */
    }
    if (err != ERR_NONE) {
        return say_failed("%s: %s after %lld rows", work->path, err_text(err),
                          (long long)counts->rows);
    }
    printf("%lld rows: %lld products new, %lld changed, %lld as they were; "
           "%lld bad rows\n",
           (long long)counts->rows, (long long)counts->made, (long long)counts->changed,
           (long long)counts->same, (long long)counts->bad_rows);
    return EXIT_DONE;
}

/* Pieces of the file, each worked on before the next is read. */
static enum err
feed_file(const struct catalog_import *work, char *piece)
{
    size_t len;
    enum err err = ERR_NONE;

    while (err == ERR_NONE && (len = fread(piece, 1, PIECE_BYTES, work->file)) > 0) {
        err = import_feed(work->import, str_of(piece, len));
        print_progress(work);
    }
    return err == ERR_NONE && !ferror(work->file) ? import_end(work->import) : err;
}

static int
import_file(struct catalog_import *work, int64_t commission_bps_max)
{
    struct import_config config = {
        .store = work->store,
        .merchant = work->merchant,
        .commission_bps_max = commission_bps_max,
        .fault = print_fault,
        .arg = work,
    };
    enum err err;
    int code;

    work->import = import_open(&config);
    err = feed_file(work, arena_alloc(work->arena, PIECE_BYTES));
    code = ferror(work->file) ? say_failed("%s: cannot be read", work->path)
                              : print_result(work, err);
    import_close(&work->import);
    return code;
}

static int
import_for_merchant(struct catalog_import *work)
{
    struct policy *policy;
    struct str name;
    int code;
    enum err err = merchant_name_read(work->store, work->arena, work->merchant, &name);

    if (err != ERR_NONE) {
        return err == ERR_NOT_FOUND ? say_failed("there is no such merchant")
                                    : say_failed("%s", err_text(err));
    }
    if ((err = policy_load(work->store, work->arena, &policy)) != ERR_NONE) {
        return say_failed("%s", err_text(err));
    }
    code = import_file(work, policy->commission.max_bps);
    policy_free(&policy);
    return code;
}

static int
catalog_import(struct store *store, const struct options *options)
{
    struct catalog_import work = { .store = store,
                                   .path = options->args[0],
                                   .on_terminal = isatty(STDERR_FILENO) };
    int code;

    member_id_parse(str_from(options->value[OPTION_MERCHANT]), &work.merchant);
    work.file = fopen(work.path, "rbe");
    if (work.file == NULL) {
        return say_failed("%s: %s", work.path, strerror(errno));
    }
    work.arena = arena_new(ARENA_BYTES_MAX);
    code = import_for_merchant(&work);
    arena_free(&work.arena);
    fclose(work.file);
    return code;
}

int
command_catalog_import(const struct options *options)
{
    return with_store(options, catalog_import);
}
