"""What is left of a budget stands in the button's tooltip and in the API; the refusal says when it is full again."""

from nicegui.testing import User as Visitor
from sqlalchemy import update

from core.accounts import api_keys
from core.database.session import session
from core.models import User
from tests.people import picture_of
from tests.waiting import until


async def test_the_api_tells_the_budget_and_refuses_beyond_it(visitor: Visitor, alice: User) -> None:
    async with session() as db:
        headers = {"Authorization": f"Bearer {await api_keys.make_key(db, alice, 'test')}"}
    assert "budget" not in (await visitor.http_client.get("/api/v1/me", headers=headers)).json()
    async with session() as db:
        await db.exec(update(User).where(User.id == alice.id).values(monthly_budget=15))  # type: ignore[arg-type]
    body = {"image_id": (await picture_of(alice)).id, "prompt": "Slow push in", "model": "camera"}
    answers = [await visitor.http_client.post("/api/v1/videos/generate", json=body, headers=headers) for _ in "12"]
    assert [answer.status_code for answer in answers] == [202, 402]
    error = answers[1].json()["error"]
    assert error["code"] == "over_budget"
    budget = (await visitor.http_client.get("/api/v1/me", headers=headers)).json()["budget"]
    assert (budget["limit"], budget["used"], budget["left"], budget["shared"]) == (15, 10, 5, False)
    assert budget["resets_at"][:10] in error["message"]
    assert budget["resets_at"].endswith("Z")


async def test_the_button_and_the_account_say_what_is_left(visitor: Visitor, me: User) -> None:
    async with session() as db:
        await db.exec(update(User).where(User.id == me.id).values(monthly_budget=50))  # type: ignore[arg-type]
    await visitor.open("/")
    words = "Leaves you 90 credits · 40 of 50 in your budget this month"
    await until(lambda: any(e.props.get("title") == words for e in visitor.find(marker="generate").elements))
    await visitor.open("/account")
    await visitor.should_see("50 of 50 in your budget this month · Full again on")
