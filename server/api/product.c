/* server/api/product.c - the catalogue for everybody: lists, categories, a product. */
#include "base/utf8.h"
#include "server/api/api.h"
#include "server/api/doc.h"
#include "server/api/product_doc.h"
#include "server/request.h"
#include "storage/catalogue/index.h"

enum { PRODUCTS_LIMIT = 20 };

/* --- the list ----------------------------------------------------------------------- */
static const struct {
    const char *name;
    enum catalogue_sort sort;
} sorts[] = {
    { "newest", SORT_NEWEST },
    { "price", SORT_PRICE },
    { "-price", SORT_PRICE_DOWN },
};

static enum err
read_sort(struct request *req, enum catalogue_sort *sort)
{
    struct str name = request_query(req, "sort");

    *sort = SORT_ORDER;
    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++) {
        if (str_equal(name, str_from(sorts[i].name))) {
            *sort = sorts[i].sort;
            return ERR_NONE;
        }
    }
    return name.data == NULL
               ? ERR_NONE
               : problem_field(req, "sort", "must be newest, price or -price");
}

static enum err
read_words(struct request *req, const char *name, size_t max, struct str *words)
{
    struct str given = request_query(req, name);

    *words = STR("");
    if (given.len == 0) {
        return ERR_NONE;
    }
    return utf8_text(req->arena, given, UTF8_LINE, 0, max, words)
               ? ERR_NONE
               : problem_field(req, name, "must be a line of text, and not so long");
}

static enum err
read_place(struct request *req, struct catalogue_query *query)
{
    struct str merchant = request_query(req, "merchant");
    struct str cursor = request_query(req, "cursor");
    int limit;
    enum err err = request_limit(req, CATALOGUE_PAGE_MAX, PRODUCTS_LIMIT, &limit);

    if (err != ERR_NONE) {
        return err;
    }
    query->limit = (size_t)limit;
    if (merchant.data != NULL && !member_id_parse(merchant, &query->merchant)) {
        return problem_field(req, "merchant", "must be a merchant's id");
    }
    if (cursor.data != NULL && !catalogue_cursor_read(cursor, &query->after)) {
        return problem_field(req, "cursor", "must be a next_cursor of this list");
    }
    return ERR_NONE;
}

static enum err
read_query(struct request *req, struct catalogue_query *query)
{
    static const char *const known[] = { "query", "category", "merchant", "sort",
                                         "limit", "cursor",   NULL };
    enum err err;

    *query = (struct catalogue_query){ .limit = PRODUCTS_LIMIT };
    if ((err = request_query_only(req, known)) != ERR_NONE ||
        (err = read_sort(req, &query->sort)) != ERR_NONE ||
        (err = read_words(req, "query", CATALOGUE_QUERY_CHARS_MAX, &query->text)) !=
            ERR_NONE ||
        (err = read_words(req, "category", PRODUCT_CATEGORY_CHARS_MAX,
                          &query->category)) != ERR_NONE) {
        return err;
    }
    return read_place(req, query);
}

enum err
api_products(struct request *req)
{
    struct catalogue_query query;
    struct catalogue_page page;
    char cursor[CURSOR_TEXT_BYTES];
    json_t *items;
    enum err err;

    if ((err = read_query(req, &query)) != ERR_NONE ||
        (err = catalogue_search(req->store, req->arena, &query, &page)) != ERR_NONE) {
        return err;
    }
    items = json_array();
    for (size_t i = 0; i < page.count; i++) {
        json_array_append_new(items, product_list_doc(req, &page.products[i]));
    }
    catalogue_cursor_write(&page.next, cursor);
    reply_public(req);
    return reply_json(req, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                page.next.given ? json_string(cursor) : json_null()));
}

enum err
api_categories(struct request *req)
{
    static const char *const known[] = { NULL };
    const struct catalogue_category *categories;
    size_t count;
    json_t *items;
    enum err err;

    if ((err = request_query_only(req, known)) != ERR_NONE ||
        (err = catalogue_categories(req->store, req->arena, &categories, &count)) !=
            ERR_NONE) {
        return err;
    }
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(items, json_pack("{s:o, s:I}", "category",
                                               doc_str(categories[i].name), "count",
                                               categories[i].count));
    }
    reply_public(req);
    return reply_json(req, 200, json_pack("{s:o}", "items", items));
}

/* --- one product -------------------------------------------------------------------- */
enum err
api_product(struct request *req)
{
    struct product_id id;
    struct product product;
    enum err err;

    if (!product_id_parse(request_param(req, "id"), &id)) {
        return ERR_NO_SUCH_PRODUCT;
    }
    err = product_read(req->store, req->arena, id, &product);
    if (err != ERR_NONE) {
        return err;
    }
    if (!product_is_listed(&product)) {
        return ERR_PRODUCT_UNLISTED;
    }
    reply_public(req);
    return reply_json(req, 200, product_doc(req, &product));
}
