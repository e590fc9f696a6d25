"""The visitor's latest videos under the panel, those on their way as well; a click shows one in the panel."""

from functools import partial

from core.models import ACTIVE, Video

from ...i18n import _
from ...kit.elements import Tag
from ..video.current_video import CurrentVideo
from ..video.words import state_word

SHOWN = 7
IN_PLACE = "(e) => { if (e.ctrlKey || e.metaKey || e.shiftKey) return; e.preventDefault(); emit(); }"


class Recent(Tag):
    """Drawn again whenever the current video or the list of the latest ones changes."""

    def __init__(self, current: CurrentVideo) -> None:
        super().__init__("nav", "shelf", aria_label=_("Your latest videos"), hidden=True)
        self._current = current
        self._drawn: list[tuple[int, str]] = []
        self._thumbs: dict[int, Tag] = {}
        current.changed.subscribe(self._draw)
        current.listed.subscribe(self._draw)
        self._draw()

    def _draw(self) -> None:
        """Draw what is not drawn yet."""
        shown = [video for video in self._current.latest if video.status in ("completed", *ACTIVE)][:SHOWN]
        drawn = [(video.id, video.status) for video in shown]
        if drawn != self._drawn:
            self._drawn = drawn
            self.clear()
            with self:
                self._thumbs = {video.id: self._thumb(video) for video in shown}
        now = self._current.video.id if self._current.video else 0
        self.put("hidden", not any(video.id != now for video in shown))
        for video_id, link in self._thumbs.items():
            link.put("aria_current", "true" if video_id == now else None)

    def _thumb(self, video: Video) -> Tag:
        word, symbol = state_word(video)
        target = f"/videos/{video.id}"
        link = Tag("a", "thumb", href=target, aria_label=f"{video.prompt} · {word}", title=f"{video.prompt} · {word}")
        link.on("click", partial(self._show, video.id), [], js_handler=IN_PLACE)
        with link:
            if video.status == "completed":
                Tag("img", src=f"/api/v1/videos/{video.id}/poster", alt="", loading="lazy", decoding="async")
            else:
                Tag("img", src=f"/api/v1/images/{video.picture_id}/content", alt="", loading="lazy", decoding="async")
                Tag("span", f"thumb-state card-state-{video.status}", symbol=symbol)
        return link

    async def _show(self, video_id: int, _event: object = None) -> None:
        await self._current.follow(video_id)
