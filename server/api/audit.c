/* server/api/audit.c - what was changed, as operators read it back. */
#include "storage/policy/audit.h"
#include "server/api/api.h"
#include "server/api/author.h"
#include "server/api/doc.h"
#include "server/api/list.h"

/* What a change was from or to is JSON of our own; null where there is none. */
static json_t *
value_doc(struct str text)
{
    json_t *value = text.len > 0
                        ? json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, NULL)
                        : NULL;

    return value != NULL ? value : json_null();
}

static json_t *
line_doc(const struct audit_line *line, struct str author)
{
    json_t *doc = json_object();

    json_object_set_new(doc, "seq", json_integer(line->link.seq));
    json_object_set_new(doc, "at", doc_time(line->entry.at_ms));
    json_object_set_new(doc, "author", doc_str(author));
    json_object_set_new(doc, "action", doc_str(line->entry.what));
    json_object_set_new(doc, "target", doc_text_or_null(line->entry.target));
    json_object_set_new(doc, "from", value_doc(line->entry.from));
    json_object_set_new(doc, "to", value_doc(line->entry.to));
    json_object_set_new(doc, "note", doc_str(line->entry.note));
    json_object_set_new(doc, "prev_hash", doc_text_or_null(line->link.prev));
    json_object_set_new(doc, "hash", json_string(line->link.hash));
    return doc;
}

enum err
api_audit(struct request *req)
{
    struct audit_line *lines = arena_alloc(req->arena, LIST_LIMIT_MAX * sizeof(*lines));
    struct str *names = arena_alloc(req->arena, LIST_LIMIT_MAX * sizeof(*names));
    struct member_id members[LIST_LIMIT_MAX];
    struct list_page page;
    size_t count;
    json_t *items;
    enum err err;

    if ((err = list_read(req, &page)) != ERR_NONE ||
        (err = audit_page(req->store, req->arena, page.before, page.limit, lines,
                          &count)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        members[i] = lines[i].entry.actor;
    }
    if ((err = author_names(req, members, count, names)) != ERR_NONE) {
        return err;
    }
    items = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(items, line_doc(&lines[i], names[i]));
    }
    return list_reply(
        req, items,
        count > 0 && lines[count - 1].link.seq > 1 ? lines[count - 1].link.seq : 0);
}
