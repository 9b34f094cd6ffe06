/* server/metrics/metrics.c - sums, and the text that Prometheus reads. */
#include "server/metrics/metrics.h"

#include <inttypes.h>

enum { US_OF_S = 1000000 };

struct metric_row {
    enum metric_type type;
    const char *name;
    const char *labels;
    const char *help;
};

#define METRIC_ROW(id, type, name, labels, help) \
    { METRIC_##type, (name), (labels), (help) },
static const struct metric_row rows[] = { METRIC_MAP(METRIC_ROW) };
#undef METRIC_ROW

void
metrics_sum(struct metrics *sum, const struct metrics *metrics)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        metric_add(sum, (enum metric)i,
                   atomic_load_explicit(&metrics->value[i], memory_order_relaxed));
    }
}

static const char *
type_name(enum metric_type type)
{
    return type == METRIC_COUNTER || type == METRIC_COUNTER_US ? "counter" : "gauge";
}

static void
write_row(struct buf *out, const struct metric_row *row, int64_t value)
{
    bool has_labels = row->labels[0] != '\0';

    if (row->help[0] != '\0') {
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
                   type_name(row->type));
    }
    buf_printf(out, "%s%s%s%s ", row->name, has_labels ? "{" : "", row->labels,
               has_labels ? "}" : "");
    if (row->type == METRIC_COUNTER_US || row->type == METRIC_GAUGE_US) {
        buf_printf(out, "%" PRId64 ".%06" PRId64 "\n", value / US_OF_S,
                   value % US_OF_S);
    } else {
        buf_printf(out, "%" PRId64 "\n", value);
    }
}

void
metrics_write(struct buf *out, const struct metrics *sum)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        write_row(out, &rows[i],
                  atomic_load_explicit(&sum->value[i], memory_order_relaxed));
    }
}

void
metrics_write_seconds(struct buf *out, const char *name, const char *help, int64_t us)
{
    const struct metric_row row = { METRIC_GAUGE_US, name, "", help };

    write_row(out, &row, us);
}
