"""Logging, and Sentry if there is a DSN."""

import logging
import sys
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ProcessorFormatter

from core.ops import log_context
from core.settings import settings


def set_up_logging(part: str) -> None:
    """Log to stderr, one line per event with time, level, part (web, worker), logger and context (log_context.py).

    LOG_LEVEL sets the level, LOG_FORMAT text or JSON.
    """
    level = settings().log_level
    structlog.configure(processors=[], cache_logger_on_first_use=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_formatter(part))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    clients = ("openai", "runwayml", "httpx", "httpx2", "httpcore", "httpcore2")  # at DEBUG they log whole requests
    for noisy in (*clients, "arq", "alembic", "multipart", "PIL", "asyncio", "libav"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    _set_up_sentry(part)


def _formatter(part: str) -> ProcessorFormatter:
    # a plain traceback: the default one prints local variables, keys and cookies among them, and takes seconds to
    # render on the event loop
    is_json = settings().log_format == "json"
    renderers: list[Any] = [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    ]
    if is_json:
        renderers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return ProcessorFormatter(
        foreign_pre_chain=[
            merge_contextvars,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
        ],
        processors=[
            ProcessorFormatter.remove_processors_meta,
            lambda _logger, _name, event: {"part": part, **{k: v for k, v in event.items() if v is not None}},
            *renderers,
        ],
    )


def _set_up_sentry(part: str) -> None:
    """Send errors to Sentry if there is a DSN, without users' texts or identities."""
    if dsn := settings().sentry_dsn:
        import sentry_sdk  # noqa: PLC0415 - a third of a second that most starts don't need

        def tagged(event: Any, _hint: object) -> Any:
            event.setdefault("tags", {}).update(log_context.tags())
            return event

        sentry_sdk.init(
            dsn=dsn.get_secret_value(),
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
            before_send=tagged,
        )
        sentry_sdk.set_tag("part", part)
