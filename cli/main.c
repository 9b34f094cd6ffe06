/* cli/main.c - the binary's front door: picks the command and runs it.
 *
 * Exit codes: 0 done, 1 failed, 2 wrong usage. Errors are one line on stderr.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/judge.h"
#include "cli/run.h"

struct command {
    const char *name;
    const char *verb; /* second word, or NULL */
    const char *args; /* as usage shows them */
    unsigned args_count;
    unsigned takes; /* options */
    command_fn *run;
    const char *does;
};

// clang-format off
static const struct command commands[] = {
    { "run", NULL, "", 0, TAKES_RUN, command_run, "the whole service on one machine" },
    { "server", NULL, "", 0, TAKES_SERVER, command_server, "pages, API and jobs" },
    { "scoring", NULL, "", 0, TAKES_SCORING, command_scoring, "turns events into influence" },
    { "catalog", "import", "FILE.csv", 1, TAKES_STORE | TAKES(MERCHANT), command_catalog_import, "a merchant's products" },
    { "operator", "create", "NAME", 1, TAKES_STORE, command_operator_create, "prints the operator's token, once" },
    { "merchant", "create", "NAME", 1, TAKES_STORE, command_merchant_create, "prints id, secret and token, once" },
    { "policy", "show", "", 0, TAKES_STORE, command_policy_show, "the policy in force, as JSON" },
    { "policy", "set", "FILE", 1, TAKES_STORE, command_policy_set, "puts a whole document in force" },
    { "policy", "preview", "FILE", 1, TAKES_STORE, command_policy_preview, "what a document would change, as JSON" },
    { "policy", "rollback", "VERSION", 1, TAKES_STORE, command_policy_rollback, "an earlier one, as a new version" },
    { "board", "release", "", 0, TAKES_STORE, command_board_release, "makes the next release now" },
    { "sales", "import", "FILE.csv", 1, TAKES_STORE | TAKES(MERCHANT), command_sales_import, "sales history from elsewhere" },
    { "keys", "make", "", 0, TAKES(KEYS), command_keys_make, "make a key file where none is" },
    { "keys", "rotate", "", 0, TAKES_STORE, command_keys_rotate, "what the month asks of wrapping keys" },
    { "backup", NULL, "FILE", 1, TAKES_STORE, command_backup, "the store in one file" },
    { "restore", NULL, "FILE", 1, TAKES(DATA) | TAKES(KEYS), command_restore, "fill an empty directory from one" },
    { "doctor", NULL, "", 0, TAKES_STORE | TAKES(PRUNE), command_doctor, "look at what usually goes wrong" },
    { "verify", NULL, "", 0, TAKES_STORE, command_verify, "proves the invariants of the whole store" },
    { "verify-score", NULL, "RECEIPT.json", 1, TAKES(KEY), command_verify_score, "recomputes a score receipt, offline" },
    { "version", NULL, "", 0, 0, command_version, "which version this is" },
};
// clang-format on

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static int
print_usage(void)
{
    puts("usage: xiaopu COMMAND [options]\n");
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *command = &commands[i];
        char words[64];

        snprintf(words, sizeof(words), "%s%s%s %s", command->name,
                 command->verb ? " " : "", command->verb ? command->verb : "",
                 command->args);
        printf("  %-32s %s\n", words, command->does);
    }
    puts("\noptions (xiaopu COMMAND --help names those a command takes):");
    options_print(~0u);
    return EXIT_DONE;
}

static int
print_command_usage(const struct command *command)
{
    printf("usage: xiaopu %s%s%s %s%s[options]\n%s\n", command->name,
           command->verb ? " " : "", command->verb ? command->verb : "", command->args,
           command->args[0] ? " " : "", command->does);
    options_print(command->takes);
    return EXIT_DONE;
}

/* The command that the first words name; NULL for none. */
static const struct command *
command_find(int argc, const char *const *argv)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        const struct command *command = &commands[i];

        if (strcmp(argv[1], command->name) == 0 &&
            (!command->verb || (argc > 2 && strcmp(argv[2], command->verb) == 0))) {
            return command;
        }
    }
    return NULL;
}

static int
command_begin(const struct command *command, int argc, const char *const *argv)
{
    int words = command->verb ? 3 : 2, status;
    struct options options;

    for (int i = words; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            return print_command_usage(command);
        }
    }
    if (!options_read(&options, argc - words, argv + words, command->takes)) {
        return EXIT_USAGE;
    }
    if (options.args_count != command->args_count) {
        return say_usage("usage: xiaopu %s%s%s %s", command->name,
                         command->verb ? " " : "", command->verb ? command->verb : "",
                         command->args);
    }
    status = options_judge(&options, command->takes);
    return status == EXIT_DONE ? command->run(&options) : status;
}

int
main(int argc, char **words)
{
    const char *const *argv = (const char *const *)words;
    const struct command *command;

    signal(SIGPIPE, SIG_IGN); /* libuv and hiredis write with plain write(2) */
    if (argc < 2) {
        return say_usage("which command? xiaopu help lists them");
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        return print_usage();
    }
    command = command_find(argc, argv);
    if (!command) {
        return say_usage("no such command: %s%s%s", argv[1], argc > 2 ? " " : "",
                         argc > 2 ? argv[2] : "");
    }
    return command_begin(command, argc, argv);
}
