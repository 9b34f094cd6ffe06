/* storage/redis/adapter.h - a hiredis connection on a libuv loop.
 *
 * hiredis' own adapter drops poll errors, and with them every call that was under way
 * (RELIABILITY.md 5); it also asks epoll anew for each command. This one lets hiredis
 * meet every error, and writes what a turn of the loop has collected at its end.
 */
#ifndef STORAGE_REDIS_ADAPTER_H
#define STORAGE_REDIS_ADAPTER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

struct redisAsyncContext;

/* *read_at_ms is kept at the loop's time of the last bytes that came, for as long as
 * the context lives. False when libuv refuses the socket: free the context then. */
bool adapter_attach(struct redisAsyncContext *context, uv_loop_t *uv,
                    int64_t *read_at_ms);

#endif
