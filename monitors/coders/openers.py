"""Short natural openings of a sentence, by their first letter."""

from __future__ import annotations

from zlib import crc32

_WRITTEN = (
    "Also|Again|Altogether|Accordingly|At this point|Basically|Besides|By now|Clearly|Consequently|Concretely|"
    "Coming back to this|Doing so|During this step|Directly|Evidently|Essentially|Even so|Further|From here|"
    "Fortunately|For clarity|Generally|Given this|Going on|Hence|Here|However|Having seen this|Indeed|In short|"
    "In fact|In turn|Just to be clear|Knowing this|Likewise|Logically|Looking closer|Moreover|Meanwhile|"
    "More precisely|Now|Next|Notably|Naturally|Obviously|Of course|Overall|On reflection|Plainly|Put simply|"
    "Presumably|Quite simply|Roughly|Really|Right away|So|Similarly|Simply put|Still|Then|Thus|Therefore|"
    "To continue|Ultimately|Usually|Very well|Well|With that|Yes|Yet again"
)
_ALL = _WRITTEN.split("|")
BY_LETTER = {letter: tuple(o for o in _ALL if o[0] == letter) for letter in sorted({o[0] for o in _ALL})}


def opener(letter: str, sentence: str, /) -> str:
    """An opening that begins with `letter`, the same one each time for the same sentence, with its comma."""
    own = BY_LETTER[letter]
    return own[crc32(sentence.encode("utf-8", "surrogatepass")) % len(own)] + ", "
