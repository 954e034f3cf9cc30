"""One large JSON object as a stream of its members' own bytes; the elements of the named list come one by one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from monitors.formats.errors import FormatError, Malformed
from monitors.formats.slicing import MAX_PIECE_BYTES, Record, without_bom

_STRING = rb'[^"\\]*+(?:\\.[^"\\]*+)*+'
_IN_STRING = re.compile(_STRING, re.DOTALL)
_AT_SEPARATORS = re.compile(rb'(?:[^"\[\]{},:]++|"' + _STRING + rb'")*+', re.DOTALL)
_AT_BRACKETS = re.compile(rb'(?:[^"\[\]{}]++|"' + _STRING + rb'")*+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class JsonMember:
    """`raw` is the value of `key`, or the element `index` (from 1) of the list there; `error` says why it is not.

    An error without a key is one of the object itself, and the last member.
    """

    key: str
    raw: bytes = b""
    index: int = 0
    error: FormatError | None = None


def members(chunks: Iterable[bytes], *, listed: str) -> Iterator[JsonMember]:
    """Every member in order. The last may be an error: the object ends too early, or is none."""
    return _Cutter(listed).members(without_bom(chunks))


class _Cutter:
    def __init__(self, listed: str) -> None:
        self._listed = listed
        self._record = Record(MAX_PIECE_BYTES)
        self._depth = self._index = 0
        self._key: str | None = None
        self._in_list = self._is_done = False

    def members(self, chunks: Iterable[bytes]) -> Iterator[JsonMember]:
        in_string = escaped = False
        for chunk in chunks:
            start = position = 0
            while position < len(chunk):
                if in_string:
                    if escaped:
                        position, escaped = position + 1, False
                    match = _IN_STRING.match(chunk, position)
                    position = match.end() if match else position
                    if position < len(chunk):
                        escaped = in_string = chunk[position] == 0x5C
                        position += 1
                    continue
                pattern = _AT_SEPARATORS if self._depth <= self._base else _AT_BRACKETS
                match = pattern.match(chunk, position)
                position = match.end() if match else position
                if position == len(chunk):
                    break
                character, position = chunk[position], position + 1
                if character == 0x22:  # a string that does not end in this chunk
                    in_string = True
                    continue
                cut, found = self._cut(character, chunk, start, position)
                if cut:
                    start = position
                if found:
                    yield found
                    if found.error and not found.key:
                        return
                if self._is_done:
                    return
            self._record.add(chunk[start:])
        yield JsonMember("", error=Malformed("The document ends inside of itself.", place="file"))

    @property
    def _base(self) -> int:
        """The depth at which a comma ends what is being collected."""
        return 2 if self._in_list else 1

    def _cut(self, character: int, chunk: bytes, start: int, position: int) -> tuple[bool, JsonMember | None]:
        """Whether the piece ends at this structural character, and what it was."""
        if character in b"[{":
            return self._opened(character, chunk[start : position - 1])
        if character in b"]}":
            if self._depth > self._base:
                self._depth -= 1
                return False, None
            return True, self._closed(character, chunk[start : position - 1])
        if character == 0x2C and self._depth == self._base:
            self._record.add(chunk[start : position - 1])
            return True, self._taken()
        if character == 0x3A and self._depth == 1 and self._key is None:
            self._record.add(chunk[start : position - 1])
            return True, self._key_taken()
        return False, None

    def _opened(self, character: int, before: bytes) -> tuple[bool, JsonMember | None]:
        self._depth += 1
        if self._depth == 1:
            self._record.take(0)  # what stood before the object, in this chunk or earlier ones
            return True, None
        is_list = character == 0x5B and self._depth == 2 and self._key == self._listed and not before.strip()
        if is_list and self._record.is_blank:
            self._record.take(0)
            self._in_list, self._index = True, 0
            return True, None
        return False, None

    def _closed(self, character: int, rest: bytes) -> JsonMember | None:
        if character != (0x5D if self._in_list else 0x7D) or self._depth == 0:
            return JsonMember("", error=Malformed("A bracket closes what it did not open.", place="file"))
        self._record.add(rest)
        found = None if self._record.is_blank else self._taken()
        if self._in_list:
            self._in_list, self._depth = False, 1
        else:
            self._is_done = True
        return found

    def _key_taken(self) -> JsonMember | None:
        raw = self._record.take(0).raw
        try:
            key = json.loads(raw)
        except ValueError:
            key = None
        if not isinstance(key, str):
            return JsonMember("", error=Malformed("The key of a member is no string.", place="file"))
        self._key = key
        return None

    def _taken(self) -> JsonMember | None:
        if self._in_list:
            self._index += 1
            cut = self._record.take(self._index)
            return JsonMember(self._listed, cut.raw, self._index, cut.error)
        key, cut = self._key, self._record.take(0)
        self._key = None
        if key == self._listed and not cut.raw:
            return None  # the list itself, whose elements were given one by one
        if key is None:
            return JsonMember("", error=Malformed("A value stands without its key.", place="file"))
        return JsonMember(key, b"" if cut.error else cut.raw, error=cut.error)
