"""The visitor's latest videos under the panel; each leads to its own page."""

from ...i18n import _
from ...kit.elements import Tag
from ..video.current_video import CurrentVideo
from ..video.video_card import thumb

SHOWN = 7


class Recent(Tag):
    """Drawn again whenever the current video changes."""

    def __init__(self, current: CurrentVideo) -> None:
        super().__init__("nav", "shelf", aria_label=_("Your latest videos"), hidden=True)
        self._current = current
        self._drawn: list[int] = []
        self._thumbs: dict[int, Tag] = {}
        current.changed.subscribe(self._draw)
        self._draw()

    def _draw(self) -> None:
        """Draw what is not drawn yet."""
        shown = [video for video in self._current.latest if video.status == "completed"][:SHOWN]
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
