/* server/page/qr.h - a link as a picture to scan: the plain link, nothing else. Pure. */
#ifndef SERVER_PAGE_QR_H
#define SERVER_PAGE_QR_H

#include "base/buf.h"

/* False when the link is too long for any code, or memory ran out. */
bool qr_svg(struct str link, struct buf *out);
/* Computes for a millisecond and likes a large stack: from a task, task_offload() it. */
bool qr_png(struct str link, struct buf *out);

#endif
