"""A batch is paid for all or nothing, in one statement; its rows are made anew one by one."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import col, update

from core.batches import batch as batches
from core.batches.ask import ask, ask_csv
from core.batches.batch import Batched
from core.billing import credits
from core.database.session import engines, reading, session
from core.errors import (
    BadRows,
    Conflict,
    IdempotencyConflict,
    NotEnoughForBatch,
    NotFound,
    OverBudget,
    ProviderFailed,
    TooManyBatches,
)
from core.models import User
from core.videos import claims, queries
from core.videos.ask import ask as ask_one
from core.videos.recipe import Recipe
from tests.environment import forget_settings
from tests.people import balance, fail, finish, ledger, picture_of

pytestmark = pytest.mark.both_databases


async def rows(user: User, count: int, **more: Any) -> list[dict[str, Any]]:
    """Rows of one picture of the user's."""
    picture = await picture_of(user)
    return [{"image_id": picture.id, "prompt": f"cup {n}", **more} for n in range(count)]


async def batched(user: User, number: int) -> Batched:
    """As the database has it now."""
    async with reading() as db:
        return await batches.owned(db, user.id, number)


async def rich(user: User, amount: int) -> None:
    """The user has so many credits more."""
    async with session() as db:
        await credits.move(db, user.id, amount, "grant", f"test:{amount}")


