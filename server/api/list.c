/* server/api/list.c - see the header. */
#include "server/api/list.h"

#include "server/api/doc.h"

enum err
list_read(struct request *req, struct list_page *page)
{
    static const char *const known[] = { "limit", "cursor", NULL };
    struct str cursor;
    int limit;
    enum err err;

    if ((err = request_query_only(req, known)) != ERR_NONE ||
        (err = request_limit(req, LIST_LIMIT_MAX, LIST_LIMIT, &limit)) != ERR_NONE) {
        return err;
    }
    page->limit = (size_t)limit;
    page->before = 0;
    cursor = request_query(req, "cursor");
    if (cursor.data != NULL &&
        (!str_to_i64(cursor, &page->before) || page->before < 1)) {
        return problem_field(req, "cursor", "must be a next_cursor of this list");
    }
    return ERR_NONE;
}

enum err
list_reply(struct request *req, json_t *items, int64_t last)
{
    json_t *doc = json_object();

    json_object_set_new(doc, "items", items);
    json_object_set_new(doc, "next_cursor", doc_id_or_null(last));
    return reply_json(req, 200, doc);
}
