/* server/api/attempt.h - limits that all servers count together (API.md, limits). */
#ifndef SERVER_API_ATTEMPT_H
#define SERVER_API_ATTEMPT_H

#include "server/request.h"
#include "storage/member/attempt.h"

/* Attempts of this request's address; of IPv6 the /64 counts as one. */
struct attempt attempt_sign_up(struct request *req);
struct attempt attempt_sign_in_by_address(struct request *req);
struct attempt attempt_sign_in_by_account(struct request *req, struct str account);

/* attempt_take() of attempts that share one limit; `name` is what the problem of
 * ERR_RATE_LIMITED calls it. */
enum err attempts_begin(struct request *req, const char *name,
                        const struct attempt *attempts, size_t count);
/* It was no failure after all; an error of the store changes nothing for the caller. */
void attempts_forgive(struct request *req, const struct attempt *attempts,
                      size_t count);

#endif
