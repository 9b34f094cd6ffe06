#!/bin/bash
# tools/fuzz.sh PROGRAM... - builds and runs each libFuzzer target for FUZZ_S (60) seconds, one
# on each core, beginning with its corpus in test/fuzz/corpus/NAME and with FUZZ_SEED (1), so
# that a run can be had again. What it finds new stays out of the tree, in build/fuzz/grown;
# an input that breaks a target is left in build/fuzz/found and named. Once the fault is gone the
# input goes into the corpus, under a name that says what it is.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
FUZZ_S=${FUZZ_S:-60}
FUZZ_SEED=${FUZZ_SEED:-1}

fuzz_one() {
    local name grown
    name=$(basename "$1" _fuzz)
    grown=build/fuzz/grown/$name
    mkdir -p "$grown" build/fuzz/found "test/fuzz/corpus/$name"
    tools/tests.sh step "fuzz: $name" "$1" -max_total_time="$FUZZ_S" -seed="$FUZZ_SEED" \
        -rss_limit_mb=2048 -timeout=10 -artifact_prefix="build/fuzz/found/$name-" \
        -print_final_stats=1 \
        "$grown" "test/fuzz/corpus/$name"
}
export -f fuzz_one
export FUZZ_S FUZZ_SEED

[ $# -gt 0 ] || exit 0
make VARIANT=fuzz "$@" || exit 1
printf '%s\0' "$@" | xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz_one "$0"'
