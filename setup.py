# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Builds the C engine as a plain shared library inside the package.

The library knows nothing of Python: cffi opens it at run time (ABI mode), so one wheel serves every
Python version of a platform, and a C compiler is all that a build needs. Everything else about the
package is in pyproject.toml.

The same sources and compiler give the same wheel and source distribution, to the last byte, whenever and wherever
they are built; .ci/reproducible.sh compares.

Environment:
    SOURCE_DATE_EPOCH  the time that files in both have; 1980 unless given.
    PYLM_OPENMP    auto (default): use OpenMP if the compiler has it; 1: fail without it; 0: never.
    PYLM_HARDEN=0  without what makes errors in C harder to exploit.
    PYLM_WERROR=1  many warnings, each of them an error (gcc and clang).
    LIBOMP_PREFIX  macOS: where libomp is installed.
"""

import gzip
import os
import re
import shutil
import sys
import tarfile
import tempfile
from glob import glob

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist
from setuptools.errors import CompileError, LinkError, PlatformError

os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")
os.umask(0o022)  # modes of files are kept in a wheel

LIBRARY = {"win32": "pylm.dll", "darwin": "libpylm.dylib"}.get(sys.platform, "libpylm.so")
PLATFORM = glob("csrc/platform/win32.c" if sys.platform == "win32" else "csrc/platform/posix*.c")

WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wconversion",
    "-Wundef",
    "-Wvla",
    "-Wmissing-prototypes",
    "-Wstrict-prototypes",
    "-Werror",
]

OPENMP_PROBE = """\
#include <omp.h>
int pylm_probe(void);
int pylm_probe(void)
{
    int i, sum = 0;
#pragma omp parallel for reduction(+ : sum)
    for (i = 0; i < 4; i++)
        sum += i;
    return sum + omp_get_max_threads();
}
"""


# A name of a source file, in an error message for example, does not say where it was compiled.
NO_PATHS = [f"-ffile-prefix-map={os.getcwd()}=."]

# What makes errors in C harder to exploit: for the compiler, for the linker. Each is used where it works. Scoring takes
# 0.3 % more instructions with all of them.
HARDENING = [
    (["-fstack-protector-strong"], []),
    (["-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"], []),
    (["-fstack-clash-protection"], []),
    (["-fcf-protection"], []),  # x86
    (["-mbranch-protection=standard"], []),  # 64-bit ARM
    ([], ["-Wl,-z,relro", "-Wl,-z,now"]),
    ([], ["-Wl,-z,noexecstack"]),
]

HARDENING_PROBE = """\
#include <string.h>
int pylm_probe(const char *text);
int pylm_probe(const char *text)
{
    char room[16];
    strcpy(room, text);
    return (int)strlen(room);
}
"""


NO_COMPILER = (
    "pylm needs a C compiler, and none works here. On Debian or Ubuntu: apt install gcc libc6-dev. On macOS: "
    "xcode-select --install. On Windows: Build Tools for Visual Studio. Or install a wheel of pylm, which needs none."
)

COMPILER_PROBE = """\
#include <stdlib.h>
int pylm_probe(void);
int pylm_probe(void)
{
    return abs(1);
}
"""


class SharedLibrary(Extension):
    """A library that is no Python module: no PyInit, no libpython, its own file name."""


class BuildSharedLibrary(build_ext):
    def get_ext_filename(self, fullname):
        *package, name = fullname.split(".")
        return os.path.join(*package, LIBRARY) if name == "_libpylm" else super().get_ext_filename(fullname)

    def get_export_symbols(self, ext):
        return [] if isinstance(ext, SharedLibrary) else super().get_export_symbols(ext)

    def get_libraries(self, ext):
        return list(ext.libraries) if isinstance(ext, SharedLibrary) else super().get_libraries(ext)

    def run(self):
        try:
            super().run()
        except PlatformError as error:  # no Visual Studio
            raise SystemExit(f"{NO_COMPILER} ({error})") from None

    def build_extension(self, ext):
        if isinstance(ext, SharedLibrary):
            if not self.links(COMPILER_PROBE, [], []):
                raise SystemExit(NO_COMPILER)
            compile_args, link_args = self.openmp_flags()
            hard_compile_args, hard_link_args = self.hardening_flags()
            ext.extra_compile_args = self.compile_flags() + hard_compile_args + compile_args
            ext.extra_link_args = hard_link_args + link_args
            self.leave_out_paths()
            ext.libraries = [] if sys.platform == "win32" else ["m"]
        super().build_extension(ext)

    def compile_flags(self):
        if self.compiler.compiler_type == "msvc":
            return ["/O2"]
        # Never fused multiplication and addition: a model does not depend on the processor that trained it.
        flags = ["-O3", "-g0", "-std=c99", "-ffp-contract=off", "-fvisibility=hidden"]
        if self.links(COMPILER_PROBE, ["-Werror", *NO_PATHS], []):
            flags += NO_PATHS
        return flags + WARNINGS if os.environ.get("PYLM_WERROR") == "1" else flags

    def hardening_flags(self):
        """Flags for the compiler and for the linker."""
        compile_args, link_args = [], []
        if sys.platform == "win32" or os.environ.get("PYLM_HARDEN") == "0":  # there they need a library of their own
            return compile_args, link_args
        for compiles, links in HARDENING:
            if self.links(HARDENING_PROBE, ["-O3", "-Werror", *compiles], links):
                compile_args += compiles
                link_args += links
        return compile_args, link_args

    def leave_out_paths(self):
        """The library needs nothing of the folder of the Python that builds it, which is not there elsewhere, or is
        somebody else's."""
        linker = getattr(self.compiler, "linker_so", None)
        if linker:
            self.compiler.linker_so = [part for part in linker if not part.startswith(("-Wl,-rpath", "-Wl,-R"))]

    def openmp_flags(self):
        """Flags for the compiler and for the linker, or none where OpenMP does not work."""
        mode = os.environ.get("PYLM_OPENMP", "auto")
        if mode not in ("0", "1", "auto"):
            raise SystemExit(f"PYLM_OPENMP is {mode!r}; it must be 0, 1 or auto")
        if mode == "0":
            return [], []
        for compile_args, link_args in self.openmp_candidates():
            if self.links(OPENMP_PROBE, compile_args, link_args):
                return compile_args, link_args
        if mode == "1":
            raise SystemExit("PYLM_OPENMP=1, but the compiler cannot build an OpenMP program")
        print("pylm: no OpenMP here; training will use one thread", file=sys.stderr)
        return [], []

    def openmp_candidates(self):
        if self.compiler.compiler_type == "msvc":
            return [(["/openmp"], [])]
        candidates = [(["-fopenmp"], ["-fopenmp"])]
        if sys.platform == "darwin":
            prefix = os.environ.get("LIBOMP_PREFIX", "/opt/homebrew/opt/libomp")
            candidates.append((["-Xpreprocessor", "-fopenmp", f"-I{prefix}/include"], [f"-L{prefix}/lib", "-lomp"]))
        return candidates

    def links(self, probe, compile_args, link_args):
        """Whether a library can be made of these lines of C."""
        folder = tempfile.mkdtemp()
        try:
            source = os.path.join(folder, "probe.c")
            with open(source, "w") as file:
                file.write(probe)
            objects = self.compiler.compile([source], output_dir=folder, extra_postargs=compile_args)
            self.compiler.link_shared_object(objects, os.path.join(folder, "probe.out"), extra_postargs=link_args)
            return True
        except (CompileError, LinkError, FileNotFoundError):
            return False
        finally:
            shutil.rmtree(folder, ignore_errors=True)


