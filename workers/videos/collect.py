"""Downloads finished videos, several at once; claimed from the database, without a queue."""

from collections import Counter

from core.catalog import entries
from core.database.session import one_trip, session
from core.errors import UnknownModel
from core.models import Video
from core.videos import looks, states
from workers.loops import Loop
from workers.videos.bring_home import bring_home
from workers.videos.steps import Engines

AT_ONCE = 20


class Collects(Loop[Video]):
    """Claims several at a time: a claim costs as much as storing one video.

    One user never has all places, so a server that hangs with one user's files does not hold up another's.
    """

    name = "collects"
    gather_seconds = 0.03

    def __init__(self, engines: Engines, at_once: int = AT_ONCE) -> None:
        super().__init__()
        self.engines = engines
        self.at_once = at_once
        self.at_least_free = max(1, at_once // 5)
        self.of_one_user = at_once - at_once // 5
        self._of: Counter[int] = Counter()

    async def claim(self, free: int) -> list[Video]:
        rooms = {user_id: self.of_one_user - running for user_id, running in self._of.items()}
        full = [user_id for user_id, room in rooms.items() if room < self.at_least_free]
        rooms |= dict.fromkeys(full, 0)
        async with one_trip() as db:
            order = await looks.next_collects(db, free, full)
        if not order:
            return []
        async with one_trip() as db:
            claimed = await looks.claim_collects(db, free, rooms, self.of_one_user)
        # a claim returns its rows in any order
        return sorted(claimed, key=lambda row: order.index(row.id) if row.id in order else free)

    def start(self, row: Video) -> None:
        def ended() -> None:
            self._of[row.user_id] -= 1
            if not self._of[row.user_id]:
                del self._of[row.user_id]

        self._of[row.user_id] += 1
        self.running.start(self.do(row), self.about(row), ended)

    async def do(self, row: Video) -> None:
        model = entries.models().get(row.model)
        if model is None:
            async with session() as db:
                await states.fail(db, row, UnknownModel(row.model))
            return
        await bring_home(self.engines, row, model)

    def about(self, row: Video) -> Video:
        return row
