/* proto/policy/read.c - a policy document, judged by the table and a few rules between
 * fields. */
#include <assert.h>
#include <stdio.h>

#include "base/xmalloc.h"
#include "proto/policy/fields.h"

enum { ARENA_BYTES = 256 << 10, PATH_BYTES = sizeof(((struct json_fault *)0)->path) };

struct reading {
    struct arena *arena; /* of the reasons */
    enum policy_source source;
    struct policy *policy;
    struct policy_faults *faults;
    bool unknown;
};

static void
add_fault(struct reading *reading, const char *path, const char *reason)
{
    struct policy_faults *faults = reading->faults;

    if (faults->count < POLICY_FAULTS_MAX) {
        json_fault(&faults->item[faults->count++], path, reason);
    }
}

/* The value at "influence.visitor_weights.member"; NULL when there is none. */
static const json_t *
value_at(const json_t *doc, const char *path)
{
    struct str rest = str_from(path), name;

    while (doc != NULL && str_split(&rest, '.', &name)) {
        char key[PATH_BYTES];

        assert(name.len < sizeof(key));
        memcpy(key, name.data, name.len);
        key[name.len] = '\0';
        doc = json_object_get(doc, key);
    }
    return doc;
}

static const char *
read_integer(struct reading *reading, const struct policy_field *field,
             const json_t *value, int64_t *out)
{
    struct json_field want = {
        .kind = JSON_FIELD_INTEGER, .out = out, .min = field->min, .max = field->max
    };
    const char *reason = json_read_value(reading->arena, &want, value);
    const int64_t *one = field->allowed;

    if (reason == NULL && field->step > 0 && *out % field->step != 0) {
        return arena_printf(reading->arena, "must be a multiple of %lld",
                            (long long)field->step)
            .data;
    }
    while (one != NULL && *one != 0 && *one != *out) {
        one++;
    }
    if (reason == NULL && one != NULL && *one == 0) {
        return "must be one of the allowed values, which the schema lists";
    }
    return reason;
}

static const char *
read_text(struct reading *reading, const json_t *value, int64_t min, int64_t max,
          struct str *out)
{
    struct json_field want = {
        .kind = JSON_FIELD_TEXT, .out = out, .min = min, .max = max
    };

    /* Into the policy's own arena: it outlives the document. */
    return json_read_value(reading->policy->arena, &want, value);
}

static void
read_words(struct reading *reading, const struct policy_field *field,
           const json_t *value, struct policy_words *out)
{
    const json_t *array;
    struct json_field want = {
        .kind = JSON_FIELD_ARRAY, .out = &array, .min = field->min, .max = field->max
    };
    const char *reason = json_read_value(reading->arena, &want, value);
    struct str *words;

    if (reason != NULL) {
        add_fault(reading, field->path, reason);
        return;
    }
    out->count = json_array_size(array);
    words = arena_alloc(reading->policy->arena, (out->count + 1) * sizeof(*words));
    out->item = words;
    for (size_t i = 0; i < out->count; i++) {
        char path[PATH_BYTES];

        reason = read_text(reading, json_array_get(array, i), 1, field->chars_max,
                           &words[i]);
        if (reason != NULL) {
            snprintf(path, sizeof(path), "%s[%zu]", field->path, i);
            add_fault(reading, path, reason);
        }
    }
}

/* One element of a list: its fields are the rows behind the list's. */
static void
read_element(struct reading *reading, const struct policy_field *list, size_t at,
             const json_t *element, char *out)
{
    const struct policy_field *end = policy_fields + policy_fields_count;

    for (const struct policy_field *field = list + 1;
         field < end && policy_field_is_inner(field); field++) {
        const char *name = policy_field_name(field);
        const json_t *value = json_object_get(element, name);
        const char *reason =
            value == NULL ? "is required"
                          : read_integer(reading, field, value,
                                         (int64_t *)(void *)(out + field->offset));
        char path[PATH_BYTES];

        if (reason != NULL) {
            snprintf(path, sizeof(path), "%s[%zu].%s", list->path, at, name);
            add_fault(reading, path, reason);
        }
    }
}