class FreshModules(build_py):
    """Forgets what earlier builds left: modules that have gone would get into the wheel. The library stays."""

    def run(self):
        for folder, _, names in os.walk(self.build_lib):
            for name in names:
                if name != LIBRARY:
                    os.remove(os.path.join(folder, name))
        super().run()


class SameArchive(sdist):
    """An archive in which files have an order, one time, and no owner."""

    def make_archive(self, base_name, format, root_dir=None, base_dir=None, owner=None, group=None):
        if format != "gztar" or base_dir is None:
            return super().make_archive(base_name, format, root_dir, base_dir, owner, group)
        names = sorted(os.path.join(folder, name) for folder, _, found in os.walk(base_dir) for name in found)
        moment = int(os.environ["SOURCE_DATE_EPOCH"])

        def plain(entry):
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = moment, 0, 0, "", ""
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            return entry

        path = f"{base_name}.tar.gz"
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with (
            open(path, "wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=moment) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for name in names:
                archive.add(name, filter=plain)
        return path


class PlatformWheel(bdist_wheel):
    """py3-none-<platform>: any Python, but one platform."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


def read_version():
    with open("csrc/pylm.h", encoding="utf-8") as file:
        return re.search(r'^#define PYLM_VERSION "(.+)"$', file.read(), re.MULTILINE).group(1)


setup(
    version=read_version(),
    ext_modules=[
        SharedLibrary(
            "pylm._libpylm",
            sources=[
                *(path for path in sorted(glob("csrc/**/*.c", recursive=True)) if "platform" not in path),
                *PLATFORM,
            ],
            depends=["setup.py", *sorted(glob("csrc/**/*.h", recursive=True))],
            include_dirs=["csrc"],
            define_macros=[("PYLM_SHARED", None), ("PYLM_BUILD", None)],
        )
    ],
    cffi_modules=["pylm/_core/build_abi.py:ffibuilder"],
    cmdclass={
        "build_py": FreshModules,
        "build_ext": BuildSharedLibrary,
        "bdist_wheel": PlatformWheel,
        "sdist": SameArchive,
    },
)
