"""The real small model for the tests that ask for it, and Hypothesis on machines that do other work as well."""

# `local_model` is a reconstruction: the original was overwritten before it was in git.
# Its author should confirm or replace it.

from __future__ import annotations

import pytest
from hypothesis import settings

from monitors.backends.transformers_local import LocalModel
from monitors.errors import BackendUnavailable

settings.register_profile("monitors", deadline=None, max_examples=60)
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
