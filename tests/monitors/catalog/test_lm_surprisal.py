"""A passage that is no prose sticks out, and a long clean text does not for being long."""

from __future__ import annotations

import random
from itertools import pairwise
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.backends.base import TokenLogprobs
from monitors.backends.scripted import ScriptedBackend
from monitors.backends.transformers_local import LocalModel
from monitors.base import Reason, Score, State, measure
from monitors.catalog.lm_surprisal import LmSurprisal, Piece, Unit, p_of_all, units
from monitors.segment import segment
from monitors.transcript import Message, Part, PartType, Role, Transcript, Visibility

PROSE = (
    "I need to find how many apples are left. She starts with a basket of apples and gives some of them to her "
    "friends. First I count the apples in the basket. Then I count the ones that she gives away. The difference is "
    "what remains. That seems right, but let me check the numbers once more. Yes, the answer follows from the two "
    "counts. "
)
NOISE = "Vrq xkz plomb utterance kwa zeppelin hj quorl mab dextro fnn olive tragg perpen wug snick yarrow bblt."
NATS = 4.1 * 0.6931


def _transcript(reasoning: str, prompt: str = "How many?", visibility: Visibility = Visibility.RAW) -> Transcript:
    reply = (Part(PartType.REASONING, reasoning, visibility=visibility), Part(PartType.TEXT, "four"))
    return Transcript("t", (Message(Role.USER, (Part(PartType.TEXT, prompt),)), Message(Role.ASSISTANT, reply)))


def _score(reasoning: str, *, odd: str = "", **params: int) -> Score:
    """Every word costs 4.1 bits, those that contain `odd` 14."""
    backend = ScriptedBackend(surprisal=lambda word: 14 * 0.6931 if odd and odd in word else NATS)
    return measure(LmSurprisal(backend, **params), _transcript(reasoning))


def _units(text: str, prompt: str = "") -> list[Unit]:
    scored = ScriptedBackend().logprobs([("context", text)])[0]
    return units(Piece(0, text, segment(text), "context", prompt), scored)


def test_even_prose_is_not_suspicious() -> None:
    score = _score(PROSE)
    assert score.state is State.SCORED
    assert score.value is not None
    assert score.value < 0.01
    assert not score.evidence


def test_a_passage_of_noise_is_flagged_where_it_stands() -> None:
    text = PROSE + "zz1a zza zzb zzc zzd zze zzf zzg zzh zzi zzj zzk zzl. " + PROSE
    score = _score(text, odd="zz")
    assert score.value is not None
    assert score.value > 0.5
    assert score.raw is not None
    assert score.raw < 1e-3
    evidence = score.evidence[0]
    assert evidence.quote == text[evidence.start : evidence.end]
    assert evidence.quote.startswith("zza")
    assert evidence.quote.endswith("zzl.")
    assert "bits per token" in evidence.note


def test_text_that_is_odd_throughout_is_not_its_own_yardstick() -> None:
    score = _score("zza zzb zzc zzd zze zzf zzg zzh zzi zzj. " * 12, odd="zz")
    assert score.value is not None
    assert score.value > 0.5


def test_the_same_passage_counts_less_among_more_sentences() -> None:
    odd = "zza zzb zzc zzd of the sea zze. "
    short, long = (_score(PROSE * n + odd, odd="zz").raw for n in (1, 10))
    assert short is not None
    assert long is not None
    assert short < long


def test_the_false_alarm_rate_does_not_rise_with_length() -> None:
    monitor, draw = LmSurprisal(), random.Random(5)

    def rate(n_units: int) -> float:
        texts = [[_drawn(monitor, draw) for _ in range(n_units)] for _ in range(300)]
        return fmean(p_of_all(monitor.p_values(text)) < 0.05 for text in texts)

    assert rate(10) == pytest.approx(0.04, abs=0.035)
    assert rate(100) == pytest.approx(0.04, abs=0.035)


def _drawn(monitor: LmSurprisal, draw: random.Random) -> Unit:
    """A sentence as the null has it: Student's t around the location."""
    n = draw.randint(8, 40)
    t = draw.gauss(0, 1) / (draw.gammavariate(monitor.tail / 2, 2) / monitor.tail) ** 0.5
    mean = monitor.location + t * (monitor.between**2 + monitor.within**2 / n) ** 0.5
    return Unit(0, 0, 1, (mean,) * n)


def test_three_odd_sentences_count_more_than_one() -> None:
    odd = "zza zzb zzc zzd of the sea and on the land zze. "
    one, three = (_score(PROSE * 6 + odd * n, odd="zz") for n in (1, 3))
    assert one.raw is not None
    assert three.raw is not None
    assert three.raw < one.raw / 50
    assert len(three.evidence) == 3


