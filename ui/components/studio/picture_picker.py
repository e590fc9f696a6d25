"""The picture: the chosen one large, framed to the video's ratio; under it Upload, the presets, the user's own."""

from functools import partial

from markupsafe import Markup
from nicegui import events

from core.database.session import reading, session
from core.errors import AdsVideoError, NotFound, PictureTooLarge
from core.models import Picture, User
from core.phrase import Phrase
from core.pictures import presets, uploads
from core.storage import store

from ... import i18n
from ...i18n import _
from ...kit.block import Block, html
from ...kit.choices import Choices, option
from ...kit.dialog import confirm
from ...kit.elements import Tag
from ..video.preset_picture import preset_prompt, preset_title, thumbnail
from .draft import Draft
from .dropped_video import take_settings
from .framing import FramingPreview
from .picture_hints import PictureHints
from .picture_url import BOX, PictureUrl
from .prompt_field import is_ours

TYPES = "image/jpeg,image/png,image/webp,image/avif,image/gif,video/mp4"  # of a video only its settings are read
FILE_INPUT = "picture-file"
STRIP = "picture-strip"
SCROLL = Markup(
    '<button type="button" class="strip-scroll has-icon icon-chevron-{side}" data-scroll="{step}" tabindex="-1" '
    'aria-controls="{strip}" aria-label="{label}" title="{label}"></button>'
)
IMAGE = Markup('<img src="/api/v1/images/{}/content" alt="" loading="lazy" decoding="async">')
OWN = "own-"
"""Before the number of a picture of one's own in the key of its tile."""


