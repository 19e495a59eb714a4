# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The command line: `pylm` or `python -m pylm`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread

from .. import __version__
from ..errors import PylmError
from .common import Commands, messages_apart
from .compress import add_compress, add_decompress
from .demo import add_demo
from .draft import add_draft
from .evaluate import add_eval
from .explain import add_explain
from .export import add_export
from .filter import add_filter
from .generate import add_generate, add_next
from .info import add_info
from .keyboard import add_keyboard
from .messages import as_typed, left_over, takes
from .ngrams import add_ngrams
from .prune import add_prune
from .related import add_related
from .report import add_report
from .restore import add_correct, add_rescore, add_restore
from .score import add_score
from .serve import add_serve
from .store import add_store_commands
from .trace import add_trace
from .train import add_adapt, add_build, add_train
from .vocab import add_vocab

INTERRUPTED = 130  # what shells use for a program ended by Ctrl-C
GROUPS = {
    "Make a model": (add_train, add_build, add_demo),
    "Ask a model": (add_next, add_generate, add_keyboard, add_score, add_eval, add_serve),
    "Mend texts": (add_restore, add_correct, add_rescore),
    "Send texts": (add_compress, add_decompress),
    "Draft for large models": (add_draft,),
    "Choose texts": (add_filter,),
    "Change a model": (add_adapt, add_prune, add_export),
    "Stores": (add_store_commands,),
    "Look inside": (add_info, add_explain, add_related, add_report, add_trace, add_ngrams, add_vocab),
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
        with _ended_by_signals(), messages_apart(options):
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


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end a command as an exception does, so that files that are half written are removed."""
    found = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    if current_thread() is not main_thread():
        found = []
    ours = [number for number in found if signal.getsignal(number) == signal.SIG_DFL]  # nohup ignores one
    for number in ours:
        signal.signal(number, _leave)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _leave(number: int, _frame: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: what ends now takes a moment
    raise SystemExit(128 + number)


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
