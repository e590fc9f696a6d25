"""The context of log lines: the request id and the video id, added to every line of web and worker."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from structlog.contextvars import bound_contextvars, get_contextvars

_SOUND = re.compile(r"[A-Za-z0-9._-]{1,64}")


class LoggedVideo(Protocol):
    """The attributes of a video that are logged."""

    @property
    def id(self) -> int: ...
    @property
    def request_id(self) -> str | None: ...


def valid_or_new(request_id: str | None) -> str:
    """The request id set by a proxy, or a new one if it is missing or not safe to log."""
    return request_id if request_id and _SOUND.fullmatch(request_id) else secrets.token_hex(8)


def request_id() -> str | None:
    """The id of the current request, or None."""
    id_ = get_contextvars().get("request")
    return str(id_) if id_ else None


@contextmanager
def of_request(request_id: str) -> Iterator[None]:
    """Add the request id to all log lines within."""
    with bound_contextvars(request=request_id):
        yield


@contextmanager
def about(video: LoggedVideo | int) -> Iterator[None]:
    """Add the video and the request that created it to all log lines within, those of tasks started within too."""
    if isinstance(video, int):
        with bound_contextvars(video=video):
            yield
    else:
        with bound_contextvars(video=video.id, request=video.request_id or request_id()):
            yield


def tags() -> dict[str, str]:
    """The current request and video ids, as far as set, for error reports."""
    bound = get_contextvars()
    return {name: str(bound[name]) for name in ("request", "video") if bound.get(name)}
