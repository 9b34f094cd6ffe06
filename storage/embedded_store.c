/* storage/embedded_store.c - see embedded_store.h. */
#include "storage/embedded_store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/rand.h"
#include "base/xmalloc.h"

enum {
    PASSWORD_BYTES = 24,
    PASSWORD_CHARS = 2 * PASSWORD_BYTES,
    AUTH_CHARS = 2 * (PASSWORD_CHARS + 1), /* two lines */
    LOCK_LOOK_MS = 50
};

/* Redis' names for the append-only files and what belongs to them. A snapshot is such a
 * file's beginning, so a store is made of one by laying it there. */
#define APPENDED  "appendonlydir"
#define RESTORING "restoring"
#define BASE      "appendonly.aof.1.base.rdb"
#define MANIFEST  "appendonly.aof.manifest"

static const char manifest[] = "file " BASE " seq 1 type b\n";

struct embedded_store {
    int dir_fd;
    int lock_fd; /* -1: not ours */
    struct child *child;
    char url[64];
    char password[PASSWORD_CHARS + 1];
    char admin_password[PASSWORD_CHARS + 1];
};

static int
open_dir(const char *dir)
{
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return -1;
    }
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Two lines of hex. False when the file is not what we wrote. */
static bool
read_auth(struct embedded_store *embedded, int fd)
{
    char text[AUTH_CHARS + 1];
    ssize_t got = read(fd, text, sizeof(text));
    uint8_t bytes[PASSWORD_BYTES];

    if (got != AUTH_CHARS || text[PASSWORD_CHARS] != '\n') {
        return false;
    }
    memcpy(embedded->password, text, PASSWORD_CHARS);
    memcpy(embedded->admin_password, text + PASSWORD_CHARS + 1, PASSWORD_CHARS);
    return decode_hex(str_from(embedded->password), bytes, sizeof(bytes)) &&
           decode_hex(str_from(embedded->admin_password), bytes, sizeof(bytes));
}

static bool
write_new(int dir_fd, const char *name, const char *text, size_t len)
{
    int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good;

    if (fd < 0) {
        return false;
    }
    good = write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    return close(fd) == 0 && good;
}

/* Writes a file whole or not at all: under another name first. With the lock held, so
 * that nobody else writes under that name. */
static bool
write_file(int dir_fd, const char *name, const char *text, size_t len)
{
    return write_new(dir_fd, "new", text, len) &&
           renameat(dir_fd, "new", dir_fd, name) == 0;
}

/* Without the lock: of several who find no passwords at once, the first to be done
 * gives the file its name, and all others read what it holds. */
static bool
make_auth(struct embedded_store *embedded)
{
    uint8_t bytes[2][PASSWORD_BYTES];
    char word[2][PASSWORD_CHARS + 1], text[AUTH_CHARS + 1], name[32];
    int fd = embedded->dir_fd, reason;
    bool good;

    rand_bytes(bytes, sizeof(bytes));
    encode_hex(str_of(bytes[0], PASSWORD_BYTES), word[0]);
    encode_hex(str_of(bytes[1], PASSWORD_BYTES), word[1]);
    snprintf(text, sizeof(text), "%s\n%s\n", word[0], word[1]);
    snprintf(name, sizeof(name), "redis.auth.%08x", (unsigned)rand_u64());
    good = write_new(fd, name, text, AUTH_CHARS) &&
           (linkat(fd, name, fd, "redis.auth", 0) == 0 || errno == EEXIST);
    reason = errno;
    unlinkat(fd, name, 0);
    errno = reason;
    return good;
}

static int
open_auth(const struct embedded_store *embedded)
{
    return openat(embedded->dir_fd, "redis.auth", O_RDONLY | O_CLOEXEC);
}

static bool
take_auth(struct embedded_store *embedded)
{
    int fd = open_auth(embedded);
    bool good;

    if (fd < 0 && errno == ENOENT && make_auth(embedded)) {
        fd = open_auth(embedded);
    }
    if (fd < 0) {
        return false;
    }
    good = read_auth(embedded, fd);
    if (!good) {
        errno = EINVAL;
    }
    close(fd);
    return good;
}

