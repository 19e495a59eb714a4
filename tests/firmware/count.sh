#!/bin/sh
# Counts instructions on the boards, in the emulator: of scoring a byte, of learning one, of three suggestions; each the
# mean over the first N places of a text, N=160 unless that is set. The same in every run.
#
#     tests/firmware/count.sh MODEL.pylm [BOARD...]     writes lines: BOARD score|learn|suggest INSTRUCTIONS
set -eu
here=$(cd "$(dirname "$0")" && pwd)
demo=$here/../../firmware_demo
model=$1
n=${N:-160}
shift
[ $# -gt 0 ] || set -- mps2-an386 microbit riscv32-virt
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cc -shared -fPIC -O2 "$here/count_plugin.c" -o "$folder/count.so"

count() { # BOARD KIND N
    mkdir -p "$folder/$1"
    SOURCES="../tests/firmware/bench.c keyboard.c" OBJECTS=$folder/$1 CFLAGS=-DBOARD_EMULATED \
        LDFLAGS="-Wl,--defsym=bench_kind=$2 -Wl,--defsym=bench_n=$3" "$demo/build.sh" "$model" "$1" "$folder/bench.elf" >/dev/null
    . "$demo/boards/$1/board.sh"
    timeout 100 $emulator -display none -monitor none -serial stdio -icount shift=6 \
        -plugin "$folder/count.so,out=$folder/count.txt" -kernel "$folder/bench.elf" </dev/null >"$folder/sent.txt"
    [ "$(cat "$folder/sent.txt")" = + ] || { echo "the model does not run on $1" >&2; exit 1; }
    cat "$folder/count.txt"
}

for board; do # the first of n + 1 bytes is not counted: what comes before it is neither
    learned=$(count "$board" 2 $((n + 1)))
    score=$((($(count "$board" 1 $((n + 1))) - $(count "$board" 1 1)) / n))
    learn=$(((learned - $(count "$board" 2 1)) / n))
    suggest=$((($(count "$board" 3 $((n + 1))) - learned) / (n + 1)))
    echo "$board score $score"
    echo "$board learn $learn"
    echo "$board suggest $suggest"
done
