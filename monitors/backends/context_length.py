"""How many tokens a server's model can read, where the server tells: each has its own place for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitors.backends.http_json import JsonClient
from monitors.errors import BackendUnavailable

# vLLM and SGLang; OpenRouter; Groq.
_LISTED = ("max_model_len", "context_length", "context_window")
_NUM_CTX = re.compile(r"^num_ctx\s+(\d{1,9})$", re.MULTILINE)


def context_length(base: str, api_key: str | None, model: str) -> int | None:
    """Tokens of prompt and answer together; None where no answer names them. The smallest of what is told counts."""
    told = [count for count in _told(base, api_key, model) if type(count) is int and count > 0]
    return min(told, default=None)


def _told(base: str, api_key: str | None, model: str) -> Iterator[object]:
    listed = _listed(_get(_client(base, api_key), "/models"), model)
    known = [listed[name] for name in _LISTED if isinstance(listed.get(name), int)]
    if known or not base.endswith("/v1"):
        yield from known
        return
    root = _client(base.removesuffix("/v1"), api_key)
    # llama.cpp: what each of its slots holds.
    settings = _get(root, "/props").get("default_generation_settings")
    if isinstance(settings, dict) and settings.get("n_ctx"):
        yield settings["n_ctx"]
        return
    yield from _ollama(root, model)


def _ollama(root: JsonClient, model: str) -> Iterator[object]:
    """It cuts longer prompts off without a word, so that what it has loaded counts and not what the model could do."""
    running = _get(root, "/api/ps").get("models")
    for entry in running if isinstance(running, list) else ():
        if isinstance(entry, dict) and model in (entry.get("name"), entry.get("model")):
            yield entry.get("context_length")
    try:
        shown = root.post("/api/show", {"model": model})
    except BackendUnavailable:
        return
    told = shown.get("model_info")
    if isinstance(told, dict):
        yield from (value for name, value in told.items() if name.endswith(".context_length"))
    parameters = shown.get("parameters")
    if isinstance(parameters, str) and (found := _NUM_CTX.search(parameters)):
        yield int(found[1])


def _client(base: str, api_key: str | None) -> JsonClient:
    return JsonClient(base, api_key, timeout_s=5.0, max_wait_s=1.0, tries=1)


def _get(client: JsonClient, path: str) -> dict[str, Any]:
    try:
        return client.get(path)
    except BackendUnavailable:
        return {}


def _listed(models: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    entries = models.get("data")
    named = (entry for entry in entries if isinstance(entry, dict)) if isinstance(entries, list) else iter(())
    return next((entry for entry in named if entry.get("id") == model), {})
