/* server/net/tls.h - OpenSSL between the socket's bytes and ours.
 *
 * TLS 1.2 and 1.3, AEAD suites, ALPN http/1.1, session tickets and no session cache, so
 * that every loop resumes what another began. After every call the records that wait
 * for the wire are in `out`: also after a failed one, for there lies the alert. It is
 * the loop's, and empty again before the next call for any connection: a connection
 * between two requests holds no buffers of its own.
 *
 * Threads     A context may be used by all loops at once; a struct tls by one.
 */
#ifndef SERVER_NET_TLS_H
#define SERVER_NET_TLS_H

#include <openssl/ssl.h>

#include "base/buf.h"

enum { TLS_RECORD_BYTES = 16 << 10 };

struct tls;

/* NULL, and a reason in `why`, when the pair cannot be read or does not belong together.
 * Tickets of `before` (may be NULL) stay good. */
SSL_CTX *tls_context_new(const char *cert, const char *key, SSL_CTX *before,
                         const char **why);

struct tls *tls_new(SSL_CTX *context, struct buf *out);
void tls_free(struct tls **tls);

/* Records from the wire, borrowed until tls_read() has given nothing: then all of them
 * were taken. */
void tls_feed(struct tls *tls, struct str records);
/* Plain bytes into `room`; 0: nothing more now; -1: the connection is no good. */
int tls_read(struct tls *tls, char *room, size_t len);
bool tls_write(struct tls *tls, struct str plain);
/* Says close_notify. */
void tls_finish(struct tls *tls);

bool tls_established(const struct tls *tls);
/* Has the other side said close_notify? An end without it is a truncation. */
bool tls_ended(const struct tls *tls);

#endif
