"""Which natural language a text is written in, by py3langid's naive Bayes over byte n-grams (97 languages).

The model is a file of the wheel. Loading it takes about a second and 100 MB, so that it waits for the first text that
does not read as English.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple, Protocol

_MOST_CHARS = 240


class Language(NamedTuple):
    """An ISO 639 code, and the identifier's probability of it."""

    code: str
    confidence: float

    @property
    def name(self) -> str:
        return NAMES.get(self.code, self.code)


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def identify(text: str, /) -> Language:
    """The language of the text's first characters."""
    code, confidence = _identifier().classify(text[:_MOST_CHARS])
    return Language(str(code), float(confidence))


def is_kin(one: str, other: str) -> bool:
    """The same language, or two that short texts do not tell apart."""
    return one == other or any(one in kin and other in kin for kin in _KIN)


@cache
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    # Not the module's own `classify`: its probabilities are not normalised, and it is one shared object.
    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier


_KIN = (
    frozenset({"es", "pt", "gl", "ca", "an", "oc"}),
    frozenset({"no", "nb", "nn", "da", "sv"}),
    frozenset({"ms", "id", "jv"}),
    frozenset({"hr", "sr", "bs", "sl", "mk"}),
    frozenset({"ru", "uk", "be", "bg", "mk"}),
    frozenset({"cs", "sk"}),
    frozenset({"hi", "mr", "ne"}),
    frozenset({"ar", "fa", "ur", "ps", "ug", "ku"}),
    frozenset({"nl", "af", "fy", "lb", "de"}),
)
NAMES = {
    "af": "Afrikaans", "am": "Amharic", "an": "Aragonese", "ar": "Arabic", "as": "Assamese", "az": "Azerbaijani",
    "be": "Belarusian", "bg": "Bulgarian", "bn": "Bengali", "br": "Breton", "bs": "Bosnian", "ca": "Catalan",
    "cs": "Czech", "cy": "Welsh", "da": "Danish", "de": "German", "dz": "Dzongkha", "el": "Greek", "en": "English",
    "eo": "Esperanto", "es": "Spanish", "et": "Estonian", "eu": "Basque", "fa": "Persian", "fi": "Finnish",
    "fo": "Faroese", "fr": "French", "ga": "Irish", "gl": "Galician", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
    "hr": "Croatian", "ht": "Haitian", "hu": "Hungarian", "hy": "Armenian", "id": "Indonesian", "is": "Icelandic",
    "it": "Italian", "ja": "Japanese", "jv": "Javanese", "ka": "Georgian", "kk": "Kazakh", "km": "Khmer",
    "kn": "Kannada", "ko": "Korean", "ku": "Kurdish", "ky": "Kyrgyz", "la": "Latin", "lb": "Luxembourgish",
    "lo": "Lao", "lt": "Lithuanian", "lv": "Latvian", "mg": "Malagasy", "mk": "Macedonian", "ml": "Malayalam",
    "mn": "Mongolian", "mr": "Marathi", "ms": "Malay", "mt": "Maltese", "nb": "Norwegian", "ne": "Nepali",
    "nl": "Dutch", "nn": "Norwegian", "no": "Norwegian", "oc": "Occitan", "or": "Odia", "pa": "Punjabi",
    "pl": "Polish", "ps": "Pashto", "pt": "Portuguese", "qu": "Quechua", "ro": "Romanian", "ru": "Russian",
    "rw": "Kinyarwanda", "se": "Northern Sami", "si": "Sinhala", "sk": "Slovak", "sl": "Slovenian", "sq": "Albanian",
    "sr": "Serbian", "sv": "Swedish", "sw": "Swahili", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog",
    "tr": "Turkish", "ug": "Uyghur", "uk": "Ukrainian", "ur": "Urdu", "vi": "Vietnamese", "vo": "Volapük",
    "wa": "Walloon", "xh": "Xhosa", "zh": "Chinese", "zu": "Zulu",
}  # fmt: skip
