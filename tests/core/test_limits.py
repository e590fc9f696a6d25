"""How often a user may ask, with a sentence and the time to come back; with Redis and without."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.exceptions import RedisError
from sqlmodel import col, update

from core import limits
from core.accounts import groups
from core.database.session import session
from core.errors import (
    AdsVideoError,
    Blocked,
    NotEnoughCredits,
    OverBudget,
    OverGroupBudget,
    TooManyAttempts,
    TooManyOpen,
    TooManyRequests,
    TooManyUploads,
)
from core.models import User, now
from core.redis.client import close_redis, redis
from core.videos import states
from tests.environment import forget_settings
from tests.people import ask, balance
from tests.running import free_port

pytestmark = pytest.mark.both_databases


@pytest.fixture(params=["redis", "without redis"])
async def counted(request: pytest.FixtureRequest, alice: User, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[User]:
    """Alice, counted in Redis, and in memory where Redis does not answer."""
    if request.param != "redis":
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}/0")
    monkeypatch.setenv("UPLOADS_PER_HOUR", "3")
    monkeypatch.setenv("SIGN_IN_ATTEMPTS_PER_MINUTE", "2")
    monkeypatch.setenv("GOOGLE_CLIENT_ID", "somebody")
    forget_settings()
    yield alice
    await close_redis()


async def test_uploads_are_counted_by_user(counted: User, bob: User) -> None:
    for _ in range(3):
        await limits.count_upload(counted.id)
    with pytest.raises(TooManyUploads, match="limit of 3 uploads an hour") as refused:
        await limits.count_upload(counted.id)
    assert 3500 < refused.value.retry_after <= 3600
    await limits.count_upload(bob.id)


async def test_only_failed_attempts_count_and_by_address(counted: User) -> None:
    for _ in range(5):
        await limits.check_attempts("203.0.113.1")
    for _ in range(2):
        await limits.check_attempts("203.0.113.1", failed=True)
    with pytest.raises(TooManyAttempts, match="Please try again in") as refused:
        await limits.check_attempts("203.0.113.1")
    assert 0 < refused.value.retry_after <= 60
    with pytest.raises(TooManyAttempts):
        await limits.check_attempts("203.0.113.1", failed=True)
    await limits.check_attempts("203.0.113.2", failed=True)


async def test_where_a_click_signs_in_there_is_nothing_to_guess(place: object) -> None:
    for _ in range(100):
        await limits.check_attempts("127.0.0.1", failed=True)


async def test_a_wiped_redis_is_no_error(counted: User) -> None:
    await limits.count_upload(counted.id)
    try:
        await (await redis()).flushall()
    except (OSError, RedisError):
        return  # there is none to wipe
    await limits.count_upload(counted.id)


async def test_open_videos_are_bounded_and_a_refused_one_costs_nothing(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPEN_VIDEOS_PER_USER", "2")
    forget_settings()
    first = await ask(alice)
    await ask(alice)
    with pytest.raises(TooManyOpen, match="2 of your videos") as refused:
        await ask(alice)
    assert refused.value.retry_after == limits.OPEN_WAIT_SECONDS
    assert await balance(alice) == 80
    async with session() as db:
        await states.cancel(db, alice.id, first.id)
    await ask(alice)


async def test_without_a_limit_of_its_own_an_hours_limit_is_the_only_one(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "4")
    forget_settings()
    for _ in range(4):
        await ask(alice)
    with pytest.raises(TooManyRequests) as refused:
        await ask(alice)
    assert refused.value.code == "too_many_requests"


async def test_of_all_that_refuses_a_video_the_first_is_told(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few credits, blocked, over the own budget and the group's, too many in an hour and at once, in this order."""
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "1")
    monkeypatch.setenv("OPEN_VIDEOS_PER_USER", "1")
    forget_settings()
    await ask(alice)
    async with session() as db:
        group = await groups.make_group(db, "Marketing", 10)

    async def let(**values: object) -> None:
        async with session() as db:
            await db.exec(update(User).where(col(User.id) == alice.id).values(**values))

    await let(credits=9, blocked_at=now(), monthly_budget=10, group_id=group.id)
    for error, lifted in (
        (NotEnoughCredits, {"credits": 90}),
        (Blocked, {"blocked_at": None}),
        (OverBudget, {"monthly_budget": 20}),
        (OverGroupBudget, {"group_id": None}),
    ):
        with pytest.raises(AdsVideoError) as refused:
            await ask(alice)
        assert type(refused.value) is error
        await let(**lifted)
    with pytest.raises(TooManyRequests):
        await ask(alice)
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "2")
    forget_settings()
    with pytest.raises(TooManyOpen):
        await ask(alice)
    assert await balance(alice) == 90


async def test_an_hour_that_has_ended_meanwhile_refuses_nobody(place: object) -> None:
    """The question was asked before the user's row was free."""
    limits.check_counts("generated", now() - limits.HOUR - timedelta(milliseconds=1))
    with pytest.raises(TooManyRequests):
        limits.check_counts("generated", now() - limits.HOUR + timedelta(seconds=5))
