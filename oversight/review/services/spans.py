"""Whether the stretches that a reviewer marked stand in the stored text as they were quoted."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from oversight.lib.errors import Invalid
from oversight.review.content import MOST_SPANS, SpanContent
from oversight.transcripts import selectors as transcripts
from oversight.transcripts.exact_text import to_stored


def check_spans(spans: Sequence[SpanContent], *, transcript_id: UUID) -> None:
    """Compare every quote with the stored text. Two queries when there are spans. Raises Invalid."""
    if not spans:
        return
    if len(spans) > MOST_SPANS:
        raise Invalid(f"A verdict holds {MOST_SPANS} spans at most.")
    content = transcripts.load([transcript_id]).get(transcript_id)
    texts = [to_stored(part.text)[0] for part in content.parts] if content else []
    for number, span in enumerate(spans, 1):
        problem = _problem(span, texts)
        if problem:
            raise Invalid(f"Span {number} {problem} Delete it, and mark the place again.")


def _problem(span: SpanContent, texts: Sequence[str]) -> str:
    """What is wrong with a span, as the end of a sentence that names no text."""
    if not 0 <= span.part < len(texts):
        return f"names part {span.part + 1}, which this transcript does not have."
    if not 0 <= span.start < span.end <= len(texts[span.part]):
        return f"does not lie inside part {span.part + 1}."
    if texts[span.part][span.start : span.end] != span.quote:
        return f"quotes part {span.part + 1} otherwise than it is stored."
    return ""
