/* proto/policy/fields.h - a policy field as the table describes it.
 *
 * Known to proto/policy/ alone. A list of objects is a row whose elements' fields are
 * the rows right behind it, with paths that go on behind "[]".
 */
#ifndef PROTO_POLICY_FIELDS_H
#define PROTO_POLICY_FIELDS_H

#include "proto/policy.h"

enum policy_kind {
    POLICY_INTEGER,
    POLICY_TEXT,  /* min ... max characters */
    POLICY_WORDS, /* min ... max texts of 1 ... chars_max characters */
    POLICY_LIST   /* min ... max objects */
};

struct policy_field {
    const char *path; /* "influence.visitor_weights.member", "slots.tiers[].slots" */
    enum policy_kind kind;
    size_t offset; /* in struct policy; for an element's field, in the element */
    int64_t min;
    int64_t max;
    const char *unit;      /* "s", "fen", "permille" ..., "" */
    const char *otherwise; /* the default, as the one element of a JSON array; NULL for
                              an element's field */
    const char *zh;
    const char *en;
    /* by kind */
    int64_t step;           /* INTEGER: a multiple of it; 0 any */
    bool gate;              /* INTEGER: less than the default weakens the gate */
    const int64_t *allowed; /* INTEGER: one of these, ended by 0; NULL any */
    int64_t chars_max;      /* WORDS */
    size_t item_offset;     /* LIST: the first element, behind its size_t count */
    size_t item_bytes;      /* LIST */
};

extern const struct policy_field policy_fields[];
extern const size_t policy_fields_count;

/* Is this the field of an element ("slots.tiers[].slots")? */
bool policy_field_is_inner(const struct policy_field *field);
/* Its name: the path behind the last dot. */
const char *policy_field_name(const struct policy_field *field);

#endif
