/* storage/catalogue/index.c - asking the index, and keeping it. */
#include "storage/catalogue/index.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "storage/catalogue/grams.h"
#include "storage/key.h"
#include "storage/redis/cache.h"

/* How often one page asks the index again for what did not match after all. */
enum { ROUNDS_MAX = 8, GRAMS_TEXT_BYTES_MAX = 16 << 10 };

/* --- cursors ------------------------------------------------------------------------ */
void
catalogue_cursor_write(const struct catalogue_cursor *cursor, char *out)
{
    snprintf(out, CURSOR_TEXT_BYTES, "%" PRId64 "-%" PRId64, cursor->value,
             cursor->id.value);
}

bool
catalogue_cursor_read(struct str s, struct catalogue_cursor *cursor)
{
    struct catalogue_cursor read = { .given = true };
    struct str value;

    if (!str_split(&s, '-', &value) || s.data == NULL ||
        !str_to_i64(value, &read.value) || read.value < 0 ||
        !product_id_parse(s, &read.id)) {
        return false;
    }
    *cursor = read;
    return true;
}

/* --- asking ------------------------------------------------------------------------- */
/* What one page is made of while it is asked for. */
struct search {
    struct store *store;
    struct arena *arena;
    struct str list;   /* the key whose order counts */
    struct str filter; /* another list that must hold the product; empty: none */
    const struct query_words *words; /* NULL: no words were asked for */
    bool down;
    bool own; /* taken down ones too */
};

/* What the index says to one question. */
struct found {
    struct catalogue_cursor next;
    size_t count;
    struct product_id id[];
};

static bool
matches(const struct search *search, const struct product *product)
{
    return product->version > 0 && (search->own || product_is_listed(product)) &&
           (search->words == NULL ||
            query_matches(search->arena, search->words, product->title));
}

static struct call *
search_call(const struct search *search, size_t limit,
            const struct catalogue_cursor *after)
{
    struct call *call = call_function(search->arena, "catalogue_search");

    call_key(call, search->list);
    if (search->filter.len > 0) {
        call_key(call, search->filter);
    }
    for (size_t i = 0; search->words != NULL && i < search->words->grams; i++) {
        call_keyf(call, KEY_GRAM, STR_ARGS(search->words->gram[i]));
    }
    call_int(call, (int64_t)limit);
    call_int(call, search->down);
    call_int(call, search->filter.len > 0);
    if (after->given) {
        call_int(call, after->value);
        call_int(call, after->id.value);
    } else {
        call_text(call, "");
        call_text(call, "");
    }
    return call;
}

/* ERR_NOT_FOUND when that is nothing: absence is not kept. */
static enum err
found_decode(const struct reply *reply, const void *arg, void **object, size_t *bytes)
{
    size_t count = reply->count > 3 ? reply->count - 3 : 0;
    struct found *found;

    (void)arg;
    *bytes = sizeof *found + count * sizeof found->id[0];
    found = xcalloc(1, *bytes);
    found->count = count;
    found->next.given =
        reply_int(reply_at(reply, 1), &found->next.value) &&
        product_id_parse(reply_str(reply_at(reply, 2)), &found->next.id);
    for (size_t i = 0; i < count; i++) {
        if (!product_id_parse(reply_str(reply_at(reply, 3 + i)), &found->id[i])) {
            free(found);
            return ERR_BAD_DATA;
        }
    }
    if (count == 0 && !found->next.given) {
        free(found);
        return ERR_NOT_FOUND;
    }
    *object = found;
    return ERR_NONE;
}

/* The beginnings of lists are looked at again and again, and there are no more of them
 * than there are categories and merchants; of words and cursors there is no end. */
static bool
may_be_kept(const struct search *search, const struct catalogue_cursor *after)
{
    return !search->own && search->words == NULL && !after->given;
}

static enum err
ask_index(const struct search *search, struct call *call, bool kept,
          const struct found **found)
{
    static const struct cache_kind kind = { .decode = found_decode, .free = free };
    static const struct found nothing = { .count = 0 };
    struct cache_want want = { .kind = &kind, .call = call };
    void *object = NULL;
    size_t bytes;
    enum err err;

    if (kept) {
        err = cache_read(search->store, &want);
        *found = want.object;
    } else if ((err = call_wait(search->store, call)) == ERR_NONE &&
               (err = found_decode(call->reply, NULL, &object, &bytes)) == ERR_NONE) {
        arena_on_free(search->arena, free, object);
        *found = object;
    }
    if (err == ERR_NOT_FOUND) {
        *found = &nothing;
        err = ERR_NONE;
    }
    return err;
}

