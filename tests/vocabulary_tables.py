"""Makes `monitors/vocabulary/background.npz` from the tuning half of the public transcripts.

python -m tests.vocabulary_tables [FOLDER]
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from monitors.formats.files import read
from monitors.formats.parsed import Parsed
from monitors.transcript import Channel
from monitors.vocabulary.background import LINKS, PARTICLES, TABLES
from monitors.vocabulary.words import END, once, words
from tests.english_tables import is_tuning

_FRAME = 300
_FEWEST = 2


def sets(folder: Path, *, tuning: bool = True) -> dict[tuple[str, str], list[Parsed]]:
    """Clean transcripts of one half by file and model."""
    found: dict[tuple[str, str], list[Parsed]] = defaultdict(list)
    for path in sorted(folder.glob("*.jsonl.gz")):
        for _, parsed in read(path):
            if not isinstance(parsed, Parsed) or is_tuning(parsed.meta.get("group")) != tuning:
                continue
            if parsed.labels.get("stego") is True or (parsed.labels.get("perturbation") or "baseline") != "baseline":
                continue
            found[(path.name.split(".")[0], parsed.transcript.model)].append(parsed)
    return found


def scored_text(parsed: Parsed) -> str:
    return parsed.transcript.text(Channel.REASONING) or parsed.transcript.text(Channel.OUTPUT)


def main(folder: Path) -> None:
    of_sets = {key: [words(scored_text(p)) for p in members] for key, members in sets(folder).items()}
    texts = [text for members in of_sets.values() for text in members]
    prompts = [words(p.transcript.text(Channel.PROMPT)) for members in sets(folder).values() for p in members]
    total = Counter(word for text in texts for word in text)
    n_words = total.total() - total.pop(END)
    # A word of the frame is common in most sets, so that it names no topic of one.
    seen_in = Counter(word for members in of_sets.values() for word in {w for text in members for w in text})
    ranked = [word for word, _ in total.most_common() if seen_in[word] >= 0.5 * len(of_sets) and len(word) > 1]
    kept = {*ranked[:_FRAME], *(w for w in LINKS if total[w] >= 20), *PARTICLES}
    frame = sorted(kept, key=lambda w: (-total[w], w))
    index = {word: i for i, word in enumerate(frame)} | {END: len(frame)}
    rates, spreads = [], []
    for members in of_sets.values():
        counts = np.array([[Counter(text)[w] for w in frame] for text in members], float)
        sizes = np.array([[max(1, len(text))] for text in members], float)
        rate = counts.sum(0) / sizes.sum()
        expected = sizes * rate
        if len(members) >= 20:
            rates.append(rate)
            more = ((counts - expected) ** 2 - expected).sum(0)
            spreads.append(np.where((expected**2).sum(0) > 0.5, more / np.maximum((expected**2).sum(0), 1e-9), np.nan))
    left, right = np.ones((len(frame), len(frame) + 2)) * 0.5, np.ones((len(frame), len(frame) + 2)) * 0.5
    for text in texts:
        ids = [index.get(word, len(frame) + 1) for word in [END, *text, END]]
        for before, own, after in zip(ids, ids[1:], ids[2:], strict=False):
            if own < len(frame):
                left[own, before] += 1
                right[own, after] += 1
    bits = [
        np.clip(np.rint(-16 * np.log2(t / t.sum(1, keepdims=True))), 0, 255).astype(np.uint8) for t in (left, right)
    ]
    wander = _wander(of_sets.values(), index, [part.astype(float) / 16 for part in bits])
    known = Counter(word for text in (*texts, *prompts) for word in text)
    np.savez_compressed(
        TABLES,
        known=np.array(" ".join(sorted(word for word, n in known.items() if n >= _FEWEST and word != END))),
        frame=np.array(frame),
        rate=np.array([(total[w] + 0.5) / n_words for w in frame], np.float32),
        highest=np.max(rates, axis=0).astype(np.float32),
        spread=np.clip(np.nan_to_num(np.nanmedian(spreads, axis=0), nan=1.0), 0.05, 3.0).astype(np.float32),
        wander=wander.astype(np.float32),
        left=bits[0],
        right=bits[1],
    )
    sys.stdout.write(f"{len(texts)} texts, {n_words} words, frame {len(frame)}, {TABLES.stat().st_size} bytes\n")


def _wander(
    of_sets: Iterable[list[list[str]]], index: dict[str, int], bits: list[npt.NDArray[np.float64]]
) -> npt.NDArray[np.float64]:
    """Variance between texts of one set of the mean bits of a word's neighbours, beside that of a mean."""
    n_frame = len(index) - 1
    sums = np.zeros((2, n_frame))
    for members in of_sets:
        n, total, squares = (np.zeros((len(members), n_frame)) for _ in range(3))
        for at, text in enumerate(members):
            ids = np.array([index.get(word, n_frame + 1) for word in [END, *once(text), END]])
            own, before, after = ids[1:-1], ids[:-2], ids[2:]
            inside = own < n_frame
            surprise = bits[0][own[inside], before[inside]] + bits[1][own[inside], after[inside]]
            n[at] = np.bincount(own[inside], minlength=n_frame)
            total[at] = np.bincount(own[inside], surprise, n_frame)
            squares[at] = np.bincount(own[inside], surprise**2, n_frame)
        mean = total.sum(0) / np.maximum(n.sum(0), 1)
        spread = squares.sum(0) / np.maximum(n.sum(0), 1) - mean**2
        enough = n >= 4
        apart = (total / np.maximum(n, 1) - mean) ** 2 - spread / np.maximum(n, 1)
        sums += np.where(enough, apart, 0.0).sum(0), enough.sum(0)
    found: npt.NDArray[np.float64] = np.clip(sums[0] / np.maximum(sums[1], 1), 0.2, 4.0)
    return found


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
