"""The one bridge from Redis to NiceGUI events: one subscription per web process, however many pages are open."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import TypeVar

from nicegui import Event, background_tasks

from core.redis.news import News, listen

from . import poll_cache

Key = TypeVar("Key", int, str)
log = logging.getLogger(__name__)
_REFRESH = News(status="refresh")
_by_user: dict[int, Event[[News]]] = {}
_by_browser: dict[str, Event[[News]]] = {}


def for_user(user_id: int) -> Event[[News]]:
    """Emits the news of that user's videos, and `status="refresh"` after news may have been lost.

    Subscribe inside a page: the subscription ends with it.
    """
    return _by_user.setdefault(user_id, Event())


async def follow(
    users: Iterable[int], draw: Callable[[], Awaitable[None]], concerns: Callable[[News], bool] = lambda _news: True
) -> None:
    """Call `draw` now, and whenever there is news of these users that `concerns` what is drawn, which is read anew.

    Never twice at once: what comes while it draws is drawn in one more go, so what was read last is drawn last.
    """
    turn, due = asyncio.Lock(), asyncio.Event()

    async def hear(news: News) -> None:
        if not concerns(news):
            return
        due.set()
        if turn.locked():
            return
        async with turn:
            while due.is_set():
                due.clear()
                await draw()

    for user_id in users:
        for_user(user_id).subscribe(hear)
    await hear(_REFRESH)


def for_browser(browser: str) -> Event[[News]]:
    """Emits when the visitor of that browser has signed in or out."""
    return _by_browser.setdefault(browser, Event())


def _dispatch(news: News) -> None:
    poll_cache.hear(news)  # before any page reads the video anew
    event = _by_browser.get(news.browser) if news.browser else _by_user.get(news.user_id)
    if event:
        event.emit(news)


def _drop_unheard(table: dict[Key, Event[[News]]]) -> None:
    for key in [key for key, event in table.items() if not event.callbacks]:
        del table[key]


async def _relay() -> None:
    pause = 0.2
    while True:
        try:
            async with aclosing(listen(started)) as heard:
                async for news in heard:
                    pause = 0.2
                    _dispatch(news)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("the live connection to Redis was lost (%s); trying again in %.1f s", error, pause)
        finally:
            poll_cache.off()
        await asyncio.sleep(pause)
        pause = min(pause * 2, 2)


def started() -> None:
    """We are subscribed, maybe after a gap in which news was lost, so every page refreshes."""
    poll_cache.on()
    _drop_unheard(_by_user)
    _drop_unheard(_by_browser)
    for event in list(_by_user.values()):
        event.emit(_REFRESH)


_running: list[asyncio.Task[None]] = []


def start() -> None:
    """Run the bridge until `stop`."""
    _running.append(background_tasks.create(_relay(), name="live relay"))


async def stop() -> None:
    """Stop the bridge, and forget who listened; call before closing its connection.

    Cancels anew each second: before Python 3.12 the client of Redis may swallow a cancel that comes with an answer.
    """
    while _running:
        task = _running.pop()
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=1)
    _by_user.clear()
    _by_browser.clear()
