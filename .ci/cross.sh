#!/bin/sh
# Builds the C library for other processors and for Windows, and runs its tests under emulators: 64-bit and 32-bit ARM,
# the Raspberry Pi Zero, a big-endian machine, wine, and x86-64 without AVX2. All must compute the golden scores, to the
# last bit. On Linux x86-64 with apt-get. Of the tests, those that take minutes there (label "slow") are left out. ARMv6
# has only those of training and scoring: what else there is, is as on armhf. The big-endian machine has those of what
# reads and writes files and packets.
#
#     .ci/cross.sh            all of them
#     .ci/cross.sh armhf      one of them; the names are those of CMakePresets.json
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

make_environment
need cmake cmake make
need make make
need qemu-arm-static qemu-user-static
need_zig

for target in ${*:-aarch64 armhf armv6 s390x windows}; do
    case $target in
        aarch64) need aarch64-linux-gnu-gcc gcc-aarch64-linux-gnu libc6-dev-arm64-cross ;;
        armhf) need arm-linux-gnueabihf-gcc gcc-arm-linux-gnueabihf libc6-dev-armhf-cross ;;
        s390x) need s390x-linux-gnu-gcc gcc-s390x-linux-gnu libc6-dev-s390x-cross ;;
        windows)
            need x86_64-w64-mingw32-gcc-posix gcc-mingw-w64-x86-64-posix
            need wine --no-install-recommends wine wine64
            # not in this folder: it has links to /, and setuptools follows links
            WINEPREFIX=$(mktemp -d) && export WINEPREFIX WINEDEBUG=-all
            trap 'wineserver -k 2>/dev/null || true; rm -rf "$WINEPREFIX"' EXIT
            wine wineboot --init # once, before tests run side by side
            ;;
    esac
    cmake --preset "$target" -DPYLM_WERROR=ON
    cmake --build --preset "$target" --parallel 2
    ctest --preset "$target" --parallel 2
    [ "$target" != armhf ] || sh tests/c/consumer/run.sh cmake/toolchains/armhf.cmake build-armhf
done

# x86-64 without AVX2, as in old computers and some virtual ones.
if [ $# = 0 ]; then
    mkdir -p build-nehalem
    python3 cmake/amalgamate.py build-nehalem
    cc -std=c99 -O2 -Wall -Wextra -Werror -I build-nehalem -I csrc tests/modules/golden.c build-nehalem/pylm.c \
        -o build-nehalem/golden
    qemu-x86_64-static -cpu Nehalem build-nehalem/golden tests/golden
    echo "x86-64 without AVX2 computes the golden scores"
fi
