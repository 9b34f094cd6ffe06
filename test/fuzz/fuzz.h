/* test/fuzz/fuzz.h - what every libFuzzer target shares.
 *
 * A target turns any bytes into input of one parser. Beside not crashing under
 * sanitizers it proves a property: the outcome does not depend on how bytes are cut, or
 * what was read and written again reads the same.
 */
#ifndef TEST_FUZZ_FUZZ_H
#define TEST_FUZZ_FUZZ_H

#include <assert.h>

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Takes the part before the first NUL off the front; all of it when there is none. */
static inline struct str
fuzz_part(struct str *rest)
{
    struct str part = { NULL, 0 };

    str_split(rest, '\0', &part);
    return part;
}

#endif