struct embedded_store *
embedded_store_open(const char *dir, char *why, size_t why_room)
{
    struct embedded_store *embedded = xcalloc(1, sizeof(*embedded));

    embedded->lock_fd = -1;
    embedded->dir_fd = open_dir(dir);
    if (embedded->dir_fd < 0 || faccessat(embedded->dir_fd, ".", W_OK, 0) != 0) {
        snprintf(why, why_room, "cannot write to %s: %s", dir, strerror(errno));
        embedded_store_close(&embedded);
        return NULL;
    }
    if (!take_auth(embedded)) {
        snprintf(why, why_room, "%s/redis.auth is not usable: %s", dir,
                 strerror(errno));
        embedded_store_close(&embedded);
        return NULL;
    }
    snprintf(embedded->url, sizeof(embedded->url), "unix:/proc/self/fd/%d/redis.sock",
             embedded->dir_fd);
    return embedded;
}

void
embedded_store_close(struct embedded_store **embedded_at)
{
    struct embedded_store *embedded = *embedded_at;

    if (!embedded) {
        return;
    }
    embedded_store_stop(embedded);
    if (embedded->lock_fd >= 0) {
        close(embedded->lock_fd);
    }
    if (embedded->dir_fd >= 0) {
        close(embedded->dir_fd);
    }
    crypto_wipe(embedded, sizeof(*embedded));
    free(embedded);
    *embedded_at = NULL;
}

const char *
embedded_store_url(const struct embedded_store *embedded)
{
    return embedded->url;
}

const char *
embedded_store_password(const struct embedded_store *embedded)
{
    return embedded->password;
}

const char *
embedded_store_admin_password(const struct embedded_store *embedded)
{
    return embedded->admin_password;
}

void
embedded_store_path(const struct embedded_store *embedded, const char *name, char *path,
                    size_t room)
{
    int len = snprintf(path, room, "/proc/self/fd/%d/%s", embedded->dir_fd, name);

    assert(len > 0 && (size_t)len < room);
}

bool
embedded_store_lock(struct embedded_store *embedded, int wait_ms)
{
    int64_t deadline_ms = clock_mono_ms() + wait_ms;
    int fd = openat(embedded->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        return false;
    }
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (clock_mono_ms() >= deadline_ms) {
            close(fd);
            return false;
        }
        task_sleep(LOCK_LOOK_MS);
    }
    embedded->lock_fd = fd;
    return true;
}

/* All settings, written anew at each start. The passwords stand there as hashes. */
static bool
write_config(const struct embedded_store *embedded, enum embedded_sync sync)
{
    uint8_t digest[2][SHA256_BYTES];
    char hash[2][2 * SHA256_BYTES + 1], text[2048];
    int len;

    crypto_sha256(str_from(embedded->password), digest[0]);
    crypto_sha256(str_from(embedded->admin_password), digest[1]);
    encode_hex(str_of(digest[0], SHA256_BYTES), hash[0]);
    encode_hex(str_of(digest[1], SHA256_BYTES), hash[1]);
    /* Nobody may be the default user, but Redis itself is when it loads the append-only
     * file: without rights it refuses each transaction there, and what functions wrote
     * would be lost. The service needs &* to subscribe __redis__:invalidate. A rewrite
     * forks, so it waits for 1 GB (DESIGN.md, costs). */
    len = snprintf(text, sizeof(text),
                   "port 0\n"
                   "unixsocket redis.sock\n"
                   "unixsocketperm 700\n"
                   "daemonize no\n"
                   "logfile redis.log\n"
                   "loglevel warning\n"
                   "save \"\"\n"
                   "appendonly yes\n"
                   "appenddirname %s\n"
                   "appendfsync %s\n"
                   "auto-aof-rewrite-min-size 1gb\n"
                   "maxmemory-policy noeviction\n"
                   "user default off resetpass ~* &* +@all\n"
                   "user service on #%s ~* &* +@all -@dangerous +info +client "
                   "+cluster\n"
                   "user admin on #%s ~* &* +@all\n",
                   sync == EMBEDDED_RESTORING ? RESTORING : APPENDED,
                   sync == EMBEDDED_SYNC_EVERYSEC ? "everysec" : "always", hash[0],
                   hash[1]);
    assert(len > 0 && (size_t)len < sizeof(text));
    return write_file(embedded->dir_fd, "redis.conf", text, (size_t)len);
}

