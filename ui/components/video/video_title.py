"""A video's own name, edited where it stands: on its page and on its card."""

from collections.abc import Callable

from core.database.session import session
from core.errors import AdsVideoError
from core.models import TITLE_LENGTH, Video
from core.videos.states import set_title

from ... import i18n
from ...i18n import _
from ...kit.elements import Tag
from ...kit.inline_text import InlineText
from ...kit.toast import toast
from .current_video import CurrentVideo
from .words import title_of


def title_field(video: Video, left: Callable[[], object]) -> InlineText:
    """The owner's name for a video as a field; an empty one takes the name away. `left` is called when it is left."""

    async def keep(title: str) -> None:
        if title != (video.title or ""):
            await _save(video, title or None)
        left()

    label = _("Name of the video")
    return InlineText(video.title or "", keep, label=label, hint=_("Give it a name"), longest=TITLE_LENGTH)


async def _save(video: Video, title: str | None) -> None:
    try:
        async with session() as db:
            await set_title(db, video.user_id, video.id, title)
    except AdsVideoError as error:
        toast(i18n.explain(error), "bad")
        return
    video.title = title
    toast(_("The name is saved.") if title else _("The name is removed."), "good")


class VideoTitle(Tag):
    """The head of a video's page: its name as the page's title, and as a field to edit it; one given elsewhere too."""

    def __init__(self, current: CurrentVideo) -> None:
        super().__init__("div", "video-title")
        assert current.video
        self._current, self._video = current, current.video
        with self:
            self._heading = Tag("h1", "sr-only")
            self._field = title_field(self._video, self._name_page)
        self._name_page()
        current.changed.subscribe(self._follow)
        current.moved.subscribe(self._follow)

    def _name_page(self) -> None:
        self._heading.text = title_of(self._video)

    def _follow(self) -> None:
        now = self._current.video
        if now and now.title != self._video.title:
            self._video.title = now.title
            self._field.show(now.title or "")
            self._name_page()
