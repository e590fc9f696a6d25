"""Logging, and Sentry if there is a DSN.

Everything that is logged passes `_escaped`, whoever wrote it: names, prompts, headers, providers, pages of a browser.
"""

import logging
import sys
from collections.abc import Callable
from typing import Any

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict

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
    databases = ("aiosqlite", "asyncpg", "sqlalchemy")  # and these what is in a query and in its answer
    for noisy in (*clients, *databases, "arq", "alembic", "multipart", "PIL", "asyncio", "libav"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    _set_up_sentry(part)


def escape(text: str) -> str:
    r"""The text in one line: what ends a line, steers a terminal or turns the direction is written as `\n`, `\x1b`."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _escaped(value: Any) -> Any:
    """Every text in it; what is neither a text, a number nor a list or table of them is what its `repr` says."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {escape(str(key)): _escaped(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(one) for one in value]
    return escape(value if isinstance(value, str) else repr(value))


def _indented(text: str) -> str:
    """Several lines, none of which can be taken for one that begins with a time."""
    return "\n".join(f"  {escape(line)}" for line in text.split("\n"))


def _for_one_line(part: str) -> Callable[[Any, str, EventDict], EventDict]:
    """What is logged, without what is None, with the part first; a traceback below it."""

    def prepare(_logger: Any, _name: str, event: EventDict) -> EventDict:
        below = {name: _indented(str(event.pop(name))) for name in ("stack", "exception") if event.get(name)}
        line = {escape(name): _escaped(value) for name, value in event.items() if value is not None}
        return {"part": part, **line, **below}

    return prepare


def _formatter(part: str) -> ProcessorFormatter:
    renderer: Any = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
    if settings().log_format == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
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
            # a plain traceback: the console's own shows what every function had at hand, which are keys and cookies as
            # well, and is drawn for seconds, on the event loop
            structlog.processors.format_exc_info,
            _for_one_line(part),
            renderer,
        ],
    )


def _set_up_sentry(part: str) -> None:
    """Send errors to Sentry if there is a DSN, without users' texts or identities."""
    if dsn := settings().sentry_dsn:
        import sentry_sdk  # noqa: PLC0415 - a third of a second that most starts don't need
        from sentry_sdk.integrations.logging import ignore_logger  # noqa: PLC0415

        ignore_logger("browser")  # what a page of a browser says is its user's: ui/sockets.py

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
