"""One batch of windows through a causal LM: log-probabilities of tokens, without all the logits of a text at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitors.backends.token_windows import BATCH_TOKENS, Piece

# Bytes of float32 logits held at once. On a processor less than 32 MiB, up to which the C library reuses freed memory;
# what is larger is given back and faulted in again each time, which cost a fifth of the speed.
HEAD_BYTES, GPU_HEAD_BYTES = 24 << 20, 1 << 29
GPU_BATCH_TOKENS = 1 << 16


def batch_tokens(lm: Any) -> int:
    """How many tokens a batch should hold on the model's device."""
    return GPU_BATCH_TOKENS if lm.device.type == "cuda" else BATCH_TOKENS


def log_probabilities(lm: Any, batch: Sequence[Piece]) -> list[list[float]]:
    """Natural-log probability of the scored tokens of each piece. Call it in `torch.inference_mode()`."""
    hidden, rows, targets = hidden_states(lm, batch)
    found = [_picked(lm, hidden[rows[part]], targets[part]) for part in head_parts(lm, len(rows))]
    return split(found, batch)


def hidden_states(lm: Any, batch: Sequence[Piece]) -> tuple[Any, Any, Any]:
    """Last hidden states, flat, the rows among them that predict a scored token, and these tokens."""
    import torch

    width = max(len(piece.tokens) for piece in batch)
    ids = torch.zeros((len(batch), width), dtype=torch.long)
    rows, targets = [], []
    for row, piece in enumerate(batch):
        tokens = torch.tensor(piece.tokens, dtype=torch.long)
        ids[row, : len(tokens)] = tokens
        rows.append(torch.arange(piece.scored_from - 1, len(tokens) - 1) + row * width)
        targets.append(tokens[piece.scored_from :])
    # Padding stands on the right, where causal attention never looks: no mask is needed, and none slows it down.
    hidden = lm.base_model(input_ids=ids.to(lm.device), use_cache=False).last_hidden_state.flatten(0, 1)
    return hidden, torch.cat(rows).to(lm.device), torch.cat(targets).to(lm.device)


def head_parts(lm: Any, n_rows: int) -> list[slice]:
    """Rows in parts whose logits fit the memory set aside for them."""
    n_bytes = GPU_HEAD_BYTES if lm.device.type == "cuda" else HEAD_BYTES
    size = max(1, n_bytes // (4 * lm.config.vocab_size))
    return [slice(at, at + size) for at in range(0, n_rows, size)]


def split(found: Sequence[Any], batch: Sequence[Piece]) -> list[list[float]]:
    """The values of a batch's scored tokens, piece by piece; fetched from the device at once."""
    import torch

    values = torch.cat(list(found)).cpu()
    sizes = [len(piece.tokens) - piece.scored_from for piece in batch]
    return [part.tolist() for part in values.split(sizes)]


def _picked(lm: Any, hidden: Any, targets: Any) -> Any:
    logits = lm.lm_head(hidden).float()
    return logits.gather(1, targets[:, None])[:, 0] - logits.logsumexp(1)
