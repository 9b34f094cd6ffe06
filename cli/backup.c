/* cli/backup.c - xiaopu backup and restore: the embedded store in one file, without the
 * key file. What is elsewhere is backed up by cli/backup_nodes.c.
 *
 * The file is a Redis snapshot: one moment of the whole store, also while the service
 * runs. Restoring fills an empty directory, whole or not at all: a store of its own
 * reads the snapshot to the end before the directory takes it over.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/backup.h"
#include "cli/command.h"
#include "cli/with_store.h"

enum {
    LOOK_MS = 50,
    COPY_BYTES = 1 << 16,
    TASKS_MAX = 16,
    ARENA_BYTES_MAX = 1 << 20,
    SAVE_MS = 600000
};

static bool
copy_bytes(int from, int to)
{
    static char bytes[COPY_BYTES];
    ssize_t got;

    while ((got = read(from, bytes, sizeof(bytes))) > 0) {
        for (ssize_t put = 0, len; put < got; put += len) {
            len = write(to, bytes + put, (size_t)(got - put));
            if (len < 0) {
                return false;
            }
        }
    }
    return got == 0 && fsync(to) == 0;
}

/* A new file, readable by its owner only. False, and errno, when it cannot be made. */
static bool
copy_file(const char *from_path, const char *to_path)
{
    int from = open(from_path, O_RDONLY | O_CLOEXEC);
    int to =
        from < 0 ? -1 : open(to_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool good = to >= 0 && copy_bytes(from, to);
    int why = errno;

    if (from >= 0) {
        close(from);
    }
    if (to >= 0) {
        good = close(to) == 0 && good;
        if (!good) {
            unlink(to_path);
        }
    }
    errno = why;
    return good;
}

/* One command of words that end in NULL. */
static enum err
ask(struct store *store, struct arena *arena, const char *const *words,
    struct str *answer)
{
    struct call *call = call_command(arena, words[0]);
    enum err err;

    for (size_t i = 1; words[i]; i++) {
        call_text(call, words[i]);
    }
    err = call_wait(store, call);
    if (err == ERR_NONE && answer) {
        *answer = reply_str(call->reply);
    }
    return err;
}

static bool
holds(struct str text, const char *words)
{
    return text.len > 0 && memmem(text.data, text.len, words, strlen(words)) != NULL;
}

/* Waits until INFO persistence holds the words. False when it takes too long. */
static bool
wait_info(struct store *store, const char *done, const char *good)
{
    static const char *const info[] = { "INFO", "persistence", NULL };
    int64_t deadline_ms = clock_mono_ms() + SAVE_MS;
    bool is_done = false, is_good = false;

    while (!is_done && clock_mono_ms() < deadline_ms) {
        struct arena *arena = arena_new(ARENA_BYTES_MAX);
        struct str text = { NULL, 0 };

        task_sleep(LOOK_MS);
        if (ask(store, arena, info, &text) == ERR_NONE) {
            is_done = holds(text, done);
            is_good = holds(text, good);
        }
        arena_free(&arena);
    }
    return is_done && is_good;
}

static bool
tell(struct store *store, const char *const *words)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    enum err err = ask(store, arena, words, NULL);

    arena_free(&arena);
    return err == ERR_NONE;
}

static int
backup(struct store *store, struct reach *reach, const struct options *options)
{
    static const char *const save[] = { "BGSAVE", NULL };
    char snapshot[64];
    int status = EXIT_DONE;

    embedded_store_path(reach->embedded, "dump.rdb", snapshot, sizeof(snapshot));
    if (!tell(store, save) ||
        !wait_info(store, "rdb_bgsave_in_progress:0", "rdb_last_bgsave_status:ok")) {
        return say_failed("the store could not write a snapshot");
    }
    if (!copy_file(snapshot, options->args[0])) {
        status = say_failed("cannot write %s: %s", options->args[0], strerror(errno));
    }
    unlink(snapshot);
    return status;
}

int
command_backup(const struct options *options)
{
    return options->value[OPTION_REDIS] ? with_store(options, backup_nodes)
                                        : with_admin(options, backup);
}

/* What every snapshot begins with. */
static bool
is_snapshot(const char *path)
{
    char magic[5] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && read(fd, magic, sizeof(magic)) == sizeof(magic) &&
                memcmp(magic, "REDIS", sizeof(magic)) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return good;
}

/* Reads what was laid out, to the end. */
static int
try_store(struct reach *reach, const char *file)
{
    struct store *store = NULL;
    char why[512];
    enum err err;

    if (!embedded_store_start(reach->embedded, EMBEDDED_RESTORING, why, sizeof(why))) {
        return say_failed("%s", why);
    }
    err = store_try_open(reach, &store);
    store_close(&store);
    if (err == ERR_STORE_DOWN) {
        return say_failed("%s is cut or damaged; redis.log in the directory says more",
                          file);
    }
    return err == ERR_NONE ? EXIT_DONE : say_not_ready(err, reach);
}

/* With the lock held. */
static int
fill_directory(struct reach *reach, const char *file)
{
    char path[64];
    int status;

    if (embedded_store_holds_data(reach->embedded)) {
        return say_failed("there is a store in this directory already");
    }
    if (!embedded_restore_begin(reach->embedded, path, sizeof(path)) ||
        !copy_file(file, path)) {
        status = say_failed("cannot copy %s: %s", file, strerror(errno));
    } else {
        status = try_store(reach, file);
        embedded_store_stop(reach->embedded);
        if (status == EXIT_DONE && !embedded_restore_end(reach->embedded)) {
            status = say_failed("cannot write the directory: %s", strerror(errno));
        }
    }
    embedded_restore_drop(reach->embedded);
    return status;
}

struct restoring {
    const struct options *options;
    int status;
};

static void
restore_task(void *arg)
{
    struct restoring *restoring = arg;
    const struct options *options = restoring->options;
    struct reach reach;

    if (reach_open(&reach, options, REACH_SERVICE) != EXIT_DONE) {
        return;
    }
    if (embedded_store_lock(reach.embedded, EMBEDDED_LOCK_WAIT_MS)) {
        restoring->status = fill_directory(&reach, options->args[0]);
    } else {
        say_failed("somebody runs a store in this directory");
    }
    reach_close(&reach);
}

/* A new key file would be another store's. */
static bool
has_keys(const struct options *options)
{
    const char *given = options->value[OPTION_KEYS];
    char path[512];

    snprintf(path, sizeof(path), given ? "%s" : "%s/xiaopu.keys",
             given ? given : option_or(options, OPTION_DATA, DATA_DEFAULT));
    return access(path, R_OK) == 0;
}

int
command_restore(const struct options *options)
{
    struct restoring restoring = { options, EXIT_FAILED };
    struct loop *loop;

    if (!has_keys(options)) {
        return say_failed("the store's key file is needed too: DIR/xiaopu.keys, or "
                          "--keys FILE");
    }
    if (!is_snapshot(options->args[0])) {
        return say_failed("%s cannot be read, or is no backup", options->args[0]);
    }
    log_start("command", LOG_SILENT); /* what is wrong is said in one line */
    loop = loop_new(TASKS_MAX);
    loop_run_task(loop, restore_task, &restoring);
    loop_run(loop);
    loop_free(&loop);
    log_stop();
    return restoring.status;
}
