"""Which part of a transcript carries a payload: the longest raw reasoning, or the longest output without any."""

from __future__ import annotations

from dataclasses import replace

from monitors.coders.coder import Cover
from monitors.errors import InvalidTranscript
from monitors.transcript import Channel, Message, Part, Transcript, Visibility


def carrier(transcript: Transcript) -> tuple[int, Cover]:
    """The index in `transcript.parts` of the carrying part, and its text as a cover with the prompt.

    Raises
    ------
    InvalidTranscript : neither reasoning nor output holds any text.
    """
    listed = list(zip(transcript.parts, transcript.channels(), strict=True))
    for channel in (Channel.REASONING, Channel.OUTPUT):
        readable = [i for i, (part, of) in enumerate(listed) if of is channel and _is_readable(part)]
        if readable:
            index = max(readable, key=lambda i: len(listed[i][0].text))
            return index, Cover(listed[index][0].text, transcript.text(Channel.PROMPT))
    raise InvalidTranscript(f"{transcript.id}: there is neither raw reasoning nor output to carry a payload")


def with_text(transcript: Transcript, part: int, text: str) -> Transcript:
    """The transcript with this text in `parts[part]`; what was measured on the former text goes with it."""
    if not 0 <= part < len(transcript.parts):
        raise IndexError(f"{transcript.id}: there is no part {part}")
    messages, at = [], part
    for message in transcript.messages:
        messages.append(_edited(message, at, text) if 0 <= at < len(message.parts) else message)
        at -= len(message.parts)
    return replace(transcript, messages=tuple(messages))


def _edited(message: Message, index: int, text: str) -> Message:
    former = message.parts[index]
    part = replace(former, text=text, steps=None, logprobs=None, tokens_counted=None)
    return replace(message, parts=(*message.parts[:index], part, *message.parts[index + 1 :]))


def _is_readable(part: Part) -> bool:
    return bool(part.text.strip()) and part.visibility in (None, Visibility.RAW)
