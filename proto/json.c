/* proto/json.c - jansson, with the limits it lacks, and a table reader. */
#include "proto/json.h"

#include <assert.h>
#include <stdio.h>

#include "base/utf8.h"

/* What jansson would take too long or too deep over is refused before it sees it:
 * brackets that are open at a time, and colons outside strings, one for each key. */
static bool
scan_is_small(struct str text)
{
    int depth = 0, keys = 0;
    bool in_string = false;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (in_string) {
            i += c == '\\'; /* what follows does not end the string */
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if (c == '}' || c == ']') {
            depth--;
        } else if (c == ':') {
            keys++;
        }
        if (depth > JSON_DEPTH_MAX || keys > JSON_KEYS_MAX) {
            return false;
        }
    }
    return true;
}

enum err
json_parse(struct str text, json_t **doc)
{
    json_error_t error;
    json_t *loaded;

    *doc = NULL;
    if (text.len == 0 || !scan_is_small(text)) {
        return ERR_BAD_JSON;
    }
    loaded = json_loadb(text.data, text.len, JSON_REJECT_DUPLICATES, &error);
    if (loaded == NULL) {
        return ERR_BAD_JSON;
    }
    *doc = loaded;
    return ERR_NONE;
}

enum err
json_fault(struct json_fault *fault, const char *path, const char *reason)
{
    snprintf(fault->path, sizeof(fault->path), "%s", path);
    fault->reason = reason;
    return ERR_INVALID_FIELD;
}

/* The fault at a field of the object that `prefix` names. */
static enum err
fault_at(struct json_fault *fault, const char *prefix, const char *name,
         const char *reason)
{
    snprintf(fault->path, sizeof(fault->path), "%s%s%s", prefix,
             prefix[0] != '\0' ? "." : "", name);
    fault->reason = reason;
    return ERR_INVALID_FIELD;
}

static const char *
say_range(struct arena *arena, const char *what, int64_t min, int64_t max,
          const char *unit)
{
    return arena_printf(arena, "%s%lld to %lld%s", what, (long long)min, (long long)max,
                        unit)
        .data;
}

static bool
has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if ((unsigned char)s.data[i] < 0x20 || s.data[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Each reader gives NULL, or what the value should have been. */
static const char *
read_string(struct arena *arena, const struct json_field *field, struct str s)
{
    if ((int64_t)s.len < field->min || (int64_t)s.len > field->max) {
        return say_range(arena, "must have ", field->min, field->max, " bytes");
    }
    if (has_control(s)) {
        return "must hold no control characters";
    }
    *(struct str *)field->out = s;
    return NULL;
}

static const char *
read_text(struct arena *arena, const struct json_field *field, struct str s)
{
    enum utf8_text kind = field->kind == JSON_FIELD_TEXT ? UTF8_LINE : UTF8_PARAGRAPH;

    assert(field->min >= 0);
    return utf8_text(arena, s, kind, (size_t)field->min, (size_t)field->max, field->out)
               ? NULL
               : say_range(arena, "must have ", field->min, field->max,
                           " characters, none of them control or invisible");
}

static const char *
read_any_string(struct arena *arena, const struct json_field *field,
                const json_t *value)
{
    struct str s;

    if (!json_is_string(value)) {
        return "must be a string";
    }
    s = str_of(json_string_value(value), json_string_length(value));
    return field->kind == JSON_FIELD_STRING ? read_string(arena, field, s)
                                            : read_text(arena, field, s);
}

static const char *
read_integer(struct arena *arena, const struct json_field *field, const json_t *value)
{
    int64_t number = json_integer_value(value);

    if (!json_is_integer(value) || number < field->min || number > field->max) {
        return say_range(arena, "must be an integer from ", field->min, field->max, "");
    }
    *(int64_t *)field->out = number;
    return NULL;
}

static const char *
read_bool(const struct json_field *field, const json_t *value)
{
    if (!json_is_boolean(value)) {
        return "must be true or false";
    }
    *(bool *)field->out = json_is_true(value);
    return NULL;
}

static const char *
read_object(const struct json_field *field, const json_t *value)
{
    if (!json_is_object(value)) {
        return "must be an object";
    }
    *(const json_t **)field->out = value;
    return NULL;
}

static const char *
read_array(struct arena *arena, const struct json_field *field, const json_t *value)
{
    int64_t count = (int64_t)json_array_size(value);

    if (!json_is_array(value) || count < field->min || count > field->max) {
        return say_range(arena, "must be an array of ", field->min, field->max,
                         " elements");
    }
    *(const json_t **)field->out = value;
    return NULL;
}

const char *
json_read_value(struct arena *arena, const struct json_field *field,
                const json_t *value)
{
    switch (field->kind) {
    case JSON_FIELD_STRING:
    case JSON_FIELD_TEXT:
    case JSON_FIELD_LONGTEXT:
        return read_any_string(arena, field, value);
    case JSON_FIELD_INTEGER:
        return read_integer(arena, field, value);
    case JSON_FIELD_BOOL:
        return read_bool(field, value);
    case JSON_FIELD_OBJECT:
        return read_object(field, value);
    case JSON_FIELD_ARRAY:
        return read_array(arena, field, value);
    }
    return "cannot be read";
}

static const char *
read_field(struct arena *arena, const struct json_field *field, const json_t *value)
{
    if (value == NULL) {
        return field->required ? "is required" : NULL;
    }
    if (field->given != NULL) {
        *field->given = true;
    }
    if (json_is_null(value) && field->nullable) {
        if (field->null != NULL) {
            *field->null = true;
        }
        return NULL;
    }
    return json_read_value(arena, field, value);
}

static bool
is_known(const struct json_field *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

const char *
json_plain_name(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-";
    size_t len = strlen(name);

    return len > 0 && len <= 64 && strspn(name, plain) == len ? name : "?";
}

static enum err
refuse_unknown(const json_t *object, const char *prefix,
               const struct json_field *fields, size_t count, struct json_fault *fault)
{
    json_t *each = (json_t *)(uintptr_t)object; /* iterators do not take const */
    json_t *value;
    const char *name;

    json_object_foreach(each, name, value)
    {
        if (!is_known(fields, count, name)) {
            fault_at(fault, prefix, json_plain_name(name), "there is no such field");
            return ERR_UNKNOWN_FIELD;
        }
    }
    return ERR_NONE;
}

enum err
json_read(struct arena *arena, const json_t *object, const char *prefix,
          const struct json_field *fields, size_t count, struct json_fault *fault)
{
    enum err err;

    if (!json_is_object(object)) {
        return json_fault(fault, prefix, "must be an object");
    }
    if ((err = refuse_unknown(object, prefix, fields, count, fault)) != ERR_NONE) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        const char *reason =
            read_field(arena, &fields[i], json_object_get(object, fields[i].name));

        if (reason != NULL) {
            return fault_at(fault, prefix, fields[i].name, reason);
        }
    }
    return ERR_NONE;
}
