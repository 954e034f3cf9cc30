"""The last step of a start: install the model extras beside the running core, then start the model worker."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from oversight.embedded import model_extras
from oversight.embedded.child import Child
from oversight.embedded.packages import Progress
from oversight.embedded.programs import House, Program

# A failed install is tried again by itself: most often the network was away.
RETRY_S = 300.0
LOOK_S = 5.0


class ModelStep:
    """Advances each time it is called; never blocks the supervisor."""

    def __init__(
        self,
        *,
        house: House,
        child: Callable[[Program], Child],
        started: Callable[[Child], None],
        say: Callable[[str], None],
    ) -> None:
        self._house = house
        self._progress = house.progress
        self._child = child
        self._started = started
        self._say = say
        self._install: Child | None = None
        self._worker: Child | None = None
        self._next_try = 0.0
        self._next_look = 0.0
        self._told = -1

    @property
    def installing(self) -> Child | None:
        return self._install

    def announce(self) -> None:
        """What the web page shows from its first moment."""
        if model_extras.missing():
            Progress("waiting", 0, 1, "the language model is installed after the start").write(self._progress)
        else:
            Progress("done", 1, 1, "the language model is installed").write(self._progress)

    def advance(self, *, may_install: bool) -> None:
        if self._worker is not None or time.monotonic() < self._next_look:
            return
        if self._install is not None:
            self._follow(self._install)
            return
        self._next_look = time.monotonic() + LOOK_S
        # Also true when somebody ran 'make install-models' in another terminal.
        if not model_extras.missing():
            self._start_worker()
        elif may_install and time.monotonic() >= self._next_try:
            self._say("installing the language model (torch, transformers, SmolLM2); the dashboard is usable meanwhile")
            self._install = self._child(self._house.install_models)
            self._install.start()
            self._next_look = 0.0

    def _follow(self, install: Child) -> None:
        self._tell_progress()
        if (status := install.ended()) is None:
            return
        install.kill()
        self._install = None
        if status != 0:
            self._next_try = time.monotonic() + RETRY_S
            self._say(f"the language model was not installed; again in {RETRY_S / 60:.0f} minutes; see {install.log}")

    def _tell_progress(self) -> None:
        try:
            progress = json.loads(self._progress.read_text())
        except (FileNotFoundError, ValueError):
            return
        tenth = 10 * progress["done"] // max(1, progress["total"])
        if tenth > self._told and progress["state"] == "running":
            self._told = tenth
            self._say(f"language model: {10 * tenth} % installed")

    def _start_worker(self) -> None:
        Progress("done", 1, 1, "the language model is installed").write(self._progress)
        self._worker = self._child(self._house.model_worker)
        self._worker.start()
        self._started(self._worker)
        self._say("the language model is installed; its worker has started")
