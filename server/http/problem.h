/* server/http/problem.h - errors as people and programs are told them (RFC 9457).
 *
 * The one table from errors to HTTP statuses. `code` and `type` are the stable part;
 * title and detail are our own words in the reader's language (server/text), never a
 * library's and never what was sent.
 */
#ifndef SERVER_HTTP_PROBLEM_H
#define SERVER_HTTP_PROBLEM_H

#include "server/exchange.h"

int problem_status(enum err err);
/* Seconds for Retry-After where a problem always has one, else 0. */
int64_t problem_retry_s(enum err err);
/* Turns the answer into the problem: status, document, Retry-After. What a handler had
 * said before is dropped, fields that name the future (Location, ETag) with it. */
void problem_reply(struct exchange *x, enum err err);

#endif
