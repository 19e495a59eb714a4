# SPDX-License-Identifier: MIT
# Copyright (c) 2026 the pylm authors
"""The blocks of the guides that need another package, run where that is installed: <!-- not run: needs PACKAGE -->."""

from __future__ import annotations

from pathlib import Path

import pytest
from blocks import Block, Reader, blocks_of
from large_models import llama
from texts import byte_level

import pylm

ROOT = Path(__file__).parents[2]
PACKAGES = ("lm_eval", "transformers", "datatrove", "datasets")
PAGES = {"lm_eval": "evaluating", "transformers": "evaluating", "datatrove": "selecting", "datasets": "selecting"}


def blocks(package: str) -> list[Block]:
    page = ROOT / "docs" / f"{PAGES[package]}.md"
    return [block for block in blocks_of(page) if block.reason == f"needs {package}"]


def make_texts(folder: Path) -> None:
    """As test_documents.py has them."""
    from pydoc_data.topics import topics

    pages = [topics[name] for name in sorted(topics) if len(topics[name]) < 3500]
    (folder / "text.txt").write_text("\n".join(pages), encoding="utf-8")
    (folder / "manual.txt").write_text(topics["assignment"], encoding="utf-8")
    pylm.train(folder / "text.txt", output=folder / "text.pylm")


def make_large(folder: Path) -> None:
    """A model and a tokenizer as from_pretrained() reads them."""
    import transformers

    tokenizer = byte_level((folder / "text.txt").read_text("utf-8"), 400)
    fast = transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|end|>")
    fast.save_pretrained(folder / "large")
    llama(400, eos_token_id=0, bos_token_id=None).save_pretrained(folder / "large")


@pytest.mark.filterwarnings("ignore")  # of many packages
@pytest.mark.skipif(not (ROOT / "docs").exists(), reason="the documents are not here")
@pytest.mark.parametrize("package", PACKAGES)
def test_blocks(package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(package)
    found = blocks(package)
    assert found
    make_texts(tmp_path)
    if package == "transformers":
        make_large(tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("HF_DATASETS_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "1")
    reader = Reader(tmp_path, {})
    for block in found:
        reader.run(block)
