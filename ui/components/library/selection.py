"""The bar for what is selected in the library: how many, download as one zip, delete."""

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from core.models import Video
from core.videos import library

from ... import formats
from ...i18n import _, n_
from ...kit.elements import Tag, button, icon_button, link


class SelectionBar(Tag):
    """The browser knows which boxes are checked and sends them; `show` draws them."""

    def __init__(self, delete: Callable[[list[int]], Awaitable[None]], leave: Callable[[], None]) -> None:
        super().__init__("div", "selection", role="region", aria_label=_("Selection"), hidden=True)
        self._delete = delete
        self._ids: list[int] = []
        with self:
            icon_button("x", _("End selecting"), leave, look="small", data_choose="leave")
            self._count = Tag("span", "selection-count", role="status")
            button(_("Select all"), look="small", data_choose="all")
            self._download = link(_("Download"), "#", symbol="download", look="small", download="adsvideo.zip")
            self._remove = button(_("Delete"), self._go, symbol="trash-2", look="small")

    def show(self, videos: Sequence[Video]) -> None:
        """These are selected."""
        self._ids = [video.id for video in videos]
        files = [video for video in videos if video.key]
        fit = 0 < len(files) <= library.MAX_CHOSEN
        size = formats.megabytes(sum(video.bytes or 0 for video in files))
        self._count.text = n_("{n} selected", "{n} selected", len(videos)) if videos else _("Nothing selected")
        self._download.text = _("Download · {size}", size=size) if files else _("Download")
        ids = ",".join(str(video.id) for video in files)
        self._download.put("href", f"/api/v1/videos/zip?ids={ids}" if fit else None)
        self._download.put("aria_disabled", None if fit else True)
        self._download.put("title", _("At most {n} at once", n=library.MAX_CHOSEN) if files and not fit else None)
        self._remove.put("disabled", not videos)

    async def _go(self) -> None:
        await self._delete(self._ids)


def uncheck() -> None:
    """Nothing is selected any more."""
    ui.run_javascript("adsvideo.choose(false)")
