/* base/embedded.c - looking a file up by its name. */
#include "base/embedded.h"

const struct embedded *
embedded_find(const struct embedded *files, size_t count, struct str name)
{
    size_t from = 0;

    while (from < count) {
        size_t middle = from + (count - from) / 2;
        int order = str_compare(name, files[middle].name);

        if (order == 0) {
            return &files[middle];
        }
        if (order < 0) {
            count = middle;
        } else {
            from = middle + 1;
        }
    }
    return NULL;
}
