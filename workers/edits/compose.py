"""The loop that notices when all shots of an ad are there, and has it put together."""

from core.ads import compose
from core.database.session import one_trip, session
from core.models import Video
from core.ops import log_context
from workers.loops import Loop
from workers.videos.render import Renders


class Composes(Loop[Video]):
    """Looks in the database, so it survives whatever happens to a worker or to Redis. It only begins the rendering."""

    name = "ads"
    at_once = compose.AT_ONCE

    def __init__(self, renders: Renders) -> None:
        super().__init__()
        self._renders = renders

    async def claim(self, free: int) -> list[Video]:
        """All that are complete; two workers may see the same, and `do` lets one of them."""
        async with one_trip() as db:
            return (await compose.due(db))[:free]

    async def do(self, row: Video) -> None:
        async with session() as db:
            await compose.begin(db, row)
        self._renders.wake()

    def about(self, row: Video) -> log_context.LoggedVideo | int:
        return row
