/* server/http/deadline.h - how long a connection may take for what it is doing.
 *
 * All are absolute: a byte now and then does not move the head's. One timer of the
 * loop's wheel is set to whichever comes first. Time in which we ourselves did not read
 * (a handler that was slower than its client) is not held against the client.
 */
#ifndef SERVER_HTTP_DEADLINE_H
#define SERVER_HTTP_DEADLINE_H

struct http_conn;

void deadline_init(struct http_conn *conn);
void deadline_clear(struct http_conn *conn);

void deadline_head(struct http_conn *conn);    /* the first byte of a head came */
void deadline_body(struct http_conn *conn);    /* a body begins */
void deadline_idle(struct http_conn *conn);    /* a request is whole */
void deadline_linger(struct http_conn *conn);  /* the last answer is out */
void deadline_paused(struct http_conn *conn);  /* we do not read */
void deadline_reading(struct http_conn *conn); /* we read */

/* Sets the timer to the earliest. */
void deadline_set(struct http_conn *conn);

#endif
