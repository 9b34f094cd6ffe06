/* server/loop/crawler.c - words that crawlers, link previews and monitors put into their
 * names. */
#include "server/loop/crawler.h"

#include <stddef.h>
#include <string.h>

#include "server/loop/visit.h"

static const char *const words[] = {
    "bot",        "crawl",   "spider",      "slurp",       "facebookexternalhit",
    "embedly",    "preview", "whatsapp/",   "feedfetcher", "mediapartners",
    "lighthouse", "pingdom", "statuscake",  "site24x7",    "archive.org",
    "headless",   "yisou",   "bytedance",   "petal",       "wget/",
    "scrapy",     "httrack", "ia_archiver", "monitoring",  "prometheus/",
};

bool
is_crawler(const char *agent)
{
    char lower[VISIT_AGENT_BYTES];
    size_t len = 0;

    for (; agent[len] != '\0' && len < sizeof lower - 1; len++) {
        lower[len] = agent[len] >= 'A' && agent[len] <= 'Z'
                         ? (char)(agent[len] - 'A' + 'a')
                         : agent[len];
    }
    lower[len] = '\0';
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strstr(lower, words[i]) != NULL) {
            return true;
        }
    }
    return false;
}
