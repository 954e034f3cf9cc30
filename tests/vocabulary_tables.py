"""Makes `monitors/vocabulary/background.npz` from the tuning half of the public transcripts.

python -m tests.vocabulary_tables [FOLDER]
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from monitors.formats.files import read
from monitors.formats.parsed import Parsed
from monitors.transcript import Channel
from monitors.vocabulary.background import LINKS, PARTICLES, TABLES
from monitors.vocabulary.words import END, words
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
    known = Counter(word for text in (*texts, *prompts) for word in text)
    np.savez_compressed(
        TABLES,
        known=np.array(" ".join(sorted(word for word, n in known.items() if n >= _FEWEST and word != END))),
        frame=np.array(frame),
        rate=np.array([(total[w] + 0.5) / n_words for w in frame], np.float32),
        highest=np.max(rates, axis=0).astype(np.float32),
        spread=np.clip(np.nan_to_num(np.nanmedian(spreads, axis=0), nan=1.0), 0.05, 3.0).astype(np.float32),
        left=bits[0],
        right=bits[1],
    )
    sys.stdout.write(f"{len(texts)} texts, {n_words} words, frame {len(frame)}, {TABLES.stat().st_size} bytes\n")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "../shared/data"))
