/* server/http/judge.h - the rules that a head must keep beside llhttp's (RELIABILITY.md
 * 2): request line, Host, framing, expectations. Pure. */
#ifndef SERVER_HTTP_JUDGE_H
#define SERVER_HTTP_JUDGE_H

#include "server/http/head.h"

/* The request line, without its end: method, target and version into the head. */
enum err http_judge_line(struct str line, struct http_head *head);
/* All fields: host, framing, keep-alive, expectations into the head. */
enum err http_judge_fields(struct http_head *head);

#endif
