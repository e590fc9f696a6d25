"""A news item costs an open page one session with the database, however many parts of it draw what it says."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from nicegui.testing import User as Visitor
from sqlalchemy import event

from core.database.session import engines, session
from core.errors import ProviderFailed
from core.models import User, Video
from core.redis.news import News, publish
from core.videos import states
from tests.people import ask, fail, finish
from tests.waiting import until
from ui import live, poll_cache
from ui.components.video import current_video


@pytest.fixture(autouse=True)
def only_news_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's own slow look, for when news was lost, does not come in between."""
    monkeypatch.setattr(current_video, "LOOK_SECONDS", 3600.0)


@contextmanager
def looks() -> Iterator[list[object]]:
    """Every session that reads meanwhile, in this process; what a test itself does in `database.session()` is none."""
    connections: list[object] = []

    def note(connection: Any) -> None:
        connections.append(connection)

    engine = engines().reading.sync_engine
    event.listen(engine, "begin", note)
    yield connections
    event.remove(engine, "begin", note)


async def opened(visitor: Visitor, path: str) -> None:
    """Open a page once news arrives, and wait until it has asked who its visitor is, as it does once it listens."""
    await until(poll_cache.is_on)
    await visitor.open(path)
    await until(lambda: not any("may_stay" in task.get_name() for task in asyncio.all_tasks()))


async def test_the_studio_looks_once_when_a_video_is_ready(visitor: Visitor, me: User) -> None:
    await finish(await ask(me, "The one before"))
    video = await ask(me)
    await opened(visitor, "/")
    await visitor.should_see("Starting…")
    with looks() as seen:
        await finish(video)
        await visitor.should_see("Download")
        await until(lambda: len(seen) >= 1)
    assert len(seen) == 1


async def test_the_studio_looks_once_for_what_is_returned(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    await opened(visitor, "/")
    await visitor.should_see("90 credits")
    with looks() as seen:
        await fail(video, ProviderFailed())
        await visitor.should_see("100 credits")
        await visitor.should_see("Try again")
    assert len(seen) == 1


async def test_a_page_looks_once_when_news_may_have_been_lost(visitor: Visitor, me: User) -> None:
    await ask(me)
    await opened(visitor, "/")
    await visitor.should_see("Starting…")
    with looks() as seen:
        async with session() as db:  # that nobody is told of
            await states.change(db, Video.user_id == me.id, status="canceled")  # type: ignore[arg-type]
        live.started()
        await visitor.should_see("You canceled this video.")
    assert len(seen) == 1


async def test_the_library_looks_once(visitor: Visitor, me: User) -> None:
    video, _other = await ask(me, "First"), await ask(me, "Second")
    await opened(visitor, "/library")
    await visitor.should_see("80 credits")
    with looks() as seen:
        await fail(video, ProviderFailed())
        await visitor.should_see("90 credits")
        await visitor.should_see("The model could not make this video.")
        assert len(seen) == 1
        async with session() as db:
            await states.change(db, Video.user_id == me.id, status="canceled")  # type: ignore[arg-type]
        live.started()
        await visitor.should_see("You canceled this video.")
    assert len(seen) == 2


async def test_the_account_page_looks_once(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    await opened(visitor, "/account")
    await visitor.should_see("90 credits")
    with looks() as seen:
        await fail(video, ProviderFailed())
        await visitor.should_see("Returned")
        await visitor.should_see("100 credits")
    assert len(seen) == 1


async def test_progress_is_drawn_without_a_look(visitor: Visitor, me: User) -> None:
    video = await ask(me)
    await opened(visitor, "/")
    await visitor.should_see("Starting…")
    with looks() as seen:
        await publish(News(me.id, video.id, stage="processing", progress=42))
        await visitor.should_see("Processing… 42 %")
    assert seen == []