class PicturePicker(Tag):
    """Choosing a preset or one's own picture puts it into the draft."""

    def __init__(self, user: User | None, draft: Draft) -> None:
        super().__init__("section", "field picture-field", aria_label=_("Picture"))
        self._user, self._draft = user, draft
        self._own = list(draft.own)
        """One's own pictures in the order of their tiles; what comes later stands first."""
        self._chosen: str | int = ""
        with self:
            Tag("h1", "form-title", _("Turn a picture into a video"))
            FramingPreview(user, draft, FILE_INPUT, self._ask)
            self._strip()
            self._url = PictureUrl(user, self._take, self.complain)
            self._url.switched.subscribe(self._show_ways)
            PictureHints(draft)
            self._problem = Tag("p", "problem", role="alert", hidden=True)
        Tag("div", "drop-overlay", _("Drop your picture"), symbol="image", aria_hidden="true")
        draft.changed.subscribe(self._draw)
        self._draw()

    def _strip(self) -> None:
        """Upload and Link, always in sight; then one's own pictures and the presets, which scroll."""
        with Tag("div", "strip-row") as self._row:
            self._ways = Block("strip-ways", {"link": self._switch_link})
            self._ways.on("uploaded", self._uploaded, ["detail"])
            self._ways.on("refused", self._refused, ["detail"])
            self._ways.on("settings", partial(take_settings, self._user, self._draft), ["detail"])
            self._ways.on("started", lambda: self.complain(""), [])
            self._show_ways(link_is_open=False)
            with Tag("div", "strip-box"):
                self._tiles = Choices(
                    "strip", "aria-checked", self._choose, role="radiogroup", aria_label=_("Pictures"), single=True,
                    data_roving="move", id=STRIP,
                ).mark("pictures")  # fmt: skip
                sides = (("left", -1, _("Scroll back")), ("right", 1, _("Scroll on")))
                both = (SCROLL.format(side=side, step=step, strip=STRIP, label=label) for side, step, label in sides)
                Tag("div", "strip-scrolls", inner=Markup().join(both))

    def _switch_link(self) -> None:
        self._url.switch()

    def _show_ways(self, link_is_open: bool) -> None:
        file = html("input", "sr-only", type="file", accept=TYPES, aria_label=_("Upload"), id=FILE_INPUT)
        self._ways.show(
            html("label", "tile tile-upload", _("Upload"), file, symbol="upload", data_upload="/api/v1/images",
                 title=_("JPEG, PNG, WebP, AVIF or GIF")),
            html("button", "tile tile-upload", _("Link"), symbol="link", type="button", aria_controls=BOX,
                 aria_expanded=link_is_open, title=_("A picture by its web address"), data_do="link"),
        )  # fmt: skip

    def _choose(self, key: str) -> None:
        if key.startswith(OWN):
            self._draft.update(preset="", picture_id=int(key.removeprefix(OWN)))
        else:
            self._choose_preset(key)

    def _choose_preset(self, name: str) -> None:
        preset = next(p for p in presets.presets() if p.name == name)
        prompt = self._draft.choices.prompt
        self._draft.update(preset=name, picture_id=0, prompt=preset_prompt(preset) if is_ours(prompt) else prompt)

    async def _uploaded(self, event: events.GenericEventArguments) -> None:
        """The browser says so; whose picture it really is, the database knows."""
        try:
            picture = await self._owned(event.args["detail"]["id"])
        except (AdsVideoError, KeyError, TypeError):
            self.complain(_("This picture can't be used."))
            return
        self._take(picture)

    def _take(self, picture: Picture) -> None:
        """A new picture of the user's own: shown and chosen."""
        self._draft.own[picture.id] = picture
        self._draft.update(preset="", picture_id=picture.id)

    async def _owned(self, picture_id: object) -> Picture:
        if self._user is None or not isinstance(picture_id, int):
            raise NotFound(Phrase("picture"))
        async with reading() as db:
            return await uploads.owned(db, self._user.id, picture_id)

    def _ask(self) -> None:
        picture_id = self._draft.choices.picture_id
        confirm(_("Delete this picture?"), _("Videos made of it stay."), _("Delete"), partial(self._forget, picture_id))

    async def _forget(self, picture_id: int) -> None:
        if self._user is None:
            return
        try:
            async with session() as db:
                picture = await uploads.delete(db, self._user.id, picture_id)
        except AdsVideoError as error:
            self.complain(i18n.explain(error))
            return
        await store.delete(*uploads.files_of(picture))
        self.drop(picture_id)
        # what had the focus is gone with the picture
        self.client.run_javascript(f"document.querySelector('#{STRIP} [data-rove]')?.focus()")

    def drop(self, picture_id: int) -> None:
        """That picture is there no more."""
        self._draft.own.pop(picture_id, None)
        if self._draft.choices.picture_id == picture_id:
            self._draft.update(picture_id=0)
        self._draw()

    def _refused(self, event: events.GenericEventArguments) -> None:
        detail = event.args.get("detail") or {}
        code, message = str(detail.get("code", "")), str(detail.get("message", ""))[:300]
        if code == PictureTooLarge.code:
            self.complain(i18n.explain(PictureTooLarge()))
        elif message:
            self.complain(message)
        else:
            self.complain(_("The picture could not be uploaded. Please check the connection and try again."))

    def complain(self, sentence: str, *, missing: bool = False) -> None:
        """Say under the strip what is wrong; an empty sentence takes it back. `missing`: mark it, and bring it here."""
        self._problem.text = sentence
        self._problem.put("hidden", not sentence)
        self.put("data_wrong", missing or None)
        if missing:
            self._row.run_method("scrollIntoView", {"block": "center", "behavior": "smooth"})

    def _draw(self) -> None:
        choices = self._draft.choices
        new = [picture_id for picture_id in self._draft.own if picture_id not in self._own]
        self._own = [*reversed(new), *(picture_id for picture_id in self._own if picture_id in self._draft.own)]
        self._tiles.show({f"{OWN}{picture_id}": _own_tile(picture_id) for picture_id in self._own} | _preset_tiles())
        chosen = choices.preset or choices.picture_id
        self._tiles.mark_chosen(choices.preset or f"{OWN}{choices.picture_id}")
        if chosen != self._chosen:
            self._chosen = chosen
            self.complain("")


def _own_tile(picture_id: int) -> Markup:
    image, name = IMAGE.format(picture_id), _("Your picture")
    return option("tile", f"{OWN}{picture_id}", image, role="radio", aria_label=name, title=name, data_rove="")


def _preset_tiles() -> dict[str, Markup]:
    """A tile for each preset by its name, in the visitor's language."""
    tiles = {}
    for preset in presets.presets():
        title = preset_title(preset)
        more = {"role": "radio", "aria_label": title, "title": title, "data_rove": ""}
        tiles[preset.name] = option("tile", preset.name, thumbnail(preset), **more)
    return tiles
