/* server/loop/page_cache.c - a hash table and a list by last use; each page is one block
 * of memory with its strings, and one more for each form that was added later. */
#include "server/loop/page_cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rand.h"
#include "base/xmalloc.h"
#include "server/loop/loop.h"

struct kept {
    struct page page; /* first */
    struct page_cache *cache;
    struct kept *next; /* in its bucket */
    struct kept *newer;
    struct kept *older;
    struct cache_link *link;
    uint64_t hash;
    struct page_key key;
    int64_t until_ms;
    size_t bytes;
    char *added[CODINGS]; /* what the strings of later forms point into */
    char text[];          /* what the others do */
};

struct page_cache {
    struct server_loop *at;
    uint64_t seed;
    size_t bytes;
    struct kept *newest;
    struct kept *oldest;
    struct kept *bucket[PAGE_CACHE_BUCKETS];
};

struct page_cache *
page_cache_new(struct server_loop *at)
{
    struct page_cache *cache = xcalloc(1, sizeof *cache);

    cache->at = at;
    cache->seed = rand_u64();
    return cache;
}

static uint64_t
hash_key(const struct page_cache *cache, const struct page_key *key)
{
    uint64_t hash = cache->seed ^ (uint64_t)key->policy_version << 8 ^
                    (uint64_t)key->language << 4 ^ (uint64_t)(key->accept + 1);

    for (size_t i = 0; i < key->target.len; i++) {
        hash =
            (hash ^ (unsigned char)key->target.data[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 29;
    }
    return hash;
}

static void
list_remove(struct kept *kept)
{
    struct page_cache *cache = kept->cache;

    *(kept->newer != NULL ? &kept->newer->older : &cache->newest) = kept->older;
    *(kept->older != NULL ? &kept->older->newer : &cache->oldest) = kept->newer;
}

static void
list_add(struct kept *kept)
{
    struct page_cache *cache = kept->cache;

    kept->newer = NULL;
    kept->older = cache->newest;
    *(kept->older != NULL ? &kept->older->newer : &cache->oldest) = kept;
    cache->newest = kept;
}

/* Off the table and freed; the link is gone or goes too. */
static void
discard(struct kept *kept)
{
    struct page_cache *cache = kept->cache;
    struct kept **place = &cache->bucket[kept->hash % PAGE_CACHE_BUCKETS];

    while (*place != kept) {
        place = &(*place)->next;
    }
    *place = kept->next;
    list_remove(kept);
    cache->bytes -= kept->bytes;
    metric_set(&cache->at->metrics, METRIC_CACHE_BYTES, (int64_t)cache->bytes);
    if (kept->link != NULL) {
        cache_unlink(&kept->link);
    }
    for (int i = 0; i < CODINGS; i++) {
        free(kept->added[i]);
    }
    free(kept);
}

static void
on_dropped(void *arg)
{
    struct kept *kept = arg;

    kept->link = NULL; /* gone by now */
    discard(kept);
}

void
page_cache_free(struct page_cache **cache)
{
    while ((*cache)->newest != NULL) {
        discard((*cache)->newest);
    }
    free(*cache);
    *cache = NULL;
}

static bool
same_key(const struct page_key *a, const struct page_key *b)
{
    return a->language == b->language && a->accept == b->accept &&
           a->policy_version == b->policy_version &&
           a->clock_offset_ms == b->clock_offset_ms && str_equal(a->target, b->target);
}

static struct kept *
find(struct page_cache *cache, const struct page_key *key, uint64_t hash)
{
    struct kept *kept = cache->bucket[hash % PAGE_CACHE_BUCKETS];

    while (kept != NULL && (kept->hash != hash || !same_key(&kept->key, key))) {
        kept = kept->next;
    }
    return kept;
}

const struct page *
page_find(struct page_cache *cache, const struct page_key *key)
{
    struct kept *kept = find(cache, key, hash_key(cache, key));

    if (kept == NULL) {
        return NULL;
    }
    if (kept->until_ms <= clock_mono_ms()) {
        discard(kept);
        return NULL;
    }
    list_remove(kept);
    list_add(kept);
    return &kept->page;
}

static size_t
form_bytes(const struct page_form *form)
{
    return form->etag.len + form->body.len + form->lines.len + form->lines_304.len;
}

static size_t
text_bytes(const struct page_key *key, const struct page *page)
{
    size_t bytes = key->target.len + page->fields.len;

    for (int i = 0; i < CODINGS; i++) {
        bytes += form_bytes(&page->form[i]);
    }
    return bytes;
}

static struct str
put(char **at, struct str s)
{
    struct str copy = { *at, s.len };

    if (s.len > 0) {
        memcpy(*at, s.data, s.len);
    }
    *at += s.len;
    return copy;
}

static void
put_form(char **at, struct page_form *form)
{
    form->etag = put(at, form->etag);
    form->body = put(at, form->body);
    form->lines = put(at, form->lines);
    form->lines_304 = put(at, form->lines_304);
}

static struct kept *
copy_page(struct page_cache *cache, const struct page_key *key, const struct page *page)
{
    size_t bytes = sizeof(struct kept) + text_bytes(key, page);
    struct kept *kept = malloc(bytes);
    char *at;

    if (kept == NULL) {
        return NULL;
    }
    *kept = (struct kept){ .page = *page, .cache = cache, .key = *key, .bytes = bytes };
    at = kept->text;
    kept->key.target = put(&at, key->target);
    kept->page.fields = put(&at, page->fields);
    for (int i = 0; i < CODINGS; i++) {
        put_form(&at, &kept->page.form[i]);
    }
    return kept;
}

/* Others make room for what this one, the newest, takes. */
static void
grow(struct kept *kept, size_t bytes)
{
    struct page_cache *cache = kept->cache;

    cache->bytes += bytes;
    while (cache->bytes > PAGE_CACHE_BYTES_MAX && cache->oldest != kept) {
        discard(cache->oldest);
    }
    metric_set(&cache->at->metrics, METRIC_CACHE_BYTES, (int64_t)cache->bytes);
}

static void
enter(struct page_cache *cache, struct kept *kept)
{
    struct kept **bucket = &cache->bucket[kept->hash % PAGE_CACHE_BUCKETS];

    kept->next = *bucket;
    *bucket = kept;
    list_add(kept);
    grow(kept, kept->bytes);
}

void
page_add_form(const struct page *page, enum coding coding, const struct page_form *form)
{
    struct kept *kept = (struct kept *)(uintptr_t)page;
    size_t bytes = form_bytes(form);
    char *text = malloc(bytes + 1);
    char *at = text;

    assert(!page->form[coding].tried);
    if (text == NULL) {
        return;
    }
    kept->added[coding] = text;
    kept->page.form[coding] = *form;
    put_form(&at, &kept->page.form[coding]);
    kept->bytes += bytes;
    grow(kept, bytes);
}

void
page_keep(struct page_cache *cache, const struct page_key *key, const struct page *page,
          struct cache_record *record)
{
    uint64_t hash = hash_key(cache, key);
    struct kept *before = find(cache, key, hash);
    struct kept *kept;

    if (key->target.len > PAGE_KEY_BYTES_MAX ||
        (kept = copy_page(cache, key, page)) == NULL) {
        return;
    }
    kept->hash = hash;
    kept->until_ms = clock_mono_ms() + PAGE_TTL_MS;
    kept->link = cache_record_link(record, on_dropped, kept);
    if (kept->link == NULL) {
        free(kept);
        return;
    }
    if (before != NULL) {
        discard(before);
    }
    enter(cache, kept);
}
