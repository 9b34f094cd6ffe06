/* storage/health.c - INFO, read for the few lines that tell an operator something. */
#include "storage/health.h"

#include "storage/redis/call.h"

/* The value of "name:value\r\n"; empty when INFO has no such line. */
static struct str
info_value(struct str info, const char *name)
{
    struct str line, value;

    while (str_split(&info, '\n', &line)) {
        struct str rest = line, key;

        if (str_split(&rest, ':', &key) && str_equal(key, str_from(name)) &&
            str_split(&rest, '\r', &value)) {
            return value;
        }
    }
    return STR("");
}

static int64_t
info_number(struct str info, const char *name)
{
    int64_t value = 0;

    return str_to_i64(info_value(info, name), &value) ? value : 0;
}

static void
add_node(struct store_health *health, struct str info)
{
    int64_t max = info_number(info, "maxmemory");
    int64_t up_s = info_number(info, "uptime_in_seconds");
    bool unlimited = max == 0 || (health->nodes > 0 && health->used_bytes_max == 0);

    health->used_bytes += info_number(info, "used_memory");
    health->used_bytes_max = unlimited ? 0 : health->used_bytes_max + max;
    health->up_s = health->nodes == 0 || up_s < health->up_s ? up_s : health->up_s;
    health->durable = health->durable && info_number(info, "aof_enabled") == 1;
    health->last_write_ok =
        health->last_write_ok &&
        str_equal(info_value(info, "aof_last_write_status"), STR("ok"));
    health->rewriting =
        health->rewriting || info_number(info, "aof_rewrite_in_progress") == 1;
    health->evicting =
        health->evicting ||
        !str_equal(info_value(info, "maxmemory_policy"), STR("noeviction"));
    health->nodes_alone += info_number(info, "connected_slaves") == 0;
    health->nodes++;
}

enum err
store_health(struct store *store, struct arena *arena, struct store_health *health)
{
    size_t nodes = store_nodes(store, NULL);

    *health = (struct store_health){ .durable = true, .last_write_ok = true };
    for (size_t i = 0; i < nodes; i++) {
        struct call *call = call_command(arena, "INFO");
        enum err err;

        call_at_node(call, i);
        if ((err = call_wait(store, call)) != ERR_NONE) {
            return err;
        }
        add_node(health, reply_str(call->reply));
    }
    return nodes > 0 ? ERR_NONE : ERR_STORE_DOWN;
}
