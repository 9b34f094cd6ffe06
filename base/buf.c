/* base/buf.c - growing bytes: doubling, never over the limit. */
#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 64 };

void
buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){ .max_bytes = max_bytes };
}

void
buf_free(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max_bytes);
}

void
buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->full = false;
}

char *
buf_reserve(struct buf *buf, size_t len)
{
    size_t cap = buf->cap > 0 ? buf->cap : FIRST_BYTES;
    char *grown;

    if (buf->full || len > buf->max_bytes - buf->len) {
        buf->full = true;
        return NULL;
    }
    if (buf->data != NULL && len <= buf->cap - buf->len) {
        return buf->data + buf->len;
    }
    while (cap - buf->len < len) {
        cap = cap > buf->max_bytes / 2 ? buf->max_bytes : cap * 2;
    }
    grown = realloc(buf->data, cap > 0 ? cap : 1);
    if (grown == NULL) {
        buf->full = true;
        return NULL;
    }
    buf->data = grown;
    buf->cap = cap;
    return buf->data + buf->len;
}

void
buf_put(struct buf *buf, const void *data, size_t len)
{
    char *room;

    if (len == 0) {
        return; /* an empty buffer has no bytes to point into */
    }
    room = !buf->full && len <= buf->cap - buf->len && len <= buf->max_bytes - buf->len
               ? buf->data + buf->len
               : buf_reserve(buf, len);
    if (room != NULL) {
        memcpy(room, data, len);
        buf->len += len;
    }
}

void
buf_put_str(struct buf *buf, struct str s)
{
    buf_put(buf, s.data, s.len);
}

void
buf_put_char(struct buf *buf, char c)
{
    buf_put(buf, &c, 1);
}

/* Into the room that there is, and a second time when that was too little. */
void
buf_printf(struct buf *buf, const char *format, ...)
{
    size_t cap = buf->cap < buf->max_bytes ? buf->cap : buf->max_bytes;
    size_t room = buf->full ? 0 : cap - buf->len;
    va_list args;
    char *at = room > 0 ? buf->data + buf->len : NULL;
    int len;

    va_start(args, format);
    len = vsnprintf(at, room, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len >= room) {
        at = buf_reserve(buf, (size_t)len + 1); /* vsnprintf ends with a NUL */
        if (at == NULL) {
            return;
        }
        va_start(args, format);
        vsnprintf(at, (size_t)len + 1, format, args);
        va_end(args);
    }
    buf->len += (size_t)len;
}

void
buf_consume(struct buf *buf, size_t len)
{
    assert(len <= buf->len);
    buf->len -= len;
    if (buf->len > 0 && len > 0) {
        memmove(buf->data, buf->data + len, buf->len);
    }
}
