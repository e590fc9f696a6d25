"""A video of ours that is dropped on the form: its settings come back from its file."""

from dataclasses import replace

from nicegui import events

from core.database.session import reading
from core.errors import NotFound
from core.models import Picture, User
from core.pictures import uploads
from core.videos import recipe

from ...i18n import _
from ...kit.toast import toast
from ..edit.opening import offer_editor
from ..video.preset_picture import find_preset
from .draft import Draft


async def take_settings(user: User | None, draft: Draft, event: events.GenericEventArguments) -> None:
    """Restore the settings that the browser has read from the file; nothing was uploaded."""
    settings = recipe.read(event.args.get("detail") if isinstance(event.args, dict) else None)
    if settings is None:
        toast(_("This video carries no AdsVideo settings. Pictures can be dropped here as well."), "bad")
        return
    if user and settings.recipe.edit and await offer_editor(user, settings.recipe.edit):
        return
    preset = find_preset(settings.recipe.preset)
    picture = None if preset else await _picture(user, settings.recipe.picture_sha256)
    draft.fill(settings.recipe if preset else replace(settings.recipe, preset=""), picture)
    if not (preset or picture):
        toast(_("The video's settings are in the form. Its picture is not yours: please choose one."))
    elif draft.offers_model(settings.recipe.model) and settings.whole:
        toast(_("The video's settings are in the form."), "good")
    else:
        toast(_("The video's settings are in the form, as far as they can be used here."))


async def _picture(user: User | None, sha256: str) -> Picture | None:
    """One of the visitor's own; nobody else's, whatever the file says."""
    if user is None or not sha256:
        return None
    try:
        async with reading() as db:
            return await uploads.by_sha256(db, user.id, sha256)
    except NotFound:
        return None
