#!/bin/sh
# Builds the source distribution and, from it, a wheel each for x86-64 and ARM boards, into dist/; checks what is in
# them; and runs Python tests on the 64-bit and the 32-bit ARM one, under emulators. On Debian x86-64; not part of run.
#
#     .ci/wheels.sh            builds, checks, tests
#     .ci/wheels.sh build      builds and checks
#
# The compiler is zig: it builds for the oldest glibc that a tag allows and for ARMv6, and has no OpenMP, so the
# libraries need none on the board and train on one thread. Released wheels come from cibuildwheel (pyproject.toml).
set -eu
cd "$(dirname "$0")/.."
. .ci/setup.sh

make_environment
need readelf binutils
need_zig
.venv/bin/pip install --quiet build 'setuptools>=77' 'cffi>=1.15'
rm -rf dist
.venv/bin/python -m build --sdist --no-isolation --outdir dist . >/dev/null

wheel() { # PLATFORM ZIG-TARGET [ZIG-OPTION]
    compiler="zig cc -target $2 ${3:-}"
    CC=$compiler LDSHARED="$compiler -shared -s" PYLM_OPENMP=0 PYLM_WERROR=1 .venv/bin/pip wheel --quiet --no-deps \
        --no-build-isolation --no-cache-dir -C "--build-option=--plat-name=$1" --wheel-dir dist dist/*.tar.gz
}
wheel manylinux_2_17_x86_64 x86_64-linux-gnu.2.17
wheel manylinux_2_17_aarch64 aarch64-linux-gnu.2.17
wheel manylinux_2_17_armv7l arm-linux-gnueabihf.2.17 -mcpu=generic+v7a+vfp3d16
wheel linux_armv6l arm-linux-gnueabihf.2.17 -mcpu=arm1176jzf_s
python3 .ci/check_wheel.py dist/*.whl
python3 .ci/sbom.py dist/*.whl

# What the release workflow would build.
.venv/bin/pip install --quiet cibuildwheel
for platform in linux macos windows; do
    .venv/bin/cibuildwheel --platform $platform --print-build-identifiers
done | diff .ci/identifiers.txt -
[ "${1:-}" != build ] || exit 0

need qemu-arm-static qemu-user-static
need mmdebstrap mmdebstrap

# With Debian's own Python and numpy for an architecture.
test_wheel() { # DEBIAN-ARCHITECTURE TRIPLE EMULATOR WHEEL TEST-FILE...
    system=$PWD/build-python-$1
    triple=$2 emulator=$3
    [ -x "$system/usr/bin/python3.11" ] || mmdebstrap --quiet --variant=extract --architectures="$1" \
        --include=python3,python3-cffi,python3-numpy,python3-pytest,python3-tqdm bookworm "$system" \
        "deb http://deb.debian.org/debian bookworm main"
    rm -rf "$system/wheel"
    python3 -m zipfile -e "$4" "$system/wheel"
    shift 4
    # Not from here, so that the wheel is what is imported. Left out: tests that start programs, which the kernel cannot
    # without knowing the emulator, and one that is slow.
    tests=$PWD/tests/py
    (cd "$tests" && OMP_WAIT_POLICY=passive "$emulator" -L "$system" -E PYTHONPATH="$system/wheel" \
        -E LD_LIBRARY_PATH="$system/usr/lib/$triple/blas:$system/usr/lib/$triple/lapack" "$system/usr/bin/python3.11" \
        -m pytest -q -p no:cacheprovider -k "not full_disk and not numpy_is_imported and not large_files" "$@")
}
most="test_golden.py test_model.py test_state.py test_batch.py test_files.py"
test_wheel arm64 aarch64-linux-gnu qemu-aarch64-static dist/*aarch64.whl $most
test_wheel armhf arm-linux-gnueabihf qemu-arm-static dist/*armv7l.whl $most
test_wheel armhf arm-linux-gnueabihf qemu-arm-static dist/*armv6l.whl test_golden.py
