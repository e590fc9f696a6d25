"""Beside a video on its own page: what it was made from and with, what it cost, when; try again, delete."""

from collections.abc import Callable

from core.models import ACTIVE, Picture, Video

from ... import formats, i18n
from ...i18n import _
from ...kit.elements import Click, Tag, button, icon_button
from ...kit.moment import moment
from ...kit.toast import toast
from .current_video import CurrentVideo
from .preset_picture import find_preset, preset_picture
from .words import localized, shown_size, state_word

PROMPT = "video-prompt"


class VideoDetails(Tag):
    """Follows the current video."""

    def __init__(self, current: CurrentVideo, try_again: Click, delete: Click) -> None:
        super().__init__("aside", "details", aria_label=_("Details"))
        self._current, self._try_again, self._delete = current, try_again, delete
        current.changed.subscribe(self._draw)
        self._draw()

    def _draw(self) -> None:
        video = self._current.video
        if video is None:
            return
        self.clear()
        with self:
            with Tag("div", "details-head"):
                Tag("h2", "details-title", _("Prompt"))
                copy = icon_button("copy", _("Copy the prompt"), look="small", data_copy=True, aria_controls=PROMPT)
                copy.on("copied", lambda: toast(_("The prompt is copied."), "good"), [])
            Tag("p", "details-prompt", video.prompt, id=PROMPT)
            with Tag("dl", "details-facts"):
                for word, draw in _facts(video).items():
                    with Tag("div", "details-fact"):
                        Tag("dt", "", word)
                        with Tag("dd"):
                            draw()
            if picture := self._current.picture:
                Tag("h2", "details-title", _("Made from"))
                _source(picture)
            if video.status not in ACTIVE:
                with Tag("div", "details-actions"):
                    if video.status == "completed":
                        word = _("Make again · {credits}", credits=i18n.credits(video.cost_credits))
                        button(word, self._try_again, symbol="rotate-ccw", look="small")
                    button(_("Delete"), self._delete, symbol="trash-2", look="small").classes("button-warns")


def _facts(video: Video) -> dict[str, Callable[[], object]]:
    def text(words: str) -> Callable[[], object]:
        return lambda: Tag("span", "", words)

    word, symbol = state_word(video)
    size = shown_size(video)
    facts: dict[str, Callable[[], object]] = {
        _("State"): lambda: Tag("span", f"card-state card-state-{video.status}", word, symbol=symbol),
        _("Model"): text(localized(video.label)),
        _("Size"): text(f"{size} · {size.ratio}"),
        _("Length"): text(formats.seconds(video.duration or video.seconds)),
        _("Cost"): text(_cost(video)),
        _("Asked for"): lambda: moment(video.created_at),
    }
    if video.completed_at:
        took = (video.completed_at - video.created_at).total_seconds()
        facts[_("Took")] = text(formats.clock(took))
    if video.bytes:
        facts[_("File")] = text(f"MP4 · {formats.megabytes(video.bytes)}")
    return facts


def _cost(video: Video) -> str:
    """What it cost in the end."""
    returned = video.status == "failed" or (video.status == "canceled" and video.note != "started")
    return i18n.credits(0 if returned else video.cost_credits)


def _source(picture: Picture) -> None:
    if preset := find_preset(picture.preset):
        Tag("div", "details-picture", inner=preset_picture(preset, width=640, alt=_(preset.alt)))
        return
    source = f"/api/v1/images/{picture.id}/content"
    with Tag("a", "details-picture", href=source, target="_blank", aria_label=_("Open the picture")):
        Tag("img", src=source, alt=_("Your picture"), width=picture.width, height=picture.height, decoding="async")