/* The log of the last life, and no more: it would grow for ever. */
static void
forget_log(const struct embedded_store *embedded)
{
    renameat(embedded->dir_fd, "redis.log", embedded->dir_fd, "redis.log.1");
}

bool
embedded_store_installed(void)
{
    const char *path = getenv("PATH");
    struct str rest = str_from(path ? path : "/usr/bin:/bin"), part;
    char file[512];

    while (str_split(&rest, ':', &part)) {
        int len = snprintf(file, sizeof(file), "%.*s/redis-server", STR_ARGS(part));

        if (len > 0 && (size_t)len < sizeof(file) && access(file, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

bool
embedded_store_start(struct embedded_store *embedded, enum embedded_sync sync,
                     char *why, size_t why_room)
{
    static const char *const argv[] = { "redis-server", "redis.conf", NULL };
    char dir[64];
    const struct child_config config = { .name = "store",
                                         .argv = argv,
                                         .dir = dir,
                                         .fd = embedded->lock_fd,
                                         .quiet = true, /* it has its log */
                                         .brief = sync == EMBEDDED_RESTORING };

    assert(embedded->lock_fd >= 0 && !embedded->child);
    if (!embedded_store_installed()) {
        snprintf(why, why_room, "redis-server is not installed (apt install %s)",
                 argv[0]);
        return false;
    }
    embedded_store_path(embedded, ".", dir, sizeof(dir));
    if (sync != EMBEDDED_RESTORING) {
        embedded_restore_drop(embedded); /* one was broken off, long ago */
    }
    forget_log(embedded);
    unlinkat(embedded->dir_fd, "redis.sock", 0);
    if (!write_config(embedded, sync) ||
        !(embedded->child = child_start(task_loop(), &config))) {
        snprintf(why, why_room, "cannot start the store: %s", strerror(errno));
        return false;
    }
    return true;
}

void
embedded_store_keep(struct embedded_store *embedded)
{
    child_keep(embedded->child);
}

bool
embedded_store_alive(const struct embedded_store *embedded)
{
    return embedded->child && child_alive(embedded->child);
}

void
embedded_store_stop(struct embedded_store *embedded)
{
    child_stop(&embedded->child, EMBEDDED_STOP_MS);
}

/* --- restoring ---------------------------------------------------------------------- */
bool
embedded_store_holds_data(const struct embedded_store *embedded)
{
    return faccessat(embedded->dir_fd, APPENDED, F_OK, 0) == 0;
}

static int
open_restoring(const struct embedded_store *embedded)
{
    return openat(embedded->dir_fd, RESTORING, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

void
embedded_restore_drop(const struct embedded_store *embedded)
{
    int fd = open_restoring(embedded);
    DIR *files = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *file;

    if (!files) {
        return;
    }
    while ((file = readdir(files)) != NULL) {
        unlinkat(fd, file->d_name, 0); /* not the directory itself and its parent */
    }
    closedir(files);
    unlinkat(embedded->dir_fd, RESTORING, AT_REMOVEDIR);
}

bool
embedded_restore_begin(const struct embedded_store *embedded, char *path, size_t room)
{
    bool good;
    int fd;

    embedded_restore_drop(embedded);
    if (mkdirat(embedded->dir_fd, RESTORING, 0700) != 0 ||
        (fd = open_restoring(embedded)) < 0) {
        return false;
    }
    good = write_file(fd, MANIFEST, manifest, sizeof(manifest) - 1);
    close(fd);
    embedded_store_path(embedded, RESTORING "/" BASE, path, room);
    return good;
}

bool
embedded_restore_end(const struct embedded_store *embedded)
{
    int fd = open_restoring(embedded);
    bool good = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return good &&
           renameat(embedded->dir_fd, RESTORING, embedded->dir_fd, APPENDED) == 0 &&
           fsync(embedded->dir_fd) == 0;
}
