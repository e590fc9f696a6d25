"""The chosen picture, framed as the model will get it: moved and zoomed by hand, or whole with something beside it."""

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
from ...kit.block import Actions, Block, html, html_icon_button
from ...kit.elements import Click
from ..video.preset_picture import preset_picture
from ..video.video_card import take_ratio
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
COLORED = "(e) => e.target.matches('.framing-color') && emit(e.target.value)"
OUTLINED = (
    "(e) => { if (!e.target.matches('.frame-cut')) return; e.target.dataset.seen = ''; "
    "emit(e.target.dataset.picture); }"
)
EMPTY = Markup('<span class="preview-empty-title">{}</span><span class="preview-empty-note">{}</span>')


class FramingPreview(Block):
    """Shows and changes the draft's framing; `ask_to_delete` is for a picture of the visitor's own.

    While it is moved the browser draws it; at rest the server's own picture lies over it, the same bytes that are sent.
    """

    def __init__(self, user: User | None, draft: Draft, upload: str, ask_to_delete: Click) -> None:
        actions: Actions = {"centre": self._centre, "mode": self._choose_mode, "delete": ask_to_delete}
        super().__init__("preview", actions)
        self._user, self._draft, self._upload = user, draft, upload
        self.mark("preview")
        self.on("moved", self._moved, ["detail"])
        self.on("change", self._colored, js_handler=COLORED)
        self.on("load.capture", self._outlined, js_handler=OUTLINED)
        draft.changed.subscribe(self._draw)
        self._draw()

    def _centre(self) -> None:
        self._draft.update(x=0.5, y=0.5, zoom=1.0)

    def _choose_mode(self, mode: str) -> None:
        self._draft.update(mode=mode)

    def _colored(self, event: events.GenericEventArguments) -> None:
        self._draft.set_framing({"mode": "pad-color", "color": event.args})

    def _moved(self, event: events.GenericEventArguments) -> None:
        detail = event.args.get("detail")
        if isinstance(detail, dict):
            self._draft.set_framing({"mode": "crop", **detail})

    def _outlined(self, event: events.GenericEventArguments) -> None:
        """The product of a picture has been seen; the draft may have another one by now."""
        seen = {str(picture_id): picture_id for picture_id in self._draft.own}.get(str(event.args))
        if seen:
            self._draft.outlined.add(seen)
            self._draft.changed.emit()

    @property
    def _cut_out(self) -> int:
        """The visitor's picture whose product is outlined; 0 for none."""
        return self._draft.cut_out if self._user and weights() else 0

    def _draw(self) -> None:
        choices, size = self._draft.choices, self._draft.size
        chosen = choices.preset or choices.picture_id
        take_ratio(self, size)
        self.show(
            html("div", "preview-inside", self._framed() if chosen else self._nothing()),
            html("div", "preview-filter", OUTLINE, aria_hidden="true"),
            html("ads-local", word=_("Uploading… {percent} %"), aria_hidden="true"),
            self._delete() if choices.picture_id else "",
            self._bar() if chosen else "",
        )

    def _delete(self) -> Markup:
        return html_icon_button("trash-2", _("Delete this picture"), "delete", look="media", classes="preview-delete",
                                aria_haspopup="dialog")  # fmt: skip

    def _bar(self) -> Markup:
        choices = self._draft.choices
        moved = choices.mode == "crop" and (choices.x, choices.y, choices.zoom) != (0.5, 0.5, 1.0)
        words: dict[Mode, tuple[str, str]] = {
            "crop": (_("Fill"), _("Cut to fill the frame")),
            "pad-blur": (_("Blur"), _("Whole picture, blurred sides")),
            "pad-white": (_("White"), _("Whole picture, white sides")),
            "pad-color": (_("Colour"), _("Whole picture, coloured sides")),
        }
        modes = (
            html("button", "framing-option", words[mode][0], type="button", title=words[mode][1], data_rove=True,
                 aria_pressed=mode == choices.mode, tabindex=0 if mode == choices.mode else -1, data_do=f"mode {mode}")
            for mode in MODES
        )  # fmt: skip
        return html(
            "div", "framing",
            html_icon_button("rotate-ccw", _("Centre it again"), "centre", look="media", hidden=not moved),
            html("div", "framing-modes", *modes, role="group", aria_label=_("Framing"), data_roving="choose"),
            html("input", "framing-color", type="color", value=choices.color, hidden=choices.mode != "pad-color",
                 aria_label=_("Colour of the sides")),
        )  # fmt: skip

    def _nothing(self) -> Markup:
        note = _("or drop your own here, up to {limit} MB", limit=intake.MAX_MB)
        inner = EMPTY.format(_("Choose a picture below"), note)
        return html("label", "preview-empty", inner, symbol="image", for_=self._upload)

    def _framed(self) -> Markup:
        """The frame. Another picture, shape or way to frame is another one; moving and colouring changes it."""
        choices, size = self._draft.choices, self._draft.size
        mode, picture = choices.mode, choices.preset or choices.picture_id
        own = self._draft.own.get(choices.picture_id)
        inside = (
            self._large("frame-back", "") if mode == "pad-blur" else "",
            self._large("frame-front", self._title()),
            self._handles() if mode == "crop" else "",
            _decoration("frame-exact", self._exact_source()) if self._user else "",
            # the product's outline is moved with the picture; nothing comes where none is seen
            self._outline() if self._cut_out else "",
        )
        key = f"{picture} {mode} {size} {self._cut_out}"
        if mode == "crop":
            wider = self._size().width / self._size().height / (size.width / size.height)
            where = {name: f"{getattr(choices, name):g}" for name in ("x", "y", "zoom")}
            style = f"--w: {max(1.0, wider):.6f}; --h: {max(1.0, 1 / wider):.6f}"
            return html("ads-crop", "frame frame-crop", *inside, data_key=key, style=style, **where)
        style = f"background: {choices.color}; " if mode == "pad-color" else ""
        is_clear = bool(own and own.alpha_key)
        style += f"--fit: {1 - 2 * MARGIN:g}" if is_clear else ""
        return html("div", f"frame frame-{mode}", *inside, data_key=key, data_clear=is_clear, style=style)

    def _outline(self) -> Markup:
        source = f"/api/v1/images/{self._cut_out}/cutout"
        return _decoration("frame-cut", source, data_picture=self._cut_out)

    def _handles(self) -> Markup:
        about = _("Part of the picture: arrow keys move it, plus and minus zoom")
        note = _("Drag to move, scroll to zoom")
        hold = html("div", "crop-hold", tabindex=0, role="group", aria_label=about, title=note)
        return hold + html("input", "crop-zoom", type="range", min=1, max=4, step=0.01, aria_label=_("Zoom"))

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

    def _large(self, classes: str, alt: str) -> Markup:
        if preset := self._draft.preset:
            return preset_picture(preset, width=1280, alt=alt, classes=classes, lazy=False)
        picture = self._draft.own.get(self._draft.choices.picture_id)
        if picture is None:
            return Markup()
        shown = "transparent" if picture.alpha_key else "content"  # a cut-out stands on the padding itself
        source = f"/api/v1/images/{picture.id}/{shown}"
        return html("picture", classes, html("img", src=source, alt=alt, decoding="async", draggable="false"))


def _decoration(classes: str, source: str, **attributes: Any) -> Markup:
    return html("img", classes, src=source, alt="", aria_hidden="true", draggable="false", **attributes)
