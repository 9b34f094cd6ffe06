/* base/buf.h - bytes that grow up to a limit.
 *
 * Writers need not look after every put: one that did not fit sets `full`, later puts
 * do nothing, and the writer asks once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    char *data;
    size_t len;
    size_t cap;
    size_t max_bytes;
    bool full; /* something did not fit, or memory ran out */
};

/* Nothing is allocated before the first put. */
void buf_init(struct buf *buf, size_t max_bytes);
void buf_free(struct buf *buf);  /* frees; the buf may be used again */
void buf_clear(struct buf *buf); /* empties, keeps the memory */

void buf_put(struct buf *buf, const void *data, size_t len);
void buf_put_str(struct buf *buf, struct str s);
void buf_put_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Room for `len` more bytes at the end, to be filled by the caller who then adds to
 * buf->len; NULL (and full) when the limit forbids it. */
char *buf_reserve(struct buf *buf, size_t len);

/* Takes `len` bytes off the front. */
void buf_consume(struct buf *buf, size_t len);

static inline struct str
buf_str(const struct buf *buf)
{
    return (struct str){ buf->data, buf->len };
}

#endif
