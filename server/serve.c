/* server/serve.c - see the header. The order of the checks is the order of their cost:
 * address, size and type from the head alone, then limits, then who asks, then what the
 * body says, then the handler. */
#include "server/serve.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"
#include "server/auth/caller.h"
#include "server/auth/rate.h"
#include "server/http/connection.h"
#include "server/http/problem.h"
#include "server/kept.h"
#include "server/loop/loop.h"
#include "storage/store.h"

static const char *
media_type(const struct route *route)
{
    return route->flags & ROUTE_CSV ? "text/csv" : "application/json";
}

/* Without its parameters. */
static bool
is_media_type(struct str value, const char *type)
{
    struct str name;

    return str_split(&value, ';', &name) &&
           str_equal_nocase(str_trim(name), str_from(type));
}

static bool
takes_media_type(const struct route *route, struct str value)
{
    return is_media_type(value, media_type(route)) ||
           ((route->flags & ROUTE_FORM) &&
            is_media_type(value, "application/x-www-form-urlencoded"));
}

static enum err
judge_body(const struct route *route, const struct http_head *head)
{
    if (!head->has_body) {
        return ERR_NONE;
    }
    if (head->content_length > route_body_max(route) || route_body_max(route) == 0) {
        return ERR_TOO_LARGE;
    }
    return takes_media_type(route, http_head_field(head, STR("Content-Type")))
               ? ERR_NONE
               : ERR_MEDIA_TYPE;
}

static enum err
answer_options(struct exchange *x)
{
    reply_header(&x->req, "Allow", route_allow(x->req.arena, x->match.methods));
    return reply_empty(&x->req);
}

/* Where it goes. What looks like an attack on a parser ends the connection as well, and
 * so does a method that no address here has: it was meant for a proxy or a cache. */
static enum err
find_route(struct turn *turn)
{
    struct exchange *x = &turn->x;
    enum err err;

    err = http_target_read(x->req.arena, x->head->target, &x->target);
    if (err == ERR_NONE && x->target.segment_count == 0 &&
        x->head->method != METHOD_OPTIONS) {
        err = ERR_BAD_REQUEST; /* "*" */
    }
    if (err != ERR_NONE) {
        turn->last = true;
        return err;
    }
    x->req.path = x->target.path;
    if (x->target.segment_count == 0) {
        x->match.methods = 1U << METHOD_GET | 1U << METHOD_HEAD | 1U << METHOD_OPTIONS;
        return ERR_NONE;
    }
    if (!x->head->method_served) {
        turn->last = true;
        err = route_find(turn->front->routes, turn->front->route_count, METHOD_OPTIONS,
                         &x->target, &x->match);
        return err == ERR_NONE ? ERR_METHOD_NOT_ALLOWED : err;
    }
    return route_find(turn->front->routes, turn->front->route_count, x->head->method,
                      &x->target, &x->match);
}

static void
read_language(struct exchange *x)
{
    struct str wish = request_query(&x->req, "lang");

    x->req.language = accept_language(request_header(&x->req, "Accept-Language"));
    if (str_equal(wish, STR("en"))) {
        x->req.language = LANGUAGE_EN;
    } else if (wish.data != NULL) {
        x->req.language = LANGUAGE_ZH;
    }
}

static void
read_head(struct turn *turn, const struct http_head *head)
{
    struct exchange *x = &turn->x;
    struct http_head *copy = http_head_copy(x->req.arena, head);

    x->head = copy;
    x->req.method = head->method == METHOD_HEAD ? METHOD_GET : head->method;
    x->head_only = head->method == METHOD_HEAD;
    x->req.language = accept_language(request_header(&x->req, "Accept-Language"));
}

enum err
serve_head(struct turn *turn, const struct http_head *head)
{
    struct exchange *x = &turn->x;
    enum err err;

    read_head(turn, head);
    if ((err = find_route(turn)) != ERR_NONE || (err = exchange_begin(x)) != ERR_NONE) {
        return err;
    }
    if (x->target.authority.len > 0) {
        ((struct http_head *)(uintptr_t)x->head)->host = x->target.authority;
    }
    read_language(x);
    if (x->match.route == NULL) {
        return answer_options(x);
    }
    turn->is_stream = (x->match.route->flags & ROUTE_CSV) != 0;
    return judge_body(x->match.route, head);
}

/* --- the answer ----------------------------------------------------------------------
 */

/* What is left to be said when there is no room for anything that must be made. */
static const struct rendition no_room = {
    .status = 503,
    .type = "application/problem+json",
    .fields = STR("Retry-After: 1\r\nCache-Control: private, no-store\r\n"),
    .body = STR("{\"type\":\"/problems/overloaded\",\"title\":\"Too busy just now\","
                "\"status\":503,\"code\":\"overloaded\","
                "\"detail\":\"Ask again in a moment.\"}"),
};

static void
render_problem(struct turn *turn, enum err err)
{
    problem_reply(&turn->x, err);
    if (render(&turn->x, &turn->rendition) != ERR_NONE) {
        turn->rendition = no_room;
    }
}

