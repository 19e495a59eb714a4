# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command `pylm serve`."""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from dataclasses import asdict
from ipaddress import ip_address

from .._core.arguments import parse_size
from .._model import load
from ..errors import ArgumentError, MissingPackageError
from .common import Commands

LOCAL = "127.0.0.1"


def add_serve(commands: Commands) -> None:
    """Adds the command."""
    parser = commands.add("serve", _serve, "answer clients of OpenAI's completions, over HTTP")
    parser.add_argument("models", metavar="MODEL", nargs="+", help="a model file; its name is the model's")
    parser.add_argument("--words", metavar="FILE", help="words that models of words do not have")
    parser.add_argument("--host", default=LOCAL, help="where to listen: this machine alone, unless told otherwise")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=1, metavar="N", help="processes, which share the models' memory")
    parser.add_argument("--copy", action="store_true", help="read models into memory, in each process; see load()")
    parser.add_argument("--max-body", default="1M", metavar="SIZE", help="of a request")
    parser.add_argument("--queue", type=int, default=64, metavar="N", help="requests that may wait in a process")
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds that a request may take")


def _serve(options: argparse.Namespace) -> None:
    try:
        import uvicorn

        from ..serving.app import SETTINGS, Settings
    except ImportError as error:
        advice = "pip install 'pylm-engine[serve]'"
        raise MissingPackageError(f"pylm serve needs starlette and uvicorn: {advice} ({error})") from None
    if not 0 < options.port < 1 << 16 or options.workers < 1 or options.queue < 1 or options.timeout <= 0:
        raise ArgumentError("--port must be from 1 to 65535, --workers, --queue and --timeout above 0")
    settings = Settings(
        models=tuple(os.path.abspath(path) for path in options.models),
        words=options.words,
        copy=options.copy or None,
        body=parse_size("--max-body", options.max_body, 1 << 30),
        queue=options.queue,
        at_once=max((os.cpu_count() or 1) // options.workers, 1),
        seconds=options.timeout,
    )
    _check(settings.models)
    os.environ[SETTINGS] = json.dumps(asdict(settings))
    if not _is_local(options.host):
        print(f"anyone who reaches {options.host} can use this: there are no keys", flush=True)
    uvicorn.run(
        "pylm.serving.app:app_from_environment",
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.workers,
        log_level="info",
    )


def _check(models: tuple[str, ...]) -> None:
    """That all can be opened, before anything listens."""
    names = Counter(map(os.path.basename, models))
    name, n = names.most_common(1)[0]
    if n > 1:
        raise ArgumentError(f"two models are called {name}; give one another name")
    for path in models:
        load(path).close()


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
