/* test/unit/problem_test.c - errors as clients are told them. */
#include "server/http/problem.h"
#include "test/unit/unit.h"

static struct exchange *
exchange_new(struct arena *arena)
{
    static const struct http_head head = { .content_length = -1 };
    struct exchange *x = arena_alloc(arena, sizeof *x);

    x->req.arena = arena;
    x->req.res = &x->res;
    x->req.path = STR("/api/v1/x");
    x->req.method = METHOD_GET;
    x->head = &head;
    return x;
}

static const char *
member(const struct exchange *x, const char *name)
{
    return json_string_value(json_object_get(x->res.doc, name));
}

static const char *
field(const struct exchange *x, const char *name)
{
    for (const struct response_field *f = x->res.fields; f != NULL; f = f->next) {
        if (strcmp(f->name, name) == 0) {
            return f->value.data;
        }
    }
    return NULL;
}

static void
every_error_has_a_status(void **state UNUSED)
{
    for (enum err err = ERR_BAD_JSON; err < ERR_COUNT; err++) {
        assert_in_range(problem_status(err), 400, 599);
    }
}

static void
a_problem_names_its_code_and_type(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct exchange *x = exchange_new(arena);

    problem_time(&x->req, "changeable_at", 0);
    problem_reply(x, ERR_COOLDOWN);
    assert_int_equal(x->res.status, 409);
    assert_string_equal(x->res.type, "application/problem+json");
    assert_string_equal(member(x, "code"), "cooldown");
    assert_string_equal(member(x, "type"), "/problems/cooldown");
    assert_string_equal(member(x, "changeable_at"), "1970-01-01T00:00:00.000Z");
    assert_int_equal(json_integer_value(json_object_get(x->res.doc, "status")), 409);
    exchange_end(x);
    arena_free(&arena);
}

static void
faults_are_listed(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct exchange *x = exchange_new(arena);
    const json_t *fault;

    assert_int_equal(problem_field(&x->req, "a.b", "must be more"), ERR_INVALID_FIELD);
    problem_reply(x, ERR_INVALID_FIELD);
    assert_int_equal(x->res.status, 422);
    fault = json_array_get(json_object_get(x->res.doc, "fields"), 0);
    assert_string_equal(json_string_value(json_object_get(fault, "path")), "a.b");
    assert_string_equal(json_string_value(json_object_get(fault, "reason")),
                        "must be more");
    exchange_end(x);
    arena_free(&arena);
}

static void
what_the_handler_had_said_is_dropped(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct exchange *x = exchange_new(arena);

    reply_public(&x->req);
    reply_header(&x->req, "ETag", STR("\"1\""));
    reply_created(&x->req, STR("/x"), json_object());
    problem_reply(x, ERR_STORE_DOWN);
    assert_null(field(x, "ETag"));
    assert_null(field(x, "Location"));
    assert_string_equal(field(x, "Retry-After"), "1");
    assert_false(x->res.is_public);
    exchange_end(x);
    arena_free(&arena);
}

static void
a_product_that_is_gone_is_in_the_way_of_a_change(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct exchange *read = exchange_new(arena);
    struct exchange *change = exchange_new(arena);

    change->req.method = METHOD_PUT;
    problem_reply(read, ERR_PRODUCT_UNLISTED);
    problem_reply(change, ERR_PRODUCT_UNLISTED);
    assert_int_equal(read->res.status, 410);
    assert_int_equal(change->res.status, 409);
    exchange_end(read);
    exchange_end(change);
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_status),
        cmocka_unit_test(a_problem_names_its_code_and_type),
        cmocka_unit_test(faults_are_listed),
        cmocka_unit_test(what_the_handler_had_said_is_dropped),
        cmocka_unit_test(a_product_that_is_gone_is_in_the_way_of_a_change),
    };

    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
