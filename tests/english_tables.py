"""Makes the tables of `monitors/languages` and `monitors/vocabulary` from public transcripts.

    python -m tests.english_tables [FOLDER]

Only records whose `meta.group` hashes to an even number are read: figures are reported on the others. Texts that the
authors scrambled or that were asked to hide something are left out. What is kept are counts, no passages.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from monitors.languages import english

_MOST_CHARS = 700_000
_ORDERED_WORDS = 400
_WORD = re.compile(r"[a-z]+")
_LEFT_OUT = ("wfjkk_prompted_steg", "veylan_unfaithful_sdf")


def is_tuning(group: object) -> bool:
    """The half of the data that constants and tables may be made from."""
    return hashlib.sha256(str(group).encode()).digest()[0] % 2 == 0


def texts(folder: Path, *, tuning: bool = True) -> Iterator[str]:
    """Reasoning and answer of the clean records of one half, about equally much of each source."""
    for path in sorted(folder.glob("*.jsonl.gz")):
        if path.name.startswith(_LEFT_OUT):
            continue
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        random.Random(0).shuffle(rows)
        room = _MOST_CHARS
        for row in rows:
            is_clean = (row["labels"].get("perturbation") or "baseline") == "baseline"
            if room > 0 and is_clean and is_tuning((row.get("meta") or {}).get("group")) == tuning:
                text = f"{row.get('reasoning') or ''}\n{row.get('answer') or ''}"
                room -= len(text)
                yield text


def bits(found: list[str]) -> np.ndarray:
    """-log2 p(third | first two), in sixteenths of a bit, smoothed by the pair and the single symbol."""
    n = english.N_SYMBOLS
    counts = np.zeros(n**3)
    for text in found:
        codes = english.symbols(text)
        counts += np.bincount(english.trigrams(codes), minlength=n**3)
    three = counts.reshape(n, n, n)
    one = three.sum((0, 1)) + 1.0
    two = three.sum(0) + 20.0 * one / one.sum()
    smooth = two / two.sum(1, keepdims=True)
    p = (three + 8.0 * smooth[None]) / (three.sum(2, keepdims=True) + 8.0)
    made: np.ndarray = np.clip(np.rint(-16.0 * np.log2(p)), 0, 255).astype(np.uint8).ravel()
    return made


def order(found: list[str]) -> tuple[list[str], np.ndarray]:
    """Common words, and for each pair of them log2 of how much more often it stands in this order than reversed."""
    sentences = [_WORD.findall(line.lower()) for text in found for line in re.split(r"[.!?\n]", text)]
    words = [word for word, _ in Counter(w for line in sentences for w in line).most_common(_ORDERED_WORDS)]
    index = {word: i for i, word in enumerate(words)}
    counts = np.zeros((len(words), len(words)))
    for line in sentences:
        ids = [index.get(word) for word in line]
        for a, b in pairwise(ids):
            if a is not None and b is not None:
                counts[a, b] += 1
    ratio = np.log2((counts + 1.0) / (counts.T + 1.0))
    return words, np.clip(np.rint(8.0 * ratio), -127, 127).astype(np.int8)


def main(folder: Path) -> None:
    found = list(texts(folder))
    words, ratios = order(found)
    np.savez_compressed(english.TABLES, bits=bits(found), words=np.array(words), order=ratios)
    sys.stdout.write(f"{len(found)} texts, {sum(map(len, found))} characters, {english.TABLES.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
