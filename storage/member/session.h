/* storage/member/session.h - who a token stands for.
 *
 * A token is two hex digits of the member's partition and 43 base64url characters of
 * 256 random bits. The store holds only its SHA-256: session:{m}:HASH names the member,
 * and the member's own hash of sessions says which are alive, so that one write there
 * ends them. A session lives SESSION_LIFE_MS from its last use; what counts is the time
 * recorded in it, a key's TTL only clears away.
 *
 * Waits       Every function that takes the store.
 * Ownership   Arguments are borrowed; results are the caller's or lie in the arena.
 */
#ifndef STORAGE_MEMBER_SESSION_H
#define STORAGE_MEMBER_SESSION_H

#include "base/arena.h"
#include "proto/err.h"
#include "proto/ids.h"

struct store;

enum {
    SESSION_TOKEN_CHARS = 45,   /* 2 + 43 */
    SESSION_HASH_CHARS = 64,    /* hex SHA-256 of the token */
    SESSIONS_MAX = 50,          /* of one member; one more ends the longest unused */
    SESSION_KEEP_S = 31 * 86400 /* a key's TTL: clears away what ended a day ago */
};
#define SESSION_LIFE_MS    (INT64_C(30) * 86400 * 1000)
#define SESSION_REFRESH_MS (INT64_C(3600) * 1000) /* uses are noted once an hour */

/* What an account may do beyond what every member may. */
enum member_role { MEMBER_MERCHANT = 1, MEMBER_OPERATOR = 2 }; /* bits */

struct session {
    struct member_id member;
    unsigned roles;          /* bits of enum member_role */
    struct shop_number shop; /* value 0: none */
    char hash[SESSION_HASH_CHARS + 1];
    int64_t expires_at_ms;
    bool prolonged; /* its life was begun anew just now */
};
struct session_token {
    char text[SESSION_TOKEN_CHARS + 1];
    char hash[SESSION_HASH_CHARS + 1];
    int64_t expires_at_ms;
};

/* A fresh token for a member; nothing is written yet. */
void session_token_new(struct member_id member, int64_t now_ms,
                       struct session_token *token);
/* Its hash, for looking it up; false when it does not look like a token at all. */
bool session_token_hash(struct str token, char hash[SESSION_HASH_CHARS + 1]);
/* The partition of the member behind a token that session_token_hash() took. */
unsigned session_token_partition(struct str token);

/* Signs a member in. */
enum err session_open(struct store *store, struct arena *arena, struct member_id member,
                      int64_t now_ms, struct session_token *token);
/* Who bears this token; its life begins anew, written down once in SESSION_REFRESH_MS.
 * ERR_UNAUTHENTICATED when it is not a
 * token, unknown, ended or too old. The member's roles and shop are as the store says
 * now. */
enum err member_session_read(struct store *store, struct arena *arena, struct str token,
                             int64_t now_ms, struct session *session);
/* The same for counting visits: from the cache where it may be, without prolonging
 * anything. */
enum err member_session_peek(struct store *store, struct arena *arena, struct str token,
                             int64_t now_ms, struct session *session);
/* Ends one session; ending it again is no error. */
enum err session_end(struct store *store, struct arena *arena, struct member_id member,
                     const char *hash);

#endif
