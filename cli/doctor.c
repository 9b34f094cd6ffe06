/* cli/doctor.c - xiaopu doctor: looks at what usually goes wrong, and says so.
 *
 * One line for each thing, "ok" or "FAIL" in front. It changes nothing but what --prune
 * asks for; a store that nobody runs is started for the look.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/with_store.h"
#include "storage/health.h"
#include "storage/process.h"
#include "storage/redis/prune.h"
#include "storage/skew.h"

enum { ARENA_BYTES_MAX = 1 << 20, FREE_PERCENT = 10, FILES = 4096 };

static bool
report(bool good, const char *what, const char *found)
{
    printf("%-4s %s: %s\n", good ? "ok" : "FAIL", what, found);
    return good;
}

static bool
look_at_program(void)
{
    return report(embedded_store_installed(), "redis-server",
                  embedded_store_installed() ? "installed" : "not installed");
}

static bool
look_at_directory(const char *dir)
{
    struct statvfs room;
    struct stat found;
    char text[64];
    bool good;

    if (stat(dir, &found) != 0 || !S_ISDIR(found.st_mode)) {
        return report(false, "data directory", "not there");
    }
    good = report((found.st_mode & 077) == 0, "data directory, to others",
                  found.st_mode & 077 ? "open: chmod 0700" : "closed");
    good = report(access(dir, W_OK) == 0, "data directory, to us",
                  access(dir, W_OK) == 0 ? "writable" : "not writable") &&
           good;
    if (statvfs(dir, &room) == 0 && room.f_blocks > 0) {
        unsigned percent = (unsigned)(room.f_bavail * 100 / room.f_blocks);

        snprintf(text, sizeof(text), "%u %% of the disk", percent);
        good = report(percent >= FREE_PERCENT, "free space", text) && good;
    }
    return good;
}

static bool
look_at_limits(void)
{
    struct rlimit files = { 0 };
    char text[64];

    getrlimit(RLIMIT_NOFILE, &files);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)files.rlim_cur);
    return report(files.rlim_cur >= FILES, "open files allowed", text);
}

static bool
look_at_clock(struct store *store)
{
    int64_t ahead_ms = 0;
    char text[64];

    if (store_clock_skew(store, &ahead_ms) != ERR_NONE) {
        return report(false, "clock", "the store did not tell its time");
    }
    snprintf(text, sizeof(text), "%lld ms from the store's", (long long)ahead_ms);
    return report(!skew_is_apart(ahead_ms), "clock", text);
}

/* What an operator may have set otherwise; the embedded store is as it must be. */
static bool
look_at_redis(struct store *store)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct store_health health;
    bool good = store_health(store, arena, &health) == ERR_NONE;
    char text[128];

    arena_free(&arena);
    if (!good) {
        return report(false, "store's settings", "a node did not tell them");
    }
    good = report(health.durable, "append-only file",
                  health.durable ? "written" : "off: set appendonly yes");
    good = report(health.last_write_ok, "its last write",
                  health.last_write_ok ? "went well" : "failed: see the disk") &&
           good;
    good = report(!health.evicting, "keys when memory is full",
                  health.evicting ? "go: set maxmemory-policy noeviction" : "stay") &&
           good;
    snprintf(text, sizeof(text), "%lld, %lld without a replica",
             (long long)health.nodes, (long long)health.nodes_alone);
    return report(health.nodes == 1 || health.nodes_alone == 0, "nodes of the store",
                  text) &&
           good;
}

static void
tell_processes(struct store *store)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct process_state *states = arena_alloc(arena, PROCESSES_MAX * sizeof(*states));
    size_t count = 0, workers = 0;
    char text[64];

    if (process_list(store, arena, states, &count) == ERR_NONE) {
        for (size_t i = 0; i < count; i++) {
            workers += states[i].role == PROCESS_SCORING;
        }
        snprintf(text, sizeof(text), "%zu servers, %zu workers", count - workers,
                 workers);
        report(true, "live processes", text);
    }
    arena_free(&arena);
}

/* What an older program calls without saying so cannot be told from what nobody calls. */
static bool
prune(struct store *store)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct process_libraries used;
    struct libraries_pruned pruned;
    char text[128];
    bool good = process_libraries(store, arena, &used) == ERR_NONE;

    if (!good) {
        snprintf(text, sizeof(text), "the store did not tell who is alive");
    } else if (used.unnamed > 0) {
        good = false;
        snprintf(text, sizeof(text),
                 "refused: %zu live that do not name theirs; stop them first",
                 used.unnamed);
    } else {
        good = libraries_prune(store, used.named, used.count, &pruned) == ERR_NONE;
        snprintf(text, sizeof(text),
                 "%lld deleted, %lld in use, %lld of other programs",
                 (long long)pruned.deleted, (long long)pruned.used,
                 (long long)pruned.foreign);
    }
    arena_free(&arena);
    return report(good, "function libraries", text);
}

/* A store that is ready has its functions loaded and belongs to our key file. */
static int
look_at_store(struct store *store, const struct options *options)
{
    bool good = report(true, "key file", keys_id(store_keys(store)));

    good = report(true, "store", "answers, functions loaded") && good;
    good = look_at_redis(store) && good;
    good = look_at_clock(store) && good;
    tell_processes(store);
    if (options->value[OPTION_PRUNE]) {
        good = prune(store) && good;
    }
    return good ? EXIT_DONE : EXIT_FAILED;
}

int
command_doctor(const struct options *options)
{
    bool good = look_at_limits();

    if (!options->value[OPTION_REDIS]) {
        good = look_at_program() && good;
        good = look_at_directory(option_or(options, OPTION_DATA, DATA_DEFAULT)) && good;
    }
    fflush(stdout);
    good = with_store(options, look_at_store) == EXIT_DONE && good;
    return good ? EXIT_DONE : EXIT_FAILED;
}