static void
read_list(struct reading *reading, const struct policy_field *field,
          const json_t *value, char *out)
{
    const json_t *array;
    struct json_field want = {
        .kind = JSON_FIELD_ARRAY, .out = &array, .min = field->min, .max = field->max
    };
    const char *reason = json_read_value(reading->arena, &want, value);
    size_t count;

    if (reason != NULL) {
        add_fault(reading, field->path, reason);
        return;
    }
    count = json_array_size(array);
    memcpy(out, &count, sizeof(count));
    for (size_t i = 0; i < count; i++) {
        read_element(reading, field, i, json_array_get(array, i),
                     out + field->item_offset + i * field->item_bytes);
    }
}

static void
read_field(struct reading *reading, const struct policy_field *field,
           const json_t *value)
{
    char *out = (char *)reading->policy + field->offset;
    const char *reason = NULL;

    switch (field->kind) {
    case POLICY_INTEGER:
        reason = read_integer(reading, field, value, (int64_t *)(void *)out);
        break;
    case POLICY_TEXT:
        reason = read_text(reading, value, field->min, field->max,
                           (struct str *)(void *)out);
        break;
    case POLICY_WORDS:
        read_words(reading, field, value, (struct policy_words *)(void *)out);
        break;
    case POLICY_LIST:
        read_list(reading, field, value, out);
        break;
    }
    if (reason != NULL) {
        add_fault(reading, field->path, reason);
    }
}

static void
read_default(struct reading *reading, const struct policy_field *field)
{
    json_t *holder = json_loads(field->otherwise, JSON_REJECT_DUPLICATES, NULL);

    assert(holder != NULL);
    read_field(reading, field, json_array_get(holder, 0));
    json_decref(holder);
}

static void
read_fields(struct reading *reading, const json_t *doc)
{
    for (size_t i = 0; i < policy_fields_count; i++) {
        const struct policy_field *field = &policy_fields[i];
        const json_t *value;

        if (policy_field_is_inner(field)) {
            continue;
        }
        value = value_at(doc, field->path);
        if (value != NULL) {
            read_field(reading, field, value);
        } else if (reading->source == POLICY_STORED) {
            read_default(reading, field);
        } else {
            add_fault(reading, field->path, "is required");
        }
    }
}

/* --- names that the table lacks --------------------------------------------------- */

enum known { KNOWN_NOT, KNOWN_GROUP, KNOWN_FIELD, KNOWN_LIST };

static enum known
what_is(const char *path)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < policy_fields_count; i++) {
        const char *row = policy_fields[i].path;

        if (strncmp(row, path, len) == 0 && row[len] == '\0') {
            return policy_fields[i].kind == POLICY_LIST ? KNOWN_LIST : KNOWN_FIELD;
        }
        if (strncmp(row, path, len) == 0 && row[len] == '.') {
            return KNOWN_GROUP;
        }
    }
    return KNOWN_NOT;
}

static void find_unknown(struct reading *reading, const json_t *object, const char *row,
                         const char *shown);

static void
find_unknown_in_list(struct reading *reading, const json_t *array, const char *row,
                     const char *shown)
{
    char inner[PATH_BYTES], element[PATH_BYTES];

    snprintf(inner, sizeof(inner), "%.100s[]", row);
    for (size_t i = 0; i < json_array_size(array) && i < POLICY_RESERVED_MAX; i++) {
        snprintf(element, sizeof(element), "%.100s[%zu]", shown, i);
        find_unknown(reading, json_array_get(array, i), inner, element);
    }
}

/* Goes as deep as the table does, whatever the document's depth. */
static void
find_unknown(struct reading *reading, const json_t *object, const char *row,
             const char *shown)
{
    json_t *each = (json_t *)(uintptr_t)object; /* iterators do not take const */
    json_t *value;
    const char *name, *dot = row[0] != '\0' ? "." : "";

    json_object_foreach(each, name, value)
    {
        char path[PATH_BYTES], place[PATH_BYTES];
        enum known known;

        snprintf(path, sizeof(path), "%.60s%s%.60s", row, dot, name);
        snprintf(place, sizeof(place), "%.60s%s%.60s", shown, dot,
                 json_plain_name(name));
        known = what_is(path);
        if (known == KNOWN_GROUP) {
            find_unknown(reading, value, path, place);
        } else if (known == KNOWN_LIST) {
            find_unknown_in_list(reading, value, path, place);
        } else if (known == KNOWN_NOT) {
            reading->unknown = true;
            add_fault(reading, place, "there is no such field");
        }
    }
}

