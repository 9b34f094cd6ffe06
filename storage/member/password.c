/* storage/member/password.c - passwords judged, hashed and compared. */
#include "storage/member/password.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/crypto.h"
#include "base/encode.h"
#include "base/rand.h"
#include "base/task.h"
#include "base/utf8.h"
#include "storage/member/common_passwords.h"

enum { SALT_BYTES = 16, SALT_CHARS = 2 * SALT_BYTES, KEY_CHARS = 2 * KEY_BYTES };

/* The thread pool is the process's own, and so is the bound on what waits for it. */
static _Atomic int waiting;

struct scrypt_work {
    struct str password;
    struct str salt;
    uint8_t key[KEY_BYTES];
};

static bool
only_one_character(struct str text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] != text.data[0]) {
            return false;
        }
    }
    return true;
}

bool
password_weak(struct arena *arena, struct str password, struct str username)
{
    struct str folded;

    if (utf8_count(password) < PASSWORD_CHARS_MIN || only_one_character(password)) {
        return true;
    }
    folded = utf8_fold(arena, password);
    if (username.len > 0 && str_equal(folded, username)) {
        return true;
    }
    for (size_t i = 0; common_passwords[i]; i++) {
        if (str_equal(folded, str_from(common_passwords[i]))) {
            return true;
        }
    }
    return false;
}

static void
run_scrypt(void *arg)
{
    struct scrypt_work *work = arg;

    crypto_scrypt(work->password, work->salt, work->key);
}

static enum err
scrypt_elsewhere(struct scrypt_work *work)
{
    bool ran = false;

    if (atomic_fetch_add(&waiting, 1) < PASSWORDS_WAITING_MAX) {
        ran = task_offload(run_scrypt, work);
    }
    atomic_fetch_sub(&waiting, 1);
    return ran ? ERR_NONE : ERR_OVERLOADED;
}

enum err
password_hash(struct arena *arena, struct str password, struct str *hash)
{
    uint8_t salt[SALT_BYTES];
    char salt_text[SALT_CHARS + 1], key_text[KEY_CHARS + 1];
    struct scrypt_work work = { password, str_of(salt, sizeof(salt)), { 0 } };
    enum err err;

    rand_bytes(salt, sizeof(salt));
    err = scrypt_elsewhere(&work);
    encode_hex(work.salt, salt_text);
    encode_hex(str_of(work.key, sizeof(work.key)), key_text);
    *hash = arena_printf(arena, "1 %s %s", salt_text, key_text);
    crypto_wipe(work.key, sizeof(work.key));
    crypto_wipe(key_text, sizeof(key_text));
    return err;
}

static bool
parse_hash(struct str hash, uint8_t *salt, uint8_t *key)
{
    return hash.len == 3 + SALT_CHARS + KEY_CHARS && str_starts(hash, STR("1 ")) &&
           decode_hex(str_of(hash.data + 2, SALT_CHARS), salt, SALT_BYTES) &&
           decode_hex(str_of(hash.data + 3 + SALT_CHARS, KEY_CHARS), key, KEY_BYTES);
}

enum err
password_check(struct str password, struct str hash)
{
    uint8_t salt[SALT_BYTES] = { 0 }, key[KEY_BYTES] = { 0 };
    struct scrypt_work work = { password, str_of(salt, sizeof(salt)), { 0 } };
    bool known = parse_hash(hash, salt, key);
    bool equal;
    enum err err = scrypt_elsewhere(&work);

    equal = crypto_equal(str_of(key, sizeof(key)), str_of(work.key, sizeof(work.key)));
    crypto_wipe(work.key, sizeof(work.key));
    if (err != ERR_NONE) {
        return err;
    }
    return known && equal ? ERR_NONE : ERR_BAD_CREDENTIALS;
}
