"""What a log line is about: the request that it began with, and the video. Both stand on every line, web and worker."""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from structlog.contextvars import bound_contextvars, get_contextvars

_SOUND = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Known(Protocol):
    """A video, as much of it as is asked here."""

    @property
    def id(self) -> int: ...
    @property
    def request_id(self) -> str | None: ...


def sound_or_new(request_id: str | None) -> str:
    """The id a proxy has given the request, or a new one where there is none or one that would spoil the log."""
    return request_id if request_id and _SOUND.fullmatch(request_id) else secrets.token_hex(8)


def request_id() -> str | None:
    """The id of the request that is being answered here."""
    id_ = get_contextvars().get("request")
    return str(id_) if id_ else None


@contextmanager
def of_request(request_id: str) -> Iterator[None]:
    """Every line within is about that request."""
    with bound_contextvars(request=request_id):
        yield


@contextmanager
def about(video: Known | int) -> Iterator[None]:
    """Every line within, and of the tasks begun within, is about that video and the request that asked for it."""
    if isinstance(video, int):
        with bound_contextvars(video=video):
            yield
    else:
        with bound_contextvars(video=video.id, request=video.request_id or request_id()):
            yield


def tags() -> dict[str, str]:
    """Both, as far as they are known."""
    bound = get_contextvars()
    return {name: str(bound[name]) for name in ("request", "video") if bound.get(name)}
