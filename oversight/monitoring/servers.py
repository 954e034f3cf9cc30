"""The model server of the settings: answers kept from it, and what the probe found, for people to see.

Neither is of record: losing both costs calls. So nothing here is told to the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta

from django.conf import settings

from monitors.backends.base import JudgeAnswer
from monitors.backends.openai_server import OpenAIServer
from oversight.lib import clock
from oversight.monitoring import rows
from oversight.monitoring.models import KeptAnswer, ModelServer

_MOVED = ("text", "score_expectation", "score_deviation", "at")


class Answers:
    """A store of answers in the database, for `monitors.backends.kept_answers`."""

    def read(self, keys: Sequence[str], /) -> Mapping[str, JudgeAnswer]:
        """One query. Those that are too old are not there, whether or not they are removed already."""
        found = KeptAnswer.objects.filter(pk__in=keys, at__gte=_oldest()).values_list("pk", *_MOVED[:3])
        return {key: JudgeAnswer(text, expectation, deviation) for key, text, expectation, deviation in found}

    def write(self, answers: Mapping[str, JudgeAnswer], /) -> None:
        """One query. An answer with a character that the database cannot hold is not kept."""
        new = [
            KeptAnswer(
                key=key,
                text=answer.text,
                score_expectation=answer.score_expectation,
                score_deviation=answer.score_deviation,
                at=clock.now(),
            )
            for key, answer in sorted(answers.items())
            if rows.holdable(answer.text) == answer.text
        ]
        KeptAnswer.objects.bulk_create(new, update_conflicts=True, unique_fields=["key"], update_fields=list(_MOVED))

    def remove(self, keys: Sequence[str], /) -> None:
        KeptAnswer.objects.filter(pk__in=keys).delete()


def _oldest() -> object:
    return clock.now() - timedelta(days=settings.MODEL_KEEP_ANSWERS_DAYS)


def remove_old(most: int = 5_000) -> int:
    """Remove kept answers past their time; returns how many. Two queries."""
    old = KeptAnswer.objects.filter(at__lt=_oldest()).order_by("at").values_list("pk", flat=True)[:most]
    return KeptAnswer.objects.filter(pk__in=list(old)).delete()[0]


def note(server: OpenAIServer) -> ModelServer:
    """Keep what the probe found; the server is probed now if it was not yet.

    Raises
    ------
    BackendUnavailable : it did not answer.
    """
    can = server.capabilities
    row, _ = ModelServer.objects.update_or_create(
        address=server.address,
        model=server.model,
        defaults={
            "digest": server.digest,
            "dialect": can.dialect,
            "logprobs": can.logprobs,
            "decisions": can.decisions,
            "context": can.context,
            "tells_cached": can.tells_cached,
            "concurrency": server.concurrency,
            "price": asdict(server.price),
            "at": clock.now(),
        },
    )
    return row


def newest() -> ModelServer | None:
    """The model server that was probed last. One query."""
    return ModelServer.objects.order_by("-at").first()
