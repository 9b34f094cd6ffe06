#!/bin/bash
# tools/check.sh - what `make check` does beyond `make test`; adds to the same count.
#
# Everything runs to its end also after a failure, so that one look shows all that is wrong.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
failed=0
step() { tools/tests.sh step "$@" || failed=1; }

formatted() {
    git ls-files -z '*.c' '*.h' | xargs -0 clang-format-14 --dry-run -Werror
}

# Scenarios worth their time under sanitizers say so in a line of their own.
marked_scenarios() {
    grep -l '^// runs under sanitizers too$' test/scenario/*.test.mjs 2>/dev/null
}

# Those that start nodes of their own say that as well.
stories_of_any_store() {
    grep -L '^// has a store of its own$' test/scenario/*.test.mjs
}

export -f formatted # for the script that counts
step "format" formatted
make lint || failed=1
step "instructions" make instructions
step "build with clang" make VARIANT=clang programs
step "build with sanitizers" make VARIANT=asan programs
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1
mapfile -t sanitized < <(find build/asan/test/unit build/asan/test/function \
    -name '*_test' -type f 2>/dev/null | sort)
# On a cluster's node Redis itself refuses keys of two slots, also inside a function.
TEST_REDIS=cluster tools/tests.sh cmocka "${sanitized[@]}" || failed=1
mapfile -t scenarios < <(marked_scenarios)
XIAOPU_BIN=$PWD/build/asan/xiaopu tools/tests.sh node "${scenarios[@]}" || failed=1
# The suite once more, with a Redis Cluster for the store: slots move and replicas take
# over meanwhile. Most of it is waiting, so two files run at a time.
mapfile -t anywhere < <(stories_of_any_store)
XIAOPU_STORE=cluster-changing KILL_ROUNDS=5 JOBS=2 tools/tests.sh node "${anywhere[@]}" ||
    failed=1
CLUSTER_ROUNDS=12 tools/tests.sh node test/scenario/cluster_kill.test.mjs || failed=1
REAL_DATA=all TEST_TIMEOUT_S=1800 \
    tools/tests.sh node test/scenario/real_data.test.mjs || failed=1
make fuzz || failed=1
tools/tests.sh sum || failed=1
exit $failed
