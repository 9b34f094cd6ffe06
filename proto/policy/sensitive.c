/* proto/policy/sensitive.c - which categories nobody should be seen buying from. */
#include "proto/policy.h"

static bool
is_word(const struct policy *policy, struct str part)
{
    const struct policy_words *words = &policy->privacy.sensitive_categories;

    for (size_t i = 0; i < words->count; i++) {
        if (str_equal_nocase(part, words->item[i])) {
            return true;
        }
    }
    return false;
}

bool
policy_is_sensitive(const struct policy *policy, struct str category)
{
    struct str part;

    if (is_word(policy, category)) {
        return true;
    }
    while (str_split(&category, '/', &part)) {
        if (is_word(policy, str_trim(part))) {
            return true;
        }
    }
    return false;
}
