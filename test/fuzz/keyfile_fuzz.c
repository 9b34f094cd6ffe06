/* test/fuzz/keyfile_fuzz.c - the key file's text: what is read and written again is the
 * same file; and of what it never wrapped, nothing is unwrapped.
 *
 * Input: a key file without its last line, which is put behind it; or, when it is not
 * read, something wrapped. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"
#include "base/log.h"
#include "storage/privacy/keyfile.h"
#include "test/fuzz/fuzz.h"

enum { FILE_BYTES_MAX = 8192, PATH_BYTES = 64 };

/* A file in memory that has a path. */
static int
file_of(struct str text, char path[PATH_BYTES])
{
    int fd = memfd_create("keys", MFD_CLOEXEC);

    assert(fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0);
    assert(write(fd, text.data, text.len) == (ssize_t)text.len);
    snprintf(path, PATH_BYTES, "/proc/self/fd/%d", fd);
    return fd;
}

static bool
read_text(struct str text, struct keyfile *file)
{
    char path[PATH_BYTES];
    const char *why = NULL;
    int fd = file_of(text, path);
    enum keyfile_state state = keyfile_read(path, file, &why);

    close(fd);
    assert(state == KEYFILE_READ || (state == KEYFILE_BAD && why != NULL));
    return state == KEYFILE_READ;
}

static struct str
with_check(struct buf *out, struct str above)
{
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];

    crypto_sha256(above, digest);
    encode_hex(str_of(digest, sizeof(digest)), hex);
    buf_init(out, 2 * FILE_BYTES_MAX);
    buf_put_str(out, above);
    buf_printf(out, "check %s\n", hex);
    return buf_str(out);
}

/* Keys that unwrap nothing but what they wrapped. */
static void
unwrap(const struct keyfile *file, struct str bytes)
{
    uint8_t plain[FILE_BYTES_MAX];
    char path[] = "/tmp/xiaopu-fuzz-XXXXXX", why[256];
    static struct keys *keys;
    const char *reason;

    if (keys == NULL) {
        int fd = mkstemp(path);

        assert(fd >= 0 && keyfile_write(path, file, false, &reason));
        keys = keys_open(path, 0, why, sizeof(why));
        close(fd);
        unlink(path);
    }
    assert(keys != NULL);
    assert(!keys_unwrap(keys, STR("fuzz"), bytes, plain));
    keys_is_old_wrap(keys, 0, bytes);
}

static size_t
write_file(const struct keyfile *file, struct keyfile *again, char *text)
{
    char path[] = "/tmp/xiaopu-fuzz-XXXXXX";
    const char *why;
    int fd = mkstemp(path);
    ssize_t len;

    assert(fd >= 0);
    close(fd);
    assert(keyfile_write(path, file, false, &why));
    assert(keyfile_read(path, again, &why) == KEYFILE_READ);
    fd = open(path, O_RDONLY);
    len = read(fd, text, FILE_BYTES_MAX);
    assert(fd >= 0 && len > 0);
    close(fd);
    unlink(path);
    return (size_t)len;
}

/* "month 2026-04 ": each that is written was read. */
static void
expect_months(struct str written, struct str read)
{
    struct str line;

    while (str_split(&written, '\n', &line)) {
        if (str_starts(line, STR("month "))) {
            assert(line.len > 14 && memmem(read.data, read.len, line.data, 14) != NULL);
        }
    }
}

/* What was read stands in the file that is made of it; and that file is written again
 * byte for byte. */
static void
write_again(const struct keyfile *file, struct str read)
{
    char first[FILE_BYTES_MAX], second[FILE_BYTES_MAX];
    struct keyfile again, last;
    size_t len = write_file(file, &again, first);

    expect_months(str_of(first, len), read);
    assert(again.months == file->months);
    for (size_t i = 0; i < file->months; i++) {
        assert(again.month[i].month == file->month[i].month);
        assert(again.month[i].made_at_ms == file->month[i].made_at_ms);
        assert(memcmp(again.month[i].key, file->month[i].key, KEY_BYTES) == 0);
    }
    assert(write_file(&again, &last, second) == len);
    assert(memcmp(first, second, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct keyfile some = { .id = "0123456789abcdef",
                                         .month = { { 675, 1, { 5 } } },
                                         .months = 1 };
    struct str bytes = str_of(data, size);
    struct keyfile file;
    struct buf whole;

    log_least(LOG_SILENT);
    if (size == 0 || size > FILE_BYTES_MAX / 2) {
        return 0;
    }
    read_text(bytes, &file);
    if (read_text(with_check(&whole, bytes), &file)) {
        assert(file.months >= 1 && file.months <= KEYFILE_MONTHS_MAX);
        write_again(&file, bytes);
    }
    unwrap(&some, bytes);
    buf_free(&whole);
    return 0;
}
