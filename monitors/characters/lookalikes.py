"""Characters that are drawn like an ASCII character: our own table, of those that look the same in common fonts."""

from __future__ import annotations

_CYRILLIC = dict(zip("асԁеһіјӏорԛѕухѵԝАВСԌЕНІЈКМОРԚЅТУХԜ", "acdehijlopqsyxvwABCGEHIJKMOPQSTYXW", strict=True))
# Small Greek letters other than omicron are drawn apart, and stand beside Latin letters all over mathematics.
_GREEK = dict(zip("οϲϳΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹ", "ocjABEZHIKMNOPTYXC", strict=True))
_ARMENIAN = dict(zip("օոսհցզյ", "onuhgqj", strict=True))
_CHEROKEE = dict(zip("ᎠᎡᎢᎪᎫᎬᎳᎷᎻᏀᏃᏏᏒᏙᏚᏞᏟᏢᏦ", "DRTAJEWMHGZbRVSLCPK", strict=True))
LETTERS: dict[str, str] = {**_CYRILLIC, **_GREEK, **_ARMENIAN, **_CHEROKEE}
# Greek letters that pass for Latin ones only in a word of small Latin letters.
SMALL_GREEK = dict(zip("αγεηικνρστυχω", "ayenikvpotuxw", strict=True))
LIGATURES: dict[str, str] = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl"}
MARKS_OF: dict[str, str] = {
    "\u2217": "*",
    "\u204e": "*",
    "\u037e": ";",
    "\u0589": ":",
    "\u2236": ":",
    "\ua789": ":",
    "\u2044": "/",
    "\u2215": "/",
    "\u2024": ".",
    "\ua4f8": ".",
    "\u201a": ",",
    "\u01c3": "!",
    "\u2216": "\\",
    "\u2223": "|",
    "\u01c0": "|",
}
SCRIPTS: tuple[tuple[str, str], ...] = (
    ("Cyrillic", "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f"),
    ("Greek", "\u0370-\u03ff\u1f00-\u1fff"),
    ("Armenian", "\u0531-\u058f"),
    ("Cherokee", "\u13a0-\u13ff\uab70-\uabbf"),
)
