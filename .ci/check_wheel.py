# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Whether wheels hold what their names promise: .ci/check_wheel.py WHEEL...

A wheel is py3-none-<platform> and has one library, which is for the processor of that platform, takes floating point
numbers in registers on 32-bit ARM, needs no newer glibc than the platform's and no other library than libc, libm and
the loader. Reads ELF with readelf, of binutils.
"""

import os
import re
import subprocess
import sys
import tempfile
import zipfile

LIBRARY = "pylm/libpylm.so"
NAME = re.compile(r"pylm_engine-[\w.]+-py3-none-(?:manylinux_(\d+)_(\d+)|linux)_(x86_64|aarch64|armv7l|armv6l)\.whl")
ALLOWED = re.compile(r"(libc|libm|libpthread|libdl)\.so\.\d|ld-linux[\w-]*\.so\.\d")

# What readelf says of the library, and what it must not say: on ARMv6 nothing of a later processor.
ELF = {
    "x86_64": ["Class: ELF64", "Machine: Advanced Micro Devices X86-64"],
    "aarch64": ["Class: ELF64", "Machine: AArch64"],
    "armv7l": ["Class: ELF32", "Machine: ARM", "hard-float ABI", "Tag_CPU_arch: v7", "Tag_ABI_VFP_args: VFP registers"],
    "armv6l": [
        "Class: ELF32",
        "Machine: ARM",
        "hard-float ABI",
        "Tag_CPU_arch: v6(KZ)?",
        "Tag_FP_arch: VFPv2",
        "Tag_ABI_VFP_args: VFP registers",
    ],
}


def readelf(path: str) -> str:
    run = subprocess.run(["readelf", "-hdVAW", path], check=True, capture_output=True, text=True)
    return re.sub(r"[ \t]+", " ", run.stdout)


def problems(wheel: str) -> list[str]:
    name = NAME.fullmatch(os.path.basename(wheel))
    if not name:
        return ["its name is not that of a pylm wheel for one of the platforms"]
    major, minor, machine = name.groups()
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        libraries = [file for file in archive.namelist() if re.search(r"\.(so|dll|dylib|pyd|o|a)\b", file)]
        if libraries != [LIBRARY]:
            return [f"it has {libraries or 'no library'} instead of {LIBRARY} alone"]
        if "pylm/_abi.py" not in archive.namelist():
            return ["it lacks pylm/_abi.py, which cffi makes"]
        elf = readelf(archive.extract(LIBRARY, folder))
    found = [f"readelf does not say {line!r}" for line in ELF[machine] if not re.search(rf"{line}(?!\w)", elf)]
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", elf)
    found += [f"it needs {library}" for library in needed if not ALLOWED.fullmatch(library)]
    glibc = max([tuple(map(int, pair)) for pair in re.findall(r"GLIBC_(\d+)\.(\d+)", elf)], default=(2, 0))
    if major and glibc > (int(major), int(minor)):
        found.append(f"it needs glibc {glibc[0]}.{glibc[1]}")
    print(f"{os.path.basename(wheel)}: needs glibc {glibc[0]}.{glibc[1]}, {', '.join(needed) or 'no library'}")
    return found


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit("usage: check_wheel.py WHEEL...")
    found = [f"{wheel}: {problem}" for wheel in sys.argv[1:] for problem in problems(wheel)]
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main()
