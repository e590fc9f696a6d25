"""The ledger: the only code that adds or takes credits.

A balance is the sum of a user's rows. `User.credits` caches it and changes in the same transaction, by a conditional
UPDATE, so that the database settles every race. Nothing here commits.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, String, bindparam, cast, func, insert, literal
from sqlalchemy import update as sql_update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import insert_once, is_postgresql
from core.database.statements import run
from core.errors import NotEnoughCredits
from core.models import LedgerEntry, User, now

_users: Any = User.__table__  # type: ignore[attr-defined]
_ledger: Any = LedgerEntry.__table__  # type: ignore[attr-defined]


class Payer(NamedTuple):
    """What is known of who has just paid, whose row is locked until the transaction ends."""

    blocked_at: datetime | None
    group_id: int | None
    monthly_budget: int | None


_CHANGE = (
    sql_update(_users)
    .where(_users.c.id == bindparam("who"), _users.c.credits + bindparam("change") >= 0)
    .values(credits=_users.c.credits + bindparam("change"))
    .returning(_users.c.credits, *(_users.c[name] for name in Payer._fields))
)


@lru_cache(2)
def _write(dialect: str) -> Any:
    return insert_once(_ledger, "reference").returning(_ledger.c.id)


async def _known(session: AsyncSession, reference: str) -> LedgerEntry | None:
    return (await session.exec(select(LedgerEntry).where(LedgerEntry.reference == reference))).first()


async def move(
    session: AsyncSession,
    user_id: int,
    amount: int,
    kind: str,
    reference: str,
    *,
    video_id: int | None = None,
    note: str = "",
) -> LedgerEntry:
    """Write one ledger row and change the balance with it; a reference already written changes nothing.

    The UPDATE comes first: it locks the user's row until the transaction ends. The statements are compiled once, since
    every other charge of this user waits meanwhile. Raises NotEnoughCredits if the balance would fall below zero.
    """
    await session.flush()
    connection = await session.connection()
    balance = (await connection.execute(_CHANGE, {"who": user_id, "change": amount})).scalar()
    if balance is None:
        if entry := await _known(session, reference):
            return entry
        have = (await session.exec(select(User.credits).where(User.id == user_id))).one()
        raise NotEnoughCredits(-amount, have)
    entry = LedgerEntry(
        user_id=user_id,
        amount=amount,
        kind=kind,
        reference=reference,
        video_id=video_id,
        balance_after=balance,
        note=note,
    )
    written = await connection.execute(_write(connection.dialect.name), entry.model_dump(exclude={"id"}))
    if (new_id := written.scalar()) is None:  # this reference is written already: put the balance back
        await connection.execute(_CHANGE, {"who": user_id, "change": -amount})
        return (await session.exec(select(LedgerEntry).where(LedgerEntry.reference == reference))).one()
    entry.id = new_id
    return entry


_PAY = (
    sql_update(_users)
    .where(_users.c.id == bindparam("user_id"), _users.c.credits >= bindparam("cost_credits"))
    .values(credits=_users.c.credits - bindparam("cost_credits"))
    .returning(_users.c.credits.label("balance"), *(_users.c[name] for name in Payer._fields))
)


def _reference(video_id: ColumnElement[int], kind: str) -> ColumnElement[str]:
    return literal("video:") + cast(video_id, String) + literal(f":{kind}")


def _charge_line(video_id: ColumnElement[int], balance: ColumnElement[int]) -> Any:
    """The row of a new video's charge, as INSERT ... SELECT."""
    columns: dict[str, Any] = {
        "user_id": bindparam("user_id", type_=_ledger.c.user_id.type),
        "amount": -bindparam("cost_credits", type_=_ledger.c.amount.type),
        "kind": literal("charge"),
        "reference": _reference(video_id, "charge"),
        "video_id": video_id,
        "balance_after": balance,
        "note": literal(""),
        "created_at": bindparam("created_at", type_=_ledger.c.created_at.type),
    }
    row = select(*columns.values())
    return insert(_ledger).from_select(list(columns), row, include_defaults=False).returning(_ledger.c.id.label("line"))


