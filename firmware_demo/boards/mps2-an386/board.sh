# Sourced by build.sh and by the tests.
prefix=arm-none-eabi-
flags="-mcpu=cortex-m4 -mthumb -DPYLM_MOST_LAYERS=0 -DPYLM_MOST_MB=511 -DPYLM_MODULE_KERNEL=0 -DPYLM_MODULE_TOPIC=0 -DPYLM_MODULE_VOICE=0 -DPYLM_MODULE_LAYOUT=0 -DPYLM_BYTES=1 -DPYLM_CODED=1 -DPYLM_TRUSTS=1 -DPYLM_ALIGNED=1 -DBOARD_WORK_NBYTES=16384u -DBOARD_OVERLAY_NBYTES=32768u"
sources="boards/start.c boards/cortex-m/vectors.c boards/mps2-an386/board.c"
emulator="qemu-system-arm -M mps2-an386 -semihosting"
