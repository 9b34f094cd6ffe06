/* cli/backup_nodes.c - xiaopu backup of a store that is elsewhere: every node writes a
 * snapshot into its own directory, all of the same moment.
 *
 * Writes are held up on all nodes until the last has begun. Otherwise one might have seen
 * what another did later, and that would be missing after a restore. The files are copied
 * by whoever has access to the machines.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "cli/backup.h"
#include "cli/command.h"
#include "storage/redis/call.h"

enum {
    NODES_MAX = 256,
    ARENA_BYTES_MAX = 64 << 20,
    LIST_BYTES_MAX = 8 << 20,
    LOOK_MS = 100,
    FORK_MS = 5000,
    SAVE_MS = 3600000
};

/* Should we die between, then writes go on by themselves. */
#define HOLD_MS      5000
#define HOLD_MS_TEXT "5000"

struct snapshots {
    struct store *store;
    struct arena *arena;
    size_t nodes;
    struct call *call[NODES_MAX];
};

/* The words, which end in NULL, to every node; waits for all. */
static enum err
ask_all(struct snapshots *snapshots, const char *const *words)
{
    for (size_t i = 0; i < snapshots->nodes; i++) {
        struct call *call = call_command(snapshots->arena, words[0]);

        for (size_t k = 1; words[k] != NULL; k++) {
            call_text(call, words[k]);
        }
        call_at_node(call, i);
        call->quiet = true;
        call->timeout_ms = FORK_MS;
        snapshots->call[i] = call;
    }
    return call_wait_all(snapshots->store, snapshots->call, snapshots->nodes);
}

/* Do all of them say so in INFO persistence? */
static bool
all_hold(const struct snapshots *snapshots, const char *line)
{
    for (size_t i = 0; i < snapshots->nodes; i++) {
        struct str info = reply_str(snapshots->call[i]->reply);

        if (info.len == 0 || memmem(info.data, info.len, line, strlen(line)) == NULL) {
            return false;
        }
    }
    return true;
}

/* Waits until no node writes a snapshot or rewrites its file. False: it takes too long. */
static bool
wait_idle(struct snapshots *snapshots)
{
    static const char *const info[] = { "INFO", "persistence", NULL };
    int64_t deadline_ms = clock_mono_ms() + SAVE_MS;
    struct arena *arena = snapshots->arena;
    bool idle = false;

    while (!idle && clock_mono_ms() < deadline_ms) {
        task_sleep(LOOK_MS);
        snapshots->arena = arena_new(ARENA_BYTES_MAX);
        idle = ask_all(snapshots, info) == ERR_NONE &&
               all_hold(snapshots, "rdb_bgsave_in_progress:0") &&
               all_hold(snapshots, "aof_rewrite_in_progress:0") &&
               all_hold(snapshots, "aof_rewrite_scheduled:0");
        arena_free(&snapshots->arena);
    }
    snapshots->arena = arena;
    return idle;
}

static int
say_refused(const struct snapshots *snapshots, enum err err)
{
    for (size_t i = 0; i < snapshots->nodes; i++) {
        struct str refusal = snapshots->call[i]->refusal;

        if (refusal.len > 0) {
            return say_failed("a node takes no snapshot: %.*s", STR_ARGS(refusal));
        }
    }
    return say_failed("a node takes no snapshot: %s", err_text(err));
}

/* One moment for all: whoever wrote before it is in every snapshot, whoever wrote after it
 * in none. *held_ms says how long writes had to wait. */
static int
begin_all(struct snapshots *snapshots, int64_t *held_ms)
{
    const char *const hold[] = { "CLIENT", "PAUSE", HOLD_MS_TEXT, "WRITE", NULL };
    static const char *const save[] = { "BGSAVE", NULL };
    static const char *const go_on[] = { "CLIENT", "UNPAUSE", NULL };
    int64_t begun_ms = clock_mono_ms();
    enum err err = ask_all(snapshots, hold);
    int status = EXIT_DONE;

    if (err != ERR_NONE || (err = ask_all(snapshots, save)) != ERR_NONE) {
        status = say_refused(snapshots, err);
    }
    *held_ms = clock_mono_ms() - begun_ms;
    if (ask_all(snapshots, go_on) != ERR_NONE && status == EXIT_DONE) {
        status = say_failed("a node could not be told to go on");
    }
    if (status == EXIT_DONE && *held_ms >= HOLD_MS) {
        status = say_failed("the nodes took too long to begin: not of one moment");
    }
    return status;
}

