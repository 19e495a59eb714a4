#!/bin/sh
# Counts the instructions of scoring 1,000 symbols with the golden models, portable code, and compares them with what
# expected.txt says: a change of more than a tenth fails, in either direction, so that the figures stay true.
#
#     tests/instructions/run.sh            compares
#     tests/instructions/run.sh --write    writes expected.txt
set -eu
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${CC:-cc}" -std=c99 -O2 -DPYLM_PORTABLE -I csrc -o "$folder/score" tests/instructions/score.c csrc/core/*.c csrc/core/fast/*.c csrc/modules/*/*.c

count() { # MODEL N
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null --log-file="$folder/log" \
        "$folder/score" "tests/golden/$1.pylm" tests/golden/text.txt "$2"
    sed -n 's/.*I *refs: *\([0-9,]*\).*/\1/p' "$folder/log" | tr -d ,
}

for model in bytes words pieces sized; do
    none=$(count $model 0)
    some=$(count $model 1000)
    echo "$model $(((some - none) / 1000))"
done > "$folder/counted.txt"

if [ "${1:-}" = --write ]; then
    cp "$folder/counted.txt" tests/instructions/expected.txt
    cat tests/instructions/expected.txt
    exit
fi
status=0
while read -r model expected; do
    counted=$(sed -n "s/^$model //p" "$folder/counted.txt")
    echo "instructions a symbol, $model: $counted, expected $expected"
    if [ $((counted * 10)) -gt $((expected * 11)) ] || [ $((counted * 10)) -lt $((expected * 9)) ]; then
        echo "that is more than a tenth off: if it is right, run tests/instructions/run.sh --write"
        status=1
    fi
done < tests/instructions/expected.txt
exit $status
