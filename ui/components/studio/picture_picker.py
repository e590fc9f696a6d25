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
from ...kit.choices import Choices, option
from ...kit.dialog import confirm
from ...kit.elements import Tag, icon_button
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
OWN = Markup('<img src="{}" alt="" loading="lazy" decoding="async">')


class PicturePicker(Tag):
    """Choosing a preset or one's own picture puts it into the draft."""

    def __init__(self, user: User | None, draft: Draft) -> None:
        super().__init__("section", "field picture-field", aria_label=_("Picture"))
        self._user, self._draft = user, draft
        self._tiles: dict[int, Tag] = {}
        self._chosen: str | int = ""
        with self:
            Tag("h1", "form-title", _("Turn a picture into a video"))
            with FramingPreview(user, draft, FILE_INPUT):
                self._delete = icon_button("trash-2", _("Delete this picture"), self._ask, look="media")
                self._delete.classes("preview-delete")
            self._strip()
            self._url = PictureUrl(user, self._take, self.complain)
            if user:
                Tag("ads-address", hidden=True)  # one from before the sign-in
            self._link.on_click(self._url.switch)
            self._url.switched.subscribe(lambda shown: self._link.put("aria_expanded", shown))
            PictureHints(draft)
            self._problem = Tag("p", "problem", role="alert", hidden=True)
        Tag("div", "drop-overlay", _("Drop your picture"), symbol="image", aria_hidden="true")
        draft.changed.subscribe(self._draw)
        self._draw()

    def _strip(self) -> None:
        """Upload and Link, always in sight; then one's own pictures and the presets, which scroll."""
        with Tag("div", "strip-row") as self._row:
            self._upload_tile()
            self._link = Tag("button", "tile tile-upload", _("Link"), symbol="link", type="button", aria_controls=BOX,
                             aria_expanded=False, title=_("A picture by its web address"))  # fmt: skip
            with Tag("div", "strip-box"):
                with Tag("div", "strip", id=STRIP), Tag(
                    "div", "tiles", role="radiogroup", aria_label=_("Pictures"), data_roving="move"
                ):
                    self._mine = Tag("div", "tiles-own", role="none")
                    self._presets = Choices("", "aria-checked", self._choose_preset, role="none", single=True)
                    self._presets.mark("presets")
                    self._presets.show(_preset_tiles())
                    for picture in self._draft.own.values():
                        self._own_tile(picture)
                ways = (("left", -1, _("Scroll back")), ("right", 1, _("Scroll on")))
                both = (SCROLL.format(side=side, step=step, strip=STRIP, label=label) for side, step, label in ways)
                Tag("div", "strip-scrolls", inner=Markup().join(both))

    def _upload_tile(self) -> None:
        about = _("JPEG, PNG, WebP, AVIF or GIF")
        with Tag("label", "tile tile-upload", _("Upload"), symbol="upload", data_upload="/api/v1/images", title=about):
            file = Tag("input", "sr-only", type="file", accept=TYPES, aria_label=_("Upload"), id=FILE_INPUT)
            file.on("uploaded", self._uploaded, ["detail"])
            file.on("refused", self._refused, ["detail"])
            file.on("settings", partial(take_settings, self._user, self._draft), ["detail"])
            file.on("started", lambda: self.complain(""), [])

    def _own_tile(self, picture: Picture) -> None:
        image = OWN.format(f"/api/v1/images/{picture.id}/content")
        name = _("Your picture")
        with self._mine:
            tile = Tag("button", "tile", inner=image, type="button", role="radio", aria_checked=False, aria_label=name,
                       title=name, tabindex="-1", data_rove=True).mark("own-picture")  # fmt: skip
        tile.on_click(lambda: self._draft.update(preset="", picture_id=picture.id))
        self._tiles[picture.id] = tile

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
        self.add(picture)
        self._draft.update(preset="", picture_id=picture.id)
        self._tiles[picture.id].run_method("scrollIntoView", {"inline": "center", "block": "nearest"})

    async def _owned(self, picture_id: object) -> Picture:
        if self._user is None or not isinstance(picture_id, int):
            raise NotFound(Phrase("picture"))
        async with reading() as db:
            return await uploads.owned(db, self._user.id, picture_id)

    def add(self, picture: Picture) -> None:
        """Show one of the user's own pictures as a tile."""
        self._draft.own[picture.id] = picture
        if picture.id not in self._tiles:
            self._own_tile(picture)
            self._tiles[picture.id].move(target_index=0)  # the newest first

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
        if tile := self._tiles.pop(picture_id, None):
            tile.delete()
        if self._draft.choices.picture_id == picture_id:
            self._draft.update(picture_id=0)

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
        for picture in self._draft.own.values():
            self.add(picture)
        chosen = choices.preset or choices.picture_id
        own = "own" if choices.picture_id and not choices.preset else ""
        self._presets.mark_chosen(choices.preset or own)
        for key, tile in self._tiles.items():
            tile.put("aria_checked", key == chosen)
        self._delete.put("hidden", not choices.picture_id)
        if chosen != self._chosen:
            self._chosen = chosen
            self.complain("")


def _preset_tiles() -> dict[str, Markup]:
    """A tile for each preset by its name, in the visitor's language."""
    tiles = {}
    for preset in presets.presets():
        title = preset_title(preset)
        more = {"role": "radio", "aria_label": title, "title": title, "data_rove": ""}
        tiles[preset.name] = option("tile", preset.name, thumbnail(preset), **more)
    return tiles
