"""Every object of Stripe's counts once, in whatever order, how often and how late it is told."""

import asyncio
import itertools
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from core.ads.ask import ask as ask_for_ad
from core.billing import checkout, credits, payments, shop, stripe_events, subscriptions
from core.database.session import reading, session
from core.errors import NotFound, PaymentsAway
from core.models import AuditEntry, LedgerEntry, User, Video
from core.videos import lanes
from tests import stand
from tests.people import ask, balance, ledger, picture_of
from tests.servers.stripe import StripeServer

pytestmark = pytest.mark.both_databases
Event = dict[str, Any]
BASE = "http://127.0.0.1:8080"


@pytest.fixture
def stripe(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StripeServer]:
    """A local Stripe that tells nothing by itself: the tests hand its events over."""
    with StripeServer(dict(stand.PRICES)) as server:
        stand.open_shop(monkeypatch, server, place)
        yield server


async def bought(stripe: StripeServer, user: User, name: str, *, later: bool = False) -> Event:
    """A pack or plan that the user has paid for; nobody here knows yet. The checkout session."""
    ware = shop.packs().get(name) or shop.plans()[name]
    url = await checkout.address(user, ware, BASE)
    return stripe.pay(url.rpartition("/")[2], later=later)


async def tell(*events: Event) -> None:
    """As the webhook hears them."""
    for event in events:
        await stripe_events.handle(event)


async def debt(user: User) -> int:
    async with reading() as db:
        return (await db.exec(select(User.debt).where(User.id == user.id))).one()


async def references(user: User) -> dict[str, int]:
    """What Stripe's lines in the ledger are about, and their amounts."""
    async with reading() as db:
        rows = (await db.exec(select(LedgerEntry).where(LedgerEntry.user_id == user.id))).all()
    return {row.reference: row.amount for row in rows if row.reference.startswith("stripe:")}


async def spend(user: User, amount: int) -> None:
    async with session() as db:
        await credits.move(db, user.id, -amount, "charge", f"test:{random.random()}")


