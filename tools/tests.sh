#!/bin/bash
# tools/tests.sh - runs tests quietly and keeps count.
#
#   tools/tests.sh cmocka PROGRAM...        unit and function tests
#   tools/tests.sh node FILE...             scenario tests, in Node's own runner
#   tools/tests.sh step NAME COMMAND...     anything that passes or fails as a whole
#   tools/tests.sh sum                      "N passed, N failed" of all counted since begin
#   tools/tests.sh begin                    forgets what was counted
#
# One line for each program, all of its output when it failed. Exits 1 after a failure.
# TALLY names the file of counts, TEST_TIMEOUT_S bounds each program. JOBS (1) scenario
# files run at a time; what they print stays together.
set -uo pipefail
TALLY=${TALLY:-build/tally}
TEST_TIMEOUT_S=${TEST_TIMEOUT_S:-600}
mkdir -p "$(dirname "$TALLY")"
out=$(mktemp)
trap 'rm -f "$out"' EXIT
any_failed=0

count() { # NAME PASSED FAILED SKIPPED STATUS
    local failed=$3
    if [ "$5" != 0 ] && [ "$failed" = 0 ]; then
        failed=1 # it ended badly without saying which test did
    fi
    echo "$2 $failed $4" >>"$TALLY"
    if [ "$failed" = 0 ]; then
        printf '  ok   %s (%s)\n' "$1" "$2"
    else
        {
            cat "$out"
            printf '  FAIL %s (%s of %s, exit %s)\n' "$1" "$failed" $(($2 + failed)) "$5"
        } | flock "$TALLY" cat
        any_failed=1
    fi
}

lines() { # PATTERN: how many lines of the output match
    grep -c -E -- "$1" "$out"
}

run_cmocka() {
    local status skipped
    CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 5 "$TEST_TIMEOUT_S" "$1" >"$out" 2>&1 </dev/null
    status=$?
    skipped=$(lines '^not ok [0-9]+ # SKIP') # cmocka 1.1.5 says so of a skipped test
    count "$1" "$(lines '^ok [0-9]+ - ')" "$(lines '^not ok [0-9]+ - ')" "$skipped" $status
}

node_figure() { # pass, fail, skipped: from the runner's closing lines
    sed -n "s/^# $1 \([0-9]*\)$/\1/p" "$out" | tail -1 | grep . || echo 0
}

run_node() {
    local status
    timeout -k 5 "$TEST_TIMEOUT_S" node --test --test-reporter=tap "$1" \
        >"$out" 2>&1 </dev/null
    status=$?
    count "$1" "$(node_figure pass)" "$(node_figure fail)" "$(node_figure skipped)" $status
}

run_step() { # NAME COMMAND...
    local name=$1 status
    shift
    "$@" >"$out" 2>&1 </dev/null
    status=$?
    count "$name" $((status == 0)) $((status != 0)) 0 $status
}

sum() {
    touch "$TALLY"
    awk '{ passed += $1; failed += $2; skipped += $3 }
         END { line = sprintf("%d passed, %d failed", passed, failed)
               if (skipped > 0) line = line sprintf(", %d skipped", skipped)
               print line; exit failed > 0 || passed == 0 }' "$TALLY"
}

all_nodes() { # FILE...
    local jobs=${JOBS:-1}
    if [ $# -gt 1 ] && [ "$jobs" -gt 1 ]; then
        export JOBS=1
        printf '%s\0' "$@" | xargs -0 -n 1 -P "$jobs" "$0" node || any_failed=1
        return
    fi
    for file in "$@"; do run_node "$file"; done
}

command=$1
shift
case $command in
begin) rm -f "$TALLY" ;;
cmocka) for program in "$@"; do run_cmocka "$program"; done ;;
node) all_nodes "$@" ;;
step) run_step "$@" ;;
sum)
    sum
    exit
    ;;
*)
    echo "tests.sh: no such command: $command" >&2
    exit 2
    ;;
esac
exit $any_failed
