/* storage/outbox/outbox.h - messages from one tag to another, delivered at least once.
 *
 * A function that changes a thing appends a message to the outbox of its tag in the same
 * call: XADD outbox:{x} * kind K id ID ... . The relay reads each partition in order and
 * hands every message to the deliver function of its kind, which must do nothing the
 * second time; then it moves the partition's position and trims. A relay that dies
 * between delivery and position delivers once more.
 *
 * Partitions are shared out among the live servers (storage/process.h); two that think
 * the same partition theirs for a moment do no harm.
 */
#ifndef STORAGE_OUTBOX_OUTBOX_H
#define STORAGE_OUTBOX_OUTBOX_H

#include "storage/redis/call.h"

enum { OUTBOX_FIELDS_MAX = 16, OUTBOX_READ_MAX = 128 };

/* One message, borrowed for the call. */
struct outbox_message {
    char family; /* 's', 'p', 'm' or 'o': whose outbox */
    unsigned partition;
    struct str id;             /* the stream's */
    struct str kind;           /* the value of its field "kind" */
    const struct reply *field; /* name, value, name, value ... */
};

/* A field's value; { NULL, 0 } when there is none. */
struct str outbox_field(const struct outbox_message *message, const char *name);

struct outbox_kind {
    const char *kind;
    char family; /* whose outboxes speak of it */
    /* Waits. ERR_NONE: delivered. A store error (or ERR_OVERLOADED): later again. Any
     * other error: the message is bad; it is logged, counted and passed over. */
    enum err (*deliver)(struct store *store, struct arena *arena,
                        const struct outbox_message *message);
};

struct outbox_counts {
    int64_t delivered;
    int64_t bad;
};

/* Delivers what waits in one partition now, in order, until *stop. A kind that is not
 * in the list is left, with all behind it, for a server that knows it. ERR_NONE or the
 * first store error. Waits. */
enum err outbox_relay_partition(struct store *store, char family, unsigned partition,
                                const struct outbox_kind *const *kinds, size_t count,
                                const bool *stop, struct outbox_counts *counts);

/* Calls look() for each message of a partition that waits to be delivered, in order; what
 * is delivered meanwhile may be left out. Waits. */
enum err outbox_look(struct store *store, char family, unsigned partition,
                     void (*look)(void *arg, const struct outbox_message *message),
                     void *arg);

/* --- the relay: a job of a server ---------------------------------------------------
 * RELAY_TASKS tasks and one more on the store's loop. */
enum { RELAY_TASKS = 16 };

struct relay;

struct relay_config {
    const struct outbox_kind *const *kinds; /* static; all families named are relayed */
    size_t count;
    const char *process_id; /* as it beats; NULL: alone, all partitions are ours */
};

/* NULL when the loop takes no more tasks. The config is borrowed. */
struct relay *relay_start(struct store *store, const struct relay_config *config);
/* Finishes the messages under way. Waits. */
void relay_stop(struct relay **relay);
const struct outbox_counts *relay_counts(const struct relay *relay);

#endif
