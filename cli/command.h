/* cli/command.h - one function for each command; the table is in main.c.
 *
 * A command gets its options read and its number of arguments checked, does its work
 * and returns the exit code: EXIT_DONE, or what say_failed() and say_usage() return.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/options.h"

typedef int command_fn(const struct options *options);

command_fn command_backup;
command_fn command_board_release;
command_fn command_catalog_import;
command_fn command_doctor;
command_fn command_keys_make;
command_fn command_keys_rotate;
command_fn command_merchant_create;
command_fn command_operator_create;
command_fn command_policy_preview;
command_fn command_policy_rollback;
command_fn command_policy_set;
command_fn command_policy_show;
command_fn command_restore;
command_fn command_run;
command_fn command_sales_import;
command_fn command_scoring;
command_fn command_server;
command_fn command_verify_score;
command_fn command_verify;
command_fn command_version;

#endif
