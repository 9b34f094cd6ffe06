/* server/net/tls.c - see the header; the rules are RELIABILITY.md 3. Every call begins
 * with ERR_clear_error(): a stale entry of another connection would make a fatal error
 * of "want more". */
#include "server/net/tls.h"

#include <limits.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/xmalloc.h"

struct tls {
    SSL *ssl;
    struct str in;   /* fed and not taken yet */
    struct buf *out; /* the loop's */
};

enum { TICKET_KEY_BYTES = 80 };

/* --- the wire, as OpenSSL sees it: a method of ours, made once ----------------------
 */
static struct {
    pthread_once_t once;
    BIO_METHOD *method;
} wire = { .once = PTHREAD_ONCE_INIT };

static int
wire_read(BIO *bio, char *room, int len)
{
    struct tls *tls = BIO_get_data(bio);
    size_t took = tls->in.len < (size_t)len ? tls->in.len : (size_t)len;

    BIO_clear_retry_flags(bio);
    if (took == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(room, tls->in.data, took);
    tls->in.data += took;
    tls->in.len -= took;
    return (int)took;
}

static int
wire_write(BIO *bio, const char *data, int len)
{
    struct tls *tls = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    buf_put(tls->out, data, (size_t)len);
    return tls->out->full ? -1 : len;
}

static long
wire_control(BIO *bio, int what, long number, void *arg)
{
    (void)bio;
    (void)number;
    (void)arg;
    return what == BIO_CTRL_FLUSH; /* whatever it asks beside that: no */
}

static void
make_wire(void)
{
    wire.method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "loop");
    if (wire.method == NULL || BIO_meth_set_read(wire.method, wire_read) != 1 ||
        BIO_meth_set_write(wire.method, wire_write) != 1 ||
        BIO_meth_set_ctrl(wire.method, wire_control) != 1) {
        fputs("OpenSSL failed where it cannot\n", stderr);
        abort();
    }
}

/* --- contexts -----------------------------------------------------------------------
 */

static int
choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
                const unsigned char *in, unsigned in_len, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;

    (void)ssl;
    (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, ours, sizeof ours - 1, in, in_len) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static bool
set_rules(SSL_CTX *context)
{
    static const char suites[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(context, suites) == 1 &&
           SSL_CTX_set_session_id_context(context, (const unsigned char *)"xiaopu",
                                          6) == 1;
}

static void
keep_tickets(SSL_CTX *context, SSL_CTX *before)
{
    unsigned char keys[TICKET_KEY_BYTES];

    if (before != NULL &&
        SSL_CTX_get_tlsext_ticket_keys(before, keys, sizeof keys) == 1) {
        SSL_CTX_set_tlsext_ticket_keys(context, keys, sizeof keys);
    }
    OPENSSL_cleanse(keys, sizeof keys);
}

SSL_CTX *
tls_context_new(const char *cert, const char *key, SSL_CTX *before, const char **why)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    ERR_clear_error();
    if (context == NULL || !set_rules(context)) {
        *why = "OpenSSL refuses our rules";
    } else if (SSL_CTX_use_certificate_chain_file(context, cert) != 1) {
        *why = "the certificate cannot be read";
    } else if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
        *why = "the key cannot be read or is not the certificate's";
    } else if (SSL_CTX_check_private_key(context) != 1) {
        *why = "the key is not the certificate's";
    } else {
        keep_tickets(context, before);
        return context;
    }
    ERR_clear_error();
    SSL_CTX_free(context);
    return NULL;
}

/* --- connections --------------------------------------------------------------------
 */
struct tls *
tls_new(SSL_CTX *context, struct buf *out)
{
    struct tls *tls = xcalloc(1, sizeof *tls);
    BIO *bio;

    pthread_once(&wire.once, make_wire);
    tls->out = out;
    tls->ssl = SSL_new(context);
    bio = BIO_new(wire.method);
    if (tls->ssl == NULL || bio == NULL) {
        SSL_free(tls->ssl);
        BIO_free(bio);
        free(tls);
        return NULL;
    }
    BIO_set_data(bio, tls);
    BIO_set_init(bio, 1);
    SSL_set_bio(tls->ssl, bio, bio);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void
tls_free(struct tls **tls)
{
    if (*tls != NULL) {
        SSL_free((*tls)->ssl);
        free(*tls);
        *tls = NULL;
    }
}

void
tls_feed(struct tls *tls, struct str records)
{
    tls->in = records;
}

int
tls_read(struct tls *tls, char *room, size_t len)
{
    int got;

    ERR_clear_error();
    got = SSL_read(tls->ssl, room, len > INT_MAX ? INT_MAX : (int)len);
    if (got > 0) {
        return got;
    }
    switch (SSL_get_error(tls->ssl, got)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    default:
        return -1;
    }
}

bool
tls_write(struct tls *tls, struct str plain)
{
    while (plain.len > 0) {
        int took;

        ERR_clear_error();
        took = SSL_write(tls->ssl, plain.data,
                         plain.len > INT_MAX ? INT_MAX : (int)plain.len);
        if (took <= 0) {
            return false; /* it never has to wait: there is no memory, or no session */
        }
        plain.data += took;
        plain.len -= (size_t)took;
    }
    return true;
}

void
tls_finish(struct tls *tls)
{
    ERR_clear_error();
    if (SSL_is_init_finished(tls->ssl)) {
        SSL_shutdown(tls->ssl);
    }
}

bool
tls_established(const struct tls *tls)
{
    return SSL_is_init_finished(tls->ssl);
}

bool
tls_ended(const struct tls *tls)
{
    return (SSL_get_shutdown(tls->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}
