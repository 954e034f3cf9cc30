"""Access to models behind small protocols."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from monitors.backends.prices import Price
from monitors.base import Need, RecordedVerdict


def open_backends(
    spec: str,
    *,
    model: str | None = None,
    recorded: Mapping[str, tuple[RecordedVerdict, ...]] | None = None,
    cache_dir: Path | None = None,
    api_key: str | None = None,
    price: Price | None = None,
    concurrency: int | None = None,
) -> Mapping[Need, object]:
    """What `spec` (none, local, recorded or the URL of an OpenAI-compatible server) offers, by need. Opens nothing yet.

    Two local models, parted by a comma, are a pair: the second only serves statistics that compare both. The price and
    how many calls may be under way at once are a server's.

    Raises
    ------
    ValueError : `spec` is none of these.
    BackendUnavailable : a server was named and gives no model's name.
    """
    if spec == "none":
        return {}
    if spec == "local":
        from monitors.backends.transformers_local import LocalModel

        first, _, second = (model or "").partition(",")
        local = LocalModel(first or None, cache_dir)
        if second:
            from monitors.backends.local_pair import LocalPair

            return {Need.JUDGE: local, Need.REFERENCE_LM: LocalPair(local, LocalModel(second, cache_dir))}
        return {Need.JUDGE: local, Need.REFERENCE_LM: local}
    if spec == "recorded":
        from monitors.backends.recorded import Recorded

        return {Need.JUDGE: Recorded(recorded or {})}
    if spec.startswith(("http://", "https://")):
        from monitors.backends.openai_server import open_server

        return open_server(spec, model=model, api_key=api_key, price=price, concurrency=concurrency)
    raise ValueError(f"no backend {spec!r}: it is none, local, recorded or the http(s) URL of a server")
