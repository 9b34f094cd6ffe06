/* proto/policy/write.c - a policy as its document, the schema, and the gate's word. */
#include <assert.h>
#include <stdlib.h>

#include "proto/policy/fields.h"

static json_t *
text_json(struct str s)
{
    return json_stringn(s.len > 0 ? s.data : "", s.len);
}

static json_t *
words_json(const struct policy_words *words)
{
    json_t *array = json_array();

    for (size_t i = 0; i < words->count; i++) {
        json_array_append_new(array, text_json(words->item[i]));
    }
    return array;
}

static json_t *
element_json(const struct policy_field *list, const char *element)
{
    const struct policy_field *end = policy_fields + policy_fields_count;
    json_t *object = json_object();

    for (const struct policy_field *field = list + 1;
         field < end && policy_field_is_inner(field); field++) {
        int64_t number;

        memcpy(&number, element + field->offset, sizeof(number));
        json_object_set_new(object, policy_field_name(field), json_integer(number));
    }
    return object;
}

static json_t *
list_json(const struct policy_field *list, const char *at)
{
    json_t *array = json_array();
    size_t count;

    memcpy(&count, at, sizeof(count));
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(
            array, element_json(list, at + list->item_offset + i * list->item_bytes));
    }
    return array;
}

static json_t *
field_json(const struct policy_field *field, const struct policy *policy)
{
    const char *at = (const char *)policy + field->offset;

    switch (field->kind) {
    case POLICY_INTEGER:
        return json_integer(*(const int64_t *)(const void *)at);
    case POLICY_TEXT:
        return text_json(*(const struct str *)(const void *)at);
    case POLICY_WORDS:
        return words_json((const struct policy_words *)(const void *)at);
    case POLICY_LIST:
        return list_json(field, at);
    }
    return NULL;
}

/* Puts a value at "board.listing.top", making the groups on the way. */
static void
put_at(json_t *doc, const char *path, json_t *value)
{
    const char *dot;

    while ((dot = strchr(path, '.')) != NULL) {
        size_t len = (size_t)(dot - path);
        json_t *group = json_object_getn(doc, path, len);

        if (group == NULL) {
            group = json_object();
            json_object_setn_new(doc, path, len, group);
        }
        doc = group;
        path = dot + 1;
    }
    json_object_set_new(doc, path, value);
}

json_t *
policy_json(const struct policy *policy)
{
    json_t *doc = json_object();

    for (size_t i = 0; i < policy_fields_count; i++) {
        const struct policy_field *field = &policy_fields[i];

        if (!policy_field_is_inner(field)) {
            put_at(doc, field->path, field_json(field, policy));
        }
    }
    return doc;
}

static const char *
type_name(const struct policy_field *field)
{
    static const char *const names[] = { [POLICY_INTEGER] = "integer",
                                         [POLICY_TEXT] = "text",
                                         [POLICY_WORDS] = "texts",
                                         [POLICY_LIST] = "objects" };

    return names[field->kind];
}

static json_t *
allowed_json(const int64_t *allowed)
{
    json_t *array = json_array();

    for (; *allowed != 0; allowed++) {
        json_array_append_new(array, json_integer(*allowed));
    }
    return array;
}

static json_t *
default_json(const struct policy_field *field)
{
    json_t *holder = json_loads(field->otherwise, JSON_REJECT_DUPLICATES, NULL);
    json_t *value;

    assert(holder != NULL);
    value = json_incref(json_array_get(holder, 0));
    json_decref(holder);
    return value;
}

static json_t *
describe(const struct policy_field *field)
{
    json_t *row = json_pack(
        "{s:s, s:s, s:I, s:I, s:s, s:{s:s, s:s}}", "path", field->path, "type",
        type_name(field), "min", (json_int_t)field->min, "max", (json_int_t)field->max,
        "unit", field->unit, "meaning", "zh", field->zh, "en", field->en);

    assert(row != NULL);
    if (!policy_field_is_inner(field)) {
        json_object_set_new(row, "default", default_json(field));
    }
    if (field->step > 0) {
        json_object_set_new(row, "step", json_integer(field->step));
    }
    if (field->allowed != NULL) {
        json_object_set_new(row, "allowed", allowed_json(field->allowed));
    }
    if (field->kind == POLICY_WORDS) {
        json_object_set_new(row, "chars_max", json_integer(field->chars_max));
    }
    return row;
}

json_t *
policy_schema(void)
{
    json_t *fields = json_array();
    json_t *schema = json_object();

    for (size_t i = 0; i < policy_fields_count; i++) {
        json_array_append_new(fields, describe(&policy_fields[i]));
    }
    json_object_set_new(schema, "fields", fields);
    return schema;
}

enum policy_gate
policy_gate(const struct policy *policy)
{
    enum policy_gate gate = GATE_DEFAULT;

    for (size_t i = 0; i < policy_fields_count; i++) {
        const struct policy_field *field = &policy_fields[i];
        int64_t now, usual;

        if (field->gate) {
            now =
                *(const int64_t *)(const void *)((const char *)policy + field->offset);
            usual = strtoll(field->otherwise + 1, NULL, 10); /* "[604800]" */
            if (now < usual) {
                return GATE_WEAKENED;
            }
            gate = now > usual ? GATE_STRONGER : gate;
        }
    }
    return gate;
}

const char *
policy_gate_name(enum policy_gate gate)
{
    static const char *const names[] = { [GATE_DEFAULT] = "default",
                                         [GATE_STRONGER] = "stronger",
                                         [GATE_WEAKENED] = "weakened" };

    return names[gate];
}
