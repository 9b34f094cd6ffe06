/* test/support/redis.h - a real redis-server of a test's own.
 *
 * It lies in a new directory below /tmp, listens on a Unix socket there and nowhere
 * else, writes its AOF, and dies with the test. It is stopped, killed and started again
 * by its pid.
 *
 * With TEST_REDIS=cluster in the environment it is a cluster of one node with all slots:
 * there Redis itself refuses a call, also one inside a function, whose keys do not share
 * a slot. Such a node takes two seconds to start.
 */
#ifndef TEST_SUPPORT_REDIS_H
#define TEST_SUPPORT_REDIS_H

#include <stdbool.h>
#include <sys/types.h>

struct redis {
    char dir[32];
    char url[64]; /* unix:... */
    pid_t pid;    /* 0: not running */
    int bus_port; /* of the cluster's node; 0: a Redis for itself */
};

/* Makes the directory and starts; waits until it answers. */
void redis_begin(struct redis *redis);
void redis_start(struct redis *redis); /* on the data that is there */
void redis_kill(struct redis *redis);  /* kill -9; waits for its end */
void redis_signal(struct redis *redis, int signal);
void redis_end(struct redis *redis); /* kills it and removes the directory */

#endif
