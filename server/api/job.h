/* server/api/job.h - a job as its owner sees it. */
#ifndef SERVER_API_JOB_H
#define SERVER_API_JOB_H

#include "server/request.h"
#include "storage/job/job.h"

json_t *job_doc(const struct job *job);
/* 202 with its Location. */
enum err reply_job(struct request *req, const struct job *job);
/* Was it asked for before, under its key? One that was refused was not. Waits. */
enum err job_asked_before(struct request *req, struct job_id id, bool *before);
/* A queued job of the caller's, its id from the Idempotency-Key when there is one. */
void job_wanted(struct request *req, struct str kind, struct job *job);

#endif
