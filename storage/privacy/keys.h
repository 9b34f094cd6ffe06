/* storage/privacy/keys.h - the key file (DESIGN.md, Privacy by construction).
 *
 * A small text file, 0600, the same for all servers and workers of one store and never
 * part of its backups. It holds an id, the release key, the receipt key, the key that
 * seals merchants' signing secrets, and the wrapping keys of the last months. Whatever
 * must become unreadable one day is wrapped under a month's key and nowhere else.
 *
 * A wrapping key comes into use KEY_COPIED_DAYS after it was made: until then it only has
 * to reach all machines, and whoever still has the file of a month ago can read and
 * write. It is wiped WRAPPING_KEY_DAYS after that, so nothing can be read in a backup
 * that is older. A new file begins with one that is in use at once.
 *
 * The id and the three lasting keys never change while a program runs; a file with
 * another id is not taken over.
 *
 * Threads     May be read by all threads while another reads the file anew or rotates.
 * Ownership   Keys given back live as long as the struct; they are wiped with it.
 */
#ifndef STORAGE_PRIVACY_KEYS_H
#define STORAGE_PRIVACY_KEYS_H

#include "base/crypto.h"

struct keys;

enum {
    KEYS_ID_BYTES = 17, /* 16 hex digits and a NUL */
    WRAP_EXTRA_BYTES = 2 + SEAL_EXTRA_BYTES,
    KEY_COPIED_DAYS = 28,  /* a wrapping key's time to be copied to all machines */
    WRAPPING_KEY_DAYS = 35 /* then its life */
};

/* Reads the file; makes it when it is not there and make_at_ms is not 0. NULL, and
 * `why` in one line, when it is damaged, open to others or cannot be written. */
struct keys *keys_open(const char *path, int64_t make_at_ms, char *why,
                       size_t why_room);
void keys_close(struct keys **keys); /* wipes */
/* After SIGHUP: takes over the wrapping keys that the file holds now. False, one log
 * line, and everything as before, when it is damaged or another store's. */
bool keys_read_anew(struct keys *keys);

const char *keys_id(const struct keys *keys);
const uint8_t *keys_release(const struct keys *keys); /* KEY_BYTES */
const uint8_t *keys_receipt(const struct keys *keys); /* an Ed25519 seed */
const uint8_t *keys_sealing(const struct keys *keys); /* KEY_BYTES: merchants' secrets
                                                       */

/* --- wrapping under the month's key -------------------------------------------------
 */
/* Under the wrapping key in use; out holds plain.len + WRAP_EXTRA_BYTES. */
void keys_wrap(const struct keys *keys, int64_t now_ms, struct str context,
               struct str plain, uint8_t *out);
/* out holds wrapped.len - WRAP_EXTRA_BYTES. False when its key is gone, or it is not
 * ours. Reads the file anew when it names a month that we have not seen. */
bool keys_unwrap(struct keys *keys, struct str context, struct str wrapped,
                 uint8_t *out);
/* Was this wrapped under another key than the one in use? Then it wants wrapping anew. */
bool keys_is_old_wrap(const struct keys *keys, int64_t now_ms, struct str wrapped);

/* --- rotation: keys_add_month(), wrap everything anew, keys_wipe_old() --------------
 * now_ms is the real clock's. */
/* Is there anything to be done? */
bool keys_want_rotation(struct keys *keys, int64_t now_ms);
/* Adds a wrapping key for the month of now_ms unless there is one, and writes the file.
 * False, and `why`, when it cannot be written: then nothing has changed. */
bool keys_add_month(struct keys *keys, int64_t now_ms, char *why, size_t why_room);
/* Wipes wrapping keys whose life is over, but never the one in use. */
bool keys_wipe_old(struct keys *keys, int64_t now_ms, char *why, size_t why_room);

#endif
