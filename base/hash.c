/* base/hash.c - SipHash (Aumasson and Bernstein, 2012) with one round a word and three at
 * the end, which is what tables need; words are little-endian, as our machines are. */
#include "base/hash.h"

#include <string.h>

#include "base/rand.h"

static uint64_t process_key[2];

__attribute__((constructor)) static void
draw_key(void)
{
    rand_bytes(process_key, sizeof(process_key));
}

static inline uint64_t
rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static inline void
run_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static inline void
take(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    run_round(v);
    v[0] ^= word;
}

uint64_t
hash_bytes_by(const uint64_t key[2], const void *bytes, size_t len)
{
    /* "somepseudorandomlygeneratedbytes", as the paper begins */
    uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
                      key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
    const uint8_t *at = bytes;
    uint64_t word;
    size_t left = len;

    for (; left >= sizeof(word); at += sizeof(word), left -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        take(v, word);
    }
    word = 0;
    memcpy(&word, left > 0 ? at : (const uint8_t *)"", left);
    take(v, word | (uint64_t)len << 56);
    v[2] ^= 0xff;
    run_round(v);
    run_round(v);
    run_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

uint64_t
hash_bytes(const void *bytes, size_t len)
{
    return hash_bytes_by(process_key, bytes, len);
}
