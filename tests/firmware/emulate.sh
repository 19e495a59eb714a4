# Sourced by run.sh and count.sh, in the project's folder.

# emulate BOARD FIRMWARE [OPTION...]: standard input and output are the serial line
emulate() {
    . "firmware_demo/boards/$1/board.sh"
    firmware=$2
    shift 2
    case $emulator in
        qemu-*) set -- "$@" -display none -monitor none -serial stdio -kernel ;;
    esac
    timeout 600 $emulator "$@" "$firmware"
}

# The boards' firmware has no kernel and only models of bytes with coded lists; the micro:bit has too little memory for
# the golden models, and is compiled for small ones. The core has no such limits. Sets what build.sh and emulate need, to
# have more.
with_enough_memory() { # BOARD FOLDER
    unset MEMORY
    more="" limits="-UPYLM_MODULE_KERNEL -UPYLM_MODULE_TOPIC -UPYLM_MODULE_VOICE -UPYLM_MODULE_LAYOUT -UPYLM_BYTES -UPYLM_CODED"
    export OBJECTS="$2/$1-large"
    mkdir -p "$OBJECTS"
    if [ "$1" = microbit ]; then
        export MEMORY="$PWD/tests/firmware/large"
        more="-global nrf51-soc.flash-size=0x200000 -global nrf51-soc.sram-size=0x40000"
        limits="$limits -UPYLM_MOST_TREES -UPYLM_MOST_TEMPLATES"
    fi
}
