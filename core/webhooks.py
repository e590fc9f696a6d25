"""Users' webhooks: endpoints, and a row per delivery, written in the transaction that ends the video.

Messages are signed as standardwebhooks.com says. Claiming a delivery is one conditional UPDATE that moves
`next_try_at`, which is the lease. Nothing here commits.
"""

import base64
import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, bindparam, func, insert, literal
from sqlalchemy import delete as sql_delete
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import Unit
from core.database.statements import moment, run
from core.errors import Conflict, NotFound, clean
from core.models import UTCDateTime, Video, WebhookDelivery, WebhookEndpoint, now
from core.phrase import Phrase
from core.security import outside
from core.security.public_ids import public_id
from core.security.secret import seal, unseal
from core.video_json import VideoOut

Form = Literal["adsvideo", "openai"]
EVENTS = {"completed": "video.completed", "failed": "video.failed", "canceled": "video.canceled"}
SHARED = "video.shared"
COLUMNS = ["endpoint_id", "video_id", "event", "attempts", "next_try_at", "last_error", "created_at"]
MAX_ENDPOINTS = 10
LEASE = timedelta(seconds=30)
RETRY_SECONDS = (5, 30, 300, 3600, 6 * 3600)
"""Seconds until the second, third ... attempt; after the last one the delivery is given up."""
SILENCE = timedelta(seconds=60)
"""How long an endpoint that did not answer is left alone."""


# ------------------------------------------------------------------------------------------------ endpoints


async def make(session: AsyncSession, user_id: int, url: str, form: Form = "adsvideo") -> tuple[WebhookEndpoint, str]:
    """Create an endpoint that gets events in that form; returns it and its secret, which can't be read later.

    Raises BadAddress and AddressRefused (call `reachable` first, outside of any session), and Conflict over the limit.
    """
    address = str(outside.parse(url))
    count = select(func.count()).where(WebhookEndpoint.user_id == user_id)
    if (await session.exec(count)).one() >= MAX_ENDPOINTS:
        raise Conflict(Phrase("You have ten webhooks already. Delete one first."))
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    endpoint = WebhookEndpoint(user_id=user_id, url=address, sealed_secret=seal(secret), form=form)
    session.add(endpoint)
    await session.flush()
    return endpoint, secret


async def reachable(url: str) -> None:
    """Raises BadAddress, AddressRefused if we would not call that address."""
    at = outside.parse(url)
    await outside.addresses(at.host, at.port or outside.PORTS[at.scheme])


async def endpoints(session: AsyncSession, user_id: int) -> list[tuple[WebhookEndpoint, WebhookDelivery | None]]:
    """The user's endpoints, newest first, each with its last delivery."""
    latest = (
        select(func.max(WebhookDelivery.id))
        .where(WebhookDelivery.endpoint_id == WebhookEndpoint.id)
        .correlate(WebhookEndpoint)
        .scalar_subquery()
    )
    query = (
        select(WebhookEndpoint, WebhookDelivery)
        .outerjoin(WebhookDelivery, col(WebhookDelivery.id) == latest)
        .where(WebhookEndpoint.user_id == user_id)
        .order_by(col(WebhookEndpoint.id).desc())
    )
    return [(endpoint, delivery) for endpoint, delivery in (await session.exec(query)).all()]


async def delete(session: AsyncSession, user_id: int, endpoint_id: int) -> None:
    """Delete an endpoint and its deliveries. Raises NotFound."""
    mine = select(WebhookEndpoint.id).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.user_id == user_id)
    of_mine = col(WebhookDelivery.endpoint_id).in_(mine)
    await session.exec(sql_delete(WebhookDelivery).where(of_mine))
    deletion = sql_delete(WebhookEndpoint).where(col(WebhookEndpoint.id).in_(mine)).returning(col(WebhookEndpoint.id))
    if (await session.exec(deletion)).first() is None:
        raise NotFound(Phrase("webhook"))


