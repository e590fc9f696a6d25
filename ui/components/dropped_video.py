"""A video of ours that is dropped on the form: its settings come back from its file."""

import logging

from nicegui import events

from core import pictures, recipe
from core.database import reading
from core.errors import NotFound
from core.models import Picture, User, Video
from core.recipe import Recipe

from ..i18n import _
from ..kit.toast import toast
from .draft import Draft, find_preset

log = logging.getLogger(__name__)


async def take_settings(user: User | None, draft: Draft, event: events.GenericEventArguments) -> None:
    """The browser has read the file and hands over what it found; nothing was uploaded."""
    found = recipe.read(event.args.get("detail") if isinstance(event.args, dict) else None)
    if found is None:
        toast(_("This video carries no AdsVideo settings. Pictures can be dropped here as well."), "bad")
        return
    told = found.recipe
    picture = await _picture(user, told)
    offered = any(offer.model.id == told.model for offer in draft.offers)
    draft.fill(_video(told, draft), picture)
    if picture and offered and found.whole:
        toast(_("The video's settings are in the form."), "good")
    elif not picture:
        toast(_("The video's settings are in the form. Its picture is not yours: please choose one."))
    else:
        toast(_("The video's settings are in the form, as far as they can be used here."))


def _video(told: Recipe, draft: Draft) -> Video:
    """The settings as a video that was never made; what was not told stays as it is in the form."""
    now = draft.choices
    return Video(
        user_id=0,
        picture_id=0,
        prompt=told.prompt or now.prompt,
        model=told.model or now.model,
        label="",
        seconds=told.seconds or now.seconds,
        size=told.size or now.size,
        framing=told.framing,
        cost_credits=0,
    )


async def _picture(user: User | None, told: Recipe) -> Picture | None:
    """A preset, or one of the visitor's own; nobody else's, whatever the file says."""
    if find_preset(told.preset):
        return Picture(user_id=0, sha256="", key="", width=0, height=0, bytes=0, preset=told.preset)
    if user is None or not told.picture:
        return None
    try:
        async with reading() as db:
            return await pictures.by_sha256(db, user.id, told.picture)
    except NotFound:
        return None
