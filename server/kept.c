/* server/kept.c - see the header. */
#include "server/kept.h"

#include "base/log.h"
#include "proto/policy.h"
#include "server/auth/caller.h"
#include "server/auth/cookie.h"
#include "server/auth/rate.h"
#include "server/http/compress.h"
#include "server/http/connection.h"
#include "server/loop/server.h"
#include "server/loop/visit.h"
#include "server/serve.h"
#include "storage/policy/holder.h"

/* Room for a compressed body of COMPRESS_BYTES_MAX and its heads. */
enum { FORM_ARENA_BYTES_MAX = 1 << 20 };

/* --- forms ---------------------------------------------------------------------------
 */
static struct str
make_lines(struct front *front, struct arena *arena, const struct rendition *form,
           enum head_framing framing)
{
    struct buf *lines = &front->lines;

    buf_clear(lines);
    render_lines(lines, form, framing);
    return arena_dup(arena, buf_str(lines));
}

static struct page_form
make_form(struct front *front, struct arena *arena, const struct rendition *form)
{
    return (struct page_form){
        .tried = true,
        .etag = form->etag,
        .body = form->body,
        .lines = make_lines(front, arena, form, FRAMING_LENGTH),
        .lines_304 = make_lines(front, arena, form, FRAMING_NOT_MODIFIED),
    };
}

/* --- looking up ----------------------------------------------------------------------
 */
static struct page_key
make_key(struct server_loop *at, const struct http_head *head,
         const struct policy *policy)
{
    static const char *const types[] = { "application/json", "application/msgpack",
                                         NULL };

    return (struct page_key){
        .target = head->target,
        .language = accept_language(http_head_field(head, STR("Accept-Language"))),
        .accept = accept_type(http_head_field(head, STR("Accept")), types),
        .policy_version = policy->version,
        .clock_offset_ms = at->server->config.clock->offset_ms,
    };
}

static bool
is_prefetch(const struct http_head *head)
{
    return str_starts(http_head_field(head, STR("Sec-Purpose")), STR("prefetch")) ||
           str_starts(http_head_field(head, STR("Purpose")), STR("prefetch"));
}

static void
note_visit(struct server_loop *at, const struct http_head *head,
           struct visit_note *note, bool is_plain)
{
    bool by_cookie;

    if (head->method != METHOD_GET || is_prefetch(head)) {
        return;
    }
    note->agent = http_head_field(head, STR("User-Agent"));
    note->token = caller_token(head, is_plain, &by_cookie);
    visit_put(at->visits, note);
}

static void
note_kept(struct front *front, const struct conn *net, const struct http_head *head,
          const struct page *page, const struct address *client)
{
    struct visit_note note = { .shop = page->shop,
                               .product = page->product,
                               .address = *client };
    bool is_tls = net->tls != NULL;

    if (page->is_visit) {
        note_visit(front->at, head, &note,
                   cookie_is_plain(front->at, is_tls, address_is_loopback(&net->peer)));
    }
}

static const struct page *
find(struct front *front, const struct http_head *head, const struct address *client)
{
    struct server_loop *at = front->at;
    const struct policy *policy = policy_take(at->policies);
    const struct page *page = NULL;

    if (policy != NULL) {
        struct page_key key = make_key(at, head, policy);

        page = page_find(at->pages, &key);
        if (page != NULL && !limit_kept(at, policy, client)) {
            page = NULL;
        }
        policy_give(at->policies, policy);
    }
    return page;
}

/* Nobody asked for it in this coding before. */
static void
add_form(struct front *front, const struct page *page, enum coding coding)
{
    const struct page_form *plain = &page->form[CODING_IDENTITY];
    struct arena *arena = arena_new(FORM_ARENA_BYTES_MAX);
    struct rendition form = { .status = 200,
                              .is_public = true,
                              .coding = coding,
                              .type = page->type,
                              .fields = page->fields,
                              .etag = plain->etag };
    struct page_form added = { .tried = true };

    if (compress_worth(page->type, plain->body.len) &&
        compress_body(arena, coding, plain->body, &form.body)) {
        form.etag = render_etag_coded(arena, plain->etag, coding);
        added = make_form(front, arena, &form);
    }
    page_add_form(page, coding, &added);
    arena_free(&arena);
}

