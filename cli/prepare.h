/* cli/prepare.h - what must be in a store before anybody works on it: the test clock's
 * start, and the goods, shops and history of --demo. */
#ifndef CLI_PREPARE_H
#define CLI_PREPARE_H

#include "cli/reach.h"

/* Opens the store, so that one that is not ours is refused before anybody works on it;
 * does what is asked for. False after one line on stderr. Waits. */
bool prepare_store(struct reach *reach, const struct options *options);

#endif
