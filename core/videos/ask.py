"""The one way to ask for a video: studio, API and try again all come here, so all are checked in the same order.

What waits for the network (a model's server, a picture on the web) comes before the transaction in
`core.videos.request`. So `ask` opens its own sessions, and the caller must not hold one.
"""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import users
from core.billing.paying import paying
from core.catalog import availability, entries
from core.catalog.entries import Model
from core.database.session import reading, session
from core.errors import NoPicture, NotEnoughCredits, NotFound, NotSignedIn, TwoPictures
from core.models import User, Video
from core.phrase import Phrase
from core.pictures import keeping, presets, uploads
from core.videos.recipe import Recipe
from core.videos.request import check_prompt, repeated, request

BATCH = 1
"""The lane of videos that can wait: they start after all others."""


async def ask(
    user: User | None,
    recipe: Recipe,
    *,
    idempotency_key: str = "",
    batch: bool | None = None,
    request_sha256: str = "",
    remix_of: int | None = None,
) -> Video:
    """Check the request, take the price and queue the video.

    `request_sha256` tells requests apart whose recipe alone does not (else it is the recipe's); `remix_of` is the
    user's video that this one repeats with another prompt.

    Raises, in this order, NotSignedIn; IdempotencyConflict, where the key was used for something else (the same request
    again gives the same video, whatever else has changed since); NoPicture, TwoPictures, NotFound; NoPrompt,
    PromptTooLong; UnknownModel, WrongOption; NotEnoughCredits; ModelUnavailable; what `keeping.fetch` raises; and then,
    in the transaction, Blocked, OverBudget, TooManyRequests, TooManyOpen.
    """
    if user is None:
        raise NotSignedIn()
    sha256 = (request_sha256 or recipe.sha256(batch=batch)) if idempotency_key else None
    async with reading() as db:
        owner = await users.get(db, user.id)
        if owner is None:
            raise NotSignedIn()
        if idempotency_key and (earlier := await repeated(db, owner, idempotency_key, sha256)):
            return earlier
        await _check_picture(db, owner, recipe)
    check_prompt(recipe.prompt)
    model = await _priced(owner, recipe)
    if recipe.picture_id is None:
        recipe = await _with_own_picture(owner, recipe)
    async with paying(owner.id) as db:
        return await request(
            db,
            owner,
            recipe,
            model,
            idempotency_key=idempotency_key or None,
            request_sha256=sha256,
            lane=BATCH if batch else None,
            remix_of=remix_of,
        )


async def repeat_for_free(session: AsyncSession, video: Video) -> Video:
    """Repeat a video for its owner, free of charge, in the caller's transaction; used by administrators.

    Raises Conflict if it was repeated already, UnknownModel, and NotFound if the owner or the picture is gone.
    """
    owner = await users.get(session, video.user_id)
    if owner is None:
        raise NotFound(Phrase("user"))
    model = entries.get(video.model)
    key = f"again:{video.id}"
    return await request(session, owner, Recipe.of(video), model, idempotency_key=key, lane=0, free=True)


async def _check_picture(db: AsyncSession, user: User, recipe: Recipe) -> None:
    sources = [recipe.picture_id is not None, bool(recipe.picture_url), bool(recipe.preset)]
    if not any(sources):
        raise NoPicture()
    if sources.count(True) > 1:
        raise TwoPictures()
    if recipe.picture_id is not None:
        await uploads.owned(db, user.id, recipe.picture_id)
    elif recipe.preset:
        presets.check_preset(recipe.preset)


async def _priced(user: User, recipe: Recipe) -> Model:
    """The model, after checking length, size, price and availability."""
    model = entries.get(recipe.model) if recipe.model else await availability.choose(None)
    seconds, _size = model.choose(recipe.seconds, recipe.size)
    if user.credits < (cost := model.price(seconds)):
        raise NotEnoughCredits(cost, user.credits)
    return await availability.choose(model.id)


async def _with_own_picture(user: User, recipe: Recipe) -> Recipe:
    """The recipe with its picture stored as one of the user's own: before the charge, as a bucket takes its time.

    It stays theirs if the charge is refused then, as an upload does.
    """
    fetched = await keeping.fetch(user.id, recipe.picture_url) if recipe.picture_url else None
    async with session() as db:
        if fetched:
            picture = await uploads.accept(db, user.id, fetched)
        else:
            picture = await uploads.from_preset(db, user.id, recipe.preset)
    return replace(recipe, picture_id=picture.id, picture_url="", preset="")
