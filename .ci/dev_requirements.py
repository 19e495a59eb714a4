# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Prints what the extra `dev` of pyproject.toml asks for: pip itself installs an extra only with the package."""

import re
from pathlib import Path

text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
(extra,) = re.findall(r"^dev = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)
print(*re.findall(r'"(.+)"', extra), sep="\n")
