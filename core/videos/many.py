"""Many videos at once, for batches and ads: written, paid for and put on their way in one transaction."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, TypeVar

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import budgets, credits
from core.catalog import entries
from core.database.session import after_commit, insert_once
from core.errors import IdempotencyConflict, NotFound
from core.models import Ad, Batch, Picture, User, Video
from core.phrase import Phrase
from core.redis import queue
from core.redis.news import News, publish_all
from core.videos.request import next_turn
from core.videos.states import video_table

Order = TypeVar("Order", Ad, Batch)
log = logging.getLogger(__name__)
AT_ONCE = 20
"""So many jobs are put on the queue at the same time."""


Row = dict[str, Any]
"""A video as its table's columns: an object for each of many would take longer than to write them."""


async def earlier(session: AsyncSession, table: type[Order], user_id: int, key: str, sha256: str) -> Order | None:
    """The user's ad or batch of that idempotency key. Raises IdempotencyConflict if it was about something else."""
    mine = select(table).where(col(table.user_id) == user_id, col(table.idempotency_key) == key)
    kept = (await session.exec(mine)).first()
    if kept and kept.request_sha256 != sha256:
        raise IdempotencyConflict()
    return kept


async def write_once(session: AsyncSession, order: Ad | Batch) -> bool:
    """Write a new ad or batch and give it its `id`; False if another request with its key was first."""
    table: Any = type(order).__table__  # type: ignore[union-attr]
    once = insert_once(table, "user_id", "idempotency_key").returning(table.c.id)
    number = (await (await session.connection()).execute(once, order.model_dump(exclude={"id"}))).scalar()
    if number is not None:
        order.id = number
    return number is not None


def rows_of(videos: Sequence[Video]) -> list[Row]:
    """Videos that are not written yet, as rows."""
    return [video.model_dump() for video in videos]


async def write_all(session: AsyncSession, user: User, rows: Sequence[Row]) -> None:
    """Write new videos, in their order, and give each row its `id`. Raises NotFound if a picture is not the user's."""
    await session.flush()
    await _hold_pictures(session, user.id, {row["picture_id"] for row in rows})
    connection = await session.connection()
    written: dict[tuple[str, int], int] = {}
    for row in rows:
        kind = (row["model"], row["lane"])
        if kind not in written:
            values = {name: row[name] for name in ("model", "lane", "user_id", "next_look_at")}
            written[kind] = (await connection.execute(_FIRST_TURN, values)).scalar_one()
        row["turn"] = written[kind]
        written[kind] += 1
    statement = insert(video_table).returning(video_table.c.id, sort_by_parameter_order=True)
    columns = [{name: value for name, value in row.items() if name != "id"} for row in rows]
    for row, number in zip(rows, (await connection.execute(statement, columns)).scalars(), strict=True):
        row["id"] = number


_FIRST_TURN = select(next_turn())


async def _hold_pictures(session: AsyncSession, user_id: int, ids: set[int]) -> None:
    """Nobody deletes them before the videos are written."""
    mine = (col(Picture.id).in_(ids), col(Picture.user_id) == user_id, col(Picture.deleted_at).is_(None))
    held = (await session.exec(select(Picture.id).where(*mine).with_for_update())).all()
    if set(held) != ids:
        raise NotFound(Phrase("picture"))


async def charge_all(session: AsyncSession, user: User, rows: Sequence[Row], thing: Phrase | None = None) -> None:
    """Take the prices of written videos, all or none.

    Raises NotEnoughCredits, Blocked, OverBudget, which calls them `thing`. Holds the user's row until the transaction
    ends.
    """
    payer = await credits.charge_all(session, user.id, [(row["id"], row["cost_credits"]) for row in rows])
    cost = sum(row["cost_credits"] for row in rows)
    await budgets.check_budget(session, user.id, payer, cost, thing=thing)


def send_off(session: AsyncSession, rows: Sequence[Row]) -> None:
    """After the commit: publish the news and queue the submit jobs; one for all that our own worker makes."""
    local = set(entries.local_models())
    first_local = next((row["id"] for row in rows if row["model"] in local), None)
    to_queue = [row["id"] for row in rows if row["model"] not in local or row["id"] == first_local]
    news = [News(user_id=row["user_id"], video_id=row["id"], status="pending", stage="starting") for row in rows]

    async def put() -> None:
        log.info("%s videos are asked for, from %s on", len(rows), rows[0]["id"])
        await publish_all(news)
        for start in range(0, len(to_queue), AT_ONCE):
            await asyncio.gather(*(queue.put("submit", number, 0) for number in to_queue[start : start + AT_ONCE]))

    if rows:
        after_commit(session, put)
