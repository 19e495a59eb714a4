# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""How much memory there is."""

from __future__ import annotations

import os
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")


def usual_limit() -> int:
    """What training uses at most unless it is told otherwise: half of what is free now; 0: unknown."""
    known = [n for n in (_available(), _left_in_cgroup()) if n is not None]
    return min(known) // 2 if known else 0


def _available() -> int | None:
    """Bytes that can be had without swapping, or where the system does not say that, all that it has."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _left_in_cgroup() -> int | None:
    """What the limits of this process's control groups, such as a container's, leave of themselves."""
    try:
        groups = Path("/proc/self/cgroup").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return None
    left = []
    for group in groups:
        _, controllers, path = (*group.split(":", 2), "", "")[:3]
        if not controllers:
            folder, names = CGROUPS / path.lstrip("/"), ("memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            folder = CGROUPS / "memory" / path.lstrip("/")
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes")
        else:
            continue
        for place in (folder, *folder.parents):  # the limits of outer groups hold, too
            most, used = (_number(place / name) for name in names)
            if most is not None and used is not None:
                left.append(max(most - used, 0))
            if place in (CGROUPS, CGROUPS / "memory"):
                break
    return min(left, default=None)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # "max" is no number
        return None
