#!/bin/sh
# The demo on emulated boards: a session there sends what it sends on this computer, byte for byte; the golden models
# have the same scores; a damaged model is refused with its reason; random sessions do no harm; and the instructions that
# it takes (of the rp2040: cycles) are as expected.txt says, within a tenth.
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
    N=40 CFLAGS='-UPYLM_CODED -UPYLM_MODULE_VOICE -UPYLM_MODULE_LAYOUT' tests/firmware/count.sh tests/golden/bytes.pylm | tee tests/firmware/expected.txt
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
pylm.train([text[:120_000]], tokenizer="bytes", size=100_000, symbols=pylm.SymbolOptions(layout=False)).save(folder / "model.pylm")
model = pylm.load(folder / "model.pylm")
(folder / "packet").write_text(model.compress("If this is an object").hex())
(folder / "read.py").write_text(f"""
import sys, pylm
sent = [line.split()[-1] for line in sys.stdin if line.startswith("sent ")]
model = pylm.load({str(folder / "model.pylm")!r})
print([model.decompress(bytes.fromhex(packet)) for packet in sent])
""")
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
printf '\177\177\t1 \rthe statement is\020' >>"$folder/session"
printf '\022%s\r\022ff00\r\022zz\004' "$(cat "$folder/packet")" >>"$folder/session"
printf '\004' >"$folder/nothing"

