"""The visitor's latest videos under the panel; each leads to its own page."""

from core import videos
from core.database import reading
from core.models import User

from ..i18n import _
from ..kit.elements import Tag
from .current_video import CurrentVideo
from .video_card import thumb

SHOWN = 7
LOOKED_AT = 12


class Recent(Tag):
    """Drawn again whenever the current video changes."""

    def __init__(self, user: User, current: CurrentVideo) -> None:
        super().__init__("nav", "shelf", aria_label=_("Your latest videos"), hidden=True)
        self._user, self._current = user, current
        self._drawn: list[int] = []
        self._thumbs: dict[int, Tag] = {}
        current.changed.subscribe(self.draw)

    async def draw(self) -> None:
        """Read them, and draw what is not drawn yet."""
        async with reading() as db:
            found = await videos.page(db, self._user.id, None, LOOKED_AT)
        shown = [video for video in found if video.status == "completed"][:SHOWN]
        ids = [video.id for video in shown]
        if ids != self._drawn:
            self._drawn = ids
            self.clear()
            with self:
                self._thumbs = {video.id: thumb(video) for video in shown}
        self.put("hidden", len(ids) < 2)
        now = self._current.video.id if self._current.video else 0
        for video_id, link in self._thumbs.items():
            link.put("aria_current", "true" if video_id == now else None)
