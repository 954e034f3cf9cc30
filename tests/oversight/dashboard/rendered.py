"""What a browser would make of a rendered part: its text content, and which of its characters lie under which mark."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class Rendered(HTMLParser):
    """`texts[part]` is the text content of a part; `marked[number]` the places of its text under evidence `number`."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        # An HTML parser turns a bare carriage return into a newline, so none may be in a part's text.
        parts = re.findall(r'<div class="text".*?</div>', html, re.DOTALL)
        assert not [part for part in parts if "\r" in re.sub("<[^>]*>", "", part)]
        self.texts: dict[int, str] = {}
        self.marked: dict[int, list[int]] = {}
        self.anchors: set[str] = set()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._part: int | None = None
        self._depth = 0
        self._open: list[list[int]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += found.items()
        if "id" in found:
            self.anchors.add(found["id"])
        if found.get("class") == "text":
            self._part, self._depth = int(found["data-part"]), 0
            self.texts[self._part] = ""
        elif self._part is not None:
            self._depth += tag == "div"
        if tag == "mark":
            self._open.append([int(number) for number in found["data-s"].split()])

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._open.pop()
        if tag == "div" and self._part is not None:
            if not self._depth:
                self._part = None
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self._part is None:
            return
        start = len(self.texts[self._part])
        self.texts[self._part] += data
        for number in {n for numbers in self._open for n in numbers}:
            self.marked.setdefault(number, []).extend(range(start, start + len(data)))
