"""One JSON line per log record, control characters escaped, without transcript text."""

from __future__ import annotations

import logging

import structlog


def formatter() -> logging.Formatter:
    """For `settings.LOGGING`; JSON escapes every control character, so that no text can forge a line."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        foreign_pre_chain=shared,
    )
