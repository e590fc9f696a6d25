"""A budget holds: of a user, of a group, over the month's end, and against many at once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from core.accounts import groups, users
from core.billing import budgets, credits
from core.catalog import entries
from core.database.session import reading, session
from core.errors import BadInput, Conflict, NotEnoughCredits, NotFound, OverBudget, OverGroupBudget
from core.models import LedgerEntry, User, Video
from core.videos import states
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.environment import forget_settings
from tests.people import ask, balance, picture_of

pytestmark = pytest.mark.both_databases


async def give_budget(user: User, limit: int | None) -> None:
    """A monthly budget of the user's own."""
    async with session() as db:
        await db.exec(update(User).where(User.id == user.id).values(monthly_budget=limit))  # type: ignore[arg-type]


async def join(group_id: int, *people: User) -> None:
    """They are members of that group from now on."""
    ids = [user.id for user in people]
    async with session() as db:
        await db.exec(update(User).where(User.id.in_(ids)).values(group_id=group_id))  # type: ignore[attr-defined]


async def make_group(limit: int | None, *people: User) -> int:
    """A group with that budget and these members."""
    async with session() as db:
        group = await groups.make_group(db, "Marketing", limit)
    await join(group.id, *people)
    return group.id


async def budget(user: User) -> budgets.Budget | None:
    """As it is now."""
    async with reading() as db:
        return await budgets.budget(db, user.id)


async def last_month(video: Video) -> None:
    """Let the video have been charged in the month before this one."""
    before = budgets.month() - timedelta(hours=1)
    async with session() as db:
        await db.exec(update(Video).where(Video.id == video.id).values(created_at=before))  # type: ignore[arg-type]
        lines = update(LedgerEntry).where(LedgerEntry.video_id == video.id)  # type: ignore[arg-type]
        await db.exec(lines.values(created_at=before))


async def test_without_a_budget_only_the_credits_count(alice: User) -> None:
    assert await budget(alice) is None
    for _ in range(10):
        await ask(alice)
    with pytest.raises(NotEnoughCredits):
        await ask(alice)


async def test_a_budget_is_what_the_month_may_cost(alice: User) -> None:
    await give_budget(alice, 25)
    await ask(alice)
    await ask(alice)
    with pytest.raises(OverBudget, match=r"costs 10 credits, and of your budget for this month 5 are left") as refused:
        await ask(alice)
    assert (refused.value.code, refused.value.status) == ("over_budget", 402)
    assert refused.value.resets_at.isoformat()[:10] in refused.value.message
    assert await balance(alice) == 80
    left = await budget(alice)
    assert left is not None
    assert (left.limit, left.used, left.left, left.shared) == (25, 20, 5, False)


async def test_what_is_returned_may_be_spent_again(alice: User) -> None:
    await give_budget(alice, 10)
    video = await ask(alice)
    async with session() as db:
        await states.cancel(db, alice.id, video.id)
    assert (await budget(alice)) == budgets.Budget(10, 0, budgets.next_month(budgets.month()))
    await ask(alice)


async def test_a_new_month_is_a_new_budget(alice: User) -> None:
    await give_budget(alice, 10)
    video = await ask(alice)
    await last_month(video)
    await ask(alice)
    with pytest.raises(OverBudget):
        await ask(alice)


async def test_a_refund_of_last_month_is_not_this_months_money(alice: User) -> None:
    await give_budget(alice, 10)
    video = await ask(alice)
    await last_month(video)
    async with session() as db:
        await credits.refund(db, alice.id, video.id, 10)
    await ask(alice)
    with pytest.raises(OverBudget):
        await ask(alice)


async def test_thirty_requests_of_ten_members_with_a_budget_for_three_give_three(place: object) -> None:
    """Each has credits enough; without the lock on the group's row PostgreSQL lets about nine through."""
    async with session() as db:
        people = [await users.find_or_create(db, f"member{n}@example.com") for n in range(10)]
    group_id = await make_group(30, *people)
    pictures = {user.id: (await picture_of(user)).id for user in people}

    async def spend(user: User) -> bool:
        try:
            async with session() as db:
                recipe = Recipe(picture_id=pictures[user.id], prompt="Slow push in")
                await request(db, user, recipe, entries.get("camera"))
        except OverGroupBudget:
            return False
        return True

    outcomes = await asyncio.gather(*(spend(user) for user in people * 3))
    assert outcomes.count(True) == 3
    assert sum([await balance(user) for user in people]) == 970
    async with reading() as db:
        assert [(line.group.id, line.members, line.used) for line in await groups.groups(db)] == [(group_id, 10, 30)]


async def test_the_budget_that_ends_first_is_the_one_that_is_told(alice: User, bob: User) -> None:
    await give_budget(alice, 50)
    await make_group(40, alice, bob)
    found = await budget(alice)
    assert found is not None
    assert (found.limit, found.shared) == (40, True)
    await give_budget(alice, 20)
    found = await budget(alice)
    assert found is not None
    assert (found.limit, found.shared) == (20, False)


async def test_groups_are_made_renamed_and_removed(alice: User) -> None:
    group_id = await make_group(None, alice)
    async with session() as db:
        await groups.change_group(db, group_id, "  Sales   team ", 500)
        assert (await groups.group(db, group_id)).name == "Sales team"
    with pytest.raises(Conflict):
        async with session() as db:
            await groups.make_group(db, "Sales team", None)
    for name, limit in (("", None), ("x" * 101, None), ("Ops", -1)):
        with pytest.raises(BadInput):
            async with session() as db:
                await groups.make_group(db, name, limit)
    async with session() as db:
        await groups.remove_group(db, group_id)
    with pytest.raises(NotFound):
        async with session() as db:
            await groups.remove_group(db, group_id)
    async with reading() as db:
        found = await users.get(db, alice.id)
        assert found is not None
        assert found.group_id is None


async def test_a_new_user_has_the_budget_of_the_settings(place: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONTHLY_BUDGET", "60")
    forget_settings()
    async with session() as db:
        assert (await users.find_or_create(db, "new@example.com")).monthly_budget == 60


@pytest.mark.parametrize(("month", "after"), [(1, (2026, 2)), (11, (2026, 12)), (12, (2027, 1))])
def test_the_month_after_december_is_january(month: int, after: tuple[int, int]) -> None:
    found = budgets.next_month(datetime(2026, month, 1, tzinfo=UTC))
    assert (found.year, found.month, found.day) == (*after, 1)
