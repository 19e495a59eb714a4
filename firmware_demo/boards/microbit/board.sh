# Sourced by build.sh and by the tests.
prefix=arm-none-eabi-
flags="-mcpu=cortex-m0 -mthumb -DBOARD_WORK_NBYTES=6976u -DBOARD_OVERLAY_NBYTES=7168u"
sources="boards/start.c boards/cortex-m/vectors.c boards/microbit/board.c"
emulator="qemu-system-arm -M microbit -semihosting"
