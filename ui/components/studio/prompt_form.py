"""The form: picture, prompt, model, and Generate, which says why it can't be done."""

from collections.abc import Awaitable, Callable

from nicegui import events

from core.catalog import availability
from core.database.session import reading
from core.edits.ask import again
from core.errors import AdsVideoError, ModelUnavailable, NoPicture, NoPrompt, NotFound, NotSignedIn, PromptTooLong
from core.models import User, Video
from core.pictures import uploads
from core.videos.ask import ask
from core.videos.recipe import Recipe

from ... import i18n
from ...i18n import _
from ...kit.elements import Tag
from ..video.current_video import CurrentVideo
from .camera_controls import CameraControls
from .draft import Draft
from .generate_button import GenerateButton
from .model_menu import ModelMenu
from .picture_picker import PicturePicker
from .prompt_field import PromptField


class PromptForm(Tag):
    """Everything a video is made from."""

    def __init__(self, user: User | None, draft: Draft, current: CurrentVideo) -> None:
        super().__init__("div", "form")
        self._user, self._draft, self._current = user, draft, current
        self._busy = False
        with self:
            self._picker = PicturePicker(user, draft)
            self._prompt = PromptField(user, draft)
            ModelMenu(draft)
            CameraControls(draft)
            Tag("a", "many-link", _("Many at once"), symbol="layout-template", href="/batch")
            self._generate = GenerateButton(user, draft, current, self.generate)
            self._kept = Tag("ads-draft", draft=draft.to_json(), hidden=True).mark("draft")
            self._kept.on("restore", self._restore, ["detail"])
        self._generate.hold()  # a reload changes nothing
        draft.changed.subscribe(self._keep)

    async def generate(self) -> None:
        """Generate the video; a second click meanwhile does nothing."""
        recipe = self._draft.recipe
        await self._ask(recipe, lambda: ask(self._user, recipe))

    async def try_again(self, video: Video) -> None:
        """Generate the same video anew, charged anew."""
        await self._ask(Recipe.of(video), lambda: again(self._user, video))

    async def _ask(self, recipe: Recipe, asked: Callable[[], Awaitable[Video]]) -> None:
        if self._busy or self._generate.is_held:
            return
        self._busy = True
        self._generate.complain("")
        try:
            video = await asked()
        except NotFound:
            self._refuse_picture(recipe)
        except AdsVideoError as error:
            if isinstance(error, ModelUnavailable):
                self._draft.set_offers(await availability.offers())
            self._refuse(error)
        else:
            await self._current.follow(video.id)
            self._generate.hold()
            self._current.requested.emit()
        finally:
            self._busy = False
            self._generate.release()

    def _refuse_picture(self, recipe: Recipe) -> None:
        """It was deleted in another tab."""
        if recipe.picture_id:
            self._picker.drop(recipe.picture_id)
        self._generate.complain(_("This picture has been deleted. Please choose another one."))

    def _refuse(self, error: AdsVideoError) -> None:
        """Say why, and lead to where it can be put right."""
        if isinstance(error, ModelUnavailable) and self._draft.blocked:
            return  # said already, with the ways out
        self._generate.complain(i18n.explain(error), login=isinstance(error, NotSignedIn))
        if isinstance(error, (NoPrompt, PromptTooLong)):
            self._prompt.focus()
        elif isinstance(error, NoPicture):
            self._picker.run_method("scrollIntoView", {"block": "center", "behavior": "smooth"})

    def _keep(self) -> None:
        self._generate.complain("")
        self._kept.put("draft", self._draft.to_json())

    async def _restore(self, event: events.GenericEventArguments) -> None:
        """Restore the form of this tab after a reload, unless it has been edited already."""
        if self._draft.edited:
            return
        draft_json = str(event.args.get("detail"))[:5000]
        if self._user and (picture_id := Draft.picture_id_in(draft_json)):
            try:
                async with reading() as db:
                    self._draft.own[picture_id] = await uploads.owned(db, self._user.id, picture_id)
            except AdsVideoError:
                pass
        held = self._generate.is_held
        self._draft.restore(draft_json)
        if held:
            self._generate.hold()