/* "HOST:PORT SLOTS .." of the line of CLUSTER NODES in which a node speaks of itself:
 * id, address@bus, flags, primary, three numbers, state of the link, slots. False also
 * when one of them is on its way: "[93->-id]". */
static bool
put_self(struct str nodes, struct buf *list)
{
    struct str line, word, at;

    while (str_split(&nodes, '\n', &line)) {
        struct str rest = line;

        if (memmem(line.data, line.len, "myself", 6) == NULL ||
            !str_split(&rest, ' ', &word) || !str_split(&rest, ' ', &word) ||
            !str_split(&word, '@', &at)) {
            continue;
        }
        buf_put_str(list, at);
        for (int i = 0; i < 6 && str_split(&rest, ' ', &word); i++) {
        }
        while (str_split(&rest, ' ', &word)) {
            if (str_starts(word, STR("["))) {
                return false;
            }
            buf_put(list, " ", 1);
            buf_put_str(list, word);
        }
        buf_put(list, "\n", 1);
        return true;
    }
    return false;
}

/* A Redis of its own has no slots to be named. */
static int
list_nodes(struct snapshots *snapshots, struct buf *list)
{
    static const char *const nodes[] = { "CLUSTER", "NODES", NULL };
    enum err err = ask_all(snapshots, nodes);
    bool good = err == ERR_NONE;

    if (snapshots->nodes == 1 && snapshots->call[0]->refusal.len > 0) {
        buf_put_str(list, STR("one node\n"));
        return EXIT_DONE;
    }
    for (size_t i = 0; i < snapshots->nodes && good; i++) {
        good = put_self(reply_str(snapshots->call[i]->reply), list);
    }
    return good && !list->full ? EXIT_DONE
                               : say_failed("a node does not name its slots, or they "
                                            "are moving: take it again");
}

static int
take(struct snapshots *snapshots, struct buf *list, int64_t *held_ms)
{
    static const char *const info[] = { "INFO", "persistence", NULL };
    struct buf after;
    int64_t map, later;
    bool same;
    int status;

    snapshots->nodes = store_nodes(snapshots->store, &map);
    if (snapshots->nodes == 0 || snapshots->nodes > NODES_MAX) {
        return say_failed("too many nodes, or none");
    }
    if (!wait_idle(snapshots)) {
        return say_failed("a node is busy with its file, or does not answer");
    }
    status = list_nodes(snapshots, list);
    if (status != EXIT_DONE || (status = begin_all(snapshots, held_ms)) != EXIT_DONE) {
        return status;
    }
    if (!wait_idle(snapshots) || ask_all(snapshots, info) != ERR_NONE ||
        !all_hold(snapshots, "rdb_last_bgsave_status:ok")) {
        return say_failed("a node could not write its snapshot");
    }
    buf_init(&after, LIST_BYTES_MAX);
    status = list_nodes(snapshots, &after);
    same = status == EXIT_DONE && str_equal(buf_str(&after), buf_str(list)) &&
           store_nodes(snapshots->store, &later) == snapshots->nodes && later == map;
    buf_free(&after);
    return same || status != EXIT_DONE
               ? status
               : say_failed("slots have moved meanwhile: take it again");
}

int
backup_nodes(struct store *store, const struct options *options)
{
    struct snapshots snapshots = { .store = store,
                                   .arena = arena_new(ARENA_BYTES_MAX) };
    const char *path = options->args[0];
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int64_t held_ms = 0;
    struct buf list;
    int status;

    buf_init(&list, LIST_BYTES_MAX);
    if (fd < 0) {
        status = say_failed("cannot write %s: %s", path, strerror(errno));
    } else {
        status = take(&snapshots, &list, &held_ms);
        if (status == EXIT_DONE &&
            (write(fd, list.data, list.len) != (ssize_t)list.len || fsync(fd) != 0)) {
            status = say_failed("cannot write %s: %s", path, strerror(errno));
        }
        close(fd);
        if (status != EXIT_DONE) {
            unlink(path);
        }
    }
    if (status == EXIT_DONE) {
        printf("snapshots written: %zu; writes waited %" PRId64
               " ms; copy dump.rdb out "
               "of the directory of each node that %s names\n",
               snapshots.nodes, held_ms, path);
    }
    buf_free(&list);
    arena_free(&snapshots.arena);
    return status;
}
