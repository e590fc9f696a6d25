"""The form: picture, prompt, model, and Generate with its checks, each of which has its own sentence."""

from nicegui import events

from core import catalog, pictures, users, videos
from core.database import reading, session
from core.errors import (
    AdsVideoError,
    NoPicture,
    NoPrompt,
    NotEnoughCredits,
    NotFound,
    NotSignedIn,
    PromptTooLong,
)
from core.models import User, Video

from .. import i18n
from ..i18n import _
from ..kit.elements import Tag
from .current_video import CurrentVideo
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
            self._generate = GenerateButton(user, draft, current, self.generate)
            self._kept = Tag("ads-draft", draft=draft.to_json(), hidden=True).on("restore", self._restore, ["detail"])
        draft.changed.subscribe(self._keep)

    async def generate(self) -> None:
        """Check, charge and queue; a second click while the first is on its way does nothing."""
        if self._busy or self._current.is_active:
            return
        self._busy = True
        self._generate.complain("")
        try:
            video = await self._request()
        except NotFound:
            # deleted in another tab
            self._picker.drop(self._draft.choices.picture_id)
            self._generate.complain(_("This picture has been deleted. Please choose another one."))
        except AdsVideoError as error:
            self._refuse(error)
        else:
            await self._current.follow(video.id)
            self._current.asked.emit()
        finally:
            self._busy = False
            self._generate.release()

    async def _request(self) -> Video:
        """Raises, in this order, NotSignedIn, NoPicture, NoPrompt, PromptTooLong, then what core.videos raises."""
        choices = self._draft.choices
        if self._user is None:
            raise NotSignedIn()
        if not self._draft.has_picture:
            raise NoPicture()
        prompt = videos.check_prompt(choices.prompt)
        async with reading() as db:
            user = await users.get(db, self._user.id)
        if user is None:
            raise NotSignedIn()
        if user.credits < self._draft.price:
            raise NotEnoughCredits(self._draft.price, user.credits)
        model = await catalog.choose(choices.model or None)
        framing = self._draft.framing
        async with session() as db:
            if choices.preset:
                picture_id = (await pictures.from_preset(db, user.id, choices.preset)).id
            else:
                picture_id = choices.picture_id
            return await videos.request(
                db, user, picture_id, prompt, model, seconds=choices.seconds, size=choices.size, framing=framing
            )

    async def try_again(self, video: Video) -> None:
        """The same once more, charged anew."""
        if self._busy or self._current.is_active or self._user is None:
            return
        self._busy = True
        try:
            model = await catalog.choose(video.model)
            async with session() as db:
                again = await videos.again(db, self._user, video, model)
        except AdsVideoError as error:
            self._refuse(error)
        else:
            await self._current.follow(again.id)
            self._current.asked.emit()
        finally:
            self._busy = False

    def _refuse(self, error: AdsVideoError) -> None:
        """Say why, and lead to where it can be put right."""
        self._generate.complain(i18n.explain(error), login=isinstance(error, NotSignedIn))
        if isinstance(error, (NoPrompt, PromptTooLong)):
            self._prompt.focus()
        elif isinstance(error, NoPicture):
            self._picker.run_method("scrollIntoView", {"block": "center", "behavior": "smooth"})

    def _keep(self) -> None:
        self._generate.complain("")
        self._kept.put("draft", self._draft.to_json())

    async def _restore(self, event: events.GenericEventArguments) -> None:
        """What this tab had in the form before a reload, unless something is in it already."""
        if self._draft.edited:
            return
        kept = str(event.args.get("detail"))[:5000]
        if self._user and (picture_id := Draft.kept_picture(kept)):
            try:
                async with reading() as db:
                    self._draft.own[picture_id] = await pictures.owned(db, self._user.id, picture_id)
            except AdsVideoError:
                pass
        self._draft.restore(kept)
