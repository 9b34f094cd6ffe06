/* storage/member/member.h - accounts.
 *
 * A member has an id, a nickname, mostly a user name and a password, and at most one
 * shop. Merchants and operators are members with a role. Passwords arrive here as
 * hashes (storage/member/password.h); who may ask is decided above.
 *
 * Making a member spans two tags: the user name is claimed first
 * (storage/member/username.h), then the member is written, then the claim is confirmed.
 * A member whose claim was lost in between is taken back; nobody saw it.
 *
 * Errors      ERR_STORE_DOWN: nothing was changed that anybody sees; a name that was
 *             claimed is free again, at once or within USERNAME_CLAIM_MS.
 *             ERR_STORE_UNCERTAIN: it may have happened.
 * Waits       Every function here waits for the store.
 * Ownership   Arguments are borrowed; strings of results lie in the arena.
 */
#ifndef STORAGE_MEMBER_MEMBER_H
#define STORAGE_MEMBER_MEMBER_H

#include "storage/member/session.h"

enum { NICKNAME_CHARS_MAX = 24, USERNAME_BYTES_MIN = 3 };

struct member {
    struct member_id id;
    struct str username; /* empty: none */
    struct str nickname;
    struct str password;     /* password_hash()'s text; empty: none */
    unsigned roles;          /* bits of enum member_role */
    struct shop_number shop; /* value 0: none */
    int64_t created_at_ms;
};

struct member_want {
    struct str username; /* folded by username_fold(); empty: none */
    struct str nickname;
    struct str password; /* hash; empty: none */
    unsigned roles;
    struct str merchant_name;       /* empty: not a merchant */
    const uint8_t *merchant_secret; /* with the name; MERCHANT_SECRET_BYTES */
    int64_t now_ms;
};

/* Makes a member, signed in by `token`. ERR_USERNAME_TAKEN. */
enum err member_make(struct store *store, struct arena *arena,
                     const struct member_want *want, struct member *member,
                     struct session_token *token);
/* How many numbers of a partition were drawn: its members are among id_make(1) to
 * id_make(*drawn); of some numbers nothing came. */
enum err members_drawn(struct store *store, unsigned partition, int64_t *drawn);
/* ERR_NOT_FOUND. */
enum err member_read(struct store *store, struct arena *arena, struct member_id id,
                     struct member *member);
/* By a folded user name. ERR_NOT_FOUND, after as many questions to the store as when
 * there is one. */
enum err member_read_by_username(struct store *store, struct arena *arena,
                                 struct str username, struct member *member);

enum err member_set_nickname(struct store *store, struct arena *arena,
                             struct member_id id, struct str nickname);
/* ERR_USERNAME_TAKEN. The former name is free afterwards. */
enum err member_rename(struct store *store, struct arena *arena,
                       const struct member *member, struct str username,
                       int64_t now_ms);
/* Sets the password's hash and ends every session but the one named. */
enum err member_set_password(struct store *store, struct arena *arena,
                             struct member_id id, struct str password,
                             const char *session_kept);
/* Gives the member's one shop this number, unless it has one: *held is the number that
 * stands there afterwards. The shops that it follows already will hear of it. */
enum err member_take_shop(struct store *store, struct arena *arena, struct member_id id,
                          struct shop_number number, struct shop_number *held);

#endif
