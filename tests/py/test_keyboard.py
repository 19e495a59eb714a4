"""The keyboard: suggestions, exact forgetting, its files, and the terminal it is typed in."""

from __future__ import annotations

import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import get

import pylm

KINDS = ["words", "pieces", "bytes"]


@pytest.fixture(params=KINDS)
def keyboard(request: pytest.FixtureRequest) -> pylm.Keyboard:
    return pylm.Keyboard(get(request.param))


@pytest.fixture
def model_path(tmp_path: Path) -> Path:
    path = tmp_path / "words.pylm"
    get("words").save(path)
    return path


def saved(keyboard: pylm.Keyboard, folder: Path) -> bytes:
    keyboard.save(folder / "counts")
    return (folder / "counts").read_bytes()


def context_and_word(train_text: str) -> tuple[str, str]:
    words = train_text.split("\n")[0].split()
    return " ".join(words[:-1]), words[-1]


# ---- suggestions


def test_suggestions_begin_with_what_was_typed(keyboard: pylm.Keyboard, train_text: str) -> None:
    context, word = context_and_word(train_text)
    for prefix in ("", word[:1], word[:2], word):
        found = keyboard.suggest(context, prefix, k=5)
        assert found and len({s.text for s in found}) == len(found)
        assert all(s.text.lower().startswith(prefix.lower()) for s in found)
        assert not any(s.text.isspace() or "<" in s.text for s in found)
        probabilities = [s.probability for s in found]
        assert probabilities == sorted(probabilities, reverse=True) and sum(probabilities) <= 1 + 1e-3


def test_split_finds_the_word_begun() -> None:
    assert pylm.Keyboard.split("one two thr") == ("one two ", "thr")
    assert pylm.Keyboard.split("one two ") == ("one two ", "")
    assert pylm.Keyboard.split("") == ("", "")


def test_a_capital_comes_back(keyboard: pylm.Keyboard, train_text: str) -> None:
    context, word = context_and_word(train_text)
    assert all(s.text[0].isupper() for s in keyboard.suggest("x, " + context, word[0].upper()))


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        (("a ", "b c"), {}, "is not the beginning of one word"),
        (("a",), {"k": 0}, "k must be"),
        (("a",), {"k": 10**6}, "k must be"),
    ],
)
def test_arguments(arguments: tuple[str, ...], settings: dict[str, int], says: str) -> None:
    with pytest.raises(pylm.ArgumentError, match=says):
        pylm.Keyboard(get("words")).suggest(*arguments, **settings)


def test_little_memory_is_refused() -> None:
    with pytest.raises(pylm.ArgumentError, match="too small"):
        pylm.Keyboard(get("words"), memory=64)


# ---- learning and forgetting


def test_it_learns_and_forgets_to_the_last_byte(keyboard: pylm.Keyboard, tmp_path: Path, train_text: str) -> None:
    lines = train_text.split("\n")
    for line in lines[:3]:
        keyboard.learn(line)
    before, suggestions = saved(keyboard, tmp_path), keyboard.suggest(lines[5], k=5)
    keyboard.forget(lines[1])
    assert saved(keyboard, tmp_path) != before
    keyboard.learn(lines[1])
    assert saved(keyboard, tmp_path) == before
    for line in (lines[2], lines[0], lines[1]):
        keyboard.forget(line)
    fresh = pylm.Keyboard(keyboard_model(keyboard))
    assert saved(keyboard, tmp_path) == saved(fresh, tmp_path) and keyboard.is_exact
    assert keyboard.suggest(lines[5], k=5) == fresh.suggest(lines[5], k=5)
    assert suggestions  # they were there


def keyboard_model(keyboard: pylm.Keyboard) -> pylm.Model:
    return next(get(kind) for kind in KINDS if get(kind)._image is keyboard._image)


def test_what_was_not_learned_cannot_be_forgotten(keyboard: pylm.Keyboard, tmp_path: Path, train_text: str) -> None:
    lines = train_text.split("\n")
    keyboard.learn(lines[0])
    before = saved(keyboard, tmp_path)
    with pytest.raises(pylm.ArgumentError, match="was not learned"):
        keyboard.forget(lines[1])
    assert saved(keyboard, tmp_path) == before


