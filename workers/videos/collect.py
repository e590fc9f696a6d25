"""Downloads finished videos, several at once; claimed from the database, without a queue."""

from core.catalog import entries
from core.database.session import reading, session
from core.errors import UnknownModel
from core.models import Video
from core.videos import looks, states
from workers.loops import Loop
from workers.videos.bring_home import bring_home
from workers.videos.steps import Engines

AT_ONCE = 16


class Collects(Loop[Video]):
    """Claims several at a time: a claim costs as much as storing one video."""

    name = "collects"
    gather_seconds = 0.03

    def __init__(self, engines: Engines, at_once: int = AT_ONCE) -> None:
        super().__init__()
        self.engines = engines
        self.at_once = at_once
        self.at_least_free = max(1, at_once // 4)

    async def claim(self, free: int) -> list[Video]:
        async with reading() as db:
            if not await looks.has_ready(db):
                return []
        async with session() as db:
            return await looks.claim_collects(db, free)

    async def do(self, row: Video) -> None:
        model = entries.models().get(row.model)
        if model is None:
            async with session() as db:
                await states.fail(db, row, UnknownModel(row.model))
            return
        await bring_home(self.engines, row, model)

    def about(self, row: Video) -> Video:
        return row
