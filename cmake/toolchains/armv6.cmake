# Linux on ARMv6 with hard float: Raspberry Pi Zero, Zero W and 1.
#
# Debian's ARM compilers bring start-up code and libraries for ARMv7, which die there of an illegal instruction. zig
# brings what it needs for ARMv6, and links a program that needs no library on the board:
#
#     pip install ziglang
#     export PATH="$(python3 -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__))'):$PATH"
#
# It has no OpenMP; these boards have one core.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv6l)
set(CMAKE_C_COMPILER zig cc -target arm-linux-musleabihf -mcpu=arm1176jzf_s)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(PYLM_OPENMP OFF CACHE BOOL "zig has no OpenMP")

# The processor of these boards.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-arm-static -cpu arm1176)
