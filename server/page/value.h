/* server/page/value.h - what the names in a template stand for: texts, numbers, truths,
 * objects and lists.
 *
 * A page is some hundreds of them, made for one rendering. They live in an arena and go
 * with it; texts and names are borrowed for as long. NULL stands for null everywhere.
 */
#ifndef SERVER_PAGE_VALUE_H
#define SERVER_PAGE_VALUE_H

#include "base/arena.h"

enum value_kind {
    VALUE_NULL,
    VALUE_FALSE,
    VALUE_TRUE,
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_TEXT,
    VALUE_OBJECT,
    VALUE_LIST
};

struct value_object;
struct value_list;

struct value {
    enum value_kind kind;
    union {
        int64_t integer;
        double real;
        struct str text;
        struct value_object *object;
        struct value_list *list;
    };
};

struct value_item {
    struct value_item *next;
    const struct value *value;
};

struct value_list {
    struct arena *arena;
    struct value_item *first;
    struct value_item *last;
};

/* `about`: how many members there will be; more or fewer are as right, but slower. */
struct value *value_object(struct arena *arena, size_t about);
struct value *value_list(struct arena *arena);

/* A name is put once. */
void value_put(struct value *object, const char *name, const struct value *value);
/* What is empty is null, which templates take as absent. */
void value_put_text(struct value *object, const char *name, struct str text);
void value_put_integer(struct value *object, const char *name, int64_t integer);
void value_put_bool(struct value *object, const char *name, bool truth);
void value_add(struct value *list, const struct value *value);

/* NULL unless it is an object that has such a member. */
const struct value *value_member(const struct value *value, struct str name);
/* Null, false, an empty text and an empty list are not. */
bool value_is_true(const struct value *value);

#endif
