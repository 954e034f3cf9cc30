"""The byte coders with parameters of their own, and answers of real models as covers (see fixtures/NOTICE)."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

from monitors.coders.coder import Coder, Cover
from monitors.coders.homoglyphs import Homoglyphs
from monitors.coders.tag_block import TagBlock
from monitors.coders.trailing_whitespace import TrailingWhitespace
from monitors.coders.variation_selectors import VariationSelectors
from monitors.coders.zero_width import ZeroWidth

CODERS: list[Coder] = [
    ZeroWidth(),
    ZeroWidth(per_site=8),
    TagBlock(),
    TagBlock(per_site=40),
    VariationSelectors(),
    VariationSelectors(per_site=3),
    TrailingWhitespace(),
    TrailingWhitespace(per_site=1),
    TrailingWhitespace(per_site=3),
    Homoglyphs(),
    Homoglyphs(every=3),
]


@cache
def covers() -> list[Cover]:
    with gzip.open(Path(__file__).parent / "fixtures" / "prompted_steg_small.jsonl.gz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    return [Cover(record["reasoning"] or record["answer"] or "", record["prompt"] or "") for record in records]
