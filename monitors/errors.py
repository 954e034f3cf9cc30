"""The three ways in which a monitor may fail to measure. None of them is ever a score."""

from __future__ import annotations


class InvalidTranscript(ValueError):
    """The transcript cannot carry this measurement; `reason` is one of the skip reasons of `monitors.base.Reason`."""

    def __init__(self, message: str, *, reason: str = "invalid") -> None:
        super().__init__(message)
        self.reason = reason


class BackendUnavailable(RuntimeError):
    """The model is missing or did not answer; `reason` is `no_backend`, `timeout`, `refused` or `error`."""

    def __init__(self, message: str, *, reason: str = "no_backend") -> None:
        super().__init__(message)
        self.reason = reason


class JudgeUnparseable(ValueError):
    """The judge answered, but not within its contract; `reason` is `parse`, `refused` or `truncated`."""

    def __init__(self, message: str, *, reason: str = "parse") -> None:
        super().__init__(message)
        self.reason = reason
