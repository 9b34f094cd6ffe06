/* server/loop/crawler.h - user agents that are no visitors. Pure. */
#ifndef SERVER_LOOP_CRAWLER_H
#define SERVER_LOOP_CRAWLER_H

#include <stdbool.h>

/* Does the agent say of itself that it crawls, previews or watches? */
bool is_crawler(const char *agent);

#endif
