"""A frame of an edit that has not been made: the renderer's own, from a worker."""

from core.database.session import reading
from core.edits import sources, timeline
from core.errors import WrongInput, from_code
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
    try:
        return await answers.ask("edit_still", user_id, edit.body(), at)
    except answers.Refused as refused:
        raise from_code(refused.code, refused.detail) from None
