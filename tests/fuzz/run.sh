#!/bin/sh
# Runs each fuzzer for a time, or those that are named; what they find on the way is kept in build-fuzz/corpus, so that
# they go on from there. Needs clang with libFuzzer, and pylm in .venv (./demo.sh).
#
#     tests/fuzz/run.sh SECONDS [NAME...]         as in: tests/fuzz/run.sh 600 fuzz_image fuzz_files
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:?"seconds for each fuzzer"}
shift
folder=$PWD/build-fuzz
python=$PWD/.venv/bin/python

CC=clang cmake -S . -B "$folder" -DPYLM_BUILD_FUZZERS=ON -DPYLM_OPENMP=OFF -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
cmake --build "$folder" --target pylm_fuzzers --parallel 2
"$python" -I tests/fuzz/seeds.py "$folder/seeds"
[ $# -gt 0 ] || set -- image layer state keyboard sources text packet lattice train files
for name; do
    name=fuzz_${name#fuzz_}
    echo "== $name"
    if [ "$name" = fuzz_files ]; then
        "$python" -I -W ignore tests/fuzz/fuzz_files.py "$seconds"
        continue
    fi
    mkdir -p "$folder/corpus/$name" "$folder/found"
    "$folder/$name" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=4096 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$folder/found/$name-" "$folder/corpus/$name" "$folder/seeds/$name" \
        2>&1 | grep -v "^stat::\(new_units\|slowest\|average\)" || {
        echo "$name has found something: see $folder/found" >&2
        exit 1
    }
    if ls "$folder/found/$name"-* >/dev/null 2>&1; then
        echo "$name has found something: $(ls "$folder/found/$name"-*)" >&2
        exit 1
    fi
done