# ----------------------------------------------------------------------------------------------- deliveries


_deliveries: Any = WebhookDelivery.__table__  # type: ignore[attr-defined]


def announcing(user_id: ColumnElement[int], video_id: ColumnElement[int], *which: ColumnElement[bool]) -> Any:
    """Create a delivery of `event` for each of the user's endpoints (`which`: not of all), due `at` once."""
    at = bindparam("at", type_=UTCDateTime())
    event = bindparam("event", type_=_deliveries.c.event.type)
    row = select(col(WebhookEndpoint.id), video_id, event, literal(0), at, literal(""), at)  # type: ignore[call-overload]
    theirs = row.where(col(WebhookEndpoint.user_id) == user_id, *which)
    # one that is deleted in this moment gets none: a delivery without its endpoint would take the whole change back
    stays = theirs.with_for_update(read=True, key_share=True, of=WebhookEndpoint)
    return insert(_deliveries).from_select(COLUMNS, stays)


_USER: ColumnElement[int] = bindparam("user_id")
_VIDEO: ColumnElement[int] = bindparam("video_id", type_=_deliveries.c.video_id.type)
ANNOUNCE = announcing(_USER, _VIDEO)
"""The same as a step for core.database.statements, for the `user_id` and `video_id` that a step before it returned."""


async def announce(session: AsyncSession, user_id: int, video_id: int, status: str) -> None:
    """Create a delivery for each of the user's endpoints, due now: a video has ended with that status."""
    await run(session, [ANNOUNCE], {"user_id": user_id, "video_id": video_id, "event": EVENTS[status], "at": now()})


_TOLD = select(WebhookDelivery.id).where(
    WebhookDelivery.endpoint_id == WebhookEndpoint.id,
    col(WebhookDelivery.video_id) == _VIDEO,
    WebhookDelivery.event == SHARED,
)
_ANNOUNCE_SHARED = announcing(_USER, _VIDEO, col(WebhookEndpoint.form) == "adsvideo", ~_TOLD.exists())


async def announce_shared(session: AsyncSession, user_id: int, video_id: int) -> None:
    """The same for a video that is shared, once; the form of OpenAI's API knows no such event."""
    values = {"user_id": user_id, "video_id": video_id, "event": SHARED, "at": now()}
    await run(session, [_ANNOUNCE_SHARED], values)


_DUE = select(WebhookDelivery.id).where(col(WebhookDelivery.next_try_at) <= moment()).limit(1)


async def has_due(session: Unit) -> bool:
    """Whether `claim` would find any; only reads, so that an idle worker does not write."""
    return "id" in await run(session, (_DUE,), {})


async def shares(
    session: AsyncSession, running: Mapping[int, int], of_endpoint: int, of_user: int
) -> tuple[set[int], int]:
    """The endpoints that may get no more now, and how many deliveries the others may get at once.

    `running` counts the deliveries on their way by endpoint. With both for `claim`, no endpoint has more than
    `of_endpoint` of them and no user more than `of_user`.
    """
    query = select(WebhookEndpoint.id, WebhookEndpoint.user_id)
    active = select(WebhookEndpoint.user_id).where(col(WebhookEndpoint.id).in_(running))
    owners = dict((await session.exec(query.where(col(WebhookEndpoint.user_id).in_(active)))).all())
    users: Counter[int] = Counter()
    for endpoint, number in running.items():
        if endpoint in owners:
            users[owners[endpoint]] += number
    rooms = {id: min(of_endpoint - running.get(id, 0), of_user - users[user]) for id, user in owners.items()}
    full = {id for id, room in rooms.items() if room <= 0}
    return full, min([of_endpoint, of_user, *(room for room in rooms.values() if room > 0)])


