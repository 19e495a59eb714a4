"""Every command and every snippet of README.md and the guides, run as it is written.

README's own commands come first, on a part of Python's manual that is small enough to be quick. What they leave behind
is what the guides say that they use. A block that cannot run here says why, in a comment in front of it:
`<!-- not run: reason -->`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from blocks import Block, Reader, blocks_of

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [
    README,
    *sorted(ROOT.glob("docs/*.md")),
    *(ROOT / name for name in ("CONTRIBUTING.md", "DESIGN.md", "FORMAT.md", "SECURITY.md")),
]
LANGUAGES = ("sh", "python")
TOPIC_NBYTES = 3500  # shorter pages of Python's manual are taken: some 60 KB
LETTERS = "abcd"

pytestmark = [
    pytest.mark.skipif(not README.exists(), reason="the documents are not here"),
    pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell"),
]


def runnable(page: Path) -> list[Block]:
    return [block for block in blocks_of(page) if not block.reason]


def guides() -> list[Path]:
    return [page for page in PAGES if page.exists() and page != README and runnable(page)]


@pytest.mark.parametrize("page", [page for page in PAGES if page.exists()], ids=lambda page: page.stem)
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    for block in blocks_of(page):
        assert block.reason or block.language in LANGUAGES, f"{block}: nothing runs {block.language!r}; give a reason"


def make_texts(folder: Path) -> None:
    """The texts that the guides speak of besides README's two."""
    from pydoc_data.topics import topics

    pages = [topics[name] for name in sorted(topics) if len(topics[name]) < TOPIC_NBYTES]
    for i, letter in enumerate(LETTERS):
        (folder / f"{letter}.txt").write_text("\n".join(pages[i::8]), encoding="utf-8")
    for name, text in {
        "manual": topics["assignment"],
        "mine": topics["calls"][:5000],
        "log": "\n".join(topics["for"].splitlines()[:20]) + "\n",
        "shakespeare": "\n".join(pages[::3]),
    }.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def small_manual(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which Python's manual has its shorter pages only."""
    folder = tmp_path_factory.mktemp("manual")
    (folder / "pydoc_data").mkdir()
    (folder / "pydoc_data" / "__init__.py").write_text("")
    from pydoc_data.topics import topics

    short = {name: text for name, text in topics.items() if len(text) < TOPIC_NBYTES}
    (folder / "pydoc_data" / "topics.py").write_text(f"topics = {short!r}\n", encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


@pytest.fixture(scope="module")
def after_readme(tmp_path_factory: pytest.TempPathFactory, small_manual: dict[str, str]) -> Path:
    """What README's commands leave behind, and the texts of the guides."""
    folder = tmp_path_factory.mktemp("readme")
    reader = Reader(folder, small_manual)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for block in runnable(README):
            reader.run(block)
    make_texts(folder)
    shutil.copy(folder / "text.pylm", folder / "general.pylm")
    return folder


def test_readme(after_readme: Path) -> None:
    made = {path.name for path in after_readme.iterdir()}
    assert {"text.pylm", "text.pylm.sources", "words.pylm", "report.html", "built.pylm", "small.pylm"} <= made


@pytest.mark.parametrize("page", guides(), ids=lambda page: page.stem)
def test_guide(
    page: Path, after_readme: Path, small_manual: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "page"
    shutil.copytree(after_readme, folder)
    if "tokenizer.json" in page.read_text(encoding="utf-8"):
        pytest.importorskip("tokenizers")
        from texts import byte_level

        byte_level((folder / "text.txt").read_text(encoding="utf-8"), 500).save(str(folder / "tokenizer.json"))
    monkeypatch.chdir(folder)
    reader = Reader(folder, small_manual)
    for block in runnable(page):
        reader.run(block)


# ---- the runner itself


def page_of(folder: Path, text: str) -> Path:
    page = folder / "page.md"
    page.write_text(text, encoding="utf-8")
    return page


def test_blocks_are_found_with_their_reasons(tmp_path: Path) -> None:
    page = page_of(tmp_path, "a\n```sh\nls\n```\n```\nout\n```\n<!-- not run: slow -->\n```python\nx = 1\n\nx\n```\n")
    first, second = blocks_of(page)
    assert (first.line, first.language, first.code, first.reason) == (3, "sh", "ls\n", "")
    assert (second.line, second.code, second.reason) == (10, "x = 1\n\nx\n", "slow")
    for text in ("<!-- not run: why -->\n\n```sh\nls\n```\n", "<!-- not run: why -->\n```\nout\n```\n"):
        with pytest.raises(AssertionError, match="a reason"):
            blocks_of(page_of(tmp_path, text))


def test_what_fails_is_noticed(tmp_path: Path) -> None:
    reader = Reader(tmp_path, {})
    for code in ("false\ntrue\n", "pylm info nothing.pylm | cat\n", "pylm nothing | cat\n"):
        with pytest.raises(AssertionError, match="page.md:2"):
            reader.run(*blocks_of(page_of(tmp_path, f"```sh\n{code}```\n")))
    reader.run(*blocks_of(page_of(tmp_path, "```python\nx = 2\n```\n")))
    reader.run(*blocks_of(page_of(tmp_path, "```python\n>>> x + 1\n3\n```\n")))
    with pytest.raises(AssertionError):
        reader.run(*blocks_of(page_of(tmp_path, "```python\n>>> x + 1\n4\n```\n")))
    with pytest.raises(NameError):
        reader.run(*blocks_of(page_of(tmp_path, "```python\ny\n```\n")))
