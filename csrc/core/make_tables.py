# SPDX-License-Identifier: MIT
"""Writes tables.h, the integer tables of fixed.c. Run: python make_tables.py > tables.h

A test runs this again and compares, so the committed file cannot drift from its source.
"""

import math
import textwrap


def c_array(comment, name, values, type="static const uint16_t"):
    numbers = textwrap.fill(", ".join(map(str, values)) + ",", 120, initial_indent=" " * 4, subsequent_indent=" " * 4)
    return f"/* {comment} */\n{type} {name}[{len(values)}] = {{\n{numbers}\n}};\n"


def main():
    squash = [min(65535, round(65536 / (1 + math.exp(-i / 16)))) for i in range(179)]
    log2 = [min(65535, round(65536 * math.log2(1 + i / 128))) for i in range(129)]
    exp2 = [min(65535, round(65536 * 2 ** (-i / 128))) for i in range(129)]
    print("/* SPDX-License-Identifier: MIT")
    print(" * Written by make_tables.py; do not edit. */")
    print("/* clang-format off */")
    print(c_array("65536 / (1 + exp(-i / 16)), at most 65535", "pylm__squash_table", squash, "const uint16_t"))
    print(c_array("65536 * log2(1 + i / 128), at most 65535", "pylm__log2_table", log2, "const uint16_t"))
    print(c_array("65536 * 2^(-i / 128), at most 65535", "exp2_table", exp2), end="")


main()
