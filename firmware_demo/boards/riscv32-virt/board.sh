# Sourced by build.sh and by the tests.
prefix=riscv64-unknown-elf-
flags="-march=rv32imac -misa-spec=2.2 -mabi=ilp32 -DPYLM_MOST_LAYERS=0 -DPYLM_MOST_MB=511 -DPYLM_MODULE_KERNEL=0 -DPYLM_MODULE_TOPIC=0 -DPYLM_MODULE_VOICE=0 -DPYLM_MODULE_LAYOUT=0 -DPYLM_BYTES=1 -DPYLM_CODED=1 -DPYLM_TRUSTS=1 -DPYLM_ALIGNED=1 -DBOARD_WORK_NBYTES=16384u -DBOARD_OVERLAY_NBYTES=32768u"
sources="boards/start.c boards/riscv32-virt/reset.S boards/riscv32-virt/board.c"
emulator="qemu-system-riscv32 -M virt -bios none"
