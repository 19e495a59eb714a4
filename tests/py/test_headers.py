"""The declarations that cffi reads are made of the C headers: they must say the same as these do to a compiler."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pylm._core import library
from pylm._core.headers import declarations
from pylm._core.native import ffi, lib

CSRC = Path(__file__).parent.parent.parent / "csrc"
HEADERS = sorted(CSRC.glob("pylm*.h"))
OTHER_SYSTEM = "posix.c" if sys.platform == "win32" else "win32.c"


def test_a_compiler_agrees(tmp_path: Path) -> None:
    """ABI mode believes the declarations; compiled in API mode, they are checked against the headers."""
    pytest.importorskip("setuptools")
    made = declarations(HEADERS)
    (tmp_path / "declarations.h").write_text(made)
    sized = re.findall(r"typedef struct (\w+) {", made)
    assert len(sized) > 20
    includes = "".join(f'#include "{header.name}"\n' for header in HEADERS)
    sources, links = [str(path) for path in sorted(CSRC.rglob("*.c")) if path.name != OTHER_SYSTEM], []
    if sys.platform == "linux":  # the library that is there will do, which is much quicker
        sources, links = [], [library.path(), f"-Wl,-rpath,{Path(library.path()).parent}"]
    build = tmp_path / "build.py"
    build.write_text(
        "from cffi import FFI\n"
        "from pathlib import Path\n"
        "ffi = FFI()\n"
        "ffi.cdef(Path('declarations.h').read_text())\n"
        f"ffi.set_source('_pylm_check', {includes!r}, sources={sources!r}, include_dirs=[{str(CSRC)!r}], "
        f"extra_link_args={links!r}, "
        "extra_compile_args=['-O0', '-Wall', '-Werror=incompatible-pointer-types'])\n"
        "ffi.compile(verbose=False)\n"
        "from _pylm_check import ffi, lib\n"
        "import pylm._core.native as native\n"
        f"sized = {sized!r}\n"
        "for name in sized:\n"
        "    assert ffi.sizeof(name) == native.ffi.sizeof(name), name\n"
        "for name in dir(lib):\n"
        "    if name.startswith('PYLM_'):\n"
        "        assert getattr(lib, name) == getattr(native.lib, name), name\n"
    )
    run = subprocess.run([sys.executable, str(build)], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_public_function_and_constant_is_declared() -> None:
    text = "".join(header.read_text() for header in HEADERS)
    functions = set(re.findall(r"PYLM_API [^;{]*?\b(pylm_\w+)\(", text))
    assert len(functions) > 80
    for name in functions:
        assert callable(getattr(lib, name)), name
    made = declarations(HEADERS)
    assert set(re.findall(r"\b(pylm_\w+)\(", made)) == functions
    assert set(re.findall(r"\bPYLM_[A-Z0-9_]+\b", made)) <= set(dir(lib))
    assert ffi.sizeof("pylm_model") == 80 and lib.PYLM_NONE == 0xFFFFFFFF


HEADER = """\
/* A comment; // in it another
 * #define NOT_THIS 1 */
#ifndef PYLM_ONE_H
#define PYLM_ONE_H
#include <stdint.h>
#include "pylm_two.h"
#if defined(_WIN32) && !defined(OTHER)
#define PYLM_API __declspec(dllexport)
#elif defined(__GNUC__)
#define PYLM_API __attribute__((visibility("default")))
#else
#define PYLM_API
#endif
#ifdef __cplusplus
extern "C" {
#endif
#define PYLM_TEXT "1.0"
#define PYLM_N 3u /* with a comment */
#define PYLM_TWICE (PYLM_N * 2)
#define PYLM_BIG (UINT32_C(64) << 16)
#define PYLM_LAST UINT32_MAX
#define PYLM_MODULE_X 1
#define PYLM_LARGER(a, b) ((a) > (b) ? (a) : (b))
typedef struct pylm_s {
    uint32_t values[PYLM_TWICE]; // six
    struct pylm_t *other;
} pylm_s;
#if PYLM_MODULE_X && PYLM_N >= 3
PYLM_API int pylm_f(const pylm_s *s,
                    int n);
#else
PYLM_API int pylm_g(void);
#endif
#if 0
#if 1
int pylm_h(void);
#endif
#elif PYLM_MODULE_X == 2
int pylm_i(void);
#else
enum pylm_e { PYLM_A = -1, PYLM_B = 0x10 };
#endif
#ifdef __cplusplus
}
#endif
#endif
"""


def test_what_a_header_may_have(tmp_path: Path) -> None:
    first, second = tmp_path / "pylm_one.h", tmp_path / "pylm_two.h"
    first.write_text(HEADER)
    second.write_text('#ifndef TWO\n#define TWO\n#include "pylm_one.h"\nstruct pylm_t { int64_t n; };\n#endif\n')
    cffi = pytest.importorskip("cffi")
    for headers in ([first, second], [second, first]):
        made = declarations(headers)
        assert not re.search(r"#(?!define)|API|extern|comment|six|NOT_THIS|PYLM_TEXT|LARGER|pylm_[ghi]\b", made), made
        checked = cffi.FFI()
        checked.cdef(made)
        assert checked.sizeof("pylm_s") == 24 + checked.sizeof("void *")
        assert checked.typeof("struct pylm_t").fields[0][0] == "n"
        for name, value in (("N", 3), ("TWICE", 6), ("BIG", 64 << 16), ("LAST", 0xFFFFFFFF), ("MODULE_X", 1)):
            assert f"#define PYLM_{name} {value}\n" in made
    first.write_text("#if 1\nint pylm_f(void);\n")
    with pytest.raises(ValueError, match="not closed"):
        declarations([first])
