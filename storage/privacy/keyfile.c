/* storage/privacy/keyfile.c - see the header. */
#include "storage/privacy/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/encode.h"

enum { FILE_BYTES_MAX = 8192, HEX_ROOM = 2 * KEY_BYTES + 1 };
enum { YEAR_FIRST = 1970, YEAR_LAST = YEAR_FIRST + UINT16_MAX / 12 - 1 };

/* --- reading ------------------------------------------------------------------------
 */
/* The text after "name " on the next line. */
static bool
take_line(struct str *rest, const char *name, struct str *value)
{
    struct str line, word;

    if (!str_split(rest, '\n', &line) || rest->data == NULL ||
        !str_split(&line, ' ', &word) || !str_equal(word, str_from(name))) {
        return false;
    }
    *value = line;
    return line.data != NULL;
}

static bool
take_key(struct str *rest, const char *name, uint8_t key[KEY_BYTES])
{
    struct str value;

    return take_line(rest, name, &value) && decode_hex(value, key, KEY_BYTES);
}

/* "2026-11 1790000000000 HEX" */
static bool
parse_month(struct str line, struct wrapping_key *month)
{
    struct str date, made_at;
    int64_t year, number;

    if (!str_split(&line, ' ', &date) || date.len != 7 || date.data[4] != '-' ||
        !str_to_i64(str_of(date.data, 4), &year) ||
        !str_to_i64(str_of(date.data + 5, 2), &number) || year < YEAR_FIRST ||
        year > YEAR_LAST || number < 1 || number > 12 ||
        !str_split(&line, ' ', &made_at) || !str_to_i64(made_at, &month->made_at_ms)) {
        return false;
    }
    month->month = (uint16_t)((year - YEAR_FIRST) * 12 + number - 1);
    return decode_hex(line, month->key, KEY_BYTES);
}

static bool
parse_months(struct str *rest, struct keyfile *file)
{
    struct str before = *rest, line;

    for (file->months = 0; take_line(rest, "month", &line); before = *rest) {
        if (file->months == KEYFILE_MONTHS_MAX ||
            !parse_month(line, &file->month[file->months]) ||
            (file->months > 0 &&
             file->month[file->months].month <= file->month[file->months - 1].month)) {
            return false;
        }
        file->months++;
    }
    *rest = before;
    return file->months > 0;
}

static bool
check_holds(struct str all, struct str rest)
{
    uint8_t expected[SHA256_BYTES], written[SHA256_BYTES];
    struct str above = str_of(all.data, all.len - rest.len);

    crypto_sha256(above, expected);
    return take_key(&rest, "check", written) && rest.len == 0 &&
           memcmp(expected, written, SHA256_BYTES) == 0;
}

static bool
parse(struct str text, struct keyfile *file)
{
    struct str rest = text, version, id;
    uint8_t digits[KEYS_ID_BYTES / 2];

    if (!take_line(&rest, "xiaopu-keys", &version) || !str_equal(version, STR("1")) ||
        !take_line(&rest, "id", &id) || !decode_hex(id, digits, sizeof digits)) {
        return false;
    }
    memcpy(file->id, id.data, id.len);
    file->id[id.len] = '\0';
    return take_key(&rest, "release", file->release) &&
           take_key(&rest, "receipt", file->receipt) &&
           take_key(&rest, "sealing", file->sealing) && parse_months(&rest, file) &&
           check_holds(text, rest);
}

static enum keyfile_state
read_opened(int fd, struct keyfile *file, const char **why)
{
    char text[FILE_BYTES_MAX];
    struct stat status;
    ssize_t len;
    bool good;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        *why = "the key file is not a file";
        return KEYFILE_BAD;
    }
    if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        *why = "the key file is open to others: chmod 600";
        return KEYFILE_BAD;
    }
    len = read(fd, text, sizeof text);
    good = len > 0 && parse(str_of(text, (size_t)len), file);
    crypto_wipe(text, sizeof text);
    *why = "the key file is damaged";
    return good ? KEYFILE_READ : KEYFILE_BAD;
}

enum keyfile_state
keyfile_read(const char *path, struct keyfile *file, const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum keyfile_state state;

    if (fd < 0) {
        *why = "the key file cannot be read";
        return errno == ENOENT ? KEYFILE_ABSENT : KEYFILE_BAD;
    }
    state = read_opened(fd, file, why);
    close(fd);
    return state;
}

/* --- writing ------------------------------------------------------------------------
 */
static void
put_key(struct buf *out, const char *name, const uint8_t key[KEY_BYTES])
{
    char hex[HEX_ROOM];

    encode_hex(str_of(key, KEY_BYTES), hex);
    buf_printf(out, "%s %s\n", name, hex);
    crypto_wipe(hex, sizeof hex);
}

static void
put_text(struct buf *out, const struct keyfile *file)
{
    uint8_t check[SHA256_BYTES];

    buf_printf(out, "xiaopu-keys 1\nid %s\n", file->id);
    put_key(out, "release", file->release);
    put_key(out, "receipt", file->receipt);
    put_key(out, "sealing", file->sealing);
    for (size_t i = 0; i < file->months; i++) {
        const struct wrapping_key *month = &file->month[i];
        char name[64];

        snprintf(name, sizeof name, "month %04d-%02d %lld",
                 YEAR_FIRST + month->month / 12, 1 + month->month % 12,
                 (long long)month->made_at_ms);
        put_key(out, name, month->key);
    }
    crypto_sha256(buf_str(out), check);
    put_key(out, "check", check);
}

static bool
write_new(const char *path, struct str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    bool written = fd >= 0 && fchmod(fd, S_IRUSR | S_IWUSR) == 0 &&
                   write(fd, text.data, text.len) == (ssize_t)text.len &&
                   fsync(fd) == 0;

    if (fd >= 0) {
        close(fd);
    }
    return written;
}

/* The name itself must survive a power cut, too. */
static void
sync_directory(const char *path)
{
    char copy[PATH_MAX];
    int fd;

    snprintf(copy, sizeof copy, "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

static bool
give_name(const char *new_path, const char *path, bool fresh, const char **why)
{
    bool named;

    if (fresh) {
        named = link(new_path, path) == 0;
        if (!named && errno == EEXIST) {
            *why = NULL;
        }
        unlink(new_path);
    } else {
        named = rename(new_path, path) == 0;
    }
    return named;
}

bool
keyfile_write(const char *path, const struct keyfile *file, bool fresh,
              const char **why)
{
    char new_path[PATH_MAX];
    struct buf text;
    bool written;

    *why = "the key file cannot be written";
    snprintf(new_path, sizeof new_path, "%s.%d.new", path, (int)getpid());
    buf_init(&text, FILE_BYTES_MAX);
    put_text(&text, file);
    written = !text.full && write_new(new_path, buf_str(&text));
    if (text.data != NULL) {
        crypto_wipe(text.data, text.len);
    }
    buf_free(&text);
    if (!written) {
        unlink(new_path);
        return false;
    }
    if (!give_name(new_path, path, fresh, why)) {
        return false;
    }
    sync_directory(path);
    return true;
}
