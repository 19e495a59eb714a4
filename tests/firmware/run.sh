#!/bin/sh
# The demo on emulated boards: a session there sends what it sends on this computer, byte for byte; the golden models
# have the same scores; a damaged model is refused with its reason; random sessions do no harm; and the instructions that
# it takes are as expected.txt says, within a tenth.
#
#     tests/firmware/run.sh            tests
#     tests/firmware/run.sh --write    writes expected.txt
set -eu
cd "$(dirname "$0")/../.."
. .ci/setup.sh
. tests/firmware/emulate.sh
need arm-none-eabi-gcc gcc-arm-none-eabi
need riscv64-unknown-elf-gcc gcc-riscv64-unknown-elf
need qemu-system-arm qemu-system-arm
need qemu-system-riscv32 qemu-system-misc
need_rp2040js
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
build=firmware_demo/build.sh

if [ "${1:-}" = --write ]; then
    N=40 CFLAGS=-UPYLM_CODED tests/firmware/count.sh tests/golden/bytes.pylm | tee tests/firmware/expected.txt
    exit
fi

fail() {
    echo "failed: $1" >&2
    exit 1
}

# Of the board's own settings, what it learns in.
overlay_nbytes() {
    . "firmware_demo/boards/$1/board.sh"
    echo "$flags" | sed -n 's/.*BOARD_OVERLAY_NBYTES=\([0-9]*\)u.*/\1/p'
}

# ---- a model of this computer's own: of Python's documentation, which comes with it

cat >"$folder/make.py" <<'PYTHON'
from pathlib import Path

import pylm
from pydoc_data.topics import topics

folder = Path(__file__).parent
text = "\n\n".join(topics[name] for name in sorted(topics))
pylm.train([text[:120_000]], tokenizer="bytes", size=100_000).save(folder / "model.pylm")
image = bytearray((folder / "model.pylm").read_bytes())
(folder / "short.pylm").write_bytes(image[:50_000])
(folder / "foreign.pylm").write_bytes(text[:50_000].encode())
image[60_000] ^= 1
(folder / "damaged.pylm").write_bytes(image)
PYTHON
"${PYTHON:-.venv/bin/python}" "$folder/make.py"
CFLAGS=-g PYLM_WERROR=1 $build "$folder/model.pylm" host "$folder/host"

# Words begun and completed, corrected, learned; arrow keys; characters of two bytes; sentences; more than fits.
printf 'If the obj\t is a fun\t2 3then \177\177th\177e v\t\303\274\177\033[A\033[3~\r' >"$folder/session"
printf 'flurbig and flurbig and flu\t and the\007 In\007\r' >>"$folder/session"
printf 'a%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 >>"$folder/session"
printf '\177\177\t1 \004' >>"$folder/session"
printf '\004' >"$folder/nothing"

for board in $boards; do
    mkdir -p "$folder/$board"
    export OBJECTS="$folder/$board" CFLAGS="-DBOARD_EMULATED -fcallgraph-info=su" PYLM_WERROR=1
    for model in model damaged short foreign; do
        session=$folder/nothing
        [ $model != model ] || session=$folder/session
        $build "$folder/$model.pylm" $board "$folder/$model.elf" >"$folder/size.txt"
        "$folder/host" "$folder/$model.pylm" "$(overlay_nbytes $board)" <"$session" >"$folder/expected" || true
        emulate $board "$folder/$model.elf" <"$session" >"$folder/sent"
        cmp "$folder/sent" "$folder/expected" || fail "$board sends something else than this computer, $model.pylm"
        case $model in
        model) grep -q 'flurbig' "$folder/sent" || fail "the session is not what it should be" ;;
        damaged) grep -q 'model refused: this model is damaged' "$folder/sent" || fail "a damaged model is not refused" ;;
        short) grep -q 'model refused: the end of this model is missing' "$folder/sent" || fail "half a model" ;;
        foreign) grep -q 'model refused: this is not a pylm model' "$folder/sent" || fail "something else as model" ;;
        esac
    done
    echo "$board: the session and three bad models as on this computer"

    stack=$(python3 tests/budget/stack.py "$folder/$board"/*.ci board_start pylm__walk=keep_leaf)
    reserved=$(sed -n 's/stack_nbytes = \([0-9]*\);/\1/p' "firmware_demo/boards/$board/memory.ld")
    [ "${stack%% *}" -le "$reserved" ] || fail "$board reserves $reserved bytes of stack; needed are $stack"
    echo "$board: at most ${stack%% *} bytes of stack"

    with_enough_memory $board "$folder"
    SOURCES="../tests/firmware/golden.c ../tests/firmware/golden.S" CFLAGS="-DBOARD_EMULATED $limits" \
        $build tests/golden/text.txt $board "$folder/golden.elf" >"$folder/size.txt"
    # shellcheck disable=SC2086
    emulate $board "$folder/golden.elf" $more <"$folder/nothing" >"$folder/sent"
    cmp "$folder/sent" tests/golden/scores.txt || fail "$board computes other scores"
    echo "$board: the golden scores"
    unset OBJECTS CFLAGS MEMORY
done

# ---- random keys

cc -std=c99 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I firmware_demo -I csrc \
    tests/firmware/fuzz.c firmware_demo/app.c firmware_demo/keyboard.c csrc/core/*.c -o "$folder/fuzz"
"$folder/fuzz" 60 "$folder/model.pylm"

# ---- instructions

N=40 CFLAGS=-UPYLM_CODED tests/firmware/count.sh tests/golden/bytes.pylm >"$folder/counted.txt"
while read -r board what expected; do
    counted=$(sed -n "s/^$board $what //p" "$folder/counted.txt")
    unit=instructions
    [ "$board" != rp2040 ] || unit=cycles
    echo "$unit, $board, $what: $counted, expected $expected"
    if [ $((counted * 10)) -gt $((expected * 11)) ] || [ $((counted * 10)) -lt $((expected * 9)) ]; then
        fail "that is more than a tenth off: if it is right, run tests/firmware/run.sh --write"
    fi
done <tests/firmware/expected.txt
