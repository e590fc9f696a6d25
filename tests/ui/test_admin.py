"""The administration is there for administrators alone, and shows what is."""

import pytest
from nicegui.testing import User as Visitor

from core.accounts import users
from core.admin import deeds
from core.database.session import reading, session
from core.errors import ModerationRefused, TimedOut
from core.models import User, Video, now
from core.videos import queries, states
from tests.environment import forget_settings
from tests.people import ask
from tests.waiting import until

TABS = ("people", "groups", "jobs", "system", "audit")


async def test_for_everybody_else_there_is_no_such_page(
    visitor: Visitor, me: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with session() as db:
        boss = await users.find_or_create(db, "boss@example.com")
    monkeypatch.setenv("ADMIN_EMAILS", boss.email)
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "somebody")  # not a machine of one's own any more
    forget_settings()
    for tab in TABS:
        answer = await visitor.http_client.get(f"/admin?tab={tab}", headers={"accept": "text/html"})
        assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)
    async with session() as db:
        await deeds.set_role(db, boss.id, me.id, "admin")
    assert (await visitor.http_client.get("/admin")).status_code == 200


async def test_without_a_session_there_is_no_such_page(visitor: Visitor) -> None:
    assert (await visitor.http_client.get("/admin")).status_code == 404


async def test_people_are_listed_with_what_they_have_and_spend(visitor: Visitor, me: User, alice: User) -> None:
    await ask(alice)
    async with session() as db:
        await deeds.set_budget(db, me.id, alice.id, 60)
    await visitor.open("/admin")
    await visitor.should_see("alice@example.com")
    await visitor.should_see("90 credits")
    await visitor.should_see("10 of 60 this month")


async def test_a_failed_job_says_why_and_is_made_again(visitor: Visitor, me: User, alice: User) -> None:
    video = await ask(alice, "A secret of Alice")
    async with session() as db:
        await states.fail(db, video, TimedOut())
    await visitor.open("/admin?tab=jobs")
    visitor.find("Failed").click()
    await visitor.should_see("The model did not finish in the time it is given.")
    await visitor.should_not_see("A secret of Alice")
    visitor.find("Make again").click()
    await until(lambda: _pending(alice))
    await visitor.open("/admin?tab=audit")
    await visitor.should_see(f"Made a video again · alice@example.com · #{video.id}")


async def _pending(user: User) -> bool:
    async with reading() as db:
        newest = await queries.newest(db, user.id)
    return newest is not None and newest.status == "pending" and newest.cost_credits == 0


async def test_the_system_shows_a_wrong_balance_in_red(visitor: Visitor, me: User, alice: User) -> None:
    await visitor.open("/admin?tab=system")
    await visitor.should_see("Balanced")
    await visitor.should_see("No worker is there: nothing is made.")
    async with session() as db:
        row = await db.get(User, alice.id)
        assert row is not None
        row.credits += 1
        db.add(row)
    await visitor.open("/admin?tab=system")
    await visitor.should_see(f"Balances that are not the sum of their lines: #{alice.id}")


async def test_a_page_that_is_open_ends_when_its_user_is_blocked(visitor: Visitor, me: User) -> None:
    async with session() as db:
        other = await users.find_or_create(db, "boss@example.com")
        other.role = "admin"
        db.add(other)
    await visitor.open("/account")
    await visitor.should_see("API keys")
    async with session() as db:
        await deeds.block(db, other.id, me.id, blocked=True)
    await visitor.should_not_see("API keys")
    assert (await visitor.http_client.get("/api/v1/me")).status_code == 401
    refused = await visitor.http_client.get("/auth/login")
    assert refused.headers["location"] == "/login?why=blocked"


async def test_what_providers_took_is_shown_and_what_came_to_nothing_stands_out(
    visitor: Visitor, me: User, alice: User
) -> None:
    made, failed = await ask(alice, model="kling-3"), await ask(alice, model="omni")
    async with session() as db:
        await states.fail(db, failed, ModerationRefused())
        values = {"provider_usd": 0.63, "status": "completed", "completed_at": now()}
        await states.change(db, Video.id == made.id, **values)  # type: ignore[arg-type]
        billed = {"provider_usd": 0.35, "billed_amount": 28960.0, "billed_unit": "video tokens"}
        await states.change(db, Video.id == failed.id, **billed)  # type: ignore[arg-type]
    await visitor.open("/admin?tab=system")
    await visitor.should_see("What providers took")
    await visitor.should_see("$0.63")
    await visitor.should_see("$0.35 of it for videos that failed")
    await visitor.should_see("provider: $0.126 per second")
    await visitor.open("/admin?tab=jobs")
    visitor.find("Failed").click()
    await visitor.should_see("Paid back here, but billed by the provider: 28,960 video tokens ($0.35)")
