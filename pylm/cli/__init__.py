# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command line: `pylm` or `python -m pylm`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from .. import __version__
from ..errors import PylmError
from .common import Commands
from .demo import add_demo
from .evaluate import add_eval
from .explain import add_explain
from .generate import add_generate, add_next
from .info import add_info
from .keyboard import add_keyboard
from .messages import as_typed, left_over, takes
from .prune import add_prune
from .related import add_related
from .report import add_report
from .score import add_score
from .store import add_store_commands
from .trace import add_trace
from .train import add_adapt, add_build, add_train

INTERRUPTED = 130  # what shells use for a program ended by Ctrl-C
GROUPS = {
    "Make a model": (add_train, add_build, add_demo),
    "Ask a model": (add_next, add_generate, add_keyboard, add_score, add_eval),
    "Change a model": (add_adapt, add_prune),
    "Stores": (add_store_commands,),
    "Look inside": (add_info, add_explain, add_related, add_report, add_trace),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns the exit status: 0; 1 for an error, which is explained on standard error; 2
    for a wrong command line; 130 after Ctrl-C."""
    options, rest = _parser().parse_known_args(arguments)
    if rest and not takes(options, rest):
        options.parser.error(left_over(options, rest))
    if sys.stdout is not None and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        options.run(options)
        if sys.stdout is not None:
            sys.stdout.flush()
    except KeyboardInterrupt:
        print("pylm: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `pylm ... | head`: nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(f"pylm: error: {_explain(error)}", file=sys.stderr)
        return 1
    except (PylmError, MemoryError) as error:
        print(f"pylm: error: {as_typed(str(error) or 'out of memory', options.parser)}", file=sys.stderr)
        return 1
    return 0


def _explain(error: OSError) -> str:
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pylm",
        usage="pylm [-h] [--version] COMMAND ...",
        description="A language model made of counts: train, score, predict, generate. Begin with: pylm demo\n"
        "pylm COMMAND --help says more about a command.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"pylm {__version__}")
    commands = Commands(parser)
    for title, adders in GROUPS.items():
        commands.begin_group(title)
        for add in adders:
            add(commands)
    parser.epilog = commands.summary()
    return parser
