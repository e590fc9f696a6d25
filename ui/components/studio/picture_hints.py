"""What is to be known of one's own picture before a video is made of it: its shape beside the video's, its pixels."""

from functools import partial

from markupsafe import Markup

from core.catalog.size import Size

from ...i18n import _
from ...kit.block import Actions, Block, html, html_button
from .draft import Draft
from .framing import PRESET_SIZE

TINY = 480
"""Pixels of the shorter side under which nothing can be made sharp."""
EXTREME = 3.0
"""From this ratio of the sides on, filling the frame leaves less than half of the picture."""
SOFT = 0.8
"""A picture with fewer pixels than this share of the video's looks soft."""


class PictureHints(Block):
    """A line for each, with its way out; nothing for a picture that fits."""

    def __init__(self, draft: Draft) -> None:
        actions: Actions = {
            "fit": self._use_ratio,
            "whole": partial(draft.update, layers=False),
            "all": partial(draft.update, mode="pad-blur"),
        }
        super().__init__("picture-hints", actions, role="status")
        self._draft = draft
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
        fit, soft, cut = self._fit(), self._soft(), self._cut()
        has_room = sum(map(bool, (fit, soft, cut))) < 2  # the form has room for two lines
        outlined = self._outlined() if has_room and self._draft.cut_out in self._draft.outlined else ""
        self.show(fit, outlined, soft, cut)

    def _fit(self) -> Markup:
        own, fitting = self._own, self._fitting
        if not own or not fitting:
            return Markup()
        words = {
            "portrait": _("Your picture is tall: use {ratio}", ratio=fitting.ratio),
            "landscape": _("Your picture is wide: use {ratio}", ratio=fitting.ratio),
            "square": _("Your picture is square: use {ratio}", ratio=fitting.ratio),
        }
        return html_button(words[own.shape], "fit", look="link")

    def _outlined(self) -> Markup:
        way_out = html_button(_("Use the whole picture instead"), "whole", look="link")
        return html("p", "picture-note", html("span", "", _("The outlined product moves by itself.")), way_out)

    def _soft(self) -> Markup:
        words = self._pixels(self._own, is_fitting=self._fitting is None)
        return html("p", "picture-note", words, symbol="circle-alert") if words else Markup()

    def _cut(self) -> Markup:
        own = self._own
        if not own or self._draft.choices.mode != "crop" or _stretch(own) <= EXTREME:
            return Markup()
        words = (
            _("Your picture is very tall: most of it is cut off.")
            if own.height > own.width
            else _("Your picture is very wide: most of it is cut off.")
        )
        way_out = html_button(_("Show all of it"), "all", look="link")
        return html("p", "picture-note", html("span", "", words), way_out, symbol="circle-alert")

    def _pixels(self, own: Size | None, *, is_fitting: bool) -> str:
        if own and min(own.width, own.height) < TINY:
            return _("Your picture is very small ({size}): the video will look soft.", size=str(own))
        picture = own or (PRESET_SIZE if self._draft.preset else None)
        if picture and is_fitting and _shown(picture, self._draft.size, self._draft.choices.zoom) < SOFT:
            return _("The picture is small for {size}: the video will look soft.", size=str(self._draft.size))
        return Markup()


def _stretch(size: Size) -> float:
    """How many times longer one side is than the other."""
    return max(size.width, size.height) / min(size.width, size.height)


def _shown(picture: Size, video: Size, zoom: float) -> float:
    """Pixels of the picture for each pixel of the video, along a side."""
    return min(picture.width / video.width, picture.height / video.height) / zoom