async def claim(session: AsyncSession, limit: int, busy: set[int]) -> list[WebhookDelivery]:
    """Claim up to `limit` due deliveries for an attempt, oldest first, except to `busy` endpoints (by id)."""
    due = (
        select(WebhookDelivery.id)
        .where(col(WebhookDelivery.next_try_at) <= now(), col(WebhookDelivery.endpoint_id).not_in(busy))
        .order_by(col(WebhookDelivery.next_try_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = (
        sql_update(WebhookDelivery)
        .where(col(WebhookDelivery.id).in_(due.scalar_subquery()), col(WebhookDelivery.next_try_at) <= now())
        .values(next_try_at=now() + LEASE, attempts=WebhookDelivery.attempts + 1)
        .returning(WebhookDelivery)
    )
    rows = (await session.exec(taken.execution_options(synchronize_session=False, populate_existing=True))).all()
    return [row[0] for row in rows]


@dataclass(frozen=True)
class Message:
    """A message to send. Its id and body are the same at every attempt."""

    id: str
    url: str
    secret: str | None
    body: str


async def message(session: AsyncSession, delivery: WebhookDelivery) -> Message | None:
    """The message of a delivery; None if its endpoint is gone."""
    query = (
        select(WebhookEndpoint, Video)
        .join(WebhookDelivery, col(WebhookDelivery.endpoint_id) == col(WebhookEndpoint.id))
        .join(Video, col(Video.id) == col(WebhookDelivery.video_id))
        .where(WebhookDelivery.id == delivery.id)
    )
    row = (await session.exec(query)).first()
    if row is None:
        return None
    endpoint, video = row
    event = _openai_event(delivery) if endpoint.form == "openai" else _event(delivery, video)
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return Message(f"msg_{delivery.id}", endpoint.url, unseal(endpoint.sealed_secret), body)


def _event(delivery: WebhookDelivery, video: Video) -> dict[str, Any]:
    return {
        "type": delivery.event,
        "timestamp": delivery.created_at.isoformat(),
        "data": VideoOut.of(video).model_dump(mode="json"),
    }


def _openai_event(delivery: WebhookDelivery) -> dict[str, Any]:
    """As OpenAI's API sends it, where a canceled video has failed."""
    return {
        "id": f"evt_{delivery.id}",
        "object": "event",
        "created_at": int(delivery.created_at.timestamp()),
        "type": "video.completed" if delivery.event == EVENTS["completed"] else "video.failed",
        "data": {"id": public_id(delivery.video_id)},
    }


async def mark_delivered(session: AsyncSession, delivery: WebhookDelivery, status: int) -> None:
    """The endpoint accepted it with that HTTP status."""
    await _settle(session, delivery, delivered_at=now(), next_try_at=None, last_status=status, last_error="")


async def mark_failed(
    session: AsyncSession, delivery: WebhookDelivery, status: int | None, error: str, *, for_good: bool = False
) -> None:
    """The attempt failed: try again later, or give up if `for_good` or after the last attempt.

    Without a `status` the endpoint did not answer: what else is due there waits, too, and takes nobody's place.
    """
    over = for_good or delivery.attempts > len(RETRY_SECONDS)
    next_try_at = None if over else now() + timedelta(seconds=RETRY_SECONDS[delivery.attempts - 1])
    await _settle(session, delivery, next_try_at=next_try_at, last_status=status, last_error=clean(error))
    if status is None and not for_good:
        theirs = (col(WebhookDelivery.endpoint_id) == delivery.endpoint_id, col(WebhookDelivery.id) != delivery.id)
        due = col(WebhookDelivery.next_try_at) <= now()
        await session.exec(sql_update(WebhookDelivery).where(*theirs, due).values(next_try_at=now() + SILENCE))


async def _settle(session: AsyncSession, delivery: WebhookDelivery, **values: object) -> None:
    """Record the outcome, if the lease of this attempt is still ours."""
    mine = (col(WebhookDelivery.id) == delivery.id, col(WebhookDelivery.attempts) == delivery.attempts)
    await session.exec(
        sql_update(WebhookDelivery).where(*mine, col(WebhookDelivery.delivered_at).is_(None)).values(**values)
    )
