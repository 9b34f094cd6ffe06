/* proto/json.h - JSON that strangers sent, read by a table of fields.
 *
 * Every request body, policy document and receipt is judged here: depth, size,
 * duplicate keys, then each field's type and range. A name that the table lacks is an
 * error, so that a typo is never silently ignored.
 */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include <jansson.h>

#include "base/arena.h"
#include "proto/err.h"

enum { JSON_DEPTH_MAX = 16, JSON_KEYS_MAX = 1000 };

/* What was wrong, for the problem document. */
struct json_fault {
    char path[128]; /* "slots.tiers[2].slots"; cut to fit; no raw input but our names */
    const char *reason; /* in English, "must be an integer from 1 to 99"; a literal or
                         * in the arena */
};

/* Parses one document, nothing after it. ERR_BAD_JSON. The caller json_decref()s. */
enum err json_parse(struct str text, json_t **doc);

enum json_kind {
    JSON_FIELD_STRING, /* out: struct str, borrowed from the document; min..max bytes,
                          no control characters */
    JSON_FIELD_TEXT,   /* out: struct str in the arena; utf8_text() line, min..max chars
                        */
    JSON_FIELD_LONGTEXT, /* the same, a paragraph */
    JSON_FIELD_INTEGER,  /* out: int64_t, min..max; 1.0 is not an integer */
    JSON_FIELD_BOOL,     /* out: bool */
    JSON_FIELD_OBJECT,   /* out: const json_t * */
    JSON_FIELD_ARRAY     /* out: const json_t *, min..max elements */
};

struct json_field {
    const char *name;
    enum json_kind kind;
    void *out;
    int64_t min;
    int64_t max;
    bool required;
    bool nullable; /* null is taken and sets *null; out stays untouched */
    bool *given;   /* may be NULL: set when the field is there, null or not */
    bool *null;
};

/* Reads an object by the table. ERR_UNKNOWN_FIELD or ERR_INVALID_FIELD with the fault
 * filled in; fields that are absent leave their out untouched. `prefix` names the
 * object in the fault's path: "" at the top, "slots.tiers[2]". */
enum err json_read(struct arena *arena, const json_t *object, const char *prefix,
                   const struct json_field *fields, size_t count,
                   struct json_fault *fault);
/* One value by its field's kind and bounds: NULL, or what it should have been (a literal
 * or in the arena). `name`, `required` and `nullable` play no part. */
const char *json_read_value(struct arena *arena, const struct json_field *field,
                            const json_t *value);
/* A stranger's own word, when it is plain enough to be shown to them; "?" otherwise. */
const char *json_plain_name(const char *name);
/* Fills the fault and gives ERR_INVALID_FIELD. */
enum err json_fault(struct json_fault *fault, const char *path, const char *reason);

#endif
