/* cli/demo.h - goods, shops and a history of our own making, for a first look. */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include "cli/reach.h"

/* Fills a store that has no products yet: a merchant, whose credentials it prints, a
 * small catalogue, shops with products in their slots, sixty days of sales, visits on
 * those days of which they still count, and a policy whose release gate is open and
 * whose sales count at once. A store that has products stays as it is. What this history
 * comes to is released, so that the board is full. The exit code. Waits. */
int demo_fill(struct store *store, const struct reach *reach);

#endif