async def test_a_pack_is_given_once_however_often_it_is_told(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small")
    await asyncio.gather(*(tell(*stripe.events) for _ in range(3)), stripe_events.confirm(alice.id, paid["id"]))
    assert await ledger(alice) == [("grant", 100), ("purchase", 100)]
    assert await references(alice) == {f"stripe:{paid['id']}": 100}
    async with reading() as db:
        (receipt,) = await payments.payments(db, alice.id)
        acts = (await db.exec(select(AuditEntry.act).where(AuditEntry.user_id == alice.id))).all()
    assert (receipt.amount, receipt.currency, receipt.label) == (900, "eur", "100 credits")
    assert receipt.receipt_url.startswith(stripe.root)
    assert acts == ["purchase"]


async def test_the_way_back_gives_the_credits_where_the_webhook_is_late(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small")
    assert await stripe_events.confirm(alice.id, paid["id"]) == "paid"
    assert await balance(alice) == 200


async def test_nobody_comes_back_from_somebody_elses_checkout(stripe: StripeServer, alice: User, charlie: User) -> None:
    paid = await bought(stripe, alice, "small")
    for session_id in (paid["id"], "cs_made_up", "../customers/x"):
        with pytest.raises(NotFound):
            await stripe_events.confirm(charlie.id, session_id)
    assert (await balance(alice), await balance(charlie)) == (100, 100)


async def test_a_bank_transfer_counts_when_it_has_arrived(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small", later=True)
    await tell(*stripe.events)
    assert await stripe_events.confirm(alice.id, paid["id"]) == "unpaid"
    assert await balance(alice) == 100
    stripe.arrive(paid["id"])
    await tell(*stripe.events)
    assert await balance(alice) == 200


async def test_an_unknown_price_gives_nothing_and_alarms(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small")
    stripe.objects[paid["id"]]["line_items"]["data"][0]["price"] = stripe.price("price_foreign")
    await tell(*stripe.events, *stripe.events)
    assert await balance(alice) == 100
    async with reading() as db:
        (alarm,) = await payments.alarms(db)
    assert (alarm.kind, alarm.about, alarm.detail, alarm.user_id) == ("price", "price_foreign", paid["id"], alice.id)


async def test_what_is_not_of_our_customers_is_left_alone(stripe: StripeServer, alice: User) -> None:
    """Another shop lives in the same account at Stripe."""
    await bought(stripe, alice, "pro")
    for event in list(stripe.events):
        one = event["data"]["object"]
        stripe.objects[one["id"]]["customer"] = one["customer"] = "cus_other"
        one["client_reference_id"] = str(alice.id)
    await tell(*stripe.events, {"type": "no.such.event", "data": {"object": {}}})
    assert await ledger(alice) == [("grant", 100)]
    async with reading() as db:
        assert await subscriptions.of(db, alice.id) is None
        assert await payments.alarms(db) == []


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "reversed"])
async def test_refunds_of_a_part_sum_up(stripe: StripeServer, alice: User, turned: bool) -> None:
    paid = await bought(stripe, alice, "yen")
    thirds = [stripe.refund(paid["payment_intent"], amount)["id"] for amount in (333, 333, 334)]
    events = stripe.events[::-1] if turned else stripe.events
    await tell(*events, *events)
    lines = await references(alice)
    assert sum(lines[f"stripe:{one}"] for one in thirds) == -90
    assert all(lines[f"stripe:{one}"] == -30 for one in thirds)
    assert (await balance(alice), await debt(alice)) == (100, 0)


@pytest.mark.parametrize("turned", [False, True], ids=["in order", "reversed"])
async def test_used_credits_become_a_debt_that_the_next_purchase_pays(
    stripe: StripeServer, alice: User, turned: bool
) -> None:
    paid = await bought(stripe, alice, "small")
    refund = stripe.refund(paid["payment_intent"])
    if not turned:
        await tell(stripe.events[0])
    await spend(alice, 150 if not turned else 50)
    await tell(*(stripe.events[::-1] if turned else stripe.events))
    if turned:  # the purchase pays for its own refund: nothing was used of it
        assert (await balance(alice), await debt(alice)) == (50, 0)
        return
    assert (await balance(alice), await debt(alice)) == (0, 50)
    async with reading() as db:
        note = (await credits.ledger(db, alice.id, None, 1))[0].note
    assert note == "stripe refund owed: 50"
    again = await bought(stripe, alice, "small")
    await tell(*stripe.events)
    assert (await balance(alice), await debt(alice)) == (50, 0)
    lines = await references(alice)
    assert (lines[f"stripe:{refund['id']}"], lines[f"stripe:{again['id']}:debt"]) == (-50, -50)


async def test_a_refund_that_fails_is_given_back(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small")
    refund = stripe.refund(paid["payment_intent"], status="pending")
    await tell(*stripe.events)
    assert await balance(alice) == 200
    stripe.change(refund["id"], "refund.updated", status="succeeded")
    await tell(*stripe.events)
    assert await balance(alice) == 100
    stripe.change(refund["id"], "refund.failed", status="failed")
    await tell(*stripe.events, *stripe.events)
    assert await balance(alice) == 200


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_a_dispute_takes_the_pack_and_won_gives_it_back(stripe: StripeServer, alice: User, end: str) -> None:
    paid = await bought(stripe, alice, "large")
    await tell(*stripe.events)
    await spend(alice, 400)
    dispute = stripe.dispute(paid["payment_intent"])
    await tell(*stripe.events)
    assert (await balance(alice), await debt(alice)) == (0, 300)
    async with reading() as db:
        assert [(alarm.kind, alarm.about) for alarm in await payments.alarms(db)] == [("dispute", dispute["id"])]
    stripe.change(dispute["id"], "charge.dispute.closed", status=end)
    await tell(*stripe.events, *stripe.events)
    assert (await balance(alice), await debt(alice)) == ((200, 0) if end == "won" else (0, 300))


async def test_an_inquiry_is_no_dispute(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small")
    stripe.dispute(paid["payment_intent"], "warning_needs_response")
    await tell(*stripe.events)
    assert await balance(alice) == 200


async def test_every_order_of_the_same_events_ends_alike(stripe: StripeServer, alice: User, charlie: User) -> None:
    """A purchase, two refunds of a part, a dispute won: in each of 120 orders, each event twice."""
    paid = await bought(stripe, charlie, "small")
    for amount in (300, 150):
        stripe.refund(paid["payment_intent"], amount)
    dispute = stripe.dispute(paid["payment_intent"])
    stripe.change(dispute["id"], "charge.dispute.closed", status="won")
    named = {e["type"] + e["data"]["object"]["id"]: e for e in stripe.events if e["type"] != "charge.refunded"}
    orders = list(itertools.permutations(named.values()))
    for order in random.Random(3).sample(orders, 12):
        paid_now = await bought(stripe, alice, "small")
        old, new = paid["id"], paid_now["id"]
        before = await balance(alice)
        events = []
        for event in order:
            one = {**event["data"]["object"]}
            if one["id"] == old:
                one = {**stripe.objects[new]}
            else:
                one |= {"id": f"{one['id']}_{new}", "payment_intent": paid_now["payment_intent"], "charge": None}
            events.append({**event, "data": {"object": one}})
        await tell(*events, *reversed(events))
        assert (await balance(alice) - before, await debt(alice)) == (50, 0), [e["type"] for e in order]


async def test_a_storm_of_events_counts_each_object_once(stripe: StripeServer, alice: User, charlie: User) -> None:
    for user in (alice, charlie):
        for _ in range(4):
            paid = await bought(stripe, user, "small")
            stripe.refund(paid["payment_intent"], 450)
    storm = stripe.events * 3
    random.Random(5).shuffle(storm)
    await asyncio.gather(*(tell(event) for event in storm))
    for user in (alice, charlie):
        assert await balance(user) == 100 + 4 * 50
        assert sorted((await references(user)).values()) == [-50] * 4 + [100] * 4
    async with reading() as db:
        assert await credits.wrong_balances(db) == []


async def test_a_plan_gives_its_credits_each_month_and_the_first_lane(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "pro")
    assert await stripe_events.confirm(alice.id, paid["id"]) == "paid"
    await tell(*stripe.events)
    assert await balance(alice) == 400
    async with reading() as db:
        assert await lanes.lane(db, alice) == -1
    assert (await ask(alice)).lane == -1
    month = stripe.invoice(paid["subscription"])
    await tell(*stripe.events, *stripe.events)
    assert await balance(alice) == 690
    assert (await references(alice))[f"stripe:{month['id']}"] == 300


async def test_a_plan_puts_ads_on_the_first_lane_too(stripe: StripeServer, alice: User) -> None:
    await bought(stripe, alice, "pro")
    await tell(*stripe.events)
    picture = await picture_of(alice)
    ad = await ask_for_ad(alice, {"template": "launch", "image_ids": [picture.id], "fields": {"name": "Cup"}})
    async with reading() as db:
        shots = (await db.exec(select(Video.lane).where(Video.ad_id == ad.id, Video.kind == "generated"))).all()
    assert set(shots) == {-1}


async def test_a_second_checkout_of_a_plan_leads_to_the_portal(stripe: StripeServer, alice: User) -> None:
    await bought(stripe, alice, "pro")
    await tell(*stripe.events)
    for name in ("pro", "basic"):
        assert "/portal/" in await checkout.address(alice, shop.plans()[name], BASE)
    assert "/pay/" in await checkout.address(alice, shop.packs()["small"], BASE)


async def test_a_failed_renewal_has_three_days_from_its_invoice(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "pro")
    await tell(*stripe.events)
    for days, lane in ((2.9, -1), (3.1, 0)):
        stripe.invoice(paid["subscription"], paid=False)
        failed = stripe.events[-1]
        failed["data"]["object"]["created"] = int(time.time() - days * 24 * 3600)
        await tell(failed, failed)
        async with reading() as db:
            assert await lanes.lane(db, alice) == lane, days
    assert await balance(alice) == 400
    stripe.invoice(paid["subscription"])
    await tell(*stripe.events[-2:])
    async with reading() as db:
        assert await lanes.lane(db, alice) == -1
    assert await balance(alice) == 700


async def test_old_news_of_a_plan_does_not_count(stripe: StripeServer, alice: User) -> None:
    """What an event says is looked up: it may have come late."""
    paid = await bought(stripe, alice, "pro")
    begun = list(stripe.events)
    await tell(*begun)
    stripe.change(paid["subscription"], cancel_at_period_end=True)
    await tell(*stripe.events)
    async with reading() as db:
        kept = await subscriptions.of(db, alice.id)
    assert kept and kept.ends_at == kept.renews_at
    stripe.end(paid["subscription"])
    await tell(*stripe.events, *begun)
    async with reading() as db:
        assert await subscriptions.of(db, alice.id) is None
        assert await lanes.lane(db, alice) == 0


def part_of_a_month(price: str, amount: int, unit: int) -> Event:
    """A line of an invoice for the rest of a month."""
    details = {"type": "subscription_item_details", "subscription_item_details": {"proration": True}}
    return {
        "amount": amount,
        "parent": details,
        "pricing": {"price_details": {"price": price}, "unit_amount_decimal": str(unit)},
    }


async def test_a_dearer_plan_in_the_middle_of_a_month_gives_its_part(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "basic")
    await tell(*stripe.events)
    change = stripe.invoice(paid["subscription"], "subscription_update")
    stripe.objects[change["id"]]["lines"]["data"] = [
        part_of_a_month("price_basic", -450, 900),
        part_of_a_month("price_pro", 1450, 2900),
    ]
    await tell(*stripe.events)
    assert await balance(alice) == 100 + 60 - 30 + 150


async def test_the_invoice_of_an_older_version_of_the_api_is_read_too(stripe: StripeServer, alice: User) -> None:
    """An endpoint keeps the version it was made with."""
    paid = await bought(stripe, alice, "pro")
    line = {"amount": 2900, "quantity": 1, "proration": False, "price": {"id": "price_pro"}}
    old = {
        "id": "in_old",
        "object": "invoice",
        "customer": paid["customer"],
        "subscription": paid["subscription"],
        "status": "paid",
        "amount_paid": 2900,
        "currency": "eur",
        "payment_intent": "pi_old",
        "charge": "ch_old",
        "lines": {"data": [line]},
    }
    await tell({"type": "invoice.payment_succeeded", "data": {"object": old}})
    assert (await references(alice)) == {"stripe:in_old": 300}
    back = {"id": "re_old", "amount": 2900, "charge": "ch_old", "payment_intent": None, "status": "succeeded"}
    await tell({"type": "refund.created", "data": {"object": back}})
    assert (await references(alice))["stripe:re_old"] == -300


async def test_what_was_missed_is_asked_for(stripe: StripeServer, alice: User) -> None:
    pack = await bought(stripe, alice, "large")
    await bought(stripe, alice, "pro")
    stripe.refund(pack["payment_intent"], 1950)
    for _ in range(2):
        assert await stripe_events.reconcile() == 5
        assert await balance(alice) == 100 + 500 + 300 - 250


async def test_a_stripe_that_is_away_is_said(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small")
    stripe.is_away = True
    with pytest.raises(PaymentsAway):
        await tell(*stripe.events)
    with pytest.raises(PaymentsAway):
        await checkout.address(alice, shop.packs()["small"], BASE)
    stripe.is_away = False
    await tell(*stripe.events)
    assert (await references(alice)) == {f"stripe:{paid['id']}": 100}


async def test_a_customer_who_was_removed_at_stripe_is_made_anew(stripe: StripeServer, alice: User) -> None:
    paid = await bought(stripe, alice, "small")
    del stripe.objects[paid["customer"]]
    again = await bought(stripe, alice, "small")
    await tell(stripe.events[-1])
    assert await references(alice) == {f"stripe:{again['id']}": 100}


async def test_two_clicks_at_once_make_one_customer(stripe: StripeServer, alice: User) -> None:
    await asyncio.gather(*(checkout.address(alice, shop.packs()["small"], BASE) for _ in range(4)))
    assert len(stripe.of_kind("customer")) == 1
