# One file to a line, each with its backslash; an empty line ends the list.
cli_SRC := \
	cli/ask_worker.c \
	cli/backup.c \
	cli/backup_nodes.c \
	cli/board.c \
	cli/catalog.c \
	cli/demo.c \
	cli/doctor.c \
	cli/judge.c \
	cli/keys.c \
	cli/merchant.c \
	cli/operator.c \
	cli/options.c \
	cli/policy.c \
	cli/prepare.c \
	cli/reach.c \
	cli/ready.c \
	cli/run.c \
	cli/sales.c \
	cli/scoring.c \
	cli/server.c \
	cli/verify.c \
	cli/verify_score.c \
	cli/version.c \
	cli/with_store.c \

