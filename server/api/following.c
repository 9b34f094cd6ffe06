/* server/api/following.c - whom the member follows. */
#include "storage/shop/following.h"

#include "server/api/api.h"
#include "server/api/doc.h"
#include "storage/shop/shop.h"

enum { LIST_MAX = 100, LIST_USUAL = 50 };

/* The shop named in the address. Following needs one that is there; who follows one
 * that was closed since may let go of it. */
static enum err
read_followed(struct request *req, bool must_exist, struct shop_number *number)
{
    struct shop shop;
    enum err err;

    if (!shop_number_parse(request_param(req, "number"), number)) {
        return ERR_NO_SUCH_SHOP;
    }
    if (!must_exist) {
        return ERR_NONE;
    }
    if (number->value == req->caller.shop.value) {
        return problem_field(req, "number", "is the member's own shop");
    }
    err = shop_read_rules(req->store, req->arena, *number, &shop);
    return err == ERR_NONE && shop.status == SHOP_CLOSED ? ERR_SHOP_CLOSED : err;
}

static enum err
change(struct request *req, bool follow)
{
    struct shop_number number;
    enum err err;

    if ((err = read_followed(req, follow, &number)) != ERR_NONE) {
        return err;
    }
    err = following_set(req->store, req->arena, req->caller.member, number, follow);
    return err == ERR_NONE ? reply_empty(req) : err;
}

enum err
api_following_put(struct request *req)
{
    return change(req, true);
}

enum err
api_following_delete(struct request *req)
{
    return change(req, false);
}

static bool
holds(const struct shop_list *list, struct shop_number number)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->number[i].value == number.value) {
            return true;
        }
    }
    return false;
}

/* The cursor is the last number of the page before. */
static enum err
cut_page(struct request *req, struct shop_list *list, size_t limit,
         struct shop_number *next)
{
    struct str cursor = request_query(req, "cursor");
    struct shop_number after = { 0 };
    size_t from = 0;

    if (cursor.data != NULL && !shop_number_parse(cursor, &after)) {
        return problem_field(req, "cursor", "is not one that was given out");
    }
    while (from < list->count && list->number[from].value <= after.value) {
        from++;
    }
    list->number += from;
    list->count -= from;
    next->value = list->count > limit ? list->number[limit - 1].value : 0;
    list->count = list->count < limit ? list->count : limit;
    return ERR_NONE;
}

static enum err
reply_page(struct request *req, const struct shop_list *page, struct shop_number next)
{
    struct str *names = arena_alloc(req->arena, (page->count + 1) * sizeof(struct str));
    struct shop_list friends;
    json_t *items;
    enum err err =
        shop_nicknames(req->store, req->arena, page->number, page->count, names);

    if (err == ERR_NONE) {
        err =
            following_friends(req->store, req->arena, req->caller.shop, page, &friends);
    }
    if (err != ERR_NONE) {
        return err;
    }
    items = json_array();
    for (size_t i = 0; i < page->count; i++) {
        json_array_append_new(items,
                              json_pack("{s:o, s:o, s:n, s:b}", "number",
                                        doc_id(page->number[i].value), "nickname",
                                        doc_str(names[i]), "avatar_url", "friend",
                                        holds(&friends, page->number[i])));
    }
    return reply_json(req, 200,
                      json_pack("{s:o, s:o}", "items", items, "next_cursor",
                                doc_id_or_null(next.value)));
}

enum err
api_following_get(struct request *req)
{
    static const char *const known[] = { "limit", "cursor", NULL };
    struct shop_list list;
    struct shop_number next = { 0 };
    int limit;
    enum err err;

    if ((err = request_query_only(req, known)) != ERR_NONE ||
        (err = request_limit(req, LIST_MAX, LIST_USUAL, &limit)) != ERR_NONE ||
        (err = following_read(req->store, req->arena, req->caller.member, &list)) !=
            ERR_NONE ||
        (err = cut_page(req, &list, (size_t)limit, &next)) != ERR_NONE) {
        return err;
    }
    return reply_page(req, &list, next);
}
