"""A transcript as monitors see it: immutable messages of typed parts, without labels and their provenance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain

from monitors.logprobs import TokenLogprobs
from monitors.sampler import Sampler
from monitors.segment import segment
from monitors.spans import Spans


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class PartType(StrEnum):
    """What a part of a message is."""

    TEXT = "text"
    REASONING = "reasoning"
    TOOL_CALL = "tool_call"
    TOOL_RESULT = "tool_result"
    OPAQUE = "opaque"


class Channel(StrEnum):
    """Where a part's text stands in the transcript: what monitors score apart."""

    PROMPT = "prompt"
    REASONING = "reasoning"
    OUTPUT = "output"
    TOOL = "tool"


class Visibility(StrEnum):
    """How much of the model's reasoning a reasoning part shows. Only RAW is the reasoning itself."""

    RAW = "raw"
    SUMMARY = "summary"
    ENCRYPTED = "encrypted"
    REDACTED = "redacted"
    OMITTED = "omitted"


@dataclass(frozen=True, slots=True)
class Part:
    """One typed part of a message. `steps` are (start, end) code-point offsets into `text`; computed when not given.

    `logprobs` are there when the provider sent them and the caller asked for them.
    """

    type: PartType
    text: str
    visibility: Visibility | None = None
    source: str = ""
    name: str = ""
    call_id: str = ""
    signature: str = ""
    opaque_sha256: str = ""
    provider_item_id: str = ""
    tokens_reported: int | None = None
    tokens_counted: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
    steps: Sequence[tuple[int, int]] | None = None
    logprobs: TokenLogprobs | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.type is PartType.REASONING and self.visibility is None:
            object.__setattr__(self, "visibility", Visibility.RAW)
        if self.steps is None:
            object.__setattr__(self, "steps", segment(self.text))
        elif type(self.steps) is not Spans:
            object.__setattr__(self, "steps", Spans(self.steps))


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: a role and its parts in the order in which the provider sent them."""

    role: Role
    parts: tuple[Part, ...]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A reasoning unit: `text == parts[part].text[start:end]`."""

    part: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the provider reported them; None where it did not. Output tokens include reasoning tokens."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    reasoning_tokens: int | None = None


NO_USAGE = Usage()


@dataclass(frozen=True, slots=True)
class Transcript:
    """Prompt, reasoning and output of one model run. `notes` say what could not be mapped or did not agree.

    `sampler` is there when the request's settings were kept and the caller asked for them.
    """

    id: str
    messages: tuple[Message, ...]
    model: str = ""
    checkpoint: str = ""
    usage: Usage = NO_USAGE
    finish_reason: str = ""
    format: str = "native"
    notes: tuple[str, ...] = ()
    sampler: Sampler | None = field(default=None, repr=False)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flat list that `Evidence.part` indexes."""
        return tuple(chain.from_iterable(message.parts for message in self.messages))

    def channels(self) -> tuple[Channel, ...]:
        """The channel of each part, parallel to `parts`."""
        return tuple(channel_of(message.role, part) for message in self.messages for part in message.parts)

    def steps(self, *channels: Channel) -> Iterator[Step]:
        """Steps of the given channels in order. Reasoning that is not raw never appears as reasoning."""
        for index, (part, channel) in enumerate(zip(self.parts, self.channels(), strict=True)):
            if channel not in channels:
                continue
            if part.type is PartType.REASONING and part.visibility is not Visibility.RAW:
                continue
            for start, end in part.steps or ():
                yield Step(index, start, end, part.text[start:end])

    def reasoning(self) -> Iterator[Step]:
        """Steps of the raw reasoning; empty when there is none or only a summary of it."""
        return self.steps(Channel.REASONING)

    def text(self, channel: Channel) -> str:
        """The texts of one channel, joined by newlines; for reasoning only what is raw."""
        return "\n".join(
            part.text
            for part, of in zip(self.parts, self.channels(), strict=True)
            if of is channel and (part.type is not PartType.REASONING or part.visibility is Visibility.RAW)
        )

    @property
    def visibility(self) -> Visibility | None:
        """The most readable visibility among the reasoning parts; None when there is no reasoning part."""
        found = {part.visibility for part in self.parts if part.type is PartType.REASONING}
        return next((v for v in Visibility if v in found), None)


def channel_of(role: Role, part: Part) -> Channel:
    """Reasoning and tool parts name their own channel; other text belongs to the prompt or the output by its role."""
    if part.type is PartType.REASONING:
        return Channel.REASONING
    if part.type in (PartType.TOOL_CALL, PartType.TOOL_RESULT) or role is Role.TOOL:
        return Channel.TOOL
    return Channel.OUTPUT if role is Role.ASSISTANT else Channel.PROMPT
