/* test/fuzz/json_fuzz.c - request bodies: what json_parse() takes is a document that
 * jansson writes and takes again, and any table of fields reads or refuses it. */
#include <stdlib.h>

#include "proto/json.h"
#include "test/fuzz/fuzz.h"

enum { ARENA_BYTES_MAX = 1 << 20 };

static void
read_fields(const json_t *doc)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct json_fault fault = { 0 };
    struct str name = { NULL, 0 }, text = { NULL, 0 };
    const json_t *object = NULL;
    int64_t amount = 0;
    bool is_null = false;
    const struct json_field fields[] = {
        { "name", JSON_FIELD_STRING, &name, 1, 64, true, false, NULL, NULL },
        { "text", JSON_FIELD_TEXT, &text, 0, 24, false, true, NULL, &is_null },
        { "amount", JSON_FIELD_INTEGER, &amount, 0, 99, false, false, NULL, NULL },
        { "object", JSON_FIELD_OBJECT, &object, 0, 0, false, false, NULL, NULL },
    };
    enum err err =
        json_read(arena, doc, "", fields, sizeof fields / sizeof fields[0], &fault);

    assert(err == ERR_NONE || fault.reason);
    assert(err != ERR_NONE || (name.len >= 1 && name.len <= 64));
    assert(amount >= 0 && amount <= 99);
    arena_free(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *doc = NULL, *again = NULL;
    char *text;

    if (json_parse(str_of(data, size), &doc) != ERR_NONE) {
        return 0;
    }
    text = json_dumps(doc, JSON_COMPACT);
    assert(text);
    assert(json_parse(str_from(text), &again) == ERR_NONE);
    assert(json_equal(doc, again));
    if (json_is_object(doc)) {
        read_fields(doc);
    }
    free(text);
    json_decref(doc);
    json_decref(again);
    return 0;
}
