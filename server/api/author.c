/* server/api/author.c - see the header. */
#include "server/api/author.h"

#include <inttypes.h>

#include "storage/member/member.h"

static enum err
author_name(struct request *req, struct member_id id, struct str *name)
{
    struct member member;
    enum err err;

    if (id.value == 0) {
        *name = STR("command line");
        return ERR_NONE;
    }
    err = member_read(req->store, req->arena, id, &member);
    if (err == ERR_NONE && (member.roles & MEMBER_OPERATOR) != 0) {
        *name = member.nickname;
        return ERR_NONE;
    }
    *name = arena_printf(req->arena, "%" PRId64, id.value);
    return err == ERR_NOT_FOUND ? ERR_NONE : err;
}

enum err
author_names(struct request *req, const struct member_id *members, size_t count,
             struct str *names)
{
    for (size_t i = 0; i < count; i++) {
        size_t same = 0;
        enum err err;

        while (members[same].value != members[i].value) {
            same++;
        }
        if (same < i) {
            names[i] = names[same];
        } else if ((err = author_name(req, members[i], &names[i])) != ERR_NONE) {
            return err;
        }
    }
    return ERR_NONE;
}