void
serve_answer(struct turn *turn, enum err err)
{
    struct exchange *x = &turn->x;

    if (err == ERR_NONE && x->res.status == 0) {
        log_error("no_answer", LOG_S("route", x->match.route->pattern));
        err = ERR_INTERNAL;
    }
    if (err == ERR_NONE) {
        err = render(x, &turn->rendition);
    }
    if (err != ERR_NONE) {
        render_problem(turn, err);
    }
    turn->not_modified =
        render_not_modified(x->head, turn->rendition.status, turn->rendition.etag);
}

bool
serve_may_run(const struct turn *turn)
{
    const struct server_loop *at = turn->front->at;

    return turn->front->is_admin ||
           (at->late_pulses < LOOP_LATE_MAX && loop_tasks(at->loop) < LOOP_TASKS_MAX);
}

/* --- in a task -----------------------------------------------------------------------
 */
static enum err
read_body(struct turn *turn)
{
    struct exchange *x = &turn->x;

    if (x->req.body.len == 0 ||
        !is_media_type(request_header(&x->req, "Content-Type"), "application/json")) {
        return ERR_NONE;
    }
    return json_parse(x->req.body, &x->req.json);
}

static void
read_address(struct turn *turn)
{
    struct exchange *x = &turn->x;
    const struct conn *net = &turn->conn->net;
    char *text = arena_alloc(x->req.arena, ADDRESS_TEXT_BYTES);

    x->client = caller_address(x->req.at, net->peer, x->head);
    address_write(&x->client, text);
    x->address = str_from(text);
    x->is_tls = net->tls != NULL;
    x->is_loopback = !x->is_tls && address_is_loopback(&net->peer);
}

/* Who asks, under the policy in force, and not too often. */
static enum err
judge_caller(struct exchange *x)
{
    enum err err;

    if (x->req.policy == NULL) {
        return ERR_STORE_DOWN; /* nothing was read of it since the start */
    }
    if ((err = limit_address(x)) != ERR_NONE ||
        (err = caller_judge(x)) != ERR_NONE) { /* waits */
        return err;
    }
    return limit_merchant(x);
}

/* Everything before the handler. */
static enum err
prepare(struct turn *turn)
{
    struct exchange *x = &turn->x;
    enum err err;

    read_address(turn);
    x->req.store = x->req.at->store;
    x->req.now_ms = store_now_ms(x->req.store);
    x->req.body =
        !turn->is_stream && turn->body.len > 0 ? buf_str(&turn->body) : STR("");
    if (!turn->front->is_admin && (err = judge_caller(x)) != ERR_NONE) { /* waits */
        return err;
    }
    if ((err = read_body(turn)) != ERR_NONE) {
        return err;
    }
    return !turn->front->is_admin && request_takes_key(&x->req)
               ? request_read_key(&x->req)
               : ERR_NONE;
}

void
serve_run(struct turn *turn)
{
    enum err err = prepare(turn); /* waits */
    struct cache_record *record = err == ERR_NONE ? kept_begin(turn) : NULL;

    if (err == ERR_NONE) {
        err = turn->x.match.route->handler(&turn->x.req); /* waits */
    }
    if (record != NULL) {
        cache_record_end(record);
    }
    if (turn->started) {
        turn->cut = err != ERR_NONE;
        return;
    }
    serve_answer(turn, err);
    if (err == ERR_NONE) {
        kept_end(turn, record);
    }
}

/* --- afterwards ----------------------------------------------------------------------
 */
static enum metric
class_of(int status)
{
    if (status >= 500) {
        return METRIC_RESPONSES_5XX;
    }
    if (status >= 400) {
        return METRIC_RESPONSES_4XX;
    }
    return status >= 300 ? METRIC_RESPONSES_3XX : METRIC_RESPONSES_2XX;
}

void
serve_turned_away(const struct front *front)
{
    metric_add(&front->at->metrics, METRIC_TURNED_AWAY, 1);
}

/* The size of an owner's own answer would tell how many digits the sums in it have, and
 * logs and metrics are read by others: only sizes of public answers are told. */
void
serve_told(struct turn *turn)
{
    struct metrics *metrics = &turn->front->at->metrics;
    const struct route *route = turn->x.match.route;
    int status = turn->not_modified ? 304 : turn->rendition.status;
    int64_t took_us = clock_mono_us() - turn->began_us;
    bool is_public = turn->rendition.is_public;

    metric_add(metrics, class_of(status), 1);
    metric_add(metrics, METRIC_RESPONSE_BYTES, is_public ? turn->sent_bytes : 0);
    metric_add(metrics, METRIC_DURATION_US, took_us);
    log_info(
        "request", LOG_S("route", route != NULL ? route->pattern : ""),
        LOG_S("method",
              turn->x.head->method_served ? method_name(turn->x.head->method) : ""),
        LOG_I("status", status), LOG_I("ms", took_us / 1000), LOG_S("id", turn->x.id),
        is_public ? LOG_I("bytes", turn->sent_bytes) : LOG_END);
}
