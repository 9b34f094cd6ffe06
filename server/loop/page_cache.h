/* server/loop/page_cache.h - rendered answers, kept while everything that they were made
 * of is kept.
 *
 * Only public documents that are the same bytes for everybody. A page goes when an
 * object goes that it was made of (storage/redis/cache.h), after PAGE_TTL_MS, with
 * another policy, or when memory is short, least recently used first. Bodies are kept as
 * they are and in each coding that was asked for, each with its entity tag.
 *
 * Ownership   What page_find() gives is valid until the loop goes on.
 */
#ifndef SERVER_LOOP_PAGE_CACHE_H
#define SERVER_LOOP_PAGE_CACHE_H

#include "proto/ids.h"
#include "server/http/render.h"
#include "storage/redis/cache.h"

enum {
    PAGE_TTL_MS = 60000,
    PAGE_CACHE_BYTES_MAX = 64 << 20, /* of a loop */
    PAGE_CACHE_BUCKETS = 1 << 14,
    PAGE_KEY_BYTES_MAX = 1024
};

struct page_cache;
struct server_loop;

/* What the same bytes are for. */
struct page_key {
    struct str target; /* path and query, as sent */
    enum language language;
    int accept; /* which of the documents' types, by accept_type() */
    int64_t policy_version;
    int64_t clock_offset_ms; /* of tests */
};

/* A body in one coding, and its heads. */
struct page_form {
    bool tried; /* without lines: the coding saves nothing, identity serves */
    struct str etag;
    struct str body;
    struct str lines;     /* render_lines() for 200 */
    struct str lines_304; /* and for 304 */
};

struct page {
    struct page_form form[CODINGS]; /* identity always; others once they were tried */
    const char *type;               /* a literal */
    struct str fields;              /* rendition's */
    const char *pattern;            /* the route's, for the log */
    bool is_visit;
    struct shop_number shop; /* of the visit */
    struct product_id product;
};

struct page_cache *page_cache_new(struct server_loop *at);
void page_cache_free(struct page_cache **cache);

/* NULL when there is none. */
const struct page *page_find(struct page_cache *cache, const struct page_key *key);
/* Keeps a copy, unless what it was made of is not kept. */
void page_keep(struct page_cache *cache, const struct page_key *key,
               const struct page *page, struct cache_record *record);
/* Adds a copy of a form to a page that is kept; without memory it stays as it is. */
void page_add_form(const struct page *page, enum coding coding,
                   const struct page_form *form);

#endif
