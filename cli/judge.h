/* cli/judge.h - what options may say, judged in one place before any command begins.
 *
 * So wrong usage never starts anything, and every command that takes an option judges it
 * alike. Behind it values are trusted: they can be read, and go together.
 */
#ifndef CLI_JUDGE_H
#define CLI_JUDGE_H

#include "cli/options.h"

/* `takes` holds bits of the options this command knows. EXIT_DONE, or EXIT_USAGE after
 * one line on stderr. */
int options_judge(const struct options *options, unsigned takes);

#endif
