"""Statements run in turn: what one returns the next ones use, and errors are SQLAlchemy's."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, insert, select, update

from core.database import statements
from core.database.session import after_commit, close_database, one_trip, reading, session
from core.models import Group, User, now
from tests.people import balance

pytestmark = pytest.mark.both_databases

FIND: Any = select(col(User.id).label("who"), User.blocked_at).where(col(User.email) == bindparam("email"))
TAKE: Any = (
    update(User)
    .where(col(User.id) == bindparam("who"), col(User.credits) >= bindparam("cost"))
    .values(credits=User.credits - bindparam("cost"))
    .returning(col(User.credits).label("left"))
)
BLOCK: Any = (
    update(User)
    .where(col(User.id) == bindparam("who"))
    .values(blocked_at=bindparam("at", type_=User.__table__.c.blocked_at.type))  # type: ignore[attr-defined]
    .returning(col(User.blocked_at).label("blocked"))
)


async def test_each_step_uses_what_those_before_it_returned_and_nothing_follows_one_without_a_row(alice: User) -> None:
    at = now()
    async with session() as db:
        values = {"email": alice.email, "cost": 60, "at": at, "created_at": None, "credits": 0}
        found = await statements.run(db, [FIND, TAKE, BLOCK], values)  # names no step asks for are nobody's columns
    assert found == {"who": alice.id, "blocked_at": None, "left": 40, "blocked": at}
    async with session() as db:
        found = await statements.run(db, [FIND, TAKE, BLOCK], values | {"at": None})
    assert found == {"who": alice.id, "blocked_at": at}
    assert await balance(alice) == 40


async def test_an_error_is_sqlalchemys_and_takes_everything_back(alice: User) -> None:
    twice: Any = (
        insert(Group).values(name="Marketing", priority=False, created_at=now()).returning(col(Group.id).label("group"))
    )
    with pytest.raises(IntegrityError):
        async with session() as db:
            await statements.run(db, [twice], {})
            await statements.run(db, [twice], {})
    async with reading() as db:
        assert (await db.exec(select(Group.id))).all() == []


async def test_one_trip_is_a_transaction_that_commits_or_takes_everything_back(alice: User) -> None:
    name: Any = (
        insert(Group)
        .values(name=bindparam("name"), priority=False, created_at=now())
        .returning(col(Group.id).label("group"))
    )
    told: list[str] = []

    async def tell() -> None:
        told.append("done")

    async with one_trip() as db:
        await statements.run(db, [name], {"name": "Marketing"})
        after_commit(db, tell)
        assert not told
    assert told == ["done"]
    with pytest.raises(IntegrityError):
        async with one_trip() as db:
            await statements.run(db, [TAKE, name], {"who": alice.id, "cost": 60, "name": "Marketing"})
    assert await balance(alice) == 100


async def test_what_one_trip_has_committed_is_told_whatever_comes_then(alice: User) -> None:
    told: list[str] = []

    async def tell() -> None:
        told.append("done")

    with pytest.raises(ZeroDivisionError):
        async with one_trip() as db:
            await statements.run(db, [TAKE], {"who": alice.id, "cost": 60})
            after_commit(db, tell)
            raise ZeroDivisionError
    assert (told, await balance(alice)) == (["done"], 40)


async def test_who_is_canceled_at_any_moment_leaves_a_connection_on_which_others_commit(alice: User) -> None:
    """Of 39 moments nine left PostgreSQL's inside a transaction that nobody knew of: what came next was lost."""

    async def take() -> None:
        async with one_trip() as db:
            await statements.run(db, [FIND, TAKE], {"email": alice.email, "cost": 1})

    await take()
    for moment in range(40):
        taking = asyncio.create_task(take())
        for _ in range(moment):
            await asyncio.sleep(0)
        taking.cancel()
        await asyncio.wait({taking})
        await take()
        before = await balance(alice)  # as the connection has it
        await close_database()  # a transaction that was left open ends here
        assert await balance(alice) == before, moment


async def test_one_trip_that_only_reads_waits_for_no_writer(alice: User) -> None:
    async with session() as db:
        await db.exec(update(User).values(credits=0))
        async with one_trip() as other:
            assert await statements.rows(other, FIND, {"email": alice.email}) == [{"who": alice.id, "blocked_at": None}]


async def test_a_list_and_the_time_are_parameters_of_a_statement_that_is_built_once(alice: User, bob: User) -> None:
    late: Any = select(col(User.id)).where(
        col(User.email).in_([alice.email, bob.email, "nobody"]), col(User.created_at) < statements.moment()
    )
    async with one_trip() as db:
        found = await statements.rows(db, late.order_by(col(User.id)), {})
        assert [row["id"] for row in found] == [alice.id, bob.id]
        assert await statements.rows(db, late.where(col(User.created_at) > statements.moment()), {}) == []


async def test_a_loaded_row_is_as_a_session_reads_it(alice: User) -> None:
    async with reading() as db:
        read = (await db.exec(select(User).where(User.id == alice.id))).one()
        found = await statements.rows(db, select(*User.__table__.c), {})  # type: ignore[attr-defined]
    row = statements.loaded(User, found[0] | {"more": 1})
    assert row.model_dump() == read.model_dump()
    row.name = "Alice again"
    async with session() as db:
        db.add(row)
    async with reading() as db:
        assert (await db.exec(select(User.name))).all() == ["Alice again"]