@lru_cache(2)
def charging(dialect: str) -> Sequence[Any]:
    """The steps that take the price of a video that is written in the same transaction, for core.database.statements.

    They need `user_id`, `video_id`, `cost_credits` and `created_at`, and return the `balance` and what `Payer` knows;
    nothing if there are too few credits. On PostgreSQL, where each step is a trip, it is one.
    """
    video_id = bindparam("video_id", type_=_ledger.c.video_id.type)
    if dialect == "sqlite":
        return _PAY, _charge_line(video_id, bindparam("balance", type_=_users.c.credits.type))
    paid: Any = _PAY.cte("paid")
    return (select(paid).add_cte(_charge_line(video_id, paid.c.balance).cte("line")),)


async def charge_all(session: AsyncSession, user_id: int, costs: Sequence[tuple[int, int]]) -> Payer:
    """Take the prices of several new videos, given as (video id, price), all or none: one UPDATE, and a row for each.

    Raises NotEnoughCredits with the sum.
    """
    await session.flush()
    connection = await session.connection()
    total = sum(cost for _video_id, cost in costs)
    paid = (await connection.execute(_CHANGE, {"who": user_id, "change": -total})).first()
    if paid is None:
        raise NotEnoughCredits(total, await balance(session, user_id))
    left, at = paid.credits + total, now()
    lines: list[dict[str, Any]] = []
    for video_id, cost in costs:
        left -= cost
        line = {"user_id": user_id, "amount": -cost, "kind": "charge", "balance_after": left, "note": ""}
        line |= {"reference": f"video:{video_id}:charge", "video_id": video_id, "created_at": at}
        lines.append(line)
    await connection.execute(insert(_ledger), lines)
    return Payer(*paid[1:])


@lru_cache(2)
def _refunding(_on_postgresql: bool) -> Sequence[Any]:
    price = bindparam("cost_credits", type_=_ledger.c.amount.type)
    video_id = bindparam("video_id", type_=_ledger.c.video_id.type)
    payer = _users.c.id == bindparam("user_id")
    line = {
        "user_id": bindparam("user_id"),
        "amount": price,
        "kind": "refund",
        "reference": _reference(video_id, "refund"),
        "video_id": video_id,
        "balance_after": bindparam("before", type_=_users.c.credits.type) + price,
        "note": "",
        "created_at": bindparam("at"),
    }
    return (
        select(_users.c.credits.label("before")).where(payer, price > 0).with_for_update(key_share=True),
        insert_once(_ledger, "reference").values(line).returning(_ledger.c.id.label("line")),
        sql_update(_users).where(payer).values(credits=_users.c.credits + price),
    )


def refunding() -> Sequence[Any]:
    """The steps that return the price of a video, at most once, for core.database.statements.

    They need `user_id`, `video_id`, `cost_credits` and the time, `at`. The first one locks the user's row.
    """
    return _refunding(is_postgresql())


async def refund(session: AsyncSession, user_id: int, video_id: int, cost: int) -> None:
    """Return the price of a video, at most once."""
    values = {"user_id": user_id, "video_id": video_id, "cost_credits": cost, "at": now()}
    await run(session, refunding(), values)


async def take_at_most(session: AsyncSession, user_id: int, amount: int, reference: str, note: str) -> LedgerEntry:
    """Take `amount` credits, or all there are if fewer: an administrator's negative grant."""
    locked = select(User.credits).where(User.id == user_id).with_for_update()
    have = (await session.exec(locked)).one()
    return await move(session, user_id, -min(amount, have), "adjustment", reference, note=note)


async def balance(session: AsyncSession, user_id: int) -> int:
    """The credits a user has."""
    return (await session.exec(select(User.credits).where(User.id == user_id))).one()


async def ledger(session: AsyncSession, user_id: int, before: int | None, limit: int) -> list[LedgerEntry]:
    """A user's ledger rows, newest first, those with an id below `before`."""
    query = select(LedgerEntry).where(LedgerEntry.user_id == user_id).order_by(col(LedgerEntry.id).desc())
    if before is not None:
        query = query.where(col(LedgerEntry.id) < before)
    return list((await session.exec(query.limit(limit))).all())


async def wrong_balances(session: AsyncSession) -> list[int]:
    """Ids of users whose cached balance differs from the sum of their ledger; empty unless there is a bug."""
    total = func.coalesce(func.sum(LedgerEntry.amount), 0)
    query = (
        select(User.id)
        .join(LedgerEntry, col(LedgerEntry.user_id) == col(User.id), isouter=True)
        .group_by(col(User.id), col(User.credits))
        .having(col(User.credits) != total)
    )
    return list((await session.exec(query)).all())
