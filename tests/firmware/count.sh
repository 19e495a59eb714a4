#!/bin/sh
# Counts instructions on the boards, in the emulator: of scoring a byte, of learning one, of three suggestions; each the
# mean over the first N places of a text, N=160 unless that is set. The same in every run. Of the rp2040, whose emulator
# knows them, cycles; those that wait for the flash are not among them.
#
#     tests/firmware/count.sh MODEL.pylm [BOARD...]     writes lines: BOARD score|learn|suggest INSTRUCTIONS
#
# The boards are compiled for models of a given size (--size); CFLAGS=-UPYLM_CODED lets them have others.
set -eu
model=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
n=${N:-160}
shift
cd "$(dirname "$0")/../.."
. .ci/setup.sh
. tests/firmware/emulate.sh
[ $# -gt 0 ] || set -- mps2-an386 microbit riscv32-virt rp2040
case " $* " in
    *" rp2040 "*) need_rp2040js >&2 ;;
esac
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cc -shared -fPIC -O2 tests/firmware/count_plugin.c -o "$folder/count.so"

count() { # BOARD KIND N
    mkdir -p "$folder/$1"
    export OBJECTS="$folder/$1"
    with_enough_memory "$1" "$folder"
    SOURCES="../tests/firmware/bench.c keyboard.c" \
        CFLAGS="${CFLAGS:-} -DBOARD_EMULATED -UBOARD_WORK_NBYTES -DBOARD_WORK_NBYTES=16384u" \
        LDFLAGS="-Wl,--defsym=bench_kind=$2 -Wl,--defsym=bench_n=$3" \
        firmware_demo/build.sh "$model" "$1" "$folder/bench.elf" >/dev/null
    counting="-icount shift=6 -plugin $folder/count.so,out=$folder/count.txt"
    [ "$1" != rp2040 ] || counting="--cycles $folder/count.txt"
    # shellcheck disable=SC2086
    emulate "$1" "$folder/bench.elf" $more $counting </dev/null >"$folder/sent.txt"
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
