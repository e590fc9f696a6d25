"""Pictures to choose several of, in an order: Upload, ours, the visitor's own."""

from collections.abc import Callable, Sequence

from markupsafe import Markup
from nicegui import events

from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import Picture, User
from core.pictures import presets, uploads

from ... import i18n
from ...i18n import _
from ...kit.choices import Choices, option
from ...kit.elements import Tag
from ..video.preset_picture import preset_title, thumbnail

OWN = 24
TYPES = "image/jpeg,image/png,image/webp,image/avif,image/gif"
IMAGE = Markup(
    '<img src="/api/v1/images/{}/content" alt="" loading="lazy" decoding="async"><span class="tile-place">{}</span>'
)
PLACE = Markup('{}<span class="tile-place">{}</span>')


class PictureStrip(Tag):
    """`chosen` are the ids of the user's pictures in their order; one of ours becomes one of theirs when it is chosen.

    `names` are what uploaded files were called. `changed` is called after every change.
    """

    def __init__(self, user: User, most: int, changed: Callable[[], None]) -> None:
        super().__init__("div", "pictures")
        self.chosen: list[int] = []
        self.names: dict[str, int] = {}
        self._user, self._most, self._changed = user, most, changed
        self._own: dict[int, Picture] = {}
        self._presets: dict[str, int] = {}
        with self:
            with Tag("div", "pictures-tiles"):
                about = _("JPEG, PNG, WebP, AVIF or GIF")
                with Tag(
                    "label",
                    "tile tile-upload",
                    _("Upload"),
                    symbol="upload",
                    data_uploads="/api/v1/images",
                    title=about,
                ):
                    file = Tag("input", "sr-only", type="file", accept=TYPES, multiple=True, aria_label=_("Upload"))
                    file.on("uploaded", self._uploaded, ["detail"])
                    file.on("refused", self._refused, ["detail"])
                self._tiles = Choices(
                    "pictures-choices", "aria-pressed", self._choose, role="group", aria_label=_("Pictures")
                )
            self._tiles.mark("pictures")
            self._problem = Tag("p", "problem", role="alert", hidden=True)

    async def load(self) -> None:
        """Read the visitor's own pictures, and show them."""
        async with reading() as db:
            own = await uploads.uploads(db, self._user.id, OWN)
        self._own = {picture.id: picture for picture in own} | self._own
        self._draw()

    async def choose_all(self, ids: Sequence[int]) -> None:
        """Choose these, as far as they are the visitor's."""
        for number in ids:
            try:
                async with reading() as db:
                    picture = await uploads.owned(db, self._user.id, number)
            except AdsVideoError:
                continue
            if picture.preset:
                self._presets[picture.preset] = picture.id
            else:
                self._own[picture.id] = picture
            if number not in self.chosen and len(self.chosen) < self._most:
                self.chosen.append(number)
        self._draw()

    async def _choose(self, key: str) -> None:
        kind, _sign, name = key.partition(":")
        if kind == "preset" and name not in self._presets:
            async with session() as db:
                self._presets[name] = (await uploads.from_preset(db, self._user.id, name)).id
        number = self._presets[name] if kind == "preset" else int(name)
        if number in self.chosen:
            self.chosen.remove(number)
        elif len(self.chosen) < self._most:
            self.chosen.append(number)
        self._draw()
        self._changed()

    async def _uploaded(self, event: events.GenericEventArguments) -> None:
        detail = event.args.get("detail") if isinstance(event.args, dict) else None
        number = detail.get("id") if isinstance(detail, dict) else None
        if isinstance(detail, dict) and isinstance(number, int):
            self.names[str(detail.get("name", ""))[:200]] = number
            self.complain("")
            await self.choose_all([number])
            self._changed()

    def _refused(self, event: events.GenericEventArguments) -> None:
        detail = event.args.get("detail") if isinstance(event.args, dict) else None
        message = str(detail.get("message", ""))[:300] if isinstance(detail, dict) else ""
        self.complain(message or _("The picture could not be uploaded. Please check the connection and try again."))

    def complain(self, sentence: str) -> None:
        """Say what is wrong; an empty sentence takes it back."""
        self._problem.text = sentence
        self._problem.put("hidden", not sentence)

    def refuse(self, error: AdsVideoError) -> None:
        """The same, for an error of ours."""
        self.complain(i18n.explain(error))

    def _place(self, number: int | None) -> str:
        return str(self.chosen.index(number) + 1) if number in self.chosen else ""

    def _draw(self) -> None:
        tiles = {}
        for number in self._own:
            key, name = f"own:{number}", _("Your picture")
            tiles[key] = option("tile", key, IMAGE.format(number, self._place(number)), aria_label=name, title=name)
        for preset in presets.presets():
            key, name = f"preset:{preset.name}", preset_title(preset)
            inner = PLACE.format(thumbnail(preset), self._place(self._presets.get(preset.name)))
            tiles[key] = option("tile", key, inner, aria_label=name, title=name)
        self._tiles.show(tiles)
        ours = {number: f"preset:{name}" for name, number in self._presets.items()}
        self._tiles.mark_chosen(*(ours.get(number, f"own:{number}") for number in self.chosen))
