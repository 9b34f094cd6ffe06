/* base/rand.c - getrandom(2) through OpenSSL's generator, which is seeded by it. */
#include "base/rand.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

void
rand_bytes(void *out, size_t len)
{
    if (RAND_bytes_ex(NULL, out, len, 0) != 1) {
        fputs("the system gives no random bytes\n", stderr);
        abort();
    }
}

uint64_t
rand_u64(void)
{
    uint64_t number;

    rand_bytes(&number, sizeof number);
    return number;
}