async def test_all_rows_are_written_and_charged_in_one_statement(alice: User) -> None:
    await rich(alice, 1900)
    wanted, charges = await rows(alice, 100), []

    def note(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("UPDATE users"):
            charges.append(statement)

    engine = engines().writing.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    made = await ask(alice, wanted)
    event.remove(engine, "before_cursor_execute", note)
    assert len(charges) == 1
    found = await batched(alice, made.id)
    assert [line.position for line in found.lines] == list(range(100))
    assert [line.video.prompt for line in found.lines] == [row["prompt"] for row in wanted]
    assert (found.status, found.counts["pending"], made.cost_credits) == ("processing", 100, 1000)
    assert await balance(alice) == 1000
    assert await ledger(alice) == [("grant", 100), ("grant", 1900), *[("charge", -10)] * 100]
    async with reading() as db:
        assert await credits.wrong_balances(db) == []
        lines = await credits.ledger(db, alice.id, None, 2)
    assert [line.balance_after for line in lines] == [1000, 1010]


async def test_one_credit_too_few_writes_nothing_and_says_how_many_fit(alice: User) -> None:
    wanted = await rows(alice, 11)
    with pytest.raises(NotEnoughForBatch, match=r"these 11 videos cost 110, you have 100. That is enough for 10 of"):
        await ask(alice, wanted)
    assert await ledger(alice) == [("grant", 100)]
    async with reading() as db:
        assert await batches.page(db, alice.id, None, 9) == []
        assert await queries.page(db, alice.id, None, 9) == []


async def test_two_batches_race_for_one_balance_and_one_wins(alice: User) -> None:
    wanted = await rows(alice, 6)
    results = await asyncio.gather(*(ask(alice, wanted) for _ in range(4)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Batch", *["NotEnoughForBatch"] * 3]
    assert await balance(alice) == 40


async def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(alice: User, bob: User) -> None:
    mine, his = (await rows(alice, 1))[0], (await rows(bob, 1))[0]
    wrong = [
        mine,
        {**mine, "prompt": " "},
        {**mine, "model": "nope"},
        {**mine, "seconds": 7},
        {**mine, "size": "9x9"},
        his,
        {"prompt": "x"},
        {**mine, "preset": "watch"},
        {"preset": "nope", "prompt": "x"},
        {**mine, "colour": 1},
        {**mine, "image_id": "1"},
        "row",
        {"image_url": "ftp://x", "prompt": "x"},
        {**mine, "model": "runway"},
    ]
    with pytest.raises(BadRows) as refused:
        await ask(alice, wrong)
    for place in ("[1].prompt", "[2].model", "[3].seconds", "[4].size", "[5].image_id", "[6].image_id", "[7].preset"):
        assert f"(rows{place})" in refused.value.message
    for place in ("[8].preset", "[9].colour", "[10].image_id", "[11]", "[12].image_url", "[13].model"):
        assert f"(rows{place})" in refused.value.message
    assert "rows[0]" not in refused.value.message
    assert await ledger(alice) == [("grant", 100)]


async def test_only_somebody_elses_picture_is_not_there(alice: User, bob: User) -> None:
    mine, his = await rows(alice, 1), await rows(bob, 1)
    with pytest.raises(NotFound, match=r"picture \(rows\[1\].image_id\)"):
        await ask(alice, [*mine, *his])
    assert await ledger(alice) == [("grant", 100)]


@pytest.mark.parametrize("count", [0, 101])
async def test_none_or_too_many_are_refused(alice: User, count: int) -> None:
    with pytest.raises(BadRows, match=r"\(rows\)"):
        await ask(alice, await rows(alice, count))


async def test_the_same_key_is_the_same_batch(alice: User) -> None:
    wanted = await rows(alice, 2)
    both = await asyncio.gather(*(ask(alice, wanted, idempotency_key="k") for _ in range(3)))
    assert len({one.id for one in both}) == 1
    assert await balance(alice) == 80
    with pytest.raises(IdempotencyConflict):
        await ask(alice, wanted[:1], idempotency_key="k")


async def test_a_batch_has_a_limit_of_its_own(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATCHES_PER_HOUR", "1")
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "1")
    forget_settings()
    wanted = await rows(alice, 3)
    await ask(alice, wanted)
    await ask_one(alice, Recipe(preset="watch", prompt="One by itself"))
    with pytest.raises(TooManyBatches, match="limit of 1 batches an hour"):
        await ask(alice, wanted)
    assert await balance(alice) == 60


async def test_a_click_overtakes_a_batch(alice: User) -> None:
    await ask(alice, await rows(alice, 5))
    single = await ask_one(alice, Recipe(preset="watch", prompt="One by itself"))
    async with session() as db:
        first = await claims.claim_local(db)
    assert first is not None
    assert first.id == single.id


async def test_a_failed_row_is_paid_back_and_made_anew_once(alice: User, bob: User) -> None:
    made = await ask(alice, await rows(alice, 3))
    before = await batched(alice, made.id)
    await finish(before.lines[0].video)
    await fail(before.lines[1].video, ProviderFailed("out of paint"))
    await fail(before.lines[2].video, ProviderFailed())
    assert await balance(alice) == 90
    for position in (0, 7):
        with pytest.raises(Conflict if position == 0 else NotFound):
            await batches.retry(alice, made.id, position)
    with pytest.raises(NotFound):
        await batches.retry(bob, made.id, 1)
    results = await asyncio.gather(*(batches.retry(alice, made.id, 1) for _ in range(3)), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Batched", "Conflict", "Conflict"]
    assert await balance(alice) == 80
    after = await batches.retry(alice, made.id)
    assert (after.counts["pending"], after.counts["failed"], after.status) == (2, 0, "processing")
    assert after.lines[1].video.id != before.lines[1].video.id
    assert [line.video.prompt for line in after.lines] == ["cup 0", "cup 1", "cup 2"]
    assert after.lines[2].video.lane == 1
    assert await balance(alice) == 70


async def test_the_manifest_names_files_and_quotes_formulas(alice: User) -> None:
    wanted = await rows(alice, 1, size="1080x1920")
    wanted += [{"preset": "perfume", "prompt": "=1+1", "size": "1080x1920"}]
    made = await ask(alice, wanted)
    await finish((await batched(alice, made.id)).lines[1].video)
    found = await batched(alice, made.id)
    assert found.lines[1].file_name == "002-perfume-9x16.mp4"
    assert "\r\n002-perfume-9x16.mp4,perfume,'=1+1,camera,6,1080x1920,completed," in batches.manifest(found)


async def test_a_refusal_of_the_budget_speaks_of_the_batch(alice: User) -> None:
    async with session() as db:
        await db.exec(update(User).where(col(User.id) == alice.id).values(monthly_budget=10))
    with pytest.raises(OverBudget, match=r"^This batch costs 30 credits"):
        await ask(alice, await rows(alice, 3))
    assert await balance(alice) == 100


CHINESE = [
    "图片,提示词,模型,时长,尺寸",
    *(
        f"{name},镜头缓缓推近第 {n} 款“新品”，{'晨光' if n % 2 else '暮色'}里的质感,camera,4 秒,{size}"
        for n in range(10)
        for name, size in (
            ("琥珀香水", "9:16"), ("蓝盘腕表", "9：16"), ("植萃精华", "16:9"),
            ("serum.jpg", "720x1280"), ("冰爽汽水", ""), ("Amber perfume", "1280×720"),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8-sig", "utf-16"])
async def test_sixty_rows_of_a_chinese_spreadsheet(alice: User, encoding: str) -> None:
    await rich(alice, 500)
    content = "\r\n".join([*CHINESE, "", ",,,,"]).encode(encoding)
    made = await ask_csv(alice, content)
    found = await batched(alice, made.id)
    assert (len(found.lines), made.cost_credits, await balance(alice)) == (60, 600, 0)
    first, last = found.lines[0].video, found.lines[-1].video
    assert (first.prompt, first.size, first.seconds) == ("镜头缓缓推近第 0 款“新品”，暮色里的质感", "720x1280", 4)
    assert (last.prompt, last.size) == ("镜头缓缓推近第 9 款“新品”，晨光里的质感", "1280x720")
