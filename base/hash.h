/* base/hash.h - a hash of bytes that nobody outside can foresee: SipHash-1-3 under a key
 * that each process draws at its start. For tables whose keys strangers choose; another
 * process, or this one tomorrow, gives other numbers.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t len);

/* The same under a key of the caller's. */
uint64_t hash_bytes_by(const uint64_t key[2], const void *bytes, size_t len);

#endif
