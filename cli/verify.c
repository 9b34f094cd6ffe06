/* cli/verify.c - xiaopu verify: proves the invariants of the whole store, prints each
 * with its figure, and leaves the outcome for the operators' overview. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/with_store.h"
#include "scoring/verify.h"
#include "storage/checked.h"

enum { ARENA_BYTES = 1 << 20, ROWS_BYTES = 64 << 10 };

static void
show_progress(const struct verify_report *report)
{
    fprintf(stderr, "\r%" PRId64 " shops", report->shops);
}

static bool
print_report(const struct verify_report *report)
{
    const struct {
        const char *code;
        int64_t count;
        const char *text;
    } lines[] = {
        { "waiting", report->waiting, "shops with events still on their way" },
        { "messages", report->messages, "changes still on their way to another place" },
        { "unlisted", report->unlisted,
          "sales that their merchant's list lacks: reporting again lists them" },
    };
    bool passed = true;

    for (enum verify_what i = 0; i < VERIFY_COUNT; i++) {
        passed = passed && report->wrong[i] == 0;
        printf("%-4s %-10s %10" PRId64 "  %s", report->wrong[i] == 0 ? "ok" : "BAD",
               verify_code(i), report->right[i], verify_text(i));
        if (report->wrong[i] > 0) {
            printf(", and %" PRId64 " not", report->wrong[i]);
        }
        puts("");
    }
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        printf("     %-10s %10" PRId64 "  %s\n", lines[i].code, lines[i].count,
               lines[i].text);
    }
    return passed;
}

static enum err
keep_outcome(struct store *store, const struct verify_report *report, bool passed)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct checked checked = { .at_ms = store_now_ms(store), .passed = passed };
    json_t *figures = json_object();
    char *text;
    enum err err;

    for (enum verify_what i = 0; i < VERIFY_COUNT; i++) {
        json_object_set_new(figures, verify_code(i),
                            json_pack("{s:I, s:I}", "right",
                                      (json_int_t)report->right[i], "wrong",
                                      (json_int_t)report->wrong[i]));
    }
    text = json_dumps(figures, JSON_COMPACT);
    checked.figures = arena_dup(arena, str_from(text));
    free(text);
    json_decref(figures);
    err = checked_write(store, arena, &checked);
    arena_free(&arena);
    return err;
}

static int
verify(struct store *store, const struct options *options)
{
    struct scoring scoring;
    struct verify_report report;
    bool terminal = isatty(STDERR_FILENO) == 1, passed;
    enum err err;

    (void)options;
    scoring_init(&scoring, store, ROWS_BYTES);
    err = verify_store(&scoring, &report, terminal ? show_progress : NULL);
    scoring_free(&scoring);
    if (terminal) {
        fputs("\r", stderr);
    }
    if (err != ERR_NONE) {
        return say_failed("the store could not be read: %s", err_text(err));
    }
    passed = print_report(&report);
    err = keep_outcome(store, &report, passed);
    if (err != ERR_NONE) {
        return say_failed("the outcome could not be kept: %s", err_text(err));
    }
    return passed ? EXIT_DONE : say_failed("what the store holds does not agree");
}

int
command_verify(const struct options *options)
{
    return with_store(options, verify);
}