# Each board by itself, in a folder of its own.
test_board() {
    board=$1
    here=$folder/$board
    mkdir -p "$here"
    export OBJECTS="$here" CFLAGS="-DBOARD_EMULATED -fcallgraph-info=su" PYLM_WERROR=1
    for model in model damaged short foreign; do
        session=$folder/nothing
        [ $model != model ] || session=$folder/session
        $build "$folder/$model.pylm" $board "$here/$model.elf" >"$here/size.txt"
        "$folder/host" "$folder/$model.pylm" "$(overlay_nbytes $board)" <"$session" >"$here/expected" || true
        emulate $board "$here/$model.elf" <"$session" >"$here/$model.sent"
        cmp "$here/$model.sent" "$here/expected" || fail "$board sends something else than this computer, $model.pylm"
        case $model in
        model)
            grep -q 'flurbig' "$here/$model.sent" || fail "the session is not what it should be"
            grep -q 'received: If this is an object' "$here/$model.sent" || fail "$board does not read a packet of Python"
            "${PYTHON:-.venv/bin/python}" "$folder/read.py" <"$here/$model.sent" | grep -qxF "['the statement is']" ||
                fail "Python does not read a packet of $board"
            ;;
        damaged) grep -q 'model refused: this model is damaged' "$here/$model.sent" || fail "a damaged model is not refused" ;;
        short) grep -q 'model refused: the end of this model is missing' "$here/$model.sent" || fail "half a model" ;;
        foreign) grep -q 'model refused: this is not a pylm model' "$here/$model.sent" || fail "something else as model" ;;
        esac
    done
    echo "$board: the session and three bad models as on this computer"

    stack=$(python3 tests/budget/stack.py "$here"/*.ci board_start pylm__walk=keep_leaf)
    reserved=$(sed -n 's/stack_nbytes = \([0-9]*\);/\1/p' "firmware_demo/boards/$board/memory.ld")
    [ "${stack%% *}" -le "$reserved" ] || fail "$board reserves $reserved bytes of stack; needed are $stack"
    echo "$board: at most ${stack%% *} bytes of stack"

    scores=tests/golden/scores.txt
    option=""
    if [ $board = rp2040 ]; then # whose emulator samples would take minutes
        option=-DWITH_SAMPLE=0
        scores=$here/scores.txt
        grep -v ' sample ' tests/golden/scores.txt >"$scores"
    fi
    with_enough_memory $board "$folder"
    SOURCES="../tests/firmware/golden.c ../tests/firmware/golden.S" CFLAGS="-DBOARD_EMULATED $option $limits" \
        $build tests/golden/text.txt $board "$here/golden.elf" >"$here/size.txt"
    # shellcheck disable=SC2086
    emulate $board "$here/golden.elf" $more <"$folder/nothing" >"$here/sent"
    cmp "$here/sent" "$scores" || fail "$board computes other scores"
    echo "$board: the golden scores"
    unset OBJECTS MEMORY

    N=40 CFLAGS='-UPYLM_CODED -UPYLM_MODULE_VOICE -UPYLM_MODULE_LAYOUT' tests/firmware/count.sh tests/golden/bytes.pylm $board >"$here/counted.txt"
    grep "^$board " tests/firmware/expected.txt >"$here/expected.txt"
    while read -r board what expected; do
        counted=$(sed -n "s/^$board $what //p" "$here/counted.txt")
        echo "$board: to $what takes $counted, expected $expected"
        if [ $((counted * 10)) -gt $((expected * 11)) ] || [ $((counted * 10)) -lt $((expected * 9)) ]; then
            fail "that is more than a tenth off: if it is right, run tests/firmware/run.sh --write"
        fi
    done <"$here/expected.txt"
    unset CFLAGS
}

# The emulator of the rp2040 takes about as long as all others, and one processor, as they do.
test_board rp2040 >"$folder/rp2040.txt" 2>&1 &
beside=$!
trap 'kill "$beside" 2>/dev/null || true; rm -rf "$folder"' EXIT
trap 'kill 0' INT # Ctrl-C, which programs in the background do not hear
for board in mps2-an386 microbit riscv32-virt; do
    test_board $board
done

# ---- models that the boards are not compiled for: lists with splits, and words

for other in bytes words; do
    OBJECTS="$folder/mps2-an386" CFLAGS=-DBOARD_EMULATED $build tests/golden/$other.pylm mps2-an386 "$folder/other.elf" >"$folder/size.txt"
    emulate mps2-an386 "$folder/other.elf" <"$folder/nothing" >"$folder/sent"
    grep -q 'model refused: this is more than' "$folder/sent" || fail "mps2-an386 takes tests/golden/$other.pylm"
done
echo "mps2-an386: refuses models that it is not compiled for"

# ---- where code is small instead of quick (-Os), it computes the same

export OBJECTS="$folder/small" PYLM_WERROR=1
mkdir "$OBJECTS"
CFLAGS="-DBOARD_EMULATED -Os" $build "$folder/model.pylm" mps2-an386 "$folder/small.elf" >"$folder/size.txt"
emulate mps2-an386 "$folder/small.elf" <"$folder/session" >"$folder/sent"
cmp "$folder/sent" "$folder/mps2-an386/model.sent" || fail "mps2-an386 sends something else with -Os"
with_enough_memory mps2-an386 "$folder/small"
SOURCES="../tests/firmware/golden.c ../tests/firmware/golden.S" CFLAGS="-DBOARD_EMULATED -Os $limits" \
    $build tests/golden/text.txt mps2-an386 "$folder/small.elf" >"$folder/size.txt"
emulate mps2-an386 "$folder/small.elf" <"$folder/nothing" >"$folder/sent"
cmp "$folder/sent" tests/golden/scores.txt || fail "mps2-an386 computes other scores with -Os"
echo "mps2-an386: the same with -Os"
unset OBJECTS

# ---- random keys

cc -std=c99 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -I firmware_demo -I csrc \
    tests/firmware/fuzz.c firmware_demo/app.c firmware_demo/keyboard.c csrc/core/*.c csrc/core/fast/*.c csrc/modules/*/*.c -o "$folder/fuzz"
"$folder/fuzz" 60 "$folder/model.pylm"

status=0
wait "$beside" || status=$?
trap - INT
trap 'rm -rf "$folder"' EXIT
cat "$folder/rp2040.txt"
exit "$status"
