"""Opens the editor with an edit that is not of the video it is opened for: of a file that was dropped, or an ad."""

import json
from typing import Any

from nicegui import ui

from core.database.session import reading
from core.errors import AdsVideoError
from core.models import User

from ...i18n import _
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button
from .loading import editable, shelf_of
from .project import Body


async def offer_editor(user: User, edit: dict[str, Any]) -> bool:
    """Ask whether to open the editor with that edit; False where it is none, or its clips are not the user's."""
    try:
        body = editable(edit)
    except AdsVideoError:
        return False
    async with reading() as db:
        shelf = await shelf_of(db, user, body)
    if not shelf.videos or not all(shelf.source(clip) for clip in body["clips"]):
        return False
    dialog = Dialog(_("Open the editor?"))
    with dialog.body:
        Tag("p", "dialog-text", _("This video was edited with AdsVideo. Its whole edit can be opened and changed."))
        with Tag("div", "dialog-actions"):
            button(_("Not now"), dialog.close, look="quiet")
            button(_("Open the editor"), lambda: open_editor(body), look="accent")
    return True


def open_editor(body: Body) -> None:
    """Go to the editor of the edit's first video with that edit as its draft."""
    video = next(clip["video_id"] for clip in body["clips"] if clip.get("video_id"))
    words = json.dumps([f"edit-{video}", json.dumps(body)])
    ui.run_javascript(f"localStorage.setItem(...{words}); location.href = '/videos/{video}/edit'")
