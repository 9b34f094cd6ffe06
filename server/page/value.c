/* server/page/value.c - objects are small hash tables whose size is said beforehand. */
#include "server/page/value.h"

#include <assert.h>

struct member {
    struct member *next; /* in its bucket */
    struct str name;
    const struct value *value;
    struct value own; /* most are said together with their name */
};

struct value_object {
    struct arena *arena;
    size_t mask;
    struct member *bucket[];
};

/* Names are short words of ours: their ends and their length tell them apart. */
static size_t
hash(struct str name)
{
    const unsigned char *bytes = (const unsigned char *)name.data;

    return name.len == 0 ? 0 : bytes[0] * 7U + bytes[name.len - 1] * 31U + name.len;
}

struct value *
value_object(struct arena *arena, size_t about)
{
    struct value *value = arena_alloc(arena, sizeof(*value));
    struct value_object *object;
    size_t buckets = 8;

    while (buckets < about) {
        buckets *= 2;
    }
    object = arena_alloc(arena, sizeof(*object) + buckets * sizeof(struct member *));
    object->arena = arena;
    object->mask = buckets - 1;
    value->kind = VALUE_OBJECT;
    value->object = object;
    return value;
}

struct value *
value_list(struct arena *arena)
{
    struct value *value = arena_alloc(arena, sizeof(*value));

    value->kind = VALUE_LIST;
    value->list = arena_alloc(arena, sizeof(*value->list));
    value->list->arena = arena;
    return value;
}

static struct member *
add_member(struct value *value, const char *name)
{
    struct value_object *object = value->object;
    struct member *member = arena_alloc(object->arena, sizeof(*member));
    struct member **bucket;

    assert(value->kind == VALUE_OBJECT);
    member->name = str_from(name);
    member->value = &member->own;
    bucket = &object->bucket[hash(member->name) & object->mask];
    member->next = *bucket;
    *bucket = member;
    return member;
}

void
value_put(struct value *object, const char *name, const struct value *value)
{
    struct member *member = add_member(object, name);

    if (value != NULL) {
        member->value = value;
    }
}

void
value_put_text(struct value *object, const char *name, struct str text)
{
    struct member *member = add_member(object, name);

    if (text.len > 0) {
        member->own = (struct value){ .kind = VALUE_TEXT, .text = text };
    }
}

void
value_put_integer(struct value *object, const char *name, int64_t integer)
{
    add_member(object, name)->own =
        (struct value){ .kind = VALUE_INTEGER, .integer = integer };
}

void
value_put_bool(struct value *object, const char *name, bool truth)
{
    add_member(object, name)->own.kind = truth ? VALUE_TRUE : VALUE_FALSE;
}

void
value_add(struct value *list, const struct value *value)
{
    struct value_item *item = arena_alloc(list->list->arena, sizeof(*item));

    assert(list->kind == VALUE_LIST);
    item->value = value;
    if (list->list->last != NULL) {
        list->list->last->next = item;
    } else {
        list->list->first = item;
    }
    list->list->last = item;
}

const struct value *
value_member(const struct value *value, struct str name)
{
    const struct member *member;

    if (value == NULL || value->kind != VALUE_OBJECT) {
        return NULL;
    }
    member = value->object->bucket[hash(name) & value->object->mask];
    while (member != NULL && !str_equal(member->name, name)) {
        member = member->next;
    }
    return member != NULL ? member->value : NULL;
}

bool
value_is_true(const struct value *value)
{
    switch (value != NULL ? value->kind : VALUE_NULL) {
    case VALUE_NULL:
    case VALUE_FALSE:
        return false;
    case VALUE_LIST:
        return value->list->first != NULL;
    case VALUE_TEXT:
        return value->text.len > 0;
    default:
        return true;
    }
}
