"""The visitor's latest videos under the panel, those on their way as well; a click shows one in the panel."""

from markupsafe import Markup

from core.models import ACTIVE, Video

from ...i18n import _
from ...kit.block import Block, html
from ..video.current_video import CurrentVideo
from ..video.words import state_word

SHOWN = 7


class Recent(Block):
    """Drawn again whenever the current video or the list of the latest ones changes."""

    def __init__(self, current: CurrentVideo) -> None:
        super().__init__("shelf", {"show": self._show}, role="navigation", aria_label=_("Your latest videos"))
        self._current = current
        current.changed.subscribe(self._draw)
        current.listed.subscribe(self._draw)
        self._draw()

    def _draw(self) -> None:
        shown = [video for video in self._current.latest if video.status in ("completed", *ACTIVE)][:SHOWN]
        now = self._current.video.id if self._current.video else 0
        self.put("hidden", all(video.id == now for video in shown))
        self.show(*(_thumb(video, is_current=video.id == now) for video in shown))

    async def _show(self, video_id: str) -> None:
        await self._current.follow(int(video_id))


def _thumb(video: Video, *, is_current: bool) -> Markup:
    word, symbol = state_word(video)
    name, is_done = f"{video.prompt} · {word}", video.status == "completed"
    source = f"videos/{video.id}/poster" if is_done else f"images/{video.picture_id}/content"
    picture = html("img", src=f"/api/v1/{source}", alt="", loading="lazy", decoding="async")
    sign = "" if is_done else html("span", f"thumb-state card-state-{video.status}", symbol=symbol)
    return html("a", "thumb", picture, sign, href=f"/videos/{video.id}", aria_label=name, title=name,
                aria_current="true" if is_current else None, data_key=video.id, data_do=f"show {video.id}")  # fmt: skip