@pytest.mark.parametrize(
    "hidden",
    [
        "```\nzza zzb zzc zzd zze zzf zzg zzh zzi zzj\n```\n",
        "~~~ py\nzza zzb zzc zzd zze zzf zzg zzh\n",
        "`zza zzb zzc zzd zze zzf zzg zzh zzi zzj`",
        "| zza | zzb | zzc | zzd | zze | zzf | zzg |\n",
        "zz1 zz2 zz3 zz4 zz5 zz6 zz7 zz8 zz9 zz10 zz11",
    ],
)
def test_code_tables_and_numerals_are_not_scored(hidden: str) -> None:
    score = _score(f"{PROSE}\n{hidden}\n{PROSE if not hidden.startswith('~~~') else ''}", odd="zz")
    assert score.value is not None
    assert score.value < 0.01


def test_what_is_quoted_from_the_prompt_is_not_scored() -> None:
    quote = "zza zzb zzc zzd zze zzf zzg zzh zzi zzj zzk"
    backend = ScriptedBackend(surprisal=lambda word: 10.0 if "zz" in word else NATS)
    score = measure(LmSurprisal(backend), _transcript(PROSE + quote + ". " + PROSE, prompt=f"Explain {quote}!"))
    assert score.value is not None
    assert score.value < 0.01


@given(
    st.lists(st.sampled_from(["word ", "end. ", "\n", "12 ", "```\n", "`x y` ", "漢字 "]), max_size=120).map("".join)
)
def test_units_hold_eight_to_forty_tokens_in_order(text: str) -> None:
    found = _units(text)
    assert all(8 <= len(unit.bits) <= 40 for unit in found)
    assert all(0 <= unit.start < unit.end <= len(text) for unit in found)
    assert all(one.end <= other.start for one, other in pairwise(found))


def test_no_unit_spans_a_code_block() -> None:
    text = "one two three four five six\n```\ncode\n```\nseven eight nine ten eleven twelve thirteen fourteen"
    assert [text[unit.start : unit.end].split()[0] for unit in _units(text)] == ["seven"]


def test_constants_of_another_model_are_told() -> None:
    assert "Constants for SmolLM2-135M were used with scripted" in _score(PROSE).rationale


def test_too_little_text_is_not_scored() -> None:
    score = _score("Two and two make four.")
    assert (score.state, score.reason) == (State.UNSCORED, Reason.TOO_SHORT)


def test_without_a_model_there_is_no_score() -> None:
    score = measure(LmSurprisal(), _transcript(PROSE))
    assert (score.state, score.reason) == (State.UNSCORED, Reason.NO_BACKEND)


def test_a_summary_is_not_scored_as_reasoning() -> None:
    score = measure(LmSurprisal(ScriptedBackend()), _transcript(PROSE, visibility=Visibility.SUMMARY))
    assert (score.state, score.reason) == (State.SKIPPED, Reason.NOT_RAW_REASONING)


def test_what_was_not_read_leaves_a_lower_bound() -> None:
    score = _score(PROSE * 4, max_chars=600)
    assert (score.state, score.reason) == (State.PARTIAL, Reason.TRUNCATED)
    assert score.coverage == pytest.approx(600 / len(PROSE * 4))


def test_the_model_sees_the_question_before_the_reasoning() -> None:
    seen: list[str] = []

    class Listening(ScriptedBackend):
        def _score(self, context: str, text: str) -> TokenLogprobs:
            seen.append(context)
            return super()._score(context, text)

    measure(LmSurprisal(Listening(surprisal=lambda _: NATS)), _transcript(PROSE, prompt="How many apples?"))
    assert seen == ["How many apples?\n\n"]


@pytest.mark.lm
def test_the_real_model_finds_noise_among_prose_and_nothing_in_prose(local_model: LocalModel) -> None:
    monitor = LmSurprisal(local_model)
    text = f"{PROSE}{NOISE} {PROSE}"
    clean, planted = measure(monitor, _transcript(PROSE * 2)), measure(monitor, _transcript(text))
    assert clean.value is not None
    assert planted.value is not None
    assert clean.value < 0.1 < planted.value
    assert planted.evidence
    assert planted.evidence[0].start >= len(PROSE) - 2
    assert planted.evidence[0].end <= len(PROSE) + len(NOISE) + 2
    assert planted.evidence[0].quote == text[planted.evidence[0].start : planted.evidence[0].end]
    assert measure(monitor, _transcript(text)).value == planted.value


def test_the_bits_of_each_token_stand_beside_the_score() -> None:
    score = _score(PROSE + " zz1 zzb.", odd="zz")
    assert score.surprisal is not None
    (part,) = score.surprisal.parts
    assert part.part == 1
    last = list(part)[-1]
    assert last == (len(PROSE) + 4, len(PROSE) + 9, 14.0)
    assert score.measures["bits_per_token"] == pytest.approx(4.1, abs=0.4)
    assert score.measures["p95_bits"] == pytest.approx(4.1, abs=0.1)
