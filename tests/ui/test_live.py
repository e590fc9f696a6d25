"""A page that draws as a whole on news: never twice at once, and what was read last is drawn last."""

import asyncio

from nicegui.testing import User as Visitor

from core.redis.news import News
from tests.waiting import until
from ui import live


class Drawn:
    """Draws what `now` was when it began; an answer waits for `answering`."""

    def __init__(self) -> None:
        self.now = 0
        self.begun: list[int] = []
        self.shown: list[int] = []
        self.answering = asyncio.Event()
        self.answering.set()

    async def draw(self) -> None:
        read = self.now
        self.begun.append(read)
        await self.answering.wait()
        self.shown.append(read)


async def test_it_draws_at_once_and_on_news_of_each_of_them(visitor: Visitor) -> None:
    drawn = Drawn()
    await visitor.open("/login")
    with visitor:
        await live.follow([1, 2], drawn.draw)
        assert drawn.shown[0] == 0
        for drawn.now in (1, 2):
            live.for_user(drawn.now).emit(News(user_id=drawn.now, video_id=7, status="completed"))
            await until(lambda: drawn.shown[-1] == drawn.now)


async def test_what_comes_while_it_draws_is_drawn_once_more(visitor: Visitor) -> None:
    drawn = Drawn()
    await visitor.open("/login")
    with visitor:
        await live.follow([1], drawn.draw)
        drawn.answering.clear()
        for drawn.now in (1, 2, 3):
            live.for_user(1).emit(News(user_id=1, video_id=7, stage="processing"))
            await asyncio.sleep(0.01)
        drawn.answering.set()
        await until(lambda: drawn.shown[-1] == 3)
    assert drawn.shown == drawn.begun
    assert 2 not in drawn.shown


async def test_who_listened_is_forgotten_when_the_bridge_stops(visitor: Visitor) -> None:
    await visitor.open("/login")
    with visitor:
        await live.follow([1], Drawn().draw)
    assert live.for_user(1).callbacks
    await live.stop()
    assert not live.for_user(1).callbacks
