/* server/api/author.h - who changed something, as the history names them. */
#ifndef SERVER_API_AUTHOR_H
#define SERVER_API_AUTHOR_H

#include "server/request.h"

/* An operator's name, or the id of who is none or gone; "command line" for value 0. Each
 * is looked up once. Waits. */
enum err author_names(struct request *req, const struct member_id *members,
                      size_t count, struct str *names);

#endif
