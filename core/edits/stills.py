"""How an edit will look that has not been made: a frame of it, or what lies over its clips, from a worker."""

from core.database.session import reading
from core.edits import sources, timeline
from core.edits.ask import size_of
from core.edits.fields import TRANSITION_SECONDS
from core.errors import WrongInput
from core.notes import from_code
from core.phrase import Phrase
from core.redis import answers


async def still(user_id: int, body: object, at: float) -> bytes:
    """The frame that is to be seen `at` seconds, as PNG.

    Raises BadEdit, NotFound, Conflict as for the edit itself; WrongInput if it has ended by then; NotAvailable.
    """
    edit = timeline.read(body)
    async with reading() as db:
        found = await sources.find(db, user_id, edit)
    seconds = edit.seconds(found.durations)
    if not 0 <= at <= seconds:
        raise WrongInput(Phrase("at must be between 0 and {seconds} s.", seconds=round(seconds, 2)))
    return await _asked("edit_still", user_id, edit.body(), at)


async def overlays(user_id: int, body: object) -> bytes:
    """What lies over the clips, as JSON: pictures with their places and times, and the end card.

    Raises BadEdit, NotFound, Conflict as for the edit itself; NotAvailable.
    """
    edit = timeline.read(body)
    async with reading() as db:
        found = await sources.find(db, user_id, edit)
    size = size_of(edit, found)
    seconds = edit.seconds(found.durations) - (edit.end_card.seconds - TRANSITION_SECONDS if edit.end_card else 0.0)
    return await _asked("edit_overlays", user_id, edit.body(), (size.width, size.height, seconds))


async def _asked(question: str, *about: object) -> bytes:
    try:
        return await answers.ask(question, *about)
    except answers.Refused as refused:
        raise from_code(refused.code, refused.detail) from None
