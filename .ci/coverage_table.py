# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Coverage by folder, and the files that the tests run least of: .ci/coverage_table.py c|python SUMMARY.json"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path, PurePath

WORST = 5  # files shown


def lines_of(language: str, summary: dict) -> dict[str, tuple[int, int]]:
    """Lines with code, and those of them that ran, by file."""
    if language == "c":
        return {f["filename"]: (f["line_total"], f["line_covered"]) for f in summary["files"]}
    found = {}
    for name, file in summary["files"].items():
        parts = PurePath(name).parts
        inside = PurePath(*parts[max(i for i, part in enumerate(parts) if part == "pylm") :])
        found[inside.as_posix()] = (file["summary"]["num_statements"], file["summary"]["covered_lines"])
    return found


def row(name: str, total: int, ran: int) -> str:
    return f"{name:<32}{total:>8,} lines{ran / max(total, 1):>8.1%}"


def main() -> None:
    language, path = sys.argv[1:]
    files = lines_of(language, json.loads(Path(path).read_text(encoding="utf-8")))
    totals: Counter[str] = Counter()
    ran: Counter[str] = Counter()
    for name, (n, n_ran) in files.items():
        for group in (str(PurePath(name).parent), language):
            totals[group] += n
            ran[group] += n_ran
    for group in sorted(totals, key=lambda group: (group == language, group)):
        print(row("all of " + language if group == language else group, totals[group], ran[group]))
    worst = sorted((n_ran / n, name) for name, (n, n_ran) in files.items() if n)[:WORST]
    print("least: " + ", ".join(f"{name} {share:.0%}" for share, name in worst if share < 1))


if __name__ == "__main__":
    main()
