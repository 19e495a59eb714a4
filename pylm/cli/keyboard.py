# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""`pylm keyboard`: suggestions as a person types, in the terminal."""

from __future__ import annotations

import argparse
import codecs
import contextlib
import json
import os
import select
import signal
import sys
from collections.abc import Iterator
from typing import Any

from .._core.files import is_stdout
from ..errors import ArgumentError
from ..keyboard import Keyboard, Suggestion
from .common import STDIN, Commands, add_model, load_model, terminal_columns

N = 3
HELP = "1-3, Tab: take a word   Enter: learn   Ctrl-W: delete a word   Ctrl-C: leave"
PROMPT = "> "
CLOSING = ".,;:!?)"  # signs that stand right behind a word
DIM, BOLD, PLAIN, CLEAR = "\x1b[2m", "\x1b[1m", "\x1b[0m", "\r\x1b[J"
ESCAPE_SECONDS = 0.05  # how soon the rest of what an arrow key sends comes


def add_keyboard(commands: Commands) -> None:
    parser = commands.add(
        "keyboard",
        _keyboard,
        "suggest words while you type, and learn from every line; from a pipe, suggest for every line of it",
    )
    add_model(parser)
    parser.add_argument("--load", metavar="FILE", help="what was learned before")
    parser.add_argument(
        "--save", metavar="FILE", help="where to keep what was learned, at the end: counts and new words, no text"
    )
    parser.add_argument("--memory", metavar="SIZE", default="256K", help="bytes to learn in")


def _keyboard(options: argparse.Namespace) -> None:
    if options.save and (options.save == STDIN or is_stdout(options.save)):
        raise ArgumentError("--save: standard output has the suggestions; give the name of a file")
    with load_model(options) as model:
        keyboard = Keyboard(model, memory=options.memory)
        if options.load:
            keyboard.load(options.load)
        try:
            if sys.stdin is not None and sys.stdin.isatty():
                _type(keyboard, options)
            else:
                _suggest_for_lines(keyboard, options.json)
        finally:
            if options.save:
                keyboard.save(options.save)


def _suggest_for_lines(keyboard: Keyboard, as_json: bool) -> None:
    for line in sys.stdin.buffer:
        text = line.rstrip(b"\r\n").decode("utf-8", "replace")
        found = keyboard.suggest(*keyboard.split(text), k=N)
        if as_json:
            print(json.dumps({"text": text, "suggestions": [suggestion._asdict() for suggestion in found]}), flush=True)
        else:
            print("\t".join(suggestion.text for suggestion in found), flush=True)


def _type(keyboard: Keyboard, options: argparse.Namespace) -> None:
    if options.json:
        raise ArgumentError("--json is for lines from a pipe; standard input is a terminal")
    if not sys.stdout.isatty():
        raise ArgumentError("standard output is not a terminal; for scripts, give the lines on standard input")
    editor = Editor(keyboard)
    print(f"{DIM}{HELP[: _width()]}{PLAIN}")
    with _single_keys() as keys:
        try:
            _draw(editor)
            for key in keys:
                if key == "\x03" or (key == "\x04" and not editor.text):
                    break
                line = editor.press(key)
                if line is not None:
                    print(f"{CLEAR}{PROMPT}{line}")
                _draw(editor)
        finally:
            print(CLEAR, end="", flush=True)


class Editor:
    """One line of text, its suggestions, and what keys do to them."""

    def __init__(self, keyboard: Keyboard) -> None:
        self._keyboard = keyboard
        self._set("")

    def _set(self, text: str, took: bool = False) -> None:
        self.text = text
        self._took = took  # the space at the end came with a word that was taken
        self.context, self.prefix = self._keyboard.split(text)
        self.suggestions: list[Suggestion] = self._keyboard.suggest(self.context, self.prefix, N)

    def press(self, key: str) -> str | None:
        """Changes the text as a key asks for. Returns a line that is complete, else None."""
        number = ord(key) - ord("1") if "1" <= key <= str(N) and not self._in_number() else 0 if key == "\t" else -1
        if key in "\r\n":
            return self._end_line()
        if key in "\x7f\b":
            self._set(self.text[:-1])
        elif key == "\x17":  # Ctrl-W
            self._set(self._keyboard.split(self.text.rstrip())[0])
        elif key == "\x15":  # Ctrl-U
            self._set("")
        elif 0 <= number < len(self.suggestions):
            self._take(self.suggestions[number].text)
        elif key.isprintable() and number < 0:
            text = self.text[:-1] if self._took and key in CLOSING else self.text
            self._set(text + key)
        return None

    def _in_number(self) -> bool:
        """Whether a digit is more likely to be part of a number than to choose a suggestion."""
        return not self.suggestions or self.text[-1:].isdigit() or self.text[-1:] in tuple("$€£.:/-+#")

    def _take(self, word: str) -> None:
        self._keyboard.accept(word, self.context)
        space = "" if not self.context or self.context[-1].isspace() or self.context[-1] not in CLOSING else " "
        self._set(f"{self.context}{space}{word} ", took=True)

    def _end_line(self) -> str:
        line = self.text.rstrip()
        if line:
            self._keyboard.learn(line)
        self._set("")
        return line


def _width() -> int:
    return max(20, terminal_columns() - 1)


def _draw(editor: Editor) -> None:
    """The line, and its suggestions below; the cursor stays behind the line. Of a long line, its end."""
    room = _width() - len(PROMPT)
    shown = editor.text if len(editor.text) <= room else "…" + editor.text[1 - room :]
    below = "   ".join(f"{DIM}{i + 1}{PLAIN} {BOLD}{s.text}{PLAIN}" for i, s in enumerate(editor.suggestions))
    if sum(len(s.text) + 5 for s in editor.suggestions) > room:
        below = ""
    column = len(PROMPT) + len(shown)
    sys.stdout.write(f"{CLEAR}{PROMPT}{shown}\n  {below}\x1b[A\r\x1b[{column}C")
    sys.stdout.flush()


@contextlib.contextmanager
def _single_keys() -> Iterator[Iterator[str]]:
    """Makes the terminal hand over every key at once, without showing it; and makes it what it was, however the block
    ends: also by an exception, SIGTERM or SIGHUP."""
    try:
        import termios
    except ImportError:
        raise ArgumentError("typing needs a terminal of Unix; here, give lines on standard input") from None
    handle = sys.stdin.fileno()
    before = termios.tcgetattr(handle)
    handlers = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        mode = termios.tcgetattr(handle)
        mode[0] &= ~(termios.IXON | termios.ICRNL)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN)
        mode[6][termios.VMIN], mode[6][termios.VTIME] = 1, 0
        termios.tcsetattr(handle, termios.TCSADRAIN, mode)
        yield _keys(handle)
    finally:
        termios.tcsetattr(handle, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)


def _keys(handle: int) -> Iterator[str]:
    """Characters as they are typed; what arrow keys and the like send is passed over."""
    decoder = codecs.getincrementaldecoder("utf-8")("ignore")
    while data := os.read(handle, 1):
        if data == b"\x1b":
            while select.select([handle], [], [], ESCAPE_SECONDS)[0]:
                if os.read(handle, 1) not in b"[O0123456789;":
                    break
            continue
        yield from decoder.decode(data)
