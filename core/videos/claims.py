"""Claims the steps of videos for workers, and records what a step did.

Claiming a step is one conditional UPDATE that moves `next_look_at` forward, which is the lease: a worker that dies
loses its step after LEASE. Waiting videos start by lane, then in turn between users. Nothing here commits.

    pending, not submitted     due: frame the picture, then write down the intent and ask the provider
                               (cancel: at once, refunded)
    pending, submitted         due: the outcome is unknown, look it up, never submit again
    processing                 due: look at the provider
    processing, ready          due: fetch the file
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, case, func
from sqlalchemy import update as sql_update
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog import entries
from core.catalog.entries import Server
from core.database.session import Unit, after_commit, locking
from core.database.statements import loaded, moment, run
from core.errors import AdsVideoError
from core.models import ACTIVE, UTCDateTime, Video, now
from core.redis import queue
from core.redis.news import News, publish
from core.videos.states import (
    BEFORE_ALL,
    Changed,
    HasId,
    change,
    change_one,
    changing,
    fail,
    is_to_submit,
    mark_canceled,
    tell,
    video_table,
)

LEASE = timedelta(seconds=20)
SWEEP_GRACE = timedelta(seconds=5)


def is_due(ahead: float = 0) -> ColumnElement[bool]:
    """Due now, or within `ahead` seconds."""
    return col(Video.next_look_at) <= moment(timedelta(seconds=ahead))


def _is_due_in_turn() -> ColumnElement[bool]:
    """`is_due` in a form that uses no index: else SQLite uses the index on times and sorts all due rows."""
    return case((is_due(), 1), else_=0) == 1


def lock_ids(due: Any) -> Any:
    """The ids of a query, with their rows locked; rows that others have locked are skipped.

    As a CTE, which PostgreSQL runs once: it may run a plain subquery again for every row, past its LIMIT.
    """
    return select(due.with_for_update(skip_locked=True).cte("due").c.id)


_IN_TURN = (col(Video.lane), col(Video.turn), col(Video.id))
"""In the order of ix_videos_turn, so that the next video is found without sorting."""

_MODEL = select(Video.model).where(Video.id == bindparam("video_id"))


@lru_cache(50)
def _claim(models: tuple[str, ...] = (), max_jobs: int | None = None) -> Any:
    """Claim the next video of the model. If the server of these models takes only so many jobs: while it has fewer."""
    due = select(Video.id).where(is_to_submit(), col(Video.model) == bindparam("model"), _is_due_in_turn())
    return (
        sql_update(video_table)
        .where(
            col(Video.id).in_(lock_ids(due.order_by(*_IN_TURN).limit(1))),
            is_to_submit(),
            is_due(),
            *([] if max_jobs is None else [_places_taken(models) < max_jobs]),
        )
        .values(attempts=video_table.c.attempts + 1, note="", next_look_at=moment(LEASE))
        .returning(*video_table.c)
    )


async def claim_submit(session: Unit, video_id: int) -> Video | None:
    """Claim a video to submit, of the same model as `video_id`; None if none is due or our own worker makes it.

    The claimed video is the next in turn of its model, not always `video_id`: there are as many jobs as videos, and
    users are served in turn. If a worker dies before `intend`, its lease ends and another one starts the video over.
    """
    model = (await run(session, (_MODEL,), {"video_id": video_id})).get("model")
    if model is None or model in entries.local_models():
        return None
    entry = entries.models().get(model)
    if entry is None or entry.server.max_jobs is None:
        row = await run(session, (_claim(),), {"model": model})
    else:  # other claims for the same server wait until this one is written: else two could take the last place
        claim = _claim(tuple(entries.models_of(entry.server)), entry.server.max_jobs)
        values = {"model": model, "lock": f"jobs of {entry.server.name}"}
        row = await run(session, (*locking(), claim), values)
    return loaded(Video, row) if "id" in row else None


def _is_mine(video: Video) -> tuple[ColumnElement[bool], ...]:
    """Conditions: the video is active and nobody else has claimed it since."""
    return _is_claimed(video.id, video.attempts)


def _is_claimed(video_id: Any, attempts: Any) -> tuple[ColumnElement[bool], ...]:
    return col(Video.id) == video_id, col(Video.status).in_(ACTIVE), col(Video.attempts) == attempts


_INTEND = changing(
    *_is_claimed(bindparam("id"), bindparam("attempts")),
    is_to_submit(),
    col(Video.next_look_at) > bindparam("at"),  # the lease, and with it the place at the server
    submitted_at=bindparam("at"),
    next_look_at=moment(LEASE),
)


async def intend(session: Unit, video: Video) -> bool:
    """Record, right before the call, that the provider is asked for this claimed video.

    False if it was canceled or another worker has it; then the provider must not be asked.
    """
    asked_at = now()
    values = {"id": video.id, "attempts": video.attempts, "at": asked_at}
    if is_meant := "video_id" in await run(session, (_INTEND,), values):
        video.submitted_at = asked_at
    return is_meant


def _places_taken(models: Sequence[str]) -> ColumnElement[int]:
    """The number of videos of these models at their server or being prepared for it, as SQL."""
    other = aliased(Video)
    mine = col(other.model).in_(models)
    begun = (
        (col(other.status) == "pending")
        & col(other.submitted_at).is_(None)
        & (col(other.note) == "")  # a video that waits for a retry has a note, and takes no place
        & (col(other.next_look_at) > moment())
    )
    asked, framed = (select(func.count()).where(which, mine) for which in (is_at_provider(other), begun))
    return asked.scalar_subquery() + framed.scalar_subquery()


async def free_places(session: AsyncSession, server: Server) -> int:
    """How many more videos that server may get now; 0 or less if none, 0 for a server without `max_jobs`."""
    if server.max_jobs is None:
        return 0
    return server.max_jobs - (await session.exec(select(_places_taken(entries.models_of(server))))).one()


async def release_submit(session: AsyncSession, video: Video, delay: float, note: str) -> None:
    """The provider certainly does not have it: retry in `delay` seconds; `note` tells the user why it waits.

    If its cancel was requested, it is canceled and refunded. If another worker has claimed it, nothing changes.
    """
    mine = (*_is_mine(video), col(Video.status) == "pending", col(Video.provider_id).is_(None))
    changed = await change(
        session,
        *mine,
        col(Video.cancel_requested).is_(False),
        submitted_at=None,
        note=note,
        next_look_at=now() + timedelta(seconds=delay),
    )
    if changed:
        news = News(user_id=video.user_id, video_id=video.id, status="pending", stage="waiting", note=note)
        after_commit(session, lambda: publish(news))
        after_commit(session, lambda: queue.put("submit", video.id, changed.attempts, delay))
    elif await change(session, *mine, note=""):
        await mark_canceled(session, video, had_started=False)


async def refuse(session: AsyncSession, video: Video, error: AdsVideoError) -> None:
    """Fail and refund a claimed video before any provider was asked, unless another worker has it."""
    if await change(session, *_is_mine(video), is_to_submit(), note=""):
        await fail(session, video, error)


_SUBMITTED = changing(
    col(Video.id) == bindparam("id"),
    col(Video.status) == "pending",
    col(Video.provider_id).is_(None),
    status="processing",
    provider_id=bindparam("provider_id"),
    started_at=moment(),
    note="",
    next_look_at=case(
        (col(Video.cancel_requested), moment(-BEFORE_ALL)), else_=bindparam("first_look_at", type_=UTCDateTime())
    ),
)


async def mark_submitted(session: Unit, video: HasId, provider_id: str, first_look: float) -> bool:
    """The provider has it under this id: poll in `first_look` seconds, or at once if its cancel was requested."""
    first_look_at = now() + timedelta(seconds=first_look)
    values = {"id": video.id, "provider_id": provider_id, "first_look_at": first_look_at}
    if is_there := Changed.of(await run(session, (_SUBMITTED,), values)):
        tell(session, is_there, "processing", stage="queued")
    return is_there is not None


async def resubmit(session: AsyncSession, video: HasId, provider_id: str) -> bool:
    """The provider failed by its own fault: submit the video once more for the same price, at most once.

    False if it had its second attempt, its cancel was requested, or it has ended.
    """
    changed = await change(
        session,
        col(Video.id) == video.id,
        col(Video.status) == "processing",
        col(Video.provider_id) == provider_id,
        col(Video.retried).is_(False),
        col(Video.ready).is_(False),
        col(Video.cancel_requested).is_(False),
        status="pending",
        retried=True,
        submitted_at=None,
        provider_id=None,
        next_look_at=now(),
    )
    if changed:
        tell(session, changed, "pending", stage="starting")
        after_commit(session, lambda: queue.put("submit", changed.id, changed.attempts))
    return changed is not None


def _due_local(local_models: Sequence[str]) -> ColumnElement[bool]:
    return col(Video.model).in_(local_models) & col(Video.status).in_(ACTIVE) & is_due()


async def claim_local(session: AsyncSession) -> Video | None:
    """Claim the next video in turn for a local engine, also one whose worker has died; None if none is due."""
    due = select(Video.id).where(_due_local(entries.local_models())).order_by(*_IN_TURN).limit(1)
    changed = await change_one(
        session,
        col(Video.id).in_(lock_ids(due)),
        col(Video.status).in_(ACTIVE),
        is_due(),
        status="processing",
        started_at=func.coalesce(Video.started_at, now()),
        attempts=Video.attempts + 1,
        next_look_at=now() + LEASE,
    )
    if changed:
        tell(session, changed, "processing", stage="processing")
    return changed


@lru_cache(2)
def _next_local(local_models: tuple[str, ...]) -> Any:
    return select(Video.id).where(_due_local(local_models)).limit(1)


async def has_due_local(session: Unit) -> bool:
    """Whether `claim_local` would find one; only reads, so that an idle worker does not write."""
    return "id" in await run(session, (_next_local(tuple(entries.local_models())),), {})


async def waiting_local(session: AsyncSession, limit: int = 100) -> list[Video]:
    """The videos that wait for a local engine, in turn."""
    query = select(Video).where(col(Video.model).in_(entries.local_models()), Video.status == "pending", is_due())
    return list((await session.exec(query.order_by(*_IN_TURN).limit(limit))).all())


def is_at_provider(video: type[Video]) -> ColumnElement[bool]:
    """Submitted, and neither ended nor finished there; ix_videos_at_provider holds the first two conditions."""
    return (
        col(video.submitted_at).is_not(None)
        & col(video.completed_at).is_(None)
        & col(video.status).in_(ACTIVE)
        & col(video.ready).is_(False)
    )


async def renew_lease(session: AsyncSession, video: Video, *, until_canceled: bool = True) -> bool:
    """Renew the lease of a running step; False if the video has ended or, with `until_canceled`, is to be canceled.

    False too if the step has taken it on to its next state meanwhile: when that is due is no longer ours to say.
    """
    where = [*_is_mine(video), col(Video.status) == video.status]
    if until_canceled:
        where.append(col(Video.cancel_requested).is_(False))
    return await change(session, *where, next_look_at=now() + LEASE) is not None


async def kept_back(session: AsyncSession, video: Video, since: datetime, delay: float) -> None:
    """The provider has not handed out this claimed video's file `since` then: ask for it again in `delay` seconds."""
    await change(session, *_is_mine(video), no_file_since=since, next_look_at=now() + timedelta(seconds=delay))


async def next_submits(session: AsyncSession, server: Server, limit: int) -> list[tuple[int, int]]:
    """The next videos in turn for that server, as (video id, attempt)."""
    mine = col(Video.model).in_(entries.models_of(server))
    query = select(Video.id, Video.attempts).where(is_to_submit(), mine, _is_due_in_turn())
    return [(video_id, attempts) for video_id, attempts in await session.exec(query.order_by(*_IN_TURN).limit(limit))]


async def overdue_submits(session: AsyncSession, limit: int = 200) -> list[tuple[int, int]]:
    """Videos whose submit step should be queued and may not be, as (video id, attempt).

    Without those of servers with `max_jobs`, which wait for a place: see `next_submits`.
    """
    bounded = [name for name, model in entries.models().items() if model.server.max_jobs is not None]
    query = (
        select(Video.id, Video.attempts)
        .where(is_to_submit(), col(Video.next_look_at) <= now() - SWEEP_GRACE, col(Video.model).not_in(bounded))
        .order_by(col(Video.next_look_at))
        .limit(limit)
    )
    return [(video_id, attempts) for video_id, attempts in await session.exec(query)]
