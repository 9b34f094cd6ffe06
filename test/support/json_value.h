/* test/support/json_value.h - a JSON document as the values of a template. */
#ifndef TEST_SUPPORT_JSON_VALUE_H
#define TEST_SUPPORT_JSON_VALUE_H

#include <jansson.h>

#include "server/page/value.h"

static const struct value *json_value(struct arena *arena, const json_t *json);

static inline const struct value *
json_list_value(struct arena *arena, const json_t *json)
{
    struct value *list = value_list(arena);

    for (size_t i = 0; i < json_array_size(json); i++) {
        value_add(list, json_value(arena, json_array_get(json, i)));
    }
    return list;
}

static inline const struct value *
json_object_value(struct arena *arena, const json_t *json)
{
    struct value *object = value_object(arena, json_object_size(json));
    const char *name;
    const json_t *member;

    /* NOLINTNEXTLINE: jansson's macro casts the const away */
    json_object_foreach((json_t *)(uintptr_t)json, name, member)
    {
        value_put(object, name, json_value(arena, member));
    }
    return object;
}

/* Lives as long as both the arena and the document. */
static inline const struct value *
json_value(struct arena *arena, const json_t *json)
{
    struct value *value = arena_alloc(arena, sizeof(*value));

    switch (json != NULL ? json_typeof(json) : JSON_NULL) {
    case JSON_OBJECT:
        return json_object_value(arena, json);
    case JSON_ARRAY:
        return json_list_value(arena, json);
    case JSON_STRING:
        value->kind = VALUE_TEXT;
        value->text = str_of(json_string_value(json), json_string_length(json));
        break;
    case JSON_INTEGER:
        value->kind = VALUE_INTEGER;
        value->integer = json_integer_value(json);
        break;
    case JSON_REAL:
        value->kind = VALUE_REAL;
        value->real = json_real_value(json);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        value->kind = json_is_true(json) ? VALUE_TRUE : VALUE_FALSE;
        break;
    default:
        break;
    }
    return value;
}

#endif
