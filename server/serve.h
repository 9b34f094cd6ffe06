/* server/serve.h - what a request means: route, caller, limits, handler, answer.
 *
 * server/http/connection calls these for each request; only serve_run() waits.
 */
#ifndef SERVER_SERVE_H
#define SERVER_SERVE_H

#include "server/http/turn.h"

/* Judges the head: where it goes, whether that address takes such a body. An error is
 * the answer; the body is then not read. turn->is_stream is set where it applies. */
enum err serve_head(struct turn *turn, const struct http_head *head);
/* Makes turn->rendition of an error, or of what the handler said. */
void serve_answer(struct turn *turn, enum err err);
/* Is there room for one more task? Otherwise the answer is ERR_OVERLOADED. */
bool serve_may_run(const struct turn *turn);
/* In a task, with the whole body or with a stream: ends in turn->rendition. Waits. */
void serve_run(struct turn *turn);
/* A connection over the limit was sent away. */
void serve_turned_away(const struct front *front);
/* The answer is out, or nobody takes it any more: the log and the counters. */
void serve_told(struct turn *turn);

#endif
