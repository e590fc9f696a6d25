"""Choosing a clip from the library, or a picture: one's own, a new one, or one of ours."""

from collections.abc import Callable
from functools import partial

from nicegui import background_tasks, events

from core.database.session import reading, session
from core.errors import AdsVideoError
from core.models import Picture, Video
from core.pictures import presets, uploads
from core.videos import library
from core.videos.library import Filter

from ... import formats, i18n
from ...i18n import _
from ...kit.dialog import Dialog
from ...kit.elements import Tag
from ...kit.toast import toast
from ..video.preset_picture import preset_title, thumbnail
from .project import Project

MOST = 48
TYPES = "image/jpeg,image/png,image/webp,image/avif,image/gif"


class AddDialog(Dialog):
    """`take` gets what is chosen, which is on the project's shelf by then."""

    def __init__(
        self, project: Project, title: str, take: Callable[[Video | Picture], None], *, with_videos: bool = False
    ) -> None:
        super().__init__(title)
        self.classes("edit-add")
        self._project, self._take, self._with_videos = project, take, with_videos
        background_tasks.create(self._fill(), name="fill the dialog")

    async def _fill(self) -> None:
        async with reading() as db:
            wanted = Filter(state="completed")
            videos = await library.page(db, self._project.user.id, wanted, limit=MOST) if self._with_videos else []
            pictures = await uploads.uploads(db, self._project.user.id, MOST)
        if self.is_deleted:
            return
        with self.body:
            if videos:
                Tag("h3", "edit-subtitle", _("Clips"))
                with Tag("div", "edit-tiles"):
                    for video in videos:
                        self._video(video)
            Tag("h3", "edit-subtitle", _("Pictures"))
            with Tag("div", "edit-tiles"):
                self._upload()
                for picture in pictures:
                    self._picture(picture)
                for preset in presets.presets():
                    title = preset_title(preset)
                    tile = Tag("button", "edit-tile", inner=thumbnail(preset), type="button", aria_label=title)
                    tile.on_click(partial(self._preset, preset.name))

    def _video(self, video: Video) -> None:
        name = video.title or video.prompt or _("Video")
        with Tag("button", "edit-tile", type="button", aria_label=name, title=name) as tile:
            Tag("img", src=f"/api/v1/videos/{video.id}/poster", alt="", loading="lazy")
            Tag("span", "card-length", formats.clock(video.duration or 0))
        tile.on_click(partial(self._choose, video))

    def _picture(self, picture: Picture) -> None:
        with Tag("button", "edit-tile", type="button", aria_label=_("Your picture")) as tile:
            Tag("img", src=f"/api/v1/images/{picture.id}/content", alt="", loading="lazy")
        tile.on_click(partial(self._choose, picture))

    def _upload(self) -> None:
        with Tag("label", "edit-tile edit-tile-upload", _("Upload"), symbol="upload", data_upload="/api/v1/images"):
            file = Tag("input", "sr-only", type="file", accept=TYPES, aria_label=_("Upload"))
            file.on("uploaded", self._uploaded, ["detail"])
            file.on("refused", self._refused, ["detail"])

    async def _uploaded(self, event: events.GenericEventArguments) -> None:
        """The browser says so; whose picture it really is, the database knows."""
        number = (event.args.get("detail") or {}).get("id")
        if not isinstance(number, int):
            return
        try:
            async with reading() as db:
                picture = await uploads.owned(db, self._project.user.id, number)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        else:
            self._choose(picture)

    def _refused(self, event: events.GenericEventArguments) -> None:
        message = str((event.args.get("detail") or {}).get("message", ""))[:300]
        toast(message or _("This picture can't be used."), "bad")

    async def _preset(self, name: str) -> None:
        async with session() as db:
            picture = await uploads.from_preset(db, self._project.user.id, name)
        self._choose(picture)

    def _choose(self, chosen: Video | Picture) -> None:
        if isinstance(chosen, Video):
            self._project.shelf.videos[chosen.id] = chosen
        else:
            self._project.shelf.pictures[chosen.id] = chosen
        self.close()
        self._take(chosen)
