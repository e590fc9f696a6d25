"""A session is what the server has of it: an ended one opens nothing, whoever has its cookie."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from core.accounts import sessions, users
from core.accounts.sessions import DAYS, Ticket
from core.admin import deeds
from core.database.session import reading, session
from core.models import BrowserSession, User, now

pytestmark = pytest.mark.both_databases


async def signed_in(user: User, browser: str) -> Ticket:
    """A browser of that user."""
    async with session() as db:
        await sessions.begin(db, user, browser)
    return Ticket(browser, user.id, user.epoch)


async def opens(ticket: Ticket) -> bool:
    """Whether somebody with that cookie is let in."""
    async with reading() as db:
        user = await sessions.by_ticket(db, ticket)
    assert user is None or user.id == ticket.user_id
    return user is not None


async def test_a_session_that_has_ended_opens_nothing_and_the_others_go_on(alice: User) -> None:
    phone, desk = await signed_in(alice, "phone"), await signed_in(alice, "desk")
    async with session() as db:
        await sessions.end(db, "phone")
        await sessions.end(db, "phone")  # a second time is no fault
    assert (await opens(phone), await opens(desk)) == (False, True)


async def test_everywhere_is_everywhere(alice: User, bob: User) -> None:
    phone, desk, his = await signed_in(alice, "phone"), await signed_in(alice, "desk"), await signed_in(bob, "his")
    async with session() as db:
        await users.end_sessions(db, alice.id)
    assert (await opens(phone), await opens(desk), await opens(his)) == (False, False, True)


async def test_a_sign_in_that_was_under_way_when_everywhere_ended_opens_nothing(alice: User) -> None:
    async with session() as db:
        await users.end_sessions(db, alice.id)
    late = await signed_in(alice, "late")  # with the epoch of before
    assert not await opens(late)


@pytest.mark.parametrize("changed", ["id", "user_id", "epoch"])
async def test_every_part_of_a_cookie_counts(alice: User, bob: User, changed: str) -> None:
    mine = await signed_in(alice, "mine")
    other: dict[str, object] = {"id": "another", "user_id": bob.id, "epoch": alice.epoch + 1}
    assert await opens(mine)
    assert not await opens(Ticket(**{**vars(mine), changed: other[changed]}))


async def test_whoever_is_blocked_is_let_in_nowhere(alice: User, bob: User) -> None:
    mine = await signed_in(bob, "mine")
    async with session() as db:
        alice.role = "admin"
        db.add(alice)
        await deeds.block(db, alice.id, bob.id, blocked=True)
    assert not await opens(mine)


async def test_only_sessions_whose_cookies_have_expired_are_removed(place: Path, alice: User) -> None:
    old = now() - timedelta(days=DAYS + 2)
    async with session() as db:
        db.add(BrowserSession(id="old", user_id=alice.id, created_at=old))
        await sessions.begin(db, alice, "new")
    async with session() as db:
        await sessions.forget_old(db)
        assert (await db.exec(select(BrowserSession.id))).all() == ["new"]
