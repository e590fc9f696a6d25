"""The one way to want an edit: checked, paid for, and put on its way like any video."""

import hashlib
import json
import math

from core.accounts import users
from core.billing.paying import paying
from core.catalog.entries import COMPOSED
from core.catalog.size import Size
from core.database.session import reading
from core.edits import sources, timeline
from core.edits.sources import Sources
from core.edits.timeline import Edit
from core.errors import NotEnoughCredits, NotSignedIn
from core.models import User, Video
from core.ops import log_context
from core.settings import settings
from core.videos import lanes
from core.videos.ask import ask as ask_for_video
from core.videos.recipe import Recipe
from core.videos.request import repeated, send

BASE_SIZES = (Size(1280, 720), Size(720, 1280), Size(1080, 1080))


async def ask(user: User | None, body: object, *, idempotency_key: str = "") -> Video:
    """Check an edit, take its price and put it on its way.

    Raises, in this order, NotSignedIn, IdempotencyConflict, BadEdit, NotFound, Conflict, BadEdit for what only its
    clips show, NotEnoughCredits; then what `core.videos.request` raises.
    """
    if user is None:
        raise NotSignedIn()
    key, sha256 = idempotency_key or None, hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    async with reading() as db:
        owner = await users.get(db, user.id)
        if owner is None:
            raise NotSignedIn()
        if key and (earlier := await repeated(db, owner, key, sha256)):
            return earlier
        edit = timeline.read(body)
        found = await sources.find(db, owner.id, edit)
    cost = settings().edit_credits
    if owner.credits < cost:
        raise NotEnoughCredits(cost, owner.credits)
    async with paying(owner.id) as db:
        video = _video(owner, edit, found)
        video.cost_credits, video.lane = cost, await lanes.lane(db, owner)
        video.idempotency_key, video.request_sha256 = key, sha256
        return await send(db, owner, video)


async def again(user: User | None, video: Video) -> Video:
    """The same video once more, charged anew: of an edit by what it was made of, of others by their recipe.

    Raises what `ask` and `core.videos.ask` raise.
    """
    return await (ask(user, video.edit) if video.edit is not None else ask_for_video(user, Recipe.of(video)))


def _video(user: User, edit: Edit, found: Sources) -> Video:
    first = found.clips[0]
    model = COMPOSED["edit"]
    return Video(
        user_id=user.id,
        picture_id=first.picture_id if isinstance(first, Video) else first.id,
        prompt=first.prompt if isinstance(first, Video) else "",
        model=model.id,
        label=model.label,
        seconds=math.ceil(round(edit.seconds(found.durations), 3)),
        size=str(size_of(edit, found)),
        cost_credits=0,
        kind="edited",
        made_from=[video.id for video in found.videos],
        edit=edit.body(),
        has_ai=found.has_ai,
        request_id=log_context.request_id(),
    )


def size_of(edit: Edit, found: Sources) -> Size:
    """What is asked for, else the first clip's: a video's own, the usual one nearest to a picture's shape."""
    if edit.size:
        return Size.parse(edit.size)
    first = found.clips[0]
    if isinstance(first, Video):
        return Size((first.width or 1280) // 2 * 2, (first.height or 720) // 2 * 2)
    shape = first.width / first.height
    return min(BASE_SIZES, key=lambda size: abs(math.log(size.width / size.height / shape)))
