"""The shop's webhook, API and pages, and that there is nothing of it where there is no key."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui.testing import User as Visitor

from core.accounts import api_keys
from core.admin import own_data
from core.billing import checkout, shop, subscriptions
from core.database.session import reading, session
from core.models import User
from core.settings import ROOT
from tests import stand
from tests.people import balance, ledger
from tests.servers.stripe import StripeServer
from workers.cron import payments as clock


@pytest.fixture
def stripe(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeServer]:
    """A local Stripe, and the shop is open."""
    with StripeServer(dict(stand.PRICES)) as server:
        stand.open_shop(monkeypatch, server, place)
        yield server


@pytest.fixture
async def key(me: User) -> dict[str, str]:
    """The header of my API key."""
    async with session() as db:
        return {"Authorization": f"Bearer {await api_keys.make_key(db, me, 'tests')}"}


async def post(visitor: Visitor, stripe: StripeServer, event: object, **more: Any) -> httpx.Response:
    """A webhook, signed by that Stripe."""
    body, headers = stripe.signed(event, **more)
    return await visitor.http_client.post("/webhooks/stripe", content=body, headers=headers)


async def test_a_webhook_gives_the_credits(stripe: StripeServer, visitor: Visitor, me: User) -> None:
    stripe.pay((await checkout.address(me, shop.packs()["small"], "http://test")).rpartition("/")[2])
    for _ in range(3):
        assert (await post(visitor, stripe, stripe.events[0])).status_code == 200
    assert await ledger(me) == [("grant", 100), ("purchase", 100)]


async def test_what_stripe_has_not_signed_is_refused(stripe: StripeServer, visitor: Visitor) -> None:
    event = {"id": "evt_1", "type": "refund.created", "data": {"object": {"id": "re_1", "status": "succeeded"}}}
    body, headers = stripe.signed(event)
    client = visitor.http_client
    refused = [
        await client.post("/webhooks/stripe", content=body),
        await client.post("/webhooks/stripe", content=body, headers={"Stripe-Signature": "t=1,v1=00"}),
        await client.post("/webhooks/stripe", content=body + b" ", headers=headers),
        await client.post("/webhooks/stripe", content=body, headers={b"Stripe-Signature": b"\xff,=,v1"}),
        await post(visitor, stripe, event, at=time.time() - 3600),
        *[await post(visitor, stripe, odd) for odd in (b"", b"[]", b"{}", b"\xff\xfe", b"{" * 20_000)],
        await post(visitor, stripe, {"data": []}),
    ]
    assert {answer.status_code for answer in refused} == {400}
    assert (await post(visitor, stripe, event)).status_code == 200
    assert (await post(visitor, stripe, b" " * (256 * 1024 + 1))).status_code == 413


async def test_an_unknown_event_is_taken(stripe: StripeServer, visitor: Visitor) -> None:
    for kind in ("balance.available", None, 5):
        assert (await post(visitor, stripe, {"type": kind, "data": {"object": {}}})).status_code == 200


async def test_an_event_that_can_not_be_booked_is_sent_again_and_stands_on_admin(
    stripe: StripeServer, visitor: Visitor, me: User
) -> None:
    broken = {"id": "evt_broken", "type": "refund.created", "data": {"object": {}}}
    assert (await post(visitor, stripe, broken)).status_code == 500
    await visitor.open("/admin?tab=shop")
    await visitor.should_see("An event of Stripe could not be booked")
    await visitor.should_see("evt_broken")
    visitor.find("Done").click()
    await visitor.should_see("Nothing needs a look.")


async def test_stripe_away_is_503_and_nothing_is_lost(
    stripe: StripeServer, visitor: Visitor, me: User, key: dict[str, str]
) -> None:
    stripe.pay((await checkout.address(me, shop.packs()["small"], "http://test")).rpartition("/")[2])
    stripe.is_away = True
    assert (await post(visitor, stripe, stripe.events[0])).status_code == 503
    answer = await visitor.http_client.post("/api/v1/checkout", json={"pack": "small"}, headers=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "payments_away")
    assert stripe.key not in answer.text
    stripe.is_away = False
    assert (await post(visitor, stripe, stripe.events[0])).status_code == 200
    assert await balance(me) == 200


async def test_the_api_leads_to_the_checkout(stripe: StripeServer, visitor: Visitor, key: dict[str, str]) -> None:
    async def ask(body: object) -> httpx.Response:
        return await visitor.http_client.post("/api/v1/checkout", json=body, headers=key)

    for body in ({"pack": "small"}, {"plan": "pro"}):
        answer = await ask(body)
        assert answer.status_code == 200
        assert answer.json()["url"].startswith(f"{stripe.root}/pay/cs_")
    made = stripe.of_kind("checkout.session")[0]
    assert made["success_url"].startswith("http://test/pricing/paid?session_id={CHECKOUT_SESSION_ID}")
    assert [(await ask(body)).status_code for body in ({"pack": "huge"}, {"plan": "small"})] == [404, 404]
    for wrong in ({}, {"pack": "small", "plan": "pro"}, {"pack": 5}, {"pack": "small", "more": 1}):
        assert (await ask(wrong)).status_code == 422


async def test_pricing_shows_what_is_sold_and_what_it_buys(stripe: StripeServer, visitor: Visitor, me: User) -> None:
    await visitor.open("/pricing")
    for words in ("100 credits", "€9.00", "¥1,000", "10 videos with Studio camera (built in)", "Pro",
                  "300 credits a month", "Your videos start before all others"):  # fmt: skip
        await visitor.should_see(words)
    await visitor.should_not_see("There is no shop here")


async def test_strangers_see_what_is_sold_and_log_in_to_buy(stripe: StripeServer, visitor: Visitor) -> None:
    page = (await visitor.http_client.get("/pricing?back=/videos/1%22%3E", headers={"Accept-Language": "zh"})).text
    assert "_nicegui" not in page
    for words in ("100 credits", "€9.00", "JP¥1,000", "10 个视频", "每月 300 积分", "登录后购买"):
        assert words in page, words
    assert 'href="/auth/login?next=/pricing%3Fback%3D/videos/1%2522%253E"' in page
    assert "There is no shop" not in page


async def test_the_way_back_shows_the_new_balance(stripe: StripeServer, visitor: Visitor, me: User) -> None:
    paid = stripe.pay((await checkout.address(me, shop.packs()["small"], "http://test")).rpartition("/")[2])
    await visitor.open(f"/pricing/paid?session_id={paid['id']}&back=//evil.example")
    await visitor.should_see("You have 200 credits now.")
    answer = await visitor.http_client.get("/pricing/paid?session_id=cs_somebody_elses")
    assert answer.status_code == 404
    assert "evil" not in (await visitor.http_client.get(f"/pricing/paid?session_id={paid['id']}&back=//evil")).text


async def test_the_account_shows_plan_receipts_and_debt(stripe: StripeServer, visitor: Visitor, me: User) -> None:
    await visitor.open("/account")
    await visitor.should_see("You have no plan.")
    await visitor.should_see("See plans")
    paid = stripe.pay((await checkout.address(me, shop.plans()["pro"], "http://test")).rpartition("/")[2])
    for event in stripe.events:
        assert (await post(visitor, stripe, event)).status_code == 200
    await visitor.open("/account")
    await visitor.should_see("Pro, renews on")
    await visitor.should_not_see("See plans")
    await visitor.should_see("€29.00")
    stripe.change(paid["subscription"], cancel_at_period_end=True)
    await post(visitor, stripe, stripe.events[-1])
    await visitor.should_see("Pro, ends on")
    async with session() as db:
        (await db.get_one(User, me.id)).debt = 40
    await visitor.open("/account")
    await visitor.should_see("You owe 40 credits")


async def test_who_leaves_pays_no_more(stripe: StripeServer, me: User) -> None:
    paid = stripe.pay((await checkout.address(me, shop.plans()["pro"], "http://test")).rpartition("/")[2])
    async with session() as db:
        await subscriptions.store(db, me.id, stripe.objects[paid["subscription"]])
    async with session() as db:
        await own_data.erase(db, me.id, me.email)
    stripe.is_away = True
    await clock.end_plans_of_erased({})
    stripe.is_away = False
    await clock.end_plans_of_erased({})
    assert stripe.objects[paid["subscription"]]["status"] == "canceled"
    async with reading() as db:
        assert await subscriptions.of_erased(db) == []


async def test_without_a_key_there_is_no_shop(visitor: Visitor, me: User, key: dict[str, str]) -> None:
    client = visitor.http_client
    assert (await client.post("/webhooks/stripe", content=b"{}")).status_code == 404
    assert (await client.post("/api/v1/checkout", json={"pack": "small"}, headers=key)).status_code == 404
    assert (await client.get("/pricing/paid?session_id=cs_1")).status_code == 404
    await visitor.open("/pricing")
    await visitor.should_see("There is no shop here yet.")
    await visitor.open("/account")
    await visitor.should_not_see("Plan and purchases")


def test_stripes_client_is_loaded_by_the_first_call_alone() -> None:
    parts = "ui.app, ui.pages, ui.api, ui.routes, workers.main, core.commands"
    code = f"import sys, {parts}; sys.exit('stripe' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=60).returncode == 0
