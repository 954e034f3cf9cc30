"""The real small model for the tests that ask for it, and how much Hypothesis tries."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from monitors.backends.transformers_local import LocalModel
from monitors.errors import BackendUnavailable

settings.register_profile("monitors", max_examples=60)
settings.load_profile("monitors")


@pytest.fixture(scope="session")
def local_model() -> LocalModel:
    """The bundled model, loaded once a session; skipped where the model extras are not installed."""
    model = LocalModel()
    try:
        model.digest  # noqa: B018  # loads the weights
    except BackendUnavailable as error:
        pytest.skip(str(error))
    return model


@pytest.fixture(scope="session")
def thin_model(local_model: LocalModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model of one thin layer, random weights and the bundled model's tokens."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("thin")
    torch.manual_seed(4)
    shape = LlamaConfig(
        vocab_size=local_model._lm.config.vocab_size,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.2,
        max_position_embeddings=8192,
    )
    LlamaForCausalLM(shape).to(torch.bfloat16).save_pretrained(folder)
    local_model._tokenizer.save_pretrained(folder)
    return folder
