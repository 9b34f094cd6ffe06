/* base/log.h - one line for one fact, as JSON, never a person.
 *
 * Lines go through a bounded ring to a thread that writes them to stderr: a sink that
 * is stuck or full never blocks a loop; what finds the ring full is dropped and
 * counted. No member, shop, address, product of a purchase, token or body is ever
 * logged.
 *
 *     log_info("listening", LOG_S("address", text), LOG_I("loops", 2));
 *
 * gives {"at":"2026-11-21T08:00:00.000Z","level":"info","event":"listening",...}.
 *
 * Threads     Callable from any.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

struct log_field {
    const char *name; /* NULL ends the list */
    const char *text; /* borrowed; escaped; NULL for a number */
    int64_t number;
};
#define LOG_S(name, text)   ((struct log_field){ (name), (text), 0 })
#define LOG_I(name, number) ((struct log_field){ (name), 0, (number) })
#define LOG_END             ((struct log_field){ 0, 0, 0 })

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_SILENT };

/* Starts the writing thread; before it lines are written at once. `process` ("server",
 * "scoring" ...) is in every line; a literal. */
void log_start(const char *process, enum log_level least);
/* From now on; LOG_SILENT: nothing. For one thread, while no other logs. */
void log_least(enum log_level least);
/* Writes what waits, for at most 1 s, and ends the thread. */
void log_stop(void);
void log_line(enum log_level level, const char *event, const struct log_field *fields);
int64_t log_dropped(void); /* lines lost since the start */

// clang-format off
#ifdef __cppcheck__ /* which does not know __VA_OPT__ */
#define LOG_FIELDS(...) ((const struct log_field[]){ { 0, 0, 0 } })
#else
#define LOG_FIELDS(...) ((const struct log_field[]){ __VA_ARGS__ __VA_OPT__(,) { 0, 0, 0 } })
#endif
#define log_debug(event, ...) log_line(LOG_DEBUG, event, LOG_FIELDS(__VA_ARGS__))
#define log_info(event, ...)  log_line(LOG_INFO, event, LOG_FIELDS(__VA_ARGS__))
#define log_warn(event, ...)  log_line(LOG_WARN, event, LOG_FIELDS(__VA_ARGS__))
#define log_error(event, ...) log_line(LOG_ERROR, event, LOG_FIELDS(__VA_ARGS__))
// clang-format on

#endif
