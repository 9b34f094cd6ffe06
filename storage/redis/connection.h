/* storage/redis/connection.h - one connection to a Redis server, for storage/redis.
 *
 * With its adapter the only file that calls hiredis. It opens, says when the other side
 * is gone (also when it merely fell silent), and carries commands; it does not
 * reconnect, count or give deadlines to commands (storage/store.c, call.c).
 *
 * Every command that was taken is answered once; with NULL when the connection ended
 * first. Answers come from the loop, never from inside connection_send().
 */
#ifndef STORAGE_REDIS_CONNECTION_H
#define STORAGE_REDIS_CONNECTION_H

#include "base/task.h"
#include "storage/redis/address.h"

struct connection;
struct redisAsyncContext;
struct redisReply;

enum { CONNECT_TIMEOUT_MS = 1000, PING_EVERY_MS = 1000, SILENCE_MAX_MS = 3000 };

/* hiredis' own shape; `reply` is a struct redisReply that is gone afterwards, or NULL.
 */
typedef void connection_reply_fn(struct redisAsyncContext *, void *reply, void *arg);
/* A message on the subscribed channel; the first call, with NULL, says that the
 * subscription holds. */
typedef void connection_message_fn(const struct redisReply *payload, void *arg);

/* lost(arg) is called from the loop whenever an open connection has ended, whoever
 * ended it. The address is borrowed for the connection's life. */
struct connection *connection_new(struct loop *loop, const struct address *address,
                                  void (*lost)(void *arg), void *arg);
/* Ends what is under way, as connection_drop() does; lost() is not called. */
void connection_free(struct connection **connection);

/* Waits, at most CONNECT_TIMEOUT_MS and the time of looking up a name. */
bool connection_open(struct connection *connection);
bool connection_is_open(const struct connection *connection);
void connection_drop(struct connection *connection); /* ends it now */

/* Bytes are copied. False: not taken, and there will be no answer. The function may be
 * NULL. */
bool connection_send(struct connection *connection, size_t argc, const char **argv,
                     const size_t *argv_len, connection_reply_fn *fn, void *arg);
/* From then on nothing but messages can come. */
bool connection_subscribe(struct connection *connection, const char *channel,
                          connection_message_fn *fn, void *arg);

#endif
