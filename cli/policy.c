/* cli/policy.c - the policy from the command line: show, set, preview, rollback. */
#include "proto/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "cli/ask_worker.h"
#include "cli/command.h"
#include "cli/with_store.h"
#include "storage/job/ask.h"
#include "storage/policy/policy.h"

enum { ARENA_BYTES = 4 << 20 };

static int
say_err(enum err err)
{
    return say_failed("%s", err_text(err));
}

/* --- show --------------------------------------------------------------------------- */

static int
print_doc(json_t *doc)
{
    int failed = json_dumpf(doc, stdout, JSON_INDENT(2)) != 0 || puts("") < 0;

    json_decref(doc);
    return failed ? say_failed("cannot write to stdout") : EXIT_DONE;
}

static int
show(struct store *store, const struct options *options)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct policy *policy;
    enum err err = policy_load(store, arena, &policy);
    int code = err == ERR_NONE ? print_doc(policy_json(policy)) : say_err(err);

    (void)options;
    policy_free(&policy);
    arena_free(&arena);
    return code;
}

int
command_policy_show(const struct options *options)
{
    return with_store(options, show);
}

/* --- set ---------------------------------------------------------------------------- */

/* One line that names every fault. */
static int
say_faults(const char *path, const struct policy_faults *faults)
{
    struct buf line;
    int code;

    buf_init(&line, 16 << 10);
    for (size_t i = 0; i < faults->count; i++) {
        buf_printf(&line, "%s%s %s", i > 0 ? "; " : "", faults->item[i].path,
                   faults->item[i].reason);
    }
    code = say_failed("%s: %.*s", path, STR_ARGS(buf_str(&line)));
    buf_free(&line);
    return code;
}

static enum err
read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");
    char piece[4096];
    size_t len;
    bool good;

    if (file == NULL) {
        return ERR_NOT_FOUND;
    }
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_put(out, piece, len);
    }
    good = ferror(file) == 0;
    fclose(file);
    if (!good) {
        return ERR_NOT_FOUND;
    }
    return out->full ? ERR_TOO_LARGE : ERR_NONE;
}

static int
read_policy_file(struct arena *arena, const char *path, struct policy **policy)
{
    struct policy_faults *faults = arena_alloc(arena, sizeof(*faults));
    struct buf text;
    json_t *doc;
    enum err err;

    *policy = NULL;
    buf_init(&text, POLICY_DOC_BYTES_MAX);
    err = read_file(path, &text);
    if (err == ERR_NONE) {
        err = json_parse(buf_str(&text), &doc);
    }
    buf_free(&text);
    if (err != ERR_NONE) {
        return say_failed("%s: %s", path,
                          err == ERR_NOT_FOUND ? "cannot be read" : err_text(err));
    }
    err = policy_read(arena, doc, POLICY_PROPOSED, policy, faults);
    json_decref(doc);
    return err == ERR_NONE ? EXIT_DONE : say_faults(path, faults);
}

/* Another change that came in between is no matter here: the last word counts. */
static int
put_over_newest(struct store *store, struct arena *arena, struct policy_change *change)
{
    struct policy *newest;
    int64_t version;
    enum err err = ERR_STALE_VERSION;

    change->now_ms = store_now_ms(store);
    for (int i = 0; i < 8 && err == ERR_STALE_VERSION; i++) {
        err = policy_load(store, arena, &newest);
        if (err == ERR_NONE) {
            change->expected = newest->version;
            policy_free(&newest);
            err = policy_put(store, arena, change, &version);
        }
    }
    if (err != ERR_NONE) {
        return say_err(err);
    }
    printf("version %" PRId64 "\n", version);
    return EXIT_DONE;
}

static int
set(struct store *store, const struct options *options)
{
    struct policy_change change = { .what = STR("policy_changed") };
    struct arena *arena = arena_new(ARENA_BYTES);
    struct policy *policy;
    int code = read_policy_file(arena, options->args[0], &policy);

    if (code == EXIT_DONE) {
        change.policy = policy;
        code = put_over_newest(store, arena, &change);
    }
    policy_free(&policy);
    arena_free(&arena);
    return code;
}

int
command_policy_set(const struct options *options)
{
    return with_store(options, set);
}

/* --- rollback ----------------------------------------------------------------------- */

/* 0 when it is none. */
static int64_t
read_version(const struct options *options)
{
    int64_t version;

    return str_to_i64(str_from(options->args[0]), &version) && version > 0 ? version
                                                                           : 0;
}

static int
rollback(struct store *store, const struct options *options)
{
    struct policy_change change = { .what = STR("policy_rolled_back") };
    struct arena *arena = arena_new(ARENA_BYTES);
    struct policy *policy = NULL;
    int64_t version = read_version(options);
    enum err err = policy_load_version(store, arena, version, &policy, NULL);
    int code;

    if (err == ERR_NONE) {
        change.policy = policy;
        change.target = arena_printf(arena, "version %" PRId64, version);
        code = put_over_newest(store, arena, &change);
    } else {
        code = err == ERR_NOT_FOUND
                   ? say_failed("there is no version %s", options->args[0])
                   : say_err(err);
    }
    policy_free(&policy);
    arena_free(&arena);
    return code;
}

int
command_policy_rollback(const struct options *options)
{
    return read_version(options) > 0
               ? with_store(options, rollback)
               : say_usage("VERSION is a number from 1: %s", options->args[0]);
}

/* --- preview ------------------------------------------------------------------------ */

static int
preview(struct store *store, struct reach *reach, const struct options *options)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct policy *policy;
    int code = read_policy_file(arena, options->args[0], &policy);

    if (code == EXIT_DONE) {
        code = ask_worker_and_print(store, reach, arena, STR(ASK_PREVIEW),
                                    policy_document(arena, policy));
    }
    policy_free(&policy);
    arena_free(&arena);
    return code;
}

int
command_policy_preview(const struct options *options)
{
    return with_reach(options, preview);
}
