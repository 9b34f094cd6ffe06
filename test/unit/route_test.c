/* test/unit/route_test.c - the table: what it finds, and that no row hides another. */
#include "server/http/target.h"
#include "server/route.h"
#include "test/unit/unit.h"

static enum err
none(struct request *req)
{
    (void)req;
    return ERR_NONE;
}

static const struct route table[] = {
    { METHOD_GET, "/", ROLE_ANYONE, 0, none, 0 },
    { METHOD_GET, "/s/:number", ROLE_ANYONE, 0, none, 0 },
    { METHOD_GET, "/me/shop/slots/mine", ROLE_OWNER, 0, none, 0 },
    { METHOD_PUT, "/me/shop/slots/:slot", ROLE_OWNER, 1 << 10, none, 0 },
    { METHOD_DELETE, "/me/shop/slots/:slot", ROLE_OWNER, 0, none, 0 },
};

static enum err
find(enum method method, const char *path, struct route_match *match)
{
    struct arena *arena = arena_new(1 << 16);
    struct http_target target;
    enum err err = http_target_read(arena, str_from(path), &target);

    assert_int_equal(err, ERR_NONE);
    err = route_find(table, COUNT(table), method, &target, match);
    arena_free(&arena);
    return err;
}

static void
rows_are_found_by_segments(void **state UNUSED)
{
    struct route_match match;

    assert_int_equal(find(METHOD_GET, "/", &match), ERR_NONE);
    assert_ptr_equal(match.route, &table[0]);
    assert_int_equal(find(METHOD_HEAD, "/s/1", &match), ERR_NONE);
    assert_ptr_equal(match.route, &table[1]);
    assert_int_equal(match.param_count, 1);
    assert_true(str_equal(match.name[0], STR("number")));
    assert_int_equal(find(METHOD_GET, "/me/shop/slots/mine", &match), ERR_NONE);
    assert_ptr_equal(match.route, &table[2]);
    assert_int_equal(find(METHOD_PUT, "/me/shop/slots/mine", &match), ERR_NONE);
    assert_ptr_equal(match.route, &table[3]);
}

static void
what_is_not_there_is_not_found(void **state UNUSED)
{
    static const char *const paths[] = { "/s", "/s/", "/s/1/", "/s/1/2", "//", "/S/1" };
    struct route_match match;

    for (size_t i = 0; i < COUNT(paths); i++) {
        assert_int_equal(find(METHOD_GET, paths[i], &match), ERR_NOT_FOUND);
    }
}

static void
other_methods_are_named(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 16);
    struct route_match match;
    struct str allow;

    assert_int_equal(find(METHOD_POST, "/me/shop/slots/1", &match),
                     ERR_METHOD_NOT_ALLOWED);
    allow = route_allow(arena, match.methods);
    assert_true(str_equal(allow, STR("PUT, DELETE, OPTIONS")));
    assert_int_equal(find(METHOD_OPTIONS, "/s/1", &match), ERR_NONE);
    assert_null(match.route);
    allow = route_allow(arena, match.methods);
    assert_true(str_equal(allow, STR("GET, HEAD, OPTIONS")));
    arena_free(&arena);
}

/* The pattern itself as a path; ":x" is a segment like any other then. */
static void
every_row_of_the_real_table_is_reached(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);

    for (size_t i = 0; i < routes_count; i++) {
        struct http_target target;
        struct route_match match;

        assert_int_equal(http_target_read(arena, str_from(routes[i].pattern), &target),
                         ERR_NONE);
        assert_int_equal(
            route_find(routes, routes_count, routes[i].method, &target, &match),
            ERR_NONE);
        assert_ptr_equal(match.route, &routes[i]);
    }
    arena_free(&arena);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_found_by_segments),
        cmocka_unit_test(what_is_not_there_is_not_found),
        cmocka_unit_test(other_methods_are_named),
        cmocka_unit_test(every_row_of_the_real_table_is_reached),
    };

    return cmocka_run_group_tests_name("route", tests, NULL, NULL);
}
