# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Messages of Python, as they are for whoever typed a command: options have the names that were typed."""

from __future__ import annotations

import argparse
import re

OTHERS = {"n": "--best", "kernel": "--predictor"}  # arguments that the command line calls otherwise
VERBS = "must|are|is|has|have|of|without"
A_TEXT = {"next": "context", "explain": "context", "related": "term"}  # commands on one text, and its name


def as_typed(message: str, parser: argparse.ArgumentParser) -> str:
    """The message of an error with the options of a command instead of Python's arguments."""
    options = {action.dest: action.option_strings[-1] for action in parser._actions if action.option_strings}
    options |= {name: option for name, option in OTHERS.items() if option in options.values()}
    flags = {action.dest for action in parser._actions if action.nargs == 0}
    names = "|".join(sorted(options, key=len, reverse=True))

    def option(match: re.Match[str]) -> str:
        return options[match[0]]

    def with_value(match: re.Match[str]) -> str:
        is_flag = match[1] in flags and match[2] == "True"
        return options[match[1]] if is_flag else f"{options[match[1]]} {match[2].strip(chr(39))}"

    subject = re.match(rf"({names})((, | and |, and | without )({names}))* ({VERBS})\b", message)
    if subject is not None:
        end = subject.start(5)
        message = re.sub(rf"\b({names})\b", option, message[:end]) + message[end:]
    message = re.sub(rf"(?<![-\w])({names})=('[^']*'|[\w.]+)", with_value, message)
    long_names = "|".join(name for name in options if "_" in name)  # no words of English
    return re.sub(rf"(?<![-\w])({long_names})\b(?!\()", option, message) if long_names else message


def takes(options: argparse.Namespace, rest: list[str]) -> bool:
    """Adds words that are left over to the texts of a command that takes several, or one that need not be given:
    argparse looks for these at one place only, before or behind the options."""
    if any(word.startswith("-") and word != "-" for word in rest):
        return False
    if isinstance(getattr(options, "texts", None), list):
        options.texts += rest
        return True
    free = [
        action.dest
        for action in options.parser._actions
        if action.nargs == "?" and not action.option_strings and getattr(options, action.dest) == action.default
    ]
    if len(free) != 1 or len(rest) != 1:
        return False
    setattr(options, free[0], rest[0])
    return True


def left_over(options: argparse.Namespace, rest: list[str]) -> str:
    """What to say about words of a command that nothing stands for."""
    message = f"unrecognized arguments: {' '.join(rest)}"
    if any(word.startswith("-") for word in rest):
        return message
    if options.command in A_TEXT:
        text = " ".join([getattr(options, A_TEXT[options.command]) or "", *rest]).strip()
        return f'{message}; a text of several words needs quotes: pylm {options.command} {options.model} "{text}"'
    if hasattr(options, "prompt"):
        text = " ".join([options.prompt, *rest]).strip()
        return f'{message}; a text of several words needs quotes: --prompt "{text}"'
    return message
