/* server/job/job.h - what the server does without being asked by a request.
 *
 * Each job is a task on the jobs loop that goes round and round until the server stops;
 * job_sleep() says when. The list stands in job.c.
 *
 *     void
 *     job_relay(struct server_loop *at)
 *     {
 *         while (job_sleep(at, RELAY_MS)) {
 *             ...
 *         }
 *     }
 */
#ifndef SERVER_JOB_JOB_H
#define SERVER_JOB_JOB_H

#include "server/loop/loop.h"

typedef void job_fn(struct server_loop *at);

/* Waits; false at once when the server stops. */
bool job_sleep(struct server_loop *at, int64_t ms);

/* Called by the loop. */
void job_start_all(struct server_loop *at);
void job_wake_all(struct server_loop *at);

job_fn job_beat, job_clock, job_relay, job_skew, job_store;

#endif