/* Asks once, and adds to the page what matches. */
static enum err
ask_once(const struct search *search, size_t limit, struct catalogue_page *page)
{
    struct call *call = search_call(search, limit - page->count, &page->next);
    const struct found *found;
    struct product *products;
    enum err err;

    err = ask_index(search, call, may_be_kept(search, &page->next), &found);
    if (err != ERR_NONE) {
        return err;
    }
    products = arena_alloc(search->arena, (found->count + 1) * sizeof *products);
    err = (search->own ? product_read_many_fresh : product_read_many)(
        search->store, search->arena, found->id, found->count, products);
    if (err != ERR_NONE) {
        return err;
    }
    page->next = found->next;
    assert(found->count <= limit - page->count);
    for (size_t i = 0; i < found->count; i++) {
        if (matches(search, &products[i])) {
            page->products[page->count++] = products[i];
        }
    }
    return ERR_NONE;
}

static enum err
ask(const struct search *search, size_t limit, const struct catalogue_cursor *after,
    struct catalogue_page *page)
{
    enum err err = ERR_NONE;

    *page = (struct catalogue_page){ .next = *after };
    page->products = arena_alloc(search->arena, limit * sizeof *page->products);
    for (int round = 0; round < ROUNDS_MAX && err == ERR_NONE; round++) {
        err = ask_once(search, limit, page);
        if (page->count == limit || !page->next.given) {
            break;
        }
    }
    return err;
}

static struct str
list_key(struct arena *arena, const char *kind, struct str name,
         enum catalogue_sort sort)
{
    struct str list = arena_printf(arena, "%s%.*s", kind, STR_ARGS(name));

    return arena_printf(arena, KEY_LIST, STR_ARGS(list),
                        sort == SORT_PRICE || sort == SORT_PRICE_DOWN ? "price"
                                                                      : "order");
}

static struct str
merchant_text(struct arena *arena, struct member_id merchant)
{
    return arena_printf(arena, "%" PRId64, merchant.value);
}

/* The narrower of what was asked for gives the order, the other one is a filter. */
static void
choose_lists(struct search *search, const struct catalogue_query *query)
{
    struct arena *arena = search->arena;
    struct str merchant = merchant_text(arena, query->merchant);

    if (query->category.len == 0 && query->merchant.value == 0) {
        search->list = list_key(arena, "", STR(""), query->sort);
    } else if (query->merchant.value == 0) {
        search->list = list_key(arena, "c:", query->category, query->sort);
    } else {
        search->list = list_key(arena, "m:", merchant, query->sort);
        if (query->category.len > 0) {
            search->filter = list_key(arena, "c:", query->category, query->sort);
        }
    }
}

enum err
catalogue_search(struct store *store, struct arena *arena,
                 const struct catalogue_query *query, struct catalogue_page *page)
{
    struct query_words words = { .words = 0 };
    struct search search = {
        .store = store,
        .arena = arena,
        .down = query->sort == SORT_NEWEST || query->sort == SORT_PRICE_DOWN,
    };

    assert(query->limit >= 1 && query->limit <= CATALOGUE_PAGE_MAX);
    if (query->text.len > 0) {
        query_read(arena, query->text, &words);
        search.words = &words;
    }
    if (search.words != NULL && words.words == 0) {
        *page = (struct catalogue_page){ .count = 0 }; /* punctuation finds nothing */
        return ERR_NONE;
    }
    choose_lists(&search, query);
    return ask(&search, query->limit, &query->after, page);
}

enum err
catalogue_own(struct store *store, struct arena *arena, struct member_id merchant,
              const struct catalogue_cursor *after, size_t limit,
              struct catalogue_page *page)
{
    struct search search = {
        .store = store,
        .arena = arena,
        .list = arena_printf(arena, KEY_OWN, merchant.value),
        .own = true,
    };

    return ask(&search, limit, after, page);
}

/* --- categories ---------------------------------------------------------------------- */
struct categories {
    size_t count;
    struct catalogue_category *category;
    char text[]; /* their names */
};

static void
categories_free(void *object)
{
    struct categories *categories = object;

    free(categories->category);
    free(categories);
}

static size_t
names_bytes(const struct reply *reply)
{
    size_t bytes = 0;

    for (size_t i = 0; i < reply->count; i += 2) {
        bytes += reply_str(reply_at(reply, i)).len;
    }
    return bytes;
}

static enum err
categories_decode(const struct reply *reply, const void *arg, void **object,
                  size_t *bytes)
{
    size_t count = reply->count / 2, names = names_bytes(reply);
    struct categories *categories = xcalloc(1, sizeof *categories + names);
    char *at = categories->text;

    (void)arg;
    categories->count = count;
    categories->category = xcalloc(count + 1, sizeof *categories->category);
    for (size_t i = 0; i < count; i++) {
        struct str name = reply_str(reply_at(reply, 2 * i));

        if (name.len == 0 ||
            !reply_int(reply_at(reply, 2 * i + 1), &categories->category[i].count)) {
            categories_free(categories);
            return ERR_BAD_DATA;
        }
        categories->category[i].name = str_of(at, name.len);
        at = mempcpy(at, name.data, name.len);
    }
    *object = categories;
    *bytes = sizeof *categories + names + count * sizeof *categories->category;
    return ERR_NONE;
}

