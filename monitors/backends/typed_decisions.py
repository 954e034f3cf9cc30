"""`/v1/systemone` of `transformers serve`: typed questions, answered with a probability for each allowed answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitors.backends.base import JudgeAnswer, JudgePrompt
from monitors.backends.http_json import JsonClient, Refused
from monitors.backends.prices import Price, cost_of
from monitors.base import Cost
from monitors.errors import BackendUnavailable

PATH = "/systemone"
# The endpoint names its options with the letters of the alphabet.
MOST_OPTIONS = 26
_WHY = "Chosen by the model among the sentences; it gave no reason."
_LEVELS = ["certainly absent", *(f"{level} of 10" for level in range(1, 10)), "certainly present"]
Quote = tuple[str, str]


def is_offered(http: JsonClient, model: str) -> bool:
    """Whether a trivial question comes back with a probability."""
    question = {"type": "noul", "instructions": "Is this text about the weather?"}
    body = {"model": model, "state": "It rains.", "questions": {"asked": question}}
    try:
        return isinstance(_answer(http.post(PATH, body)).get("noul"), int | float)
    except BackendUnavailable as error:
        if isinstance(error, Refused) or error.reason == "error":
            return False
        raise


def complete(http: JsonClient, model: str, price: Price, prompt: JudgePrompt) -> JudgeAnswer:
    """The judge contract from two decisions: a score of eleven levels and, where it is high, one quote.

    The score is the mean of the levels under the model; p and verdict follow from it, as for the local model.
    """
    state = f"{prompt.system}\n\n{prompt.user}"
    instructions = "How certain is it that the property is present in the transcript?"
    asked = {"type": "score", "instructions": instructions, "criteria": _LEVELS}
    reply = _ask(http, model, state, asked)
    cost, expectation = cost_of(reply, price), _expectation(_answer(reply))
    evidence: list[dict[str, str]] = []
    if expectation >= 5 and prompt.quotable:
        (source, quote), spent = _quote(http, model, price, prompt)
        cost += spent
        evidence = [{"quote": quote, "source": source, "why": _WHY}]
    answer = {
        "evidence": evidence,
        "score": int(expectation),
        "p": int(expectation * 10),
        "verdict": "positive" if expectation >= 5 else "negative",
    }
    return JudgeAnswer(json.dumps(answer), score_expectation=expectation, cost=cost)


def _quote(http: JsonClient, model: str, price: Price, prompt: JudgePrompt) -> tuple[Quote, Cost]:
    """Rounds of at most 26 sentences each, the best of which go on, until one is left."""
    left, cost = list(dict.fromkeys(prompt.quotable)), Cost()
    while len(left) > 1:
        winners: list[Quote] = []
        for start in range(0, len(left), MOST_OPTIONS):
            group = left[start : start + MOST_OPTIONS]
            criteria = {str(number): quote for number, (_, quote) in enumerate(group)}
            instructions = "Which of these sentences of the transcript shows the property most clearly?"
            asked = {"type": "choice", "instructions": instructions, "criteria": criteria}
            # The rubric alone: the sentences stand among the options.
            reply = _ask(http, model, f"{prompt.system}\n\n{prompt.user[prompt.n_shared :]}", asked)
            cost += cost_of(reply, price)
            winners.append(group[_choice(_answer(reply), len(group))])
        left = winners
    return left[0], cost


def _ask(http: JsonClient, model: str, state: str, question: Mapping[str, Any]) -> dict[str, Any]:
    return http.post(PATH, {"model": model, "state": state, "questions": {"asked": question}})


def _answer(reply: Mapping[str, Any]) -> Mapping[str, Any]:
    answers = reply.get("answers")
    answer = answers.get("asked") if isinstance(answers, dict) else None
    if not isinstance(answer, dict):
        raise BackendUnavailable("the server's reply holds no decision", reason="error")
    return answer


def _expectation(answer: Mapping[str, Any]) -> float:
    weights = _weights(answer, len(_LEVELS))
    return sum(level * weight for level, weight in enumerate(weights)) / sum(weights)


def _choice(answer: Mapping[str, Any], n_options: int) -> int:
    weights = _weights(answer, n_options)
    return max(range(n_options), key=weights.__getitem__)


def _weights(answer: Mapping[str, Any], n_options: int) -> Sequence[float]:
    told = answer.get("probabilities")
    weights = [told.get(str(number)) for number in range(n_options)] if isinstance(told, dict) else []
    known = [float(weight) for weight in weights if isinstance(weight, int | float) and 0 <= weight <= 1]
    if len(known) != n_options or not 0.99 < sum(known) < 1.01:
        raise BackendUnavailable("the server's decision has no probabilities that add up to 1", reason="error")
    return known
