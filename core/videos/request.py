"""The transaction that creates a video: row, charge and limits, all or nothing."""

import logging
import unicodedata
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func
from sqlalchemy.orm import make_transient_to_detached
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import limits
from core.billing import budgets, credits
from core.billing.credits import Payer
from core.catalog.entries import Model
from core.database.session import after_commit, insert_once
from core.database.statements import made, run
from core.errors import (
    Conflict,
    IdempotencyConflict,
    NoPrompt,
    NotEnoughCredits,
    NotFound,
    PromptTooLong,
)
from core.models import Picture, User, Video
from core.ops import log_context
from core.phrase import Phrase
from core.redis import queue
from core.settings import settings
from core.videos import lanes
from core.videos.recipe import Recipe
from core.videos.states import tell, video_table

log = logging.getLogger(__name__)
MAX_PROMPT = 500
UNSEEN = {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
"""Categories of characters that show nothing: spaces, joiners, direction marks, halves of characters."""
BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Letters, marks and signs that show nothing either; variation selectors are in _is_seen."""


def _is_seen(sign: str) -> bool:
    is_selector = "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
    return not (is_selector or sign in BLANK or unicodedata.category(sign) in UNSEEN)


def check_prompt(prompt: str) -> str:
    """The prompt without the space around it and without what no database can hold. Raises NoPrompt, PromptTooLong."""
    prompt = prompt.replace("\x00", "").encode(errors="ignore").decode().strip()
    if not any(map(_is_seen, prompt)):
        raise NoPrompt()
    if len(prompt) > MAX_PROMPT:
        raise PromptTooLong(len(prompt), MAX_PROMPT)
    return prompt


async def request(
    session: AsyncSession,
    user: User,
    recipe: Recipe,
    model: Model,
    *,
    idempotency_key: str | None = None,
    request_sha256: str | None = None,
    lane: int | None = None,
    free: bool = False,
    remix_of: int | None = None,
) -> Video:
    """Take the price and create the video, both or neither.

    The transaction of `core.videos.ask`, which does the checks that wait for the network before. The picture is
    `recipe.picture_id`. Lane -1 starts before the others, 1 after them; None is the user's. A `free` video costs
    nothing and counts for no limit, and its `idempotency_key` works once. `remix_of` is what it repeats with another
    prompt.

    Raises NoPrompt, PromptTooLong, WrongOption, NotFound (picture), NotEnoughCredits, Blocked, OverBudget,
    TooManyRequests, TooManyOpen, in this order; Conflict for a free one that exists. The same `idempotency_key` gives
    the same video and one charge; see `repeated`.
    """
    video = new_video(user, recipe, model)
    video.idempotency_key, video.request_sha256 = idempotency_key, request_sha256
    video.cost_credits = 0 if free else video.cost_credits
    video.lane = await lanes.lane(session, user) if lane is None else lane
    video.made_from = [] if remix_of is None else [remix_of]
    return await send(session, user, video, free=free)


def new_video(user: User, recipe: Recipe, model: Model) -> Video:
    """The row of a video of `recipe.picture_id`, not written yet. Raises NoPrompt, PromptTooLong, WrongOption."""
    return _unwritten(columns_of(user, recipe, model))


def _unwritten(columns: dict[str, Any]) -> Video:
    return made(Video, {**_DEFAULTS, **{name: field.default_factory() for name, field in _MADE.items()}, **columns})


_FIELDS: Any = {name: field for name, field in Video.model_fields.items() if not field.is_required()}
_MADE = {name: field for name, field in _FIELDS.items() if field.default_factory}
_DEFAULTS = {name: field.default for name, field in _FIELDS.items() if name not in _MADE}


def columns_of(user: User, recipe: Recipe, model: Model) -> dict[str, Any]:
    """What a new video's row begins with; the rest is as `Video` has it. Raises what `new_video` raises."""
    prompt = check_prompt(recipe.prompt)
    seconds, size = model.choose(recipe.seconds, recipe.size)
    return {
        "user_id": user.id,
        "picture_id": recipe.picture_id or 0,
        "prompt": prompt,
        "model": model.id,
        "label": model.label,
        "seconds": seconds,
        "size": str(size),
        "framing": recipe.framing_fields,
        "options": recipe.option_fields,
        "cost_credits": model.price(seconds),
        "request_id": log_context.request_id(),
    }


async def send(session: AsyncSession, user: User, video: Video, *, free: bool = False) -> Video:
    """Write a new video, take its price and put it on its way. See `request`, whose second half it is."""
    key = video.idempotency_key
    found = await _write(session, video, free=free)
    if "video_id" not in found:
        # the same key in two requests at once, and the other one was first; or not the user's picture
        if key and (earlier := await repeated(session, user, key, video.request_sha256)):
            if free:
                raise Conflict(Phrase("This video has been made again already."))
            return earlier
        raise NotFound(Phrase("picture"))
    if not free:
        await _check(session, video, found)
    video.id, video.turn = found["video_id"], found["turn"]
    make_transient_to_detached(video)
    session.add(video)
    _send_off(session, video)
    return video


async def _check(session: AsyncSession, video: Video, found: dict[str, Any]) -> None:
    """Whether it may be made, by what the transaction has found. Raises what `request` raises after NotFound."""
    if "balance" not in found:
        raise NotEnoughCredits(video.cost_credits, await credits.balance(session, video.user_id))
    payer = Payer(*(found[name] for name in Payer._fields))
    await budgets.check_budget(session, video.user_id, payer, video.cost_credits, used=found["used"])
    limits.check_counts(video.kind, found["oldest"], found.get("under_way", 0))


def _send_off(session: AsyncSession, video: Video) -> None:
    """After the commit: publish the news and queue the submit job."""

    async def put() -> None:
        with log_context.about(video):
            log.info("video %s is asked for: %s, %s s, %s", video.id, video.model, video.seconds, video.size)
        await queue.put("submit", video.id, 0)

    tell(session, video, "pending", stage="starting")
    after_commit(session, put)


_picture: Any = Picture.__table__  # type: ignore[attr-defined]
COLUMNS = [column for column in video_table.c if column.name not in ("id", "picture_id", "turn")]
"""What a new video brings along itself."""


def next_turn() -> ColumnElement[int]:
    """The turn of a new video, as SQL: after the user's own waiting videos of the model, not before the current turn.

    So each user's first video comes before anybody's second, and claiming needs no counting per user.
    """
    waiting = video_table.alias("waiting")
    same = (
        waiting.c.status == "pending",
        waiting.c.submitted_at.is_(None),
        waiting.c.model == bindparam("model"),
        waiting.c.lane == bindparam("lane"),
        # a claimed one, whose picture is being framed, has had its turn; one that waits for a retry has a note
        (waiting.c.note != "") | (waiting.c.next_look_at <= bindparam("next_look_at")),
    )
    first = select(waiting.c.turn).where(*same).order_by(waiting.c.turn).limit(1)
    own = select(waiting.c.turn + 1).where(*same, waiting.c.user_id == bindparam("user_id"))
    now_on = func.coalesce(first.scalar_subquery(), 0)
    after_own = func.coalesce(own.order_by(waiting.c.id.desc()).limit(1).scalar_subquery(), 0)
    return case((after_own > now_on, after_own), else_=now_on)


@lru_cache(4)
def _insert(dialect: str, needs_file: bool) -> Any:
    mine = select(_picture.c.id, next_turn(), *(bindparam(column.name, type_=column.type) for column in COLUMNS)).where(
        _picture.c.id == bindparam("picture_id"),
        _picture.c.user_id == bindparam("user_id"),
        *([_picture.c.deleted_at.is_(None)] if needs_file else []),
    )
    names = ["picture_id", "turn", *(column.name for column in COLUMNS)]
    once = insert_once(video_table, "user_id", "idempotency_key").from_select(names, mine, include_defaults=False)
    return once.returning(video_table.c.id.label("video_id"), video_table.c.turn)


@lru_cache(2)
def _counts(open_videos: bool) -> Any:
    return select(budgets.spent().label("used"), *limits.counts(open_videos=open_videos))


async def _write(session: AsyncSession, video: Video, *, free: bool) -> dict[str, Any]:
    """Insert the row if the picture is the user's and the key is new, charge for it, count; what these found.

    An edit needs only its clips: their picture may be deleted by now.
    """
    await session.flush()
    dialect = (await session.connection()).dialect.name
    steps = [_insert(dialect, video.kind == "generated")]
    values = video.model_dump(exclude={"id", "turn"})
    if not free:
        steps += [*credits.charging(dialect), _counts(settings().open_videos_per_user is not None)]
        values |= {"month": budgets.month(), **limits.count_parameters(video.kind)}
    return await run(session, steps, values)


async def repeated(session: AsyncSession, user: User, key: str, request_sha256: str | None = None) -> Video | None:
    """The user's video of an earlier request with that idempotency key; None if there is none.

    Raises IdempotencyConflict if the hash shows that the earlier request was a different one.
    """
    earlier = (await session.exec(select(Video).where(Video.user_id == user.id, Video.idempotency_key == key))).first()
    if earlier and earlier.request_sha256 != request_sha256 and earlier.request_sha256 and request_sha256:
        raise IdempotencyConflict()
    return earlier
