"""Statements run in turn: what one returns the next ones use, and errors are SQLAlchemy's."""

from typing import Any

import pytest
from sqlalchemy import bindparam
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, insert, select, update

from core.database import statements
from core.database.session import reading, session
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
    twice: Any = insert(Group).values(name="Marketing", created_at=now()).returning(col(Group.id).label("group"))
    with pytest.raises(IntegrityError):
        async with session() as db:
            await statements.run(db, [twice], {})
            await statements.run(db, [twice], {})
    async with reading() as db:
        assert (await db.exec(select(Group.id))).all() == []
