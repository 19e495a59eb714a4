# Sourced by build.sh and by the tests.
prefix=arm-none-eabi-
flags="-mcpu=cortex-m0 -mthumb -DPYLM_MOST_TREES=1 -DPYLM_MOST_TEMPLATES=16 -DPYLM_MOST_LAYERS=0 -DPYLM_MOST_MB=511 -DPYLM_MODULE_KERNEL=0 -DPYLM_MODULE_TOPIC=0 -DPYLM_MODULE_VOICE=0 -DPYLM_MODULE_LAYOUT=0 -DPYLM_BYTES=1 -DPYLM_CODED=1 -DPYLM_TRUSTS=1 -DPYLM_ALIGNED=1 -DBOARD_WORK_NBYTES=5632u -DBOARD_OVERLAY_NBYTES=8192u"
sources="boards/start.c boards/cortex-m/vectors.c boards/microbit/board.c"
emulator="qemu-system-arm -M microbit -semihosting"
