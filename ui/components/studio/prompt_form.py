"""The form: picture, prompt, model, and Generate, which says why it can't be done."""

from collections.abc import Awaitable, Callable

from nicegui import events

from core.catalog import availability
from core.database.session import reading
from core.edits.ask import again
from core.errors import AdsVideoError, ModelUnavailable, NoPicture, NoPrompt, NotFound, PromptTooLong
from core.models import User, Video
from core.pictures import uploads
from core.prompts.templates import blanks
from core.videos.ask import ask
from core.videos.recipe import Recipe

from ... import i18n
from ...i18n import _
from ...kit.elements import Tag
from ..site.way_on import way_on
from ..video.current_video import CurrentVideo
from .blanks import BlanksDialog
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
        self._as_it_is = ""
        """A prompt with blanks that is wanted as it is."""
        with self:
            self._picker = PicturePicker(user, draft)
            self._prompt = PromptField(user, draft)
            ModelMenu(draft)
            CameraControls(draft)
            self._generate = GenerateButton(user, draft, current, self.generate)
            self._kept = Tag("ads-draft", draft=draft.to_json(), hidden=True).mark("draft")
            self._kept.on("restore", self._restore, ["detail"])
        self._generate.hold()  # a reload changes nothing
        draft.changed.subscribe(self._keep)

    async def generate(self) -> None:
        """Generate the video; a second click meanwhile does nothing. Blanks in the prompt are asked about first."""
        recipe = self._draft.recipe
        has_picture = recipe.picture_id or recipe.preset
        if self._user and has_picture and recipe.prompt != self._as_it_is and blanks(recipe.prompt):
            self._generate.release()
            BlanksDialog(recipe.prompt, self._fill, self._generate_as_it_is)
            return
        await self._ask(recipe, lambda: ask(self._user, recipe))

    def _fill(self, prompt: str) -> None:
        self._draft.update(prompt=prompt)

    async def _generate_as_it_is(self) -> None:
        self._as_it_is = self._draft.choices.prompt
        await self.generate()

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
        self._picker.complain(_("This picture has been deleted. Please choose another one."), missing=True)

    def _refuse(self, error: AdsVideoError) -> None:
        """Say why, and lead to where it can be put right."""
        if isinstance(error, ModelUnavailable) and self._draft.blocked:
            return  # said already, with the ways out
        sentence = i18n.explain(error)
        if isinstance(error, (NoPrompt, PromptTooLong)):
            self._prompt.refuse(sentence)
        elif isinstance(error, NoPicture):
            self._picker.complain(sentence, missing=True)
        else:
            self._generate.complain(sentence, way_on(error, self._user))

    def _keep(self) -> None:
        """A complaint goes with other choices only: a product may be seen, or a model be back, later."""
        draft = self._draft.to_json()
        if draft != self._kept.props.get("draft"):
            self._generate.complain("")
            self._kept.put("draft", draft)

    async def _restore(self, event: events.GenericEventArguments) -> None:
        """Restore the form of this tab after a reload, unless it has been edited already."""
        if self._draft.edited:
            return
        draft_json = str(event.args.get("detail"))[:5000]
        picture_id = Draft.picture_id_in(draft_json)
        if self._user is None:
            self._draft.awaited = picture_id
        elif picture_id:
            try:
                async with reading() as db:
                    self._draft.own[picture_id] = await uploads.owned(db, self._user.id, picture_id)
            except AdsVideoError:
                pass
        held = self._generate.is_held
        self._draft.restore(draft_json)
        if held:
            self._generate.hold()
