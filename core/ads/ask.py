"""The one way to want an ad: a storyboard, checked, and all of its shots paid for in one statement."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import limits
from core.accounts import users
from core.ads import brand as brands
from core.ads import layout, sight, storyboard
from core.ads.sight import Sight
from core.ads.storyboard import AdIn, Shot, Storyboard
from core.billing.paying import paying
from core.catalog import availability
from core.catalog.entries import COMPOSED, Model
from core.catalog.size import Size
from core.database.session import reading
from core.edits.timeline import Problem
from core.errors import BadAd, NotEnoughCredits, NotEnoughForAd, NotSignedIn
from core.models import Ad, AdShot, Picture, User, Video, now
from core.ops import log_context
from core.phrase import Phrase
from core.videos import lanes, many
from core.videos.options import Options
from core.videos.recipe import Recipe
from core.videos.request import new_video

LATER = datetime(9999, 1, 1, tzinfo=UTC)
"""When an ad's own videos are due until all of their shots are there: core/ads/compose.py."""

Key = tuple[int, str]
"""A shot's position and the format it is for."""


async def ask(user: User | None, body: object, *, idempotency_key: str = "") -> Ad:
    """Check an ad, take the price of all of its shots, and put them on their way.

    `body` is as `storyboard.AdIn` has it. Raises, in this order, NotSignedIn, IdempotencyConflict, BadAd, NotFound
    (template, picture, brand), UnknownModel, ModelUnavailable, BadAd for words and lengths that don't fit,
    NotEnoughForAd, and in the transaction Blocked, OverBudget, TooManyAds.
    """
    if user is None:
        raise NotSignedIn()
    sha256 = hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()
    async with reading() as db:
        owner = await users.get(db, user.id)
        if owner is None:
            raise NotSignedIn()
        if idempotency_key and (earlier := await many.earlier(db, Ad, owner.id, idempotency_key, sha256)):
            return earlier
    asked = storyboard.read(body)
    board, pictures, models = await prepare(owner, asked)
    cost = price(board, models)
    if owner.credits < cost:
        raise NotEnoughForAd(cost, owner.credits)
    sights = await sight.of(pictures.values())
    board = layout.dressed(board, sights, branded=bool(asked.brand_id))
    try:
        async with paying(owner.id) as db:
            key = idempotency_key or None
            return await _begin(db, owner, board=board, sights=sights, models=models, key=key, sha256=sha256)
    except NotEnoughCredits as error:
        raise NotEnoughForAd(cost, int(str(error.values["credits"]))) from None


async def prepare(user: User, asked: AdIn) -> tuple[Storyboard, dict[int, Picture], dict[str | None, Model]]:
    """The storyboard with its pictures and models, ready to be made. Raises what `ask` raises for what is asked for."""
    look = await brands.look(user, asked.brand_id) if asked.brand_id else None
    board = storyboard.make(asked, look)
    places = storyboard.picture_ids(asked)
    async with reading() as db:
        mine = (col(Picture.id).in_(places), col(Picture.user_id) == user.id, col(Picture.deleted_at).is_(None))
        pictures = {picture.id: picture for picture in await db.exec(select(Picture).where(*mine))}
    for number, where in places.items():
        if number not in pictures:
            raise storyboard.no_picture(where)
    models = {name: await availability.choose(name) for name in {shot.model for shot in board.shots}}
    problems = [*layout.too_long(board), *_too_short(board, models)]
    if problems:
        raise BadAd([problem.phrase for problem in problems])
    return board, pictures, models


def _too_short(board: Storyboard, models: Mapping[str | None, Model]) -> list[Problem]:
    """Shots that last longer than their model can make."""
    problems = []
    for n, shot in enumerate(board.shots):
        model = models[shot.model]
        if layout.clip_seconds(board, n) > max(model.seconds):
            limit = Phrase("is longer than {label} can make ({n} s)", label=Phrase(model.label), n=max(model.seconds))
            problems.append(Problem(("shots", n, "seconds"), limit))
    return problems


def length(model: Model, seconds: float) -> int:
    """The shortest clip of that model that lasts so long, else its longest."""
    return min((n for n in model.seconds if n >= seconds), default=max(model.seconds))


def price(board: Storyboard, models: Mapping[str | None, Model]) -> int:
    """Credits for all shots in all formats."""
    shots = enumerate(board.shots)
    once = sum(models[s.model].price(length(models[s.model], layout.clip_seconds(board, n))) for n, s in shots)
    return once * len(board.sizes)


def shot_video(user: User, board: Storyboard, key: Key, seen: Sight, model: Model) -> Video:
    """The video of a shot for a format, not written yet."""
    position, size = key
    shot: Shot = board.shots[position]
    own = layout.closest(Size.parse(size), model.sizes)
    recipe = Recipe(
        picture_id=shot.image_id,
        prompt=shot.prompt,
        model=model.id,
        seconds=length(model, layout.clip_seconds(board, position)),
        size=own,
        framing=layout.framing(board, shot, own, seen),
        options=Options(move=shot.move, strength=shot.strength),
    )
    return new_video(user, recipe, model)


async def _begin(
    db: AsyncSession,
    user: User,
    *,
    board: Storyboard,
    sights: Mapping[int, Sight],
    models: Mapping[str | None, Model],
    key: str | None,
    sha256: str,
) -> Ad:
    """The transaction: the ad, its shots and its own videos, charge and limit, all or nothing."""
    ad = Ad(user_id=user.id, template=board.template, cost_credits=price(board, models), created_at=now())
    ad.storyboard, ad.sizes = board.model_dump(mode="json"), list(board.sizes)
    ad.idempotency_key, ad.request_sha256 = key, sha256
    if not await many.write_once(db, ad):
        earlier = await many.earlier(db, Ad, user.id, key or "", sha256)
        assert earlier is not None
        return earlier
    keys = [(position, size) for size in board.sizes for position in range(len(board.shots))]
    shots = [_shot_of(user, board, one, sights, models) for one in keys]
    lane = await lanes.lane(db, user)
    own = [_own_video(user, board, size, shots[0]) for size in board.sizes]
    for video in (*shots, *own):
        video.ad_id, video.lane = ad.id, lane
    videos = many.rows_of([*shots, *own])
    await many.write_all(db, user, videos)
    of_shots = videos[: len(shots)]
    rows = [
        {"ad_id": ad.id, "position": position, "size": size, "video_id": video["id"]}
        for (position, size), video in zip(keys, of_shots, strict=True)
    ]
    await (await db.connection()).execute(insert(AdShot.__table__), rows)  # type: ignore[attr-defined]
    await many.charge_all(db, user, of_shots, Phrase("This ad"))
    await limits.check_ads(db, user.id)
    many.send_off(db, of_shots)
    return ad


def _shot_of(
    user: User,
    board: Storyboard,
    key: Key,
    sights: Mapping[int, Sight],
    models: Mapping[str | None, Model],
) -> Video:
    shot = board.shots[key[0]]
    return shot_video(user, board, key, sights[shot.image_id], models[shot.model])


def _own_video(user: User, board: Storyboard, size: str, first: Video) -> Video:
    """The ad in one format, which waits for its shots."""
    model = COMPOSED["ad"]
    return Video(
        user_id=user.id,
        picture_id=first.picture_id,
        prompt=first.prompt,
        model=model.id,
        label=model.label,
        seconds=math.ceil(round(board.seconds, 3)),
        size=size,
        cost_credits=0,
        kind="ad",
        title=board.fields.get("name"),
        next_look_at=LATER,
        request_id=log_context.request_id(),
    )