def text_where_pairs_come_again() -> tuple[str, list[str]]:
    """A text in which words that came together soon do so again, and its words."""
    chance = random.Random(5)
    words = [a + b + c for a in ("ka", "ri", "mo", "tu") for b in ("pa", "se", "lo", "ni") for c in ("te", "mi", "so")]
    lines = []
    for _ in range(60):
        pairs = [chance.sample(words, 2) for _ in range(4)]
        lines += [" ".join(word for pair in chance.sample(pairs, 3) for word in pair) for _ in range(12)]
    return "\n".join(lines) + "\n", words


def test_what_is_learned_is_suggested() -> None:
    text, words = text_where_pairs_come_again()
    model = pylm.train([text], tokenizer="words", symbols=pylm.SymbolOptions(classes=8))
    for first, second in zip(words[::4], words[3:] + words[:3], strict=False):
        keyboard = pylm.Keyboard(model)
        assert second not in [suggestion.text for suggestion in keyboard.suggest(f"x, {first}")]
        for _ in range(5):
            keyboard.learn(f"{first} {second}")
        assert keyboard.suggest(f"x, {first}")[0].text == second


# ---- new words

NEW = "Grindelwald and GRINDELWALD, Grindelwald's grindstone."


def test_new_words_are_learned_and_suggested() -> None:
    keyboard = pylm.Keyboard(get("words"))
    assert not keyboard.words() and not keyboard.suggest("papapa", "grin")
    for _ in range(3):
        keyboard.learn(NEW)
    assert keyboard.words() == {"GRINDELWALD": 3, "Grindelwald": 3, "Grindelwald's": 3, "and": 3, "grindstone": 3}
    found = keyboard.suggest("papapa", "grin", 3)
    assert [s.text for s in found] == ["GRINDELWALD", "Grindelwald's", "grindstone"]
    assert found[0].probability == pytest.approx(0.5, abs=0.001)
    assert keyboard.suggest("papapa", "Grinds")[0].text == "Grindstone"
    keyboard.learn("Grindelwald")
    assert keyboard.suggest("papapa", "grin")[0].text == "Grindelwald"
    before = pylm.Keyboard(get("words")).suggest("papapa", "", 3)
    assert [s.text for s in keyboard.suggest("papapa", "", 3)] != [] != before


def test_new_words_are_forgotten_to_the_last_byte(tmp_path: Path, train_text: str) -> None:
    keyboard, lines = pylm.Keyboard(get("words")), [*train_text.split("\n")[:5], NEW, "a zorkmid", "zorkmid"]
    for line in lines:
        keyboard.learn(line)
    assert b"zorkmid" in saved(keyboard, tmp_path)
    for line in random.Random(1).sample(lines, len(lines)):
        keyboard.forget(line)
    assert saved(keyboard, tmp_path) == saved(pylm.Keyboard(get("words")), tmp_path)
    assert not keyboard.words() and not keyboard.suggest("papapa", "zork")
    keyboard.learn("zorkmid")
    content = saved(keyboard, tmp_path)
    for line in ("zorkmid zorkmid", "zork", f"{train_text.split(chr(10))[0]} zorkmid"):
        with pytest.raises(pylm.ArgumentError, match="was not learned"):
            keyboard.forget(line)
        assert saved(keyboard, tmp_path) == content


def test_new_words_are_saved_and_copied(tmp_path: Path) -> None:
    keyboard = pylm.Keyboard(get("words"))
    keyboard.learn(NEW)
    keyboard.save(tmp_path / "mine")
    other = pylm.Keyboard(get("words"))
    other.load(tmp_path / "mine")
    for same in (other, keyboard.copy(), pickle.loads(pickle.dumps(keyboard))):
        assert same.words() == keyboard.words()
        assert same.suggest("papapa", "grin") == keyboard.suggest("papapa", "grin")
        same.learn("zorkmid")
        assert "zorkmid" not in keyboard.words()
    with pytest.raises(pylm.ArgumentError, match=r"make the keyboard with memory=(\d+)"):
        small = pylm.Keyboard(get("words"), memory=32768)
        for i in range(250):
            keyboard.learn(f"newword{i}")
        keyboard.save(tmp_path / "mine")
        small.load(tmp_path / "mine")


