"""What polls of the API were told just now: as long as nothing changes, asking again costs no look at the database.

The news keeps it right, so nothing is kept while no news comes; and nothing for longer than KEPT_SECONDS, because a
worker may die between a change and its news.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TypeVar

from core.models import Video
from core.redis.news import KEYS, SIGNED_OUT, News

KEPT_SECONDS = 10.0
MOST = 10_000
Of = tuple[int, int]
Key = TypeVar("Key")
Kept = TypeVar("Kept", bound="_Look | _Caller")


@dataclass(frozen=True)
class _Look:
    video: Video
    news: News | None
    at: float


@dataclass(frozen=True)
class _Caller:
    user_id: int
    at: float


_looks: OrderedDict[Of, _Look] = OrderedDict()
_callers: OrderedDict[str, _Caller] = OrderedDict()
_marks: dict[Of, object] = {}
_state = {"on": False, "callers": 0}


def on() -> None:
    """From now on all news is heard."""
    off()
    _state["on"] = True


def off() -> None:
    """No news comes: whoever asks must look."""
    _state["on"] = False
    _state["callers"] += 1
    for table in (_looks, _callers, _marks):
        table.clear()


def hear(news: News) -> None:
    """Something has changed."""
    if news.status in (SIGNED_OUT, KEYS):
        forget_caller(news.user_id)
    of = (news.user_id, news.video_id)
    _marks.pop(of, None)
    if (known := _looks.get(of)) and news.stage and not news.status:
        _looks[of] = replace(known, news=news)  # only how far it is
    else:
        _looks.pop(of, None)


def _fresh(table: OrderedDict[Key, Kept], key: Key) -> Kept | None:
    known = table.get(key)
    return known if known and time.monotonic() - known.at < KEPT_SECONDS else None


def _put(table: OrderedDict[Key, Kept], key: Key, kept: Kept) -> None:
    table[key] = kept
    table.move_to_end(key)
    if len(table) > MOST:
        table.popitem(last=False)


# ------------------------------------------------------------------------------------------------------- videos


def video(user_id: int, video_id: int) -> tuple[Video, News | None] | None:
    """That user's video and its last news, if it is known."""
    known = _fresh(_looks, (user_id, video_id))
    return (known.video, known.news) if known else None


def begin(user_id: int, video_id: int) -> object:
    """Before the look at the database: for `keep_video`, which keeps nothing if news of it came meanwhile."""
    mark = object()
    if _state["on"]:
        _marks[user_id, video_id] = mark
    return mark


def end(user_id: int, video_id: int, mark: object, found: Video | None = None, news: News | None = None) -> None:
    """After the look."""
    of = (user_id, video_id)
    if _marks.get(of) is mark:
        del _marks[of]
        if found:
            _put(_looks, of, _Look(found, news, time.monotonic()))


# ------------------------------------------------------------------------------------------------------ callers


def caller(credential: str) -> int | None:
    """The id of the user who has just come in with that key or cookie."""
    known = _fresh(_callers, credential)
    return known.user_id if known else None


def callers() -> int:
    """Before asking the database who it is: for `keep_caller`."""
    return _state["callers"]


def keep_caller(credential: str, user_id: int, before: int) -> None:
    """Remember who it is, unless somebody has been shut out meanwhile."""
    if _state["on"] and before == _state["callers"]:
        _put(_callers, credential, _Caller(user_id, time.monotonic()))


def forget_caller(user_id: int) -> None:
    """No key and no cookie of that user is believed any more without a look."""
    _state["callers"] += 1
    for credential in [known for known, kept in _callers.items() if kept.user_id == user_id]:
        del _callers[credential]
