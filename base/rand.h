/* base/rand.h - random bytes that nobody can foresee. Ends the process when the system
 * gives none: going on with guessable tokens would be worse. */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

void rand_bytes(void *out, size_t len);
uint64_t rand_u64(void);

#endif
