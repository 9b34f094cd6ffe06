/* server/http/send.h - answers onto the connection, in the order of their requests. */
#ifndef SERVER_HTTP_SEND_H
#define SERVER_HTTP_SEND_H

struct http_conn;
struct http_head;
struct kept_answer;

/* Sends all answers that are ready and have none before them, in one write where they
 * are small; after the last one the connection lingers. */
void send_ready(struct http_conn *conn);
/* An answer from the page cache, behind what is gathered already. */
void send_kept(struct http_conn *conn, const struct kept_answer *answer,
               const struct http_head *head);
/* Shuts our side and drains the other for a moment, so that the client reads the last
 * answer before it learns of the end. */
void linger(struct http_conn *conn);

#endif