/* --- rules between fields ----------------------------------------------------------- */

static void
check_ascending(struct reading *reading, const char *list, const char *name,
                const int64_t *first, size_t stride, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        const int64_t *now = first + i * stride;
        char path[PATH_BYTES];

        if (now[0] <= *(now - stride)) {
            snprintf(path, sizeof(path), "%s[%zu].%s", list, i, name);
            add_fault(reading, path, "must be greater than in the row before");
        }
    }
}

/* Elements are pairs of int64_t: a stride of 2. */
static void
check_lists(struct reading *reading, const struct policy *policy)
{
    enum { PAIR = 2 };
    size_t tiers = policy->slots.tiers.count;
    size_t weights = policy->influence.buyer_weights.count;

    check_ascending(reading, "slots.tiers", "influence",
                    &policy->slots.tiers.item[0].influence, PAIR, tiers);
    check_ascending(reading, "slots.tiers", "slots", &policy->slots.tiers.item[0].slots,
                    PAIR, tiers);
    if (tiers > 0 && policy->slots.tiers.item[0].influence != 0) {
        add_fault(reading, "slots.tiers[0].influence", "must be 0");
    }
    check_ascending(reading, "influence.buyer_weights", "age_days",
                    &policy->influence.buyer_weights.item[0].age_days, PAIR, weights);
    if (weights > 0 && policy->influence.buyer_weights.item[0].age_days != 0) {
        add_fault(reading, "influence.buyer_weights[0].age_days", "must be 0");
    }
    check_ascending(reading, "influence.sales_brackets", "up_to_fen",
                    &policy->influence.sales_brackets.item[0].up_to, PAIR,
                    policy->influence.sales_brackets.count);
    check_ascending(reading, "influence.visit_brackets", "up_to_visitors",
                    &policy->influence.visit_brackets.item[0].up_to, PAIR,
                    policy->influence.visit_brackets.count);
}

static void
check_rules(struct reading *reading, const struct policy *policy)
{
    struct str url = policy->site.terms_url;

    check_lists(reading, policy);
    if (policy->release.k_max < policy->release.k_min) {
        add_fault(reading, "release.k_max", "must be at least release.k_min");
    }
    if (policy->commission.default_bps > policy->commission.max_bps) {
        add_fault(reading, "commission.default_bps",
                  "must be at most commission.max_bps");
    }
    if (url.len > 0 && !str_starts(url, STR("https://")) &&
        !str_starts(url, STR("http://"))) {
        add_fault(reading, "site.terms_url", "must begin with https:// or http://");
    }
}

static struct policy *
policy_new(void)
{
    struct policy *policy = xcalloc(1, sizeof(*policy));

    policy->arena = arena_new(ARENA_BYTES);
    return policy;
}

enum err
policy_read(struct arena *arena, const json_t *doc, enum policy_source source,
            struct policy **policy, struct policy_faults *faults)
{
    struct reading reading = {
        .arena = arena, .source = source, .policy = policy_new(), .faults = faults
    };

    *policy = NULL;
    faults->count = 0;
    if (source == POLICY_PROPOSED) {
        find_unknown(&reading, doc, "", "");
    }
    if (!reading.unknown) {
        read_fields(&reading, doc);
    }
    if (faults->count == 0) {
        check_rules(&reading, reading.policy);
    }
    if (faults->count > 0) {
        policy_free(&reading.policy);
        return reading.unknown ? ERR_UNKNOWN_FIELD : ERR_INVALID_FIELD;
    }
    *policy = reading.policy;
    return ERR_NONE;
}

struct policy *
policy_default(void)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    json_t *nothing = json_object();
    struct policy_faults faults;
    struct policy *policy;
    enum err err = policy_read(arena, nothing, POLICY_STORED, &policy, &faults);

    assert(err == ERR_NONE); /* every default is within its bounds */
    json_decref(nothing);
    arena_free(&arena);
    return policy;
}

void
policy_free(struct policy **policy)
{
    if (*policy != NULL) {
        arena_free(&(*policy)->arena);
        free(*policy);
        *policy = NULL;
    }
}
