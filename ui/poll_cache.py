"""A cache for polls of the API: while nothing changes, a poll does not read the database.

News invalidates it, so nothing is cached while no news arrives, and nothing longer than KEPT_SECONDS, as a worker may
die between a change and its news.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TypeVar

from core.models import Video
from core.redis.news import ENDED_ACCESS, SIGNED_OUT, News, forget_access

KEPT_SECONDS = 10.0
MOST = 10_000
Of = tuple[int, int]
Key = TypeVar("Key")
Entry = TypeVar("Entry", bound="_CachedVideo | _CachedCaller")


@dataclass(frozen=True)
class _CachedVideo:
    video: Video
    news: News | None
    at: float


@dataclass(frozen=True)
class _CachedCaller:
    user_id: int
    at: float


_videos: OrderedDict[Of, _CachedVideo] = OrderedDict()
_callers: OrderedDict[str, _CachedCaller] = OrderedDict()
_marks: dict[Of, object] = {}
_state: dict[str, int] = {"on": False, "callers": 0}


def on() -> None:
    """Start caching: from now on all news arrives."""
    off()
    _state["on"] = True


def is_on() -> bool:
    """Whether news arrives, so that what it says is kept."""
    return bool(_state["on"])


def off() -> None:
    """Stop caching and clear: no news arrives."""
    _state["on"] = False
    _state["callers"] += 1
    for table in (_videos, _callers, _marks):
        table.clear()


def hear(news: News) -> None:
    """Invalidate or update the video that the news is about."""
    if news.status in (SIGNED_OUT, ENDED_ACCESS):
        forget_caller(news.user_id)
    of = (news.user_id, news.video_id)
    _marks.pop(of, None)
    if (entry := _videos.get(of)) and news.stage and not news.status:
        _videos[of] = replace(entry, news=news)  # only how far it is
    else:
        _videos.pop(of, None)


def _fresh(table: OrderedDict[Key, Entry], key: Key) -> Entry | None:
    entry = table.get(key)
    return entry if entry and time.monotonic() - entry.at < KEPT_SECONDS else None


def _put(table: OrderedDict[Key, Entry], key: Key, entry: Entry) -> None:
    table[key] = entry
    table.move_to_end(key)
    if len(table) > MOST:
        table.popitem(last=False)


def video(user_id: int, video_id: int) -> tuple[Video, News | None] | None:
    """The user's video and its last news; None if not cached."""
    entry = _fresh(_videos, (user_id, video_id))
    return (entry.video, entry.news) if entry else None


def begin(user_id: int, video_id: int) -> object:
    """Call before reading the video; `end` caches it only if no news of it came in between."""
    mark = object()
    if _state["on"]:
        _marks[user_id, video_id] = mark
    return mark


def end(user_id: int, video_id: int, mark: object, row: Video | None = None, news: News | None = None) -> None:
    """Call after reading; caches `row` unless news came since `begin` returned `mark`."""
    of = (user_id, video_id)
    if _marks.get(of) is mark:
        del _marks[of]
        if row:
            _put(_videos, of, _CachedVideo(row, news, time.monotonic()))


def caller(credential: str) -> int | None:
    """The cached user id of a key or cookie; None if not cached."""
    entry = _fresh(_callers, credential)
    return entry.user_id if entry else None


def callers() -> int:
    """A mark to take before reading the user, for `keep_caller`."""
    return _state["callers"]


def keep_caller(credential: str, user_id: int, before: int) -> None:
    """Cache the user of a credential, unless any caller was forgotten since `before`."""
    if _state["on"] and before == _state["callers"]:
        _put(_callers, credential, _CachedCaller(user_id, time.monotonic()))


def forget_caller(user_id: int) -> None:
    """Drop all credentials of a user, so that the next request checks them."""
    _state["callers"] += 1
    for credential in [key for key, entry in _callers.items() if entry.user_id == user_id]:
        del _callers[credential]


forget_access.append(forget_caller)