def test_too_many_new_words_make_room(tmp_path: Path) -> None:
    keyboard = pylm.Keyboard(get("words"), memory="32K")
    for i in range(1000):
        keyboard.learn(f"newword{i} often")
    assert keyboard.words()["often"] == 1000 and not keyboard.is_exact
    assert len(keyboard.words()) < 200
    keyboard.forget("newword0 often")
    assert keyboard.words()["often"] == 999


def test_other_models_have_no_list() -> None:
    for kind in ("pieces", "bytes"):
        keyboard = pylm.Keyboard(get(kind))
        keyboard.learn("zorkmid")
        assert keyboard.words() == {}


# ---- files


def test_a_file_brings_back_what_was_learned(keyboard: pylm.Keyboard, tmp_path: Path, train_text: str) -> None:
    lines = train_text.split("\n")
    keyboard.learn(lines[0])
    content = saved(keyboard, tmp_path)
    other = pylm.Keyboard(keyboard_model(keyboard))
    other.load(tmp_path / "counts")
    assert saved(other, tmp_path) == content
    other.forget(lines[0])
    assert not any(word.encode() in content for word in lines[0].split() if len(word) > 3)  # counts, not text


def test_bad_files_change_nothing(tmp_path: Path, train_text: str) -> None:
    keyboard = pylm.Keyboard(get("words"))
    keyboard.learn(train_text.split("\n")[0])
    content = bytearray(saved(keyboard, tmp_path))
    path = tmp_path / "bad"
    for damage, error in [
        (b"no such thing" * 20, pylm.ModelFormatError),
        (bytes(content[:-3]), pylm.ModelDamagedError),
        (bytes([*content[:-1], content[-1] ^ 1]), pylm.ModelDamagedError),
    ]:
        path.write_bytes(damage)
        with pytest.raises(error, match="bad"):
            keyboard.load(path)
        assert saved(keyboard, tmp_path) == content
    with pytest.raises(FileNotFoundError):
        keyboard.load(tmp_path / "none")
    with pytest.raises(pylm.ArgumentError, match="another model"):
        pylm.Keyboard(get("pieces")).load(tmp_path / "counts")


# ---- the command


def test_lines_from_a_pipe(model_path: Path, train_text: str) -> None:
    context, word = context_and_word(train_text)
    command = [sys.executable, "-m", "pylm", "keyboard", model_path, "--json"]
    done = subprocess.run(
        command, input=f"{context} {word[:1]}\n\n", capture_output=True, text=True, check=True, cwd=model_path.parent
    )
    first, second = map(json.loads, done.stdout.splitlines())
    assert all(s["text"].lower().startswith(word[0]) for s in first["suggestions"]) and second["suggestions"]


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of Unix")
@pytest.mark.parametrize("end", ["ctrl-c", "SIGTERM"])
def test_the_terminal_is_left_as_it_was(model_path: Path, tmp_path: Path, end: str) -> None:
    import pty
    import select
    import termios

    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    command = [sys.executable, "-m", "pylm", "keyboard", model_path, "--save", tmp_path / "counts"]
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, cwd=tmp_path)
    screen = b""

    def wait_for(text: bytes) -> None:
        nonlocal screen
        until = time.monotonic() + 30
        while text not in screen:
            assert time.monotonic() < until and process.poll() is None, screen
            if select.select([master], [], [], 0.1)[0]:
                screen += os.read(master, 4096)

    try:
        wait_for(b"Ctrl-C: leave")
        wait_for(b"\x1b[A")  # the first suggestions are drawn
        os.write(master, b"papa")
        wait_for(b"papa")
        assert termios.tcgetattr(slave)[3] & termios.ECHO == 0
        os.write(master, b"\r")
        if end == "ctrl-c":
            os.write(master, b"\x03")
        else:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == (0 if end == "ctrl-c" else 128 + signal.SIGTERM)
        assert termios.tcgetattr(slave) == before
        assert (tmp_path / "counts").exists() or end == "SIGTERM"
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)


def test_long_texts_are_refused(words_model: pylm.Model) -> None:
    keyboard = pylm.Keyboard(words_model)
    keyboard.learn("a " * 8192)
    for call in (keyboard.learn, keyboard.forget):
        with pytest.raises(pylm.ArgumentError, match="line by line"):
            call("a " * 8192 + "b")
    keyboard.forget("a " * 8192)
