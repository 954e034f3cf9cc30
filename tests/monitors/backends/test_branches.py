"""Branches of one prefix say what each would say by itself, whichever way they are kept, and however they are fed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from monitors.backends import branches
from monitors.backends.branches import CopiedBranches, Feed, PackedBranches, Store, store_for
from monitors.backends.transformers_local import LocalModel

pytestmark = pytest.mark.lm

HEAD, TEXT = list(range(100, 140)), list(range(500, 700))
TAILS = ([11, 12, 13], [21], list(range(31, 61)))


@pytest.fixture(scope="module")
def lm(thin_model: Path) -> Any:
    """In float32, so that only mistakes make a difference."""
    return LocalModel(str(thin_model))._lm.float()


def _alone(lm: Any, tokens: Sequence[int]) -> Any:
    import torch

    with torch.inference_mode():
        return lm(input_ids=torch.tensor([list(tokens)])).logits[0]


def _fed(store: Store, feeds: Sequence[Feed]) -> list[Any]:
    import torch

    with torch.inference_mode():
        return store.feed(feeds)


def _open(store: Store, *segments: Sequence[int]) -> int:
    import torch

    with torch.inference_mode():
        return store.open(segments)


def _is_close(one: Any, other: Any) -> bool:
    return bool((one - other).abs().max() < 1e-3)


@pytest.mark.parametrize("kind", [PackedBranches, CopiedBranches])
@pytest.mark.parametrize("chunk", [7, 512])
def test_each_branch_reads_the_prefix_and_itself_only(
    lm: Any, kind: type[PackedBranches], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "CHUNK", chunk)
    store = kind(lm)
    _open(store, HEAD, TEXT)
    first = _fed(store, [Feed(index, tail) for index, tail in enumerate(TAILS)])
    # Fed again in another order, one of them left out.
    second = _fed(store, [Feed(2, [71, 72], 2), Feed(0, [81])])
    for tail, logits in zip(TAILS, first, strict=True):
        assert _is_close(logits, _alone(lm, [*HEAD, *TEXT, *tail])[-1:])
    assert _is_close(second[0], _alone(lm, [*HEAD, *TEXT, *TAILS[2], 71, 72])[-2:])
    assert _is_close(second[1], _alone(lm, [*HEAD, *TEXT, *TAILS[0], 81])[-1:])


@pytest.mark.parametrize("kind", [PackedBranches, CopiedBranches])
def test_what_is_kept_is_only_what_stands_at_the_beginning(lm: Any, kind: type[PackedBranches]) -> None:
    store = kind(lm)
    assert _open(store, HEAD, TEXT) == 0
    _fed(store, [Feed(0, TAILS[2])])
    assert _open(store, HEAD, TEXT) == len(HEAD) + len(TEXT)
    (again,) = _fed(store, [Feed(0, TAILS[0])])
    assert _is_close(again, _alone(lm, [*HEAD, *TEXT, *TAILS[0]])[-1:])
    assert _open(store, HEAD[1:], TEXT) == 0
    (other,) = _fed(store, [Feed(0, TAILS[0])])
    assert _is_close(other, _alone(lm, [*HEAD[1:], *TEXT, *TAILS[0]])[-1:])


def test_another_text_keeps_the_head(lm: Any) -> None:
    store = PackedBranches(lm)
    _open(store, HEAD, TEXT)
    _fed(store, [Feed(0, TAILS[2])])
    assert _open(store, HEAD, TEXT[5:]) == len(HEAD)
    (logits,) = _fed(store, [Feed(3, TAILS[0])])
    assert _is_close(logits, _alone(lm, [*HEAD, *TEXT[5:], *TAILS[0]])[-1:])


def test_a_model_that_forgets_gets_copies(lm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(store_for(lm), PackedBranches)
    monkeypatch.setattr(lm.config, "sliding_window", 128, raising=False)
    assert isinstance(store_for(lm), CopiedBranches)
