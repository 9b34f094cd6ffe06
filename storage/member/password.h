/* storage/member/password.h - passwords, hashed by scrypt on the thread pool.
 *
 * At most PASSWORDS_WAITING_MAX of one process are hashed or wait for it; beyond that
 * the answer is ERR_OVERLOADED at once. A password is judged and compared as the bytes
 * it came in; the list of the commonest is compared after folding.
 *
 * Waits       password_hash(), password_check(): for the thread pool.
 */
#ifndef STORAGE_MEMBER_PASSWORD_H
#define STORAGE_MEMBER_PASSWORD_H

#include "base/arena.h"
#include "proto/err.h"

enum { PASSWORD_CHARS_MIN = 10, PASSWORD_BYTES_MAX = 1024, PASSWORDS_WAITING_MAX = 16 };

/* Too short, among the commonest, or the user name itself? `username` may be empty. */
bool password_weak(struct arena *arena, struct str password, struct str username);

/* "1 SALT KEY" in hex, in the arena; 1 stands for crypto_scrypt()'s parameters. */
enum err password_hash(struct arena *arena, struct str password, struct str *hash);
/* ERR_NONE, ERR_BAD_CREDENTIALS or ERR_OVERLOADED. An empty hash, of an account without
 * a password or of no account, takes the same time and fails. */
enum err password_check(struct str password, struct str hash);

#endif
