/* test/fuzz/policy_fuzz.c - a policy that is taken is given out as a document that is
 * taken again, word for word; one that is refused names at least one field. */
#include "proto/policy.h"
#include "test/fuzz/fuzz.h"

enum { ARENA_BYTES_MAX = 1 << 20 };

static void
read_again(struct arena *arena, const struct policy *policy)
{
    struct policy_faults faults = { 0 };
    struct policy *again = NULL;
    json_t *doc = policy_json(policy), *doc_again;

    assert(policy_read(arena, doc, POLICY_PROPOSED, &again, &faults) == ERR_NONE);
    doc_again = policy_json(again);
    assert(json_equal(doc, doc_again));
    json_decref(doc);
    json_decref(doc_again);
    policy_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(ARENA_BYTES_MAX);
    struct policy *policy = NULL;
    struct policy_faults faults = { 0 };
    json_t *doc = NULL;
    enum policy_source source =
        size > 0 && data[size - 1] == '\n' ? POLICY_PROPOSED : POLICY_STORED;

    if (json_parse(str_of(data, size), &doc) == ERR_NONE) {
        if (policy_read(arena, doc, source, &policy, &faults) == ERR_NONE) {
            read_again(arena, policy);
        } else {
            assert(faults.count > 0);
        }
        policy_free(&policy);
        json_decref(doc);
    }
    arena_free(&arena);
    return 0;
}
