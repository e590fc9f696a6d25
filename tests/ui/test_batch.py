"""Many at once as its visitor sees it: the grid with its boxes, a table with its mistakes, the price, the states."""

from nicegui.testing import User as Visitor

from core.batches import batch as batches
from core.batches.batch import Batched
from core.database.session import reading
from core.errors import ProviderFailed
from core.models import User
from tests.people import balance, fail, finish
from tests.waiting import until


async def newest(user: User) -> Batched:
    """The user's newest batch."""
    async with reading() as db:
        return (await batches.page(db, user.id, None, 1))[0]


def shown(visitor: Visitor, marker: str) -> str:
    """The HTML of a list of rows."""
    return str([element.props.get("innerHTML", "") for element in visitor.find(marker=marker).elements])


async def test_a_stranger_is_asked_to_log_in(visitor: Visitor, place: object) -> None:
    await visitor.open("/batch")
    await visitor.should_see("Batches are made in your account")


async def test_pictures_times_prompts_times_formats_without_one(visitor: Visitor, me: User) -> None:
    await visitor.open("/batch")
    await visitor.should_see("the rows appear here")
    for name in ("perfume", "watch"):
        visitor.find(marker="pictures").trigger("choose", {"detail": f"preset:{name}"})
    visitor.find(marker="batch-prompts").trigger("input", "Slow push in\n\n Orbit \nOrbit")
    visitor.find(marker="batch-formats").trigger("choose", {"detail": "720x1280"})
    await visitor.should_see("Make 8 videos · 80 credits")
    visitor.find(marker="batch-rows").trigger("choose", {"detail": "3"})
    await visitor.should_see("Make 7 videos · 70 credits")
    visitor.find(marker="make-batch").click()
    await visitor.should_see("0 of 7 ready")
    assert await balance(me) == 30
    sizes = [line.video.size for line in (await newest(me)).lines]
    assert sizes == ["1280x720", "720x1280", "1280x720", *["1280x720", "720x1280"] * 2]


async def test_a_table_is_shown_with_its_mistakes_before_anything_is_paid(visitor: Visitor, me: User) -> None:
    await visitor.open("/batch")
    table = "图片;提示词;尺寸\n琥珀香水;慢慢推近;9:16\nnope.jpg;慢慢推近;\n汽水;;\n".encode("gb18030")
    answer = await visitor.http_client.post(
        "/api/v1/batches/check", files={"file": ("table.csv", table, "text/csv")}, data={"pictures": "{}"}
    )
    assert answer.status_code == 200
    visitor.find(marker="batch-csv").trigger("checked", {"detail": answer.json()})
    await visitor.should_see("Make 1 video · 10 credits")
    await visitor.should_see("2 with mistakes")
    rows = shown(visitor, "batch-rows")
    assert "is neither a picture that you have added" in rows
    assert await balance(me) == 100
    visitor.find(marker="make-batch").click()
    await visitor.should_see("0 of 1 ready")
    assert [(line.row.name, line.video.size) for line in (await newest(me)).lines] == [("perfume", "720x1280")]


async def test_the_states_follow_and_what_failed_is_made_again(visitor: Visitor, me: User) -> None:
    await visitor.open("/batch")
    visitor.find(marker="pictures").trigger("choose", {"detail": "preset:soda"})
    visitor.find(marker="batch-prompts").trigger("input", "One\nTwo\nThree")
    await visitor.should_see("Make 3 videos · 30 credits")
    visitor.find(marker="make-batch").click()
    await visitor.should_see("0 of 3 ready")
    made = await newest(me)
    await finish(made.lines[0].video)
    await fail(made.lines[1].video, ProviderFailed("out of paint"))
    await visitor.open(f"/batch/{made.batch.id}")
    await visitor.should_see("1 of 3 ready · 1 failed · 10 credits returned")
    assert "out of paint" in shown(visitor, "batch-lines")
    visitor.find(marker="batch-lines").trigger("click", "1")
    await until(lambda: balance_is(me, 70))
    await visitor.should_see("1 of 3 ready")
    await visitor.open(f"/library?batch={made.batch.id}")
    await visitor.should_see("Batch 1")


async def balance_is(user: User, credits: int) -> bool:
    """Whether that is what the user has."""
    return await balance(user) == credits


async def test_a_hundred_rows_cost_the_page_few_elements(visitor: Visitor, me: User) -> None:
    await visitor.open("/batch")
    before = len(visitor.client.elements) if visitor.client else 0
    for name in ("perfume", "watch", "soda", "chair", "serum", "cream", "candle", "earbuds", "macarons", "lipstick"):
        visitor.find(marker="pictures").trigger("choose", {"detail": f"preset:{name}"})
    visitor.find(marker="batch-prompts").trigger("input", "\n".join(f"Prompt {n}" for n in range(10)))
    await visitor.should_see("Make 100 videos · 1,000 credits")
    assert visitor.client is not None
    assert len(visitor.client.elements) - before <= 60
