/* cli/backup.h - what cli/backup.c leaves to others.
 *
 * Waits       backup_nodes().
 */
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include "cli/with_store.h"

/* A store that is elsewhere: each node writes a snapshot of the same moment, and the file
 * (options->args[0], made new) gets a line for each, "HOST:PORT SLOTS ..". An exit code. */
int backup_nodes(struct store *store, const struct options *options);

#endif
