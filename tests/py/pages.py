"""What tests look for in pages that pylm writes."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """The elements of a page; fails where they do not nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[int, str] = {}  # of the elements by number, their own and those inside
        self._open: list[int] = []
        self.feed(html)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))
        self.texts[len(self.elements) - 1] = ""
        if tag not in VOID:
            self._open.append(len(self.elements) - 1)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for number in self._open:
            self.texts[number] += data

    def all(self, tag: str, **attributes: str) -> list[tuple[dict[str, str], str]]:
        """Attributes and text of the elements of a kind."""
        return [
            (found, self.texts.get(i, ""))
            for i, (name, found) in enumerate(self.elements)
            if name == tag and all(found.get(key) == value for key, value in attributes.items())
        ]


def check_page(html: str) -> Page:
    """A page that is whole in itself and runs no script but its own."""
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>") and page.all("html", lang="en")
    assert page.all("title") and len(page.all("h1")) == len(page.all("main")) == 1
    assert page.all("meta", charset="utf-8")
    assert not any({"src", "href", "srcset", "action", "data"} & set(found) for _, found in page.elements)
    assert not any(name.startswith("on") for _, found in page.elements for name in found)
    assert "url(" not in html and "@import" not in html and "http:" not in html and "https:" not in html
    policy = page.all("meta", **{"http-equiv": "Content-Security-Policy"})[0][0]["content"]
    assert "default-src 'none'" in policy
    scripts = [text for found, text in page.all("script") if found.get("type") != "application/json"]
    allowed = re.findall(r"'sha256-([^']+)'", policy)
    assert [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts] == allowed
    return page


def data_of(page: Page) -> Any:
    return json.loads(page.all("script", type="application/json")[0][1])
