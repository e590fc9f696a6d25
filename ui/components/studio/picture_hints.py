"""What is to be known of one's own picture before a video is made of it: its shape beside the video's, its pixels."""

from core.catalog.size import Size

from ...i18n import _
from ...kit.elements import Tag, button
from .draft import Draft
from .framing import PRESET_SIZE

TINY = 480
"""Pixels of the shorter side under which nothing can be made sharp."""
EXTREME = 3.0
"""From this ratio of the sides on, filling the frame leaves less than half of the picture."""
SOFT = 0.8
"""A picture with fewer pixels than this share of the video's looks soft."""


class PictureHints(Tag):
    """A line for each, with its way out; nothing for a picture that fits."""

    def __init__(self, draft: Draft) -> None:
        super().__init__("div", "picture-hints", role="status")
        self._draft = draft
        with self:
            self._fit = button("", self._use_ratio, look="link", hidden=True)
            with Tag("p", "picture-note", hidden=True) as self._outlined:
                Tag("span", "", _("The outlined product moves by itself."))
                button(_("Use the whole picture instead"), lambda: draft.update(layers=False), look="link")
            self._note = Tag("p", "picture-note", symbol="circle-alert", hidden=True)
            with Tag("p", "picture-note", symbol="circle-alert", hidden=True) as self._cut:
                self._cut_words = Tag("span")
                button(_("Show all of it"), lambda: draft.update(mode="pad-blur"), look="link")
        draft.changed.subscribe(self._draw)
        self._draw()

    @property
    def _own(self) -> Size | None:
        """The size of the chosen picture, if it is one of the visitor's own."""
        own = self._draft.own.get(self._draft.choices.picture_id)
        return Size(own.width, own.height) if own and not self._draft.preset else None

    @property
    def _fitting(self) -> Size | None:
        """The size of the model that has the picture's shape, if another one is chosen."""
        own, model = self._own, self._draft.model
        if own is None or model is None or own.shape == self._draft.size.shape:
            return None
        fitting = [size for size in model.sizes if size.shape == own.shape]
        return min(fitting, key=lambda size: abs(size.width / size.height - own.width / own.height), default=None)

    def _use_ratio(self) -> None:
        if size := self._fitting:
            self._draft.update(size=str(size))

    def _draw(self) -> None:
        own, fitting = self._own, self._fitting
        words = {
            "portrait": _("Your picture is tall: use {ratio}", ratio=fitting.ratio if fitting else ""),
            "landscape": _("Your picture is wide: use {ratio}", ratio=fitting.ratio if fitting else ""),
            "square": _("Your picture is square: use {ratio}", ratio=fitting.ratio if fitting else ""),
        }
        self._fit.text = words[own.shape] if own and fitting else ""
        self._fit.put("hidden", not self._fit.text)
        self._note.text = self._pixels(own, is_fitting=fitting is None)
        self._note.put("hidden", not self._note.text)
        cut = own is not None and self._draft.choices.mode == "crop" and _stretch(own) > EXTREME
        if own and cut:
            tall = own.height > own.width
            self._cut_words.text = (
                _("Your picture is very tall: most of it is cut off.")
                if tall
                else _("Your picture is very wide: most of it is cut off.")
            )
        self._cut.put("hidden", not cut)
        lines = (self._fit.text, self._note.text, cut)  # the form has room for two of them
        has_room = sum(map(bool, lines)) < 2
        self._outlined.put("hidden", not has_room or self._draft.cut_out not in self._draft.outlined)

    def _pixels(self, own: Size | None, *, is_fitting: bool) -> str:
        if own and min(own.width, own.height) < TINY:
            return _("Your picture is very small ({size}): the video will look soft.", size=str(own))
        picture = own or (PRESET_SIZE if self._draft.preset else None)
        if picture and is_fitting and _shown(picture, self._draft.size, self._draft.choices.zoom) < SOFT:
            return _("The picture is small for {size}: the video will look soft.", size=str(self._draft.size))
        return ""


def _stretch(size: Size) -> float:
    """How many times longer one side is than the other."""
    return max(size.width, size.height) / min(size.width, size.height)


def _shown(picture: Size, video: Size, zoom: float) -> float:
    """Pixels of the picture for each pixel of the video, along a side."""
    return min(picture.width / video.width, picture.height / video.height) / zoom
