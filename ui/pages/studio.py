"""`/`: from a picture to a playing video."""

import asyncio
from dataclasses import replace
from functools import partial

from nicegui import background_tasks, ui

from core.catalog import availability
from core.database.session import reading
from core.errors import AdsVideoError, NotFound
from core.ids import MAX_ID
from core.models import Picture, User, Video
from core.pictures import uploads
from core.social import adopt, sharing
from core.videos import queries
from core.videos.recipe import Recipe

from .. import i18n, layout
from ..components.studio.draft import Draft
from ..components.studio.prompt_form import PromptForm
from ..components.studio.recent import Recent
from ..components.studio.sample_reel import SampleReel
from ..components.video.current_video import CurrentVideo
from ..components.video.video_panel import VideoPanel
from ..i18n import _
from ..kit.elements import Tag
from ..kit.toast import toast
from ..session import Visitor

OWN = 12  # of the visitor's own pictures so many are offered again
PATIENCE = 0.4  # seconds that the page waits for the model servers before it is drawn without them


@ui.page("/", response_timeout=layout.BUILD_SECONDS)
async def studio(visitor: Visitor, reuse: int = 0, recipe: str = "") -> None:
    """The form on the left, the video panel on the right; one column on a phone."""
    draft = Draft(own=await own_pictures(visitor))
    asking = background_tasks.create(availability.offers(), name="ask the model servers")
    current = CurrentVideo(visitor)
    await current.start()
    done, _waiting = await asyncio.wait([asking], timeout=PATIENCE)
    draft.set_offers(asking.result() if done else availability.last_offers())
    if 0 < reuse <= MAX_ID and visitor:
        await fill(draft, visitor, reuse)
    if recipe:
        await fill_from_shared(draft, visitor, recipe)
    about = _("Turn a product picture into a short video. Choose a picture, say what should happen, watch it.")
    frame = layout.frame(visitor, _("Studio"), "studio", description=about)
    with frame, Tag("div", "studio") as columns:
        form = PromptForm(visitor, draft, current)
        with VideoPanel(current, form.try_again, samples=SampleReel(draft), reuse=partial(put_into, draft)):
            if visitor:
                Recent(current)

    def arrange() -> None:
        """On a phone the panel comes first when it has something of the visitor's own."""
        columns.classes(add="panel-first" if current.video else "", remove="" if current.video else "panel-first")

    current.changed.subscribe(arrange)
    arrange()

    async def refresh_menu() -> None:
        draft.set_offers(await asking)

    async def follow_menu() -> None:
        """A server that comes or goes while the page is open; the answers are shared by all pages."""
        draft.set_offers(await availability.offers())

    if not done:
        ui.timer(0.1, refresh_menu, once=True)
    ui.timer(availability.CHECK_SECONDS, follow_menu, immediate=False)


async def own_pictures(user: User | None) -> dict[int, Picture]:
    """The visitor's last pictures by their number, newest first."""
    if user is None:
        return {}
    async with reading() as db:
        return {picture.id: picture for picture in await uploads.uploads(db, user.id, OWN)}


async def fill(draft: Draft, user: User, video_id: int) -> None:
    """Put the settings of one of the user's videos into the form; one that is not theirs is ignored."""
    try:
        async with reading() as db:
            video = await queries.owned(db, user.id, video_id)
            picture = await uploads.of_video(db, video)
    except NotFound:
        return
    draft.fill(Recipe.of(video), picture)


async def fill_from_shared(draft: Draft, user: User | None, slug: str) -> None:
    """Put the recipe of a shared video into the form, with its picture where the owner allows that."""
    try:
        async with reading() as db:
            video = await sharing.shared(db, slug)
            picture = await uploads.of_video(db, video)
        if picture and not picture.preset:
            picture = await adopt.picture(user.id, picture) if user and video.allow_picture else None
    except AdsVideoError as error:
        toast(i18n.explain(error), "bad")
        return
    draft.fill(replace(Recipe.of(video), picture_id=None), picture)


def put_into(draft: Draft, video: Video, picture: Picture | None) -> None:
    """Put the settings of the video in the panel into the form beside it."""
    draft.fill(Recipe.of(video), picture)
    toast(_("The settings are in the form."))
