"""What an administrator does is done once, written down, and refused to everybody else."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import insert

from core.accounts import api_keys, groups, identities, users
from core.accounts.identities import Identity
from core.admin import audit
from core.admin import deeds as admin_deeds
from core.admin.deeds import (
    all_groups,
    backlog,
    block,
    cancel,
    change_group,
    check,
    costs,
    give_credits,
    jobs,
    log,
    make_group,
    members,
    people,
    person,
    remove_group,
    retry,
    set_budget,
    set_group,
    set_role,
)
from core.database.session import reading, session
from core.errors import Blocked, Conflict, NotFound, NotSignedIn, TimedOut
from core.models import User, now
from core.videos import states
from tests.environment import forget_settings
from tests.people import ask, balance, ledger, picture_of, reread

pytestmark = pytest.mark.both_databases

Deed = Callable[[Any, int, int], Awaitable[object]]


@pytest.fixture
async def boss(place: object, monkeypatch: pytest.MonkeyPatch) -> User:
    """An administrator by ADMIN_EMAILS."""
    monkeypatch.setenv("ADMIN_EMAILS", "boss@example.com")
    forget_settings()
    async with session() as db:
        return await users.find_or_create(db, "boss@example.com", "Boss")


async def deeds() -> list[tuple[str, str, str, dict[str, object], dict[str, object]]]:
    """The audit log, oldest first: who, act, whom, before, after."""
    async with reading() as db:
        found = await audit.page(db, None, 100)
    return [(d.actor, d.entry.act, d.user, d.entry.before, d.entry.after) for d in reversed(found)]


async def test_credits_are_given_and_taken_with_a_note(boss: User, alice: User) -> None:
    async with session() as db:
        assert await give_credits(db, boss.id, alice.id, 50, "for the fair") == 150
    async with session() as db:
        assert await give_credits(db, boss.id, alice.id, -1000, "") == 0
    assert await ledger(alice) == [("grant", 100), ("adjustment", 50), ("adjustment", -150)]
    found = await deeds()
    assert [(who, act, whom) for who, act, whom, *_ in found] == [("boss@example.com", "credits", alice.email)] * 2
    assert [(b["credits"], a["credits"]) for *_, b, a in found] == [(100, 150), (150, 0)]


async def test_role_budget_and_group_are_changed_and_only_changes_are_written_down(boss: User, alice: User) -> None:
    async with session() as db:
        await make_group(db, boss.id, "Sales", 300)
        group_id = (await groups.groups(db))[0].group.id
        for _ in range(2):
            await set_role(db, boss.id, alice.id, "admin")
            await set_budget(db, boss.id, alice.id, 40)
            await set_group(db, boss.id, alice.id, group_id)
        await change_group(db, boss.id, group_id, "Sales", 400)
        await remove_group(db, boss.id, group_id)
    sales = {"name": "Sales", "priority": False}
    assert [(act, before, after) for _, act, _, before, after in await deeds()] == [
        ("group made", {}, {**sales, "monthly_budget": 300}),
        ("role", {"role": "user"}, {"role": "admin"}),
        ("budget", {"monthly_budget": None}, {"monthly_budget": 40}),
        ("group", {"group_id": None}, {"group_id": group_id}),
        (
            "group changed",
            {**sales, "monthly_budget": 300},
            {**sales, "monthly_budget": 400},
        ),
        ("group removed", {**sales, "monthly_budget": 400}, {}),
    ]
    async with reading() as db:
        found = await users.get(db, alice.id)
    assert found is not None
    assert (users.role(found), found.group_id) == ("admin", None)


async def test_whoever_is_blocked_is_nobody(boss: User, alice: User) -> None:
    who = Identity("https://issuer", "1", alice.email, email_verified=True)
    async with session() as db:
        key = await api_keys.make_key(db, alice, "script")
        await block(db, boss.id, alice.id, blocked=True)
        with pytest.raises(NotSignedIn):
            await api_keys.by_key(db, key)
        with pytest.raises(Blocked):
            await identities.by_identity(db, who)
        found = await users.get(db, alice.id)
        assert found is not None
    assert found.epoch == alice.epoch + 1
    with pytest.raises(Blocked):  # a page that is still open
        await ask(alice)
    assert await balance(alice) == 100
    async with session() as db:
        await block(db, boss.id, alice.id, blocked=False)
        assert (await api_keys.by_key(db, key))[0].id == alice.id
    assert [act for _, act, *_ in await deeds()] == ["block", "unblock"]


async def test_nobody_locks_the_last_administrator_out_by_mistake(boss: User) -> None:
    async with session() as db:
        with pytest.raises(Conflict):
            await set_role(db, boss.id, boss.id, "user")
        with pytest.raises(Conflict):
            await block(db, boss.id, boss.id, blocked=True)


async def test_a_failed_video_is_made_again_at_no_charge_once(boss: User, alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        with pytest.raises(Conflict):
            await retry(db, boss.id, video.id)
        await states.fail(db, video, TimedOut())
        again = await retry(db, boss.id, video.id)
    assert (again.user_id, again.prompt, again.cost_credits, again.status) == (alice.id, video.prompt, 0, "pending")
    with pytest.raises(Conflict, match="again already"):
        async with session() as db:
            await retry(db, boss.id, video.id)
    async with session() as db:
        await states.fail(db, again, TimedOut())
    assert await ledger(alice) == [("grant", 100), ("charge", -10), ("refund", 10)]


async def test_an_administrator_stops_somebodys_video(boss: User, alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        assert [(v.id, email) for v, email in await jobs(db, boss.id, "pending", None, 10)] == [(video.id, alice.email)]
        await cancel(db, boss.id, video.id)
    assert (await reread(video)).status == "canceled"
    assert await balance(alice) == 100
    assert (await deeds())[-1][3:] == ({"status": "pending"}, {"status": "canceled", "cancel_requested": False})


CALLS: dict[str, Deed] = {
    "people": lambda db, me, her: people(db, me, "", None, 10),
    "person": person,
    "give_credits": lambda db, me, her: give_credits(db, me, her, 5, ""),
    "set_role": lambda db, me, her: set_role(db, me, her, "admin"),
    "set_budget": lambda db, me, her: set_budget(db, me, her, 5),
    "set_group": lambda db, me, her: set_group(db, me, her, None),
    "block": lambda db, me, her: block(db, me, her, blocked=True),
    "all_groups": lambda db, me, her: all_groups(db, me),
    "members": lambda db, me, her: members(db, me, 1),
    "make_group": lambda db, me, her: make_group(db, me, "Mine", None),
    "change_group": lambda db, me, her: change_group(db, me, 1, "Mine", None),
    "remove_group": lambda db, me, her: remove_group(db, me, 1),
    "jobs": lambda db, me, her: jobs(db, me, "pending", None, 10),
    "cancel": lambda db, me, her: cancel(db, me, 1),
    "retry": lambda db, me, her: retry(db, me, 1),
    "backlog": lambda db, me, her: backlog(db, me),
    "costs": lambda db, me, her: costs(db, me),
    "log": lambda db, me, her: log(db, me, None, 10),
    "check": lambda db, me, her: check(db, me),
}
"""Everything an administrator may look at or do."""


def test_nothing_is_left_out() -> None:
    public = {name for name, one in inspect.getmembers(admin_deeds, inspect.iscoroutinefunction) if name[0] != "_"}
    ours = {name for name in public if getattr(admin_deeds, name).__module__ == admin_deeds.__name__}
    assert ours == set(CALLS)


@pytest.mark.parametrize("call", CALLS)
async def test_everybody_else_is_told_there_is_nothing_here(charlie: User, alice: User, call: str) -> None:
    with pytest.raises(NotFound, match="page"):
        async with session() as db:
            await CALLS[call](db, charlie.id, alice.id)
    assert await deeds() == []


@pytest.mark.parametrize("call", CALLS)
async def test_who_lost_the_role_sees_and_does_nothing_on_a_page_that_is_still_open(
    boss: User, charlie: User, alice: User, call: str
) -> None:
    async with session() as db:
        await set_role(db, boss.id, charlie.id, "admin")
        await check(db, charlie.id)
        await set_role(db, boss.id, charlie.id, "user")
    with pytest.raises(NotFound, match="page"):
        async with session() as db:
            await CALLS[call](db, charlie.id, alice.id)


async def test_people_are_found_among_ten_thousand_page_by_page(boss: User, alice: User) -> None:
    rows = [
        {"email": f"person_{n}@example.org", "name": f"Pérson {n}", "avatar_url": "", "role": "user", "credits": 0}
        for n in range(10_000)
    ]
    async with session() as db:
        await db.exec(insert(User), params=[{**row, "created_at": now()} for row in rows])
    async with reading() as db:
        assert [p.user.email for p in await people(db, boss.id, "ALICE@", None, 10)] == ["alice@example.com"]
        assert [p.user.email for p in await people(db, boss.id, "person_777@", None, 10)] == ["person_777@example.org"]
        assert await people(db, boss.id, "person%777", None, 10) == []
        first = await people(db, boss.id, "", None, 25)
        second = await people(db, boss.id, "", first[-1].user.id, 25)
    assert [p.user.id for p in [*first, *second]] == sorted((p.user.id for p in [*first, *second]), reverse=True)


async def test_what_was_spent_this_month_stands_beside_everybody(boss: User, alice: User) -> None:
    await ask(alice)
    async with reading() as db:
        assert {p.user.email: p.used for p in await people(db, boss.id, "", None, 10)} == {
            alice.email: 10,
            boss.email: 0,
        }


async def test_the_backlog_is_what_the_database_says(boss: User, alice: User) -> None:
    await picture_of(alice)
    await ask(alice)
    async with reading() as db:
        found = await backlog(db, boss.id)
    assert (found.by_status, found.wrong_balances) == ({"pending": 1}, [])
    assert found.oldest_due_seconds >= 0


def test_the_local_user_owns_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    local, other = User(email=users.LOCAL_EMAIL), User(email="alice@example.com")
    forget_settings()
    assert (users.role(local), users.role(other)) == ("admin", "user")
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "somebody")
    forget_settings()
    assert users.role(local) == "user"
