"""The chosen picture, framed as the model will get it: moved and zoomed by hand, or whole with something beside it."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from nicegui import events

from core.catalog.size import Size
from core.models import User
from core.pictures import intake
from core.pictures.framing import MARGIN
from core.pictures.network import weights

from ...i18n import _
from ...kit.elements import Tag, icon_button
from ..video.preset_picture import preset_picture
from .draft import MODES, Draft, Mode

PRESET_SIZE = Size(1920, 1280)
OUTLINE = Markup(
    '<svg width="0" height="0"><filter id="product-outline" x="-2%" y="-2%" width="104%" height="104%">'
    '<feComponentTransfer in="SourceAlpha" result="product"><feFuncA type="discrete" tableValues="0 1"/>'
    '</feComponentTransfer><feMorphology operator="dilate" radius="1.5"/>'
    '<feComposite in2="product" operator="out" result="edge"/><feFlood style="flood-color: var(--on-media)"/>'
    '<feComposite in2="edge" operator="in"/></filter></svg>'
)
"""Of a picture with transparency only the line around what is not transparent is left."""
EMPTY = Markup('<span class="preview-empty-title">{}</span><span class="preview-empty-note">{}</span>')


class FramingPreview(Tag):
    """Shows and changes the draft's framing.

    While it is moved the browser draws it; at rest the server's own picture lies over it, the same bytes that are sent.
    """

    def __init__(self, user: User | None, draft: Draft, upload: str) -> None:
        super().__init__("div", "preview")
        self._user, self._draft, self._upload = user, draft, upload
        self._shown: tuple[Any, ...] | None = None
        self._frame: Tag | None = None
        self._exact: Tag | None = None
        self._tools: Tag | None = None
        with self:
            self._inside = Tag("div", "preview-inside")
            Tag("div", "preview-filter", inner=OUTLINE, aria_hidden="true")
            Tag("ads-local", word=_("Uploading… {percent} %"), aria_hidden="true")
        draft.changed.subscribe(self._draw)
        self._draw()

    def _bar(self) -> None:
        words: dict[Mode, tuple[str, str]] = {
            "crop": (_("Fill"), _("Cut to fill the frame")),
            "pad-blur": (_("Blur"), _("Whole picture, blurred sides")),
            "pad-white": (_("White"), _("Whole picture, white sides")),
            "pad-color": (_("Colour"), _("Whole picture, coloured sides")),
        }
        self._options: dict[Mode, Tag] = {}
        with self, Tag("div", "framing") as self._tools:
            self._reset = icon_button("rotate-ccw", _("Centre it again"), self._centre, look="media")
            with Tag("div", "framing-modes", role="group", aria_label=_("Framing"), data_roving="choose"):
                for mode in MODES:
                    text, note = words[mode]
                    option = Tag("button", "framing-option", text, type="button", title=note, data_rove=True)
                    self._options[mode] = option.on_click(partial(self._draft.update, mode=mode))
            self._color = Tag("input", "framing-color", type="color", aria_label=_("Colour of the sides"))
            self._color.on("change", self._colored, js_handler="(e) => emit(e.target.value)")

    def _centre(self) -> None:
        self._draft.update(x=0.5, y=0.5, zoom=1.0)

    def _colored(self, event: events.GenericEventArguments) -> None:
        self._draft.set_framing({"mode": "pad-color", "color": event.args})

    def _moved(self, event: events.GenericEventArguments) -> None:
        detail = event.args.get("detail")
        if isinstance(detail, dict):
            self._draft.set_framing({"mode": "crop", **detail})

    def _draw(self) -> None:
        choices = self._draft.choices
        chosen = choices.preset or choices.picture_id
        if chosen and not self._tools:
            self._bar()
        if self._tools:
            self._tools.put("hidden", not chosen)
            self._draw_bar()
        cut_out = self._draft.cut_out if self._user and weights() else 0
        shown = (chosen, choices.mode, self._draft.size, cut_out)
        self.style(f"--ratio: {self._draft.size.width / self._draft.size.height:.4f}")
        if shown != self._shown:
            self._shown = shown
            self._inside.clear()
            with self._inside:
                self._framed(cut_out) if chosen else self._nothing()
        if chosen:
            self._place()

    def _draw_bar(self) -> None:
        choices = self._draft.choices
        self._color.put("hidden", choices.mode != "pad-color")
        self._color.put("value", choices.color)
        moved = choices.mode == "crop" and (choices.x, choices.y, choices.zoom) != (0.5, 0.5, 1.0)
        self._reset.put("hidden", not moved)
        for mode, option in self._options.items():
            option.put("aria_pressed", mode == choices.mode)
            option.put("tabindex", "0" if mode == choices.mode else "-1")

    def _nothing(self) -> None:
        self._frame = self._exact = None
        note = _("or drop your own here, up to {limit} MB", limit=intake.MAX_MB)
        inner = EMPTY.format(_("Choose a picture below"), note)
        Tag("label", "preview-empty", inner=inner, symbol="image", for_=self._upload)

    def _framed(self, cut_out: int) -> None:
        mode = self._draft.choices.mode
        own = self._draft.own.get(self._draft.choices.picture_id)
        self._frame = Tag("ads-crop" if mode == "crop" else "div", f"frame frame-{mode}")
        if own and own.alpha_key and mode != "crop":
            self._frame.put("data_clear", True)
            self._frame.style(f"--fit: {1 - 2 * MARGIN:g}")
        with self._frame:
            if mode == "pad-blur":
                self._large("frame-back", "")
            self._large("frame-front", self._title())
            if mode == "crop":
                self._cropping()
            self._exact = None
            if self._user:
                self._exact = Tag("img", "frame-exact", alt="", aria_hidden="true", draggable="false")
            if cut_out:
                self._outline(cut_out)

    def _outline(self, picture_id: int) -> None:
        """The product's outline, over the picture and moved with it; nothing where none is seen."""
        image = Tag("img", "frame-cut", src=f"/api/v1/images/{picture_id}/cutout", alt="", aria_hidden="true",
                    draggable="false").mark("outline")  # fmt: skip

        def seen() -> None:
            self._draft.outlined.add(picture_id)
            self._draft.changed.emit()

        image.on("load", seen, [], js_handler="(e) => { e.target.dataset.seen = ''; emit(); }")

    def _cropping(self) -> None:
        assert self._frame is not None
        video, own = self._draft.size, self._size()
        wider = (own.width / own.height) / (video.width / video.height)
        self._frame.style(f"--w: {max(1.0, wider):.6f}; --h: {max(1.0, 1 / wider):.6f}")
        self._frame.on("moved", self._moved, ["detail"])
        about = _("Part of the picture: arrow keys move it, plus and minus zoom")
        Tag("div", "crop-hold", tabindex="0", role="group", aria_label=about, title=_("Drag to move, scroll to zoom"))
        Tag("input", "crop-zoom", type="range", min="1", max="4", step="0.01", aria_label=_("Zoom"))

    def _place(self) -> None:
        """What may change without a new picture: where it stands, its colour, the exact picture."""
        assert self._frame is not None
        choices = self._draft.choices
        if choices.mode == "crop":
            for name in ("x", "y", "zoom"):
                self._frame.put(name, f"{getattr(choices, name):g}")
        elif choices.mode == "pad-color":
            self._frame.style(f"background: {choices.color}")
        if self._exact:
            self._exact.put("src", self._exact_source())

    def _exact_source(self) -> str:
        choices = self._draft.choices
        where = f"presets/{choices.preset}" if choices.preset else str(choices.picture_id)
        return f"/api/v1/images/{where}/framed?" + urlencode({"size": choices.size, **self._draft.framing})

    def _size(self) -> Size:
        own = self._draft.own.get(self._draft.choices.picture_id)
        return Size(own.width, own.height) if own and not self._draft.preset else PRESET_SIZE

    def _title(self) -> str:
        preset = self._draft.preset
        return _(preset.alt) if preset else _("Your picture")

    def _large(self, classes: str, alt: str) -> None:
        if preset := self._draft.preset:
            preset_picture(preset, width=1280, alt=alt, classes=classes, lazy=False)
        elif picture := self._draft.own.get(self._draft.choices.picture_id):
            shown = "transparent" if picture.alpha_key else "content"  # a cut-out stands on the padding itself
            with Tag("picture", classes):
                Tag("img", src=f"/api/v1/images/{picture.id}/{shown}", alt=alt, decoding="async", draggable="false")
