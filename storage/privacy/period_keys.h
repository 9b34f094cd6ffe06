/* storage/privacy/period_keys.h - the pseudonyms' keys that a loop has in memory. Each
 * store holds one, and forgets by its clock what is over; pseudonym.c fills and reads it.
 */
#ifndef STORAGE_PRIVACY_PERIOD_KEYS_H
#define STORAGE_PRIVACY_PERIOD_KEYS_H

#include <stdint.h>

struct period_keys;

struct period_keys *period_keys_new(void);
void period_keys_free(struct period_keys **keys); /* wipes */
/* Wipes those whose time is over on this day. */
void period_keys_forget_over(struct period_keys *keys, int32_t today);

#endif