static const struct page_form *
find_form(struct front *front, const struct page *page, const struct http_head *head)
{
    enum coding coding = accept_coding(http_head_field(head, STR("Accept-Encoding")));

    if (!page->form[coding].tried) {
        add_form(front, page, coding);
    }
    return page->form[coding].lines.len > 0 ? &page->form[coding]
                                            : &page->form[CODING_IDENTITY];
}

bool
kept_find(struct front *front, const struct conn *net, const struct http_head *head,
          struct kept_answer *answer)
{
    struct address client;

    if (front->is_admin ||
        (head->method != METHOD_GET && head->method != METHOD_HEAD)) {
        return false;
    }
    client = caller_address(front->at, net->peer, head);
    answer->page = find(front, head, &client);
    if (answer->page == NULL) {
        return false;
    }
    answer->form = find_form(front, answer->page, head);
    answer->not_modified = render_not_modified(head, 200, answer->form->etag);
    note_kept(front, net, head, answer->page, &client);
    return true;
}

void
kept_told(struct front *front, const struct kept_answer *answer,
          const struct http_head *head, const char *id, int64_t bytes)
{
    struct metrics *metrics = &front->at->metrics;

    metric_add(metrics,
               answer->not_modified ? METRIC_RESPONSES_3XX : METRIC_RESPONSES_2XX, 1);
    metric_add(metrics, METRIC_RESPONSE_BYTES, bytes);
    metric_add(metrics, METRIC_CACHE_HITS, 1);
    log_info("request", LOG_S("route", answer->page->pattern),
             LOG_S("method", method_name(head->method)),
             LOG_I("status", answer->not_modified ? 304 : 200), LOG_I("ms", 0),
             LOG_S("id", id), LOG_I("bytes", bytes));
}

/* --- keeping -------------------------------------------------------------------------
 */
struct cache_record *
kept_begin(struct turn *turn)
{
    const struct exchange *x = &turn->x;

    if (turn->front->is_admin || x->req.method != METHOD_GET ||
        x->match.route->role != ROLE_ANYONE) {
        return NULL;
    }
    return cache_record_begin(x->req.store, x->req.arena);
}

/* The form that was sent, and the plain one; others when somebody asks for them. */
static void
make_forms(struct turn *turn, struct page *page)
{
    struct arena *arena = turn->x.req.arena;
    struct rendition plain = turn->rendition;

    if (plain.coding != CODING_IDENTITY) {
        page->form[plain.coding] = make_form(turn->front, arena, &plain);
        plain.coding = CODING_IDENTITY;
        plain.body = plain.plain;
        plain.etag = plain.plain_etag;
    }
    page->form[CODING_IDENTITY] = make_form(turn->front, arena, &plain);
}

static int64_t
param_number(const struct turn *turn, struct str name)
{
    const struct route_match *match = &turn->x.match;
    int64_t number = 0;

    for (size_t i = 0; i < match->param_count; i++) {
        if (str_equal(match->name[i], name)) {
            str_to_i64(match->value[i], &number);
        }
    }
    return number;
}

static bool
may_keep(const struct turn *turn)
{
    const struct rendition *answer = &turn->rendition;

    return answer->is_public && answer->status == 200 && answer->type != NULL &&
           answer->plain.data != NULL && turn->x.target.authority.len == 0;
}

static void
keep(struct turn *turn, struct cache_record *record)
{
    struct server_loop *at = turn->front->at;
    struct page page = { .pattern = turn->x.match.route->pattern,
                         .is_visit = (turn->x.match.route->flags & ROUTE_VISIT) != 0 };
    struct page_key key = make_key(at, turn->x.head, turn->x.req.policy);

    page.shop.value = param_number(turn, STR("number"));
    page.product.value = param_number(turn, STR("id"));
    page.type = turn->rendition.type;
    page.fields = turn->rendition.fields;
    make_forms(turn, &page);
    page_keep(at->pages, &key, &page, record);
    metric_add(&at->metrics, METRIC_CACHE_MISSES, 1);
}

void
kept_end(struct turn *turn, struct cache_record *record)
{
    const struct exchange *x = &turn->x;
    struct visit_note note = { .shop = { param_number(turn, STR("number")) },
                               .product = { param_number(turn, STR("id")) },
                               .address = x->client };

    if ((x->match.route->flags & ROUTE_VISIT) && turn->rendition.status == 200 &&
        !x->head_only) {
        note_visit(turn->front->at, x->head, &note,
                   cookie_is_plain(x->req.at, x->is_tls, x->is_loopback));
    }
    if (record != NULL && may_keep(turn)) {
        keep(turn, record);
    }
}