enum err
catalogue_categories(struct store *store, struct arena *arena,
                     const struct catalogue_category **categories, size_t *count)
{
    static const struct cache_kind kind = { .decode = categories_decode,
                                            .free = categories_free };
    struct cache_want want = { .kind = &kind,
                               .call = call_command(arena, "ZREVRANGE") };
    const struct categories *kept;
    enum err err;

    call_keyf(want.call, KEY_CATEGORIES);
    call_int(want.call, 0);
    call_int(want.call, CATALOGUE_CATEGORIES_MAX - 1);
    call_text(want.call, "WITHSCORES");
    if ((err = cache_read(store, &want)) != ERR_NONE) {
        return err;
    }
    kept = want.object;
    *categories = kept->category;
    *count = kept->count;
    return ERR_NONE;
}

/* --- keeping ------------------------------------------------------------------------ */
static struct str
grams_text(struct arena *arena, struct str title)
{
    struct str *grams = arena_alloc(arena, GRAMS_MAX * sizeof *grams);
    size_t count = grams_of_title(arena, title, grams);
    struct buf text;
    struct str kept;

    buf_init(&text, GRAMS_TEXT_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        buf_put(&text, " ", i > 0);
        buf_put_str(&text, grams[i]);
    }
    kept = arena_dup(arena, buf_str(&text));
    buf_free(&text);
    return kept;
}

struct str
catalogue_entry(struct arena *arena, const struct product *product)
{
    return arena_printf(
        arena, "%" PRId64 "\n%d\n%" PRId64 "\n%" PRId64 "\n%" PRId64 "\n%.*s\n%.*s",
        product->version, product_is_listed(product), product->merchant.value,
        product->order, product_cheapest(product)->price_fen,
        STR_ARGS(product->category), STR_ARGS(grams_text(arena, product->title)));
}

static struct call *
put_call(struct arena *arena, const struct product *product)
{
    struct call *call = call_function(arena, "catalogue_put");

    call_keyf(call, KEY_INDEXED);
    call_keyf(call, KEY_CATEGORIES);
    call_keyf(call, KEY_LISTS);
    call_keyf(call, KEY_GRAMS);
    call_keyf(call, KEY_OWNS);
    call_int(call, product->id.value);
    call_arg(call, catalogue_entry(arena, product));
    return call;
}

static void
drop_list(struct store *store, struct arena *arena, const char *kind, struct str name)
{
    cache_drop(store, list_key(arena, kind, name, SORT_ORDER));
    cache_drop(store, list_key(arena, kind, name, SORT_PRICE));
}

/* The lists that the product is in now, and those that it was in. */
static void
drop_lists(struct store *store, struct arena *arena, const struct product *product,
           struct str former_category)
{
    drop_list(store, arena, "", STR(""));
    drop_list(store, arena, "m:", merchant_text(arena, product->merchant));
    drop_list(store, arena, "c:", product->category);
    drop_list(store, arena, "c:", former_category);
    cache_drop(store, STR(KEY_CATEGORIES));
}

enum err
catalogue_index_many(struct store *store, struct arena *arena,
                     const struct product *const *products, size_t count)
{
    struct call **calls = arena_alloc(arena, (count + 1) * sizeof(struct call *));
    enum err err;

    for (size_t i = 0; i < count; i++) {
        calls[i] = put_call(arena, products[i]);
    }
    err = call_wait_all(store, calls, count);
    for (size_t i = 0; i < count; i++) {
        struct str former = calls[i]->err == ERR_NONE
                                ? reply_str(reply_at(calls[i]->reply, 1))
                                : STR("");

        drop_lists(store, arena, products[i], former);
    }
    return err;
}

enum err
catalogue_index_changes(struct store *store, struct arena *arena,
                        const struct product_change *changes, size_t count)
{
    const struct product **products =
        arena_alloc(arena, (count + 1) * sizeof(const struct product *));
    size_t changed = 0;

    for (size_t i = 0; i < count; i++) {
        if (changes[i].err == ERR_NONE && changes[i].outcome != PRODUCT_SAME) {
            products[changed++] = &changes[i].want;
        }
    }
    return catalogue_index_many(store, arena, products, changed);
}

enum err
catalogue_index(struct store *store, struct arena *arena, struct product_id id)
{
    struct product product;
    const struct product *one = &product;
    enum err err = product_read_fresh(store, arena, id, &product);

    return err == ERR_NONE ? catalogue_index_many(store, arena, &one, 1) : err;
}
