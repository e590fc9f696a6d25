"""A small Stripe with prices, checkout, portal, subscriptions, invoices, refunds and disputes, and its signed webhooks.

    python -m tests.servers.stripe --port 9300 --webhooks http://127.0.0.1:8080/webhooks/stripe

Its checkout and its portal are pages that a browser can click. Field names are those of the official client's types.
"""

import argparse
import asyncio
import hashlib
import hmac
import itertools
import json
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.servers import Call, LocalServer, stay

Json = dict[str, Any]
MONTH = 30 * 24 * 3600


def decoded(pairs: list[tuple[str, str]]) -> Json:
    """A form as Stripe reads it: `line_items[0][price]=p` is `{"line_items": [{"price": "p"}]}`."""
    out: Json = {}
    for name, value in pairs:
        first, *rest = re.findall(r"[^\[\]]+", name)
        at, key = out, first
        for part in rest:
            at, key = at.setdefault(key, {}), part
        at[key] = value
    made: Json = _lists(out)
    return made


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return [_lists(item) for _, item in sorted(value.items(), key=lambda pair: int(pair[0]))]
    return {key: _lists(item) for key, item in value.items()}


@dataclass(eq=False)
class StripeServer(LocalServer):
    """`prices` by id: `(amount, currency, is monthly)`. Webhooks go to `hook`, signed with `secret`.

    `times` is how often each is sent, `shuffled` in which order, `delay` how many seconds late; `held` keeps them
    until `deliver`. A webhook that is not answered by 2xx is sent again, `tries` times at most.
    """

    prices: dict[str, tuple[int, str, bool]] = field(default_factory=dict)
    port: int = 0
    hook: str = ""
    secret: str = "whsec_test"
    key: str = "sk_test_local"
    times: int = 1
    shuffled: bool = False
    delay: float = 0.0
    held: bool = False
    tries: int = 5
    is_away: bool = False

    def __post_init__(self) -> None:
        LocalServer.__init__(self, self.port)
        self.objects: dict[str, Json] = {}
        self.events: list[Json] = []
        self.answers: list[int] = []
        self._once: dict[str, tuple[Json, Json]] = {}
        self._numbers = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    def app(self) -> Starlette:
        api = self._api
        return Starlette(
            routes=[
                Route("/v1/prices/{id}", api(self._price)),
                Route("/v1/customers", api(self._new_customer), methods=["POST"]),
                Route("/v1/checkout/sessions", api(self._new_session), methods=["POST"]),
                Route("/v1/billing_portal/sessions", api(self._new_portal), methods=["POST"]),
                Route("/v1/refunds", api(self._new_refund), methods=["POST"]),
                Route("/v1/subscriptions/{id}", api(self._end), methods=["DELETE"]),
                Route("/v1/{kind}", api(self._list)),
                Route("/v1/checkout/{kind}", api(self._list)),
                Route("/v1/{kind}/{id}", api(self._one)),
                Route("/v1/checkout/{kind}/{id}", api(self._one)),
                Route("/pay/{id}", self._page, methods=["GET", "POST"]),
                Route("/portal/{id}", self._portal_page, methods=["GET", "POST"]),
            ]
        )

    # ------------------------------------------------------------------------------------------------- the API

    def _api(self, endpoint: Callable[[Request, Json], Json | None]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            async with request.form() as form:
                fields = decoded([(name, str(value)) for name, value in form.multi_items()])
            call = Call(request.method, request.url.path, dict(request.headers), fields=fields)
            self.calls.append(call)
            if self.is_away:
                return _refusal(500, "api_error", "An error occurred.")
            if call.key != f"Bearer {self.key}":
                return _refusal(401, "invalid_request_error", "Invalid API Key provided")
            if once := request.headers.get("idempotency-key"):
                before = self._once.get(once)
                if before and before[0] != fields:
                    return _refusal(400, "idempotency_error", "Keys for idempotent requests can only be used once.")
                if before:
                    return JSONResponse(before[1])
            try:
                made = endpoint(request, fields)
            except LookupError as error:
                return _refusal(400, "invalid_request_error", f"No such {error.args[0]}", param=str(error.args[0]))
            if made is None:
                return _refusal(404, "invalid_request_error", "No such object", code="resource_missing", param="id")
            if once and request.method == "POST":
                self._once[once] = (fields, made)
            return JSONResponse(made)

        return answer

    def _id(self, prefix: str) -> str:
        return f"{prefix}_test_{next(self._numbers):05}"

    def keep(self, prefix: str, kind: str, **fields: Any) -> Json:
        """A new object."""
        made = {"id": self._id(prefix), "object": kind, "created": int(time.time()), "livemode": False, **fields}
        self.objects[made["id"]] = made
        return made

    def of_kind(self, kind: str) -> list[Json]:
        """The objects of that kind, newest first."""
        return [one for one in reversed(list(self.objects.values())) if one["object"] == kind]

    def price(self, price_id: str) -> Json:
        """A price as Stripe shows it. Raises LookupError."""
        if price_id not in self.prices:
            raise LookupError("price", price_id)
        amount, currency, monthly = self.prices[price_id]
        recurring = {"interval": "month", "interval_count": 1} if monthly else None
        return {
            "id": price_id,
            "object": "price",
            "active": True,
            "currency": currency,
            "unit_amount": amount,
            "type": "recurring" if monthly else "one_time",
            "recurring": recurring,
        }

    def _price(self, request: Request, fields: Json) -> Json | None:
        price_id = request.path_params["id"]
        return self.price(price_id) if price_id in self.prices else None

    def _new_customer(self, request: Request, fields: Json) -> Json:
        return self.keep("cus", "customer", email=fields.get("email"), metadata=fields.get("metadata", {}))

    def _new_session(self, request: Request, fields: Json) -> Json:
        if fields.get("customer") not in self.objects:
            raise LookupError("customer")
        lines: list[Json] = [
            {
                "id": self._id("li"),
                "object": "item",
                "price": self.price(line["price"]),
                "quantity": int(line["quantity"]),
            }
            for line in fields["line_items"]
        ]
        made = self.keep(
            "cs",
            "checkout.session",
            mode=fields["mode"],
            customer=fields["customer"],
            client_reference_id=fields.get("client_reference_id"),
            metadata=fields.get("metadata", {}),
            success_url=fields["success_url"],
            cancel_url=fields.get("cancel_url"),
            amount_total=sum(line["price"]["unit_amount"] * line["quantity"] for line in lines),
            currency=lines[0]["price"]["currency"],
            status="open",
            payment_status="unpaid",
            payment_intent=None,
            subscription=None,
            invoice=None,
            line_items={"object": "list", "data": lines, "has_more": False, "url": ""},
        )
        made["url"] = f"{self.root}/pay/{made['id']}"
        return self._shown(made, [])

    def _new_portal(self, request: Request, fields: Json) -> Json:
        made = self.keep("bps", "billing_portal.session", **fields)
        made["url"] = f"{self.root}/portal/{made['id']}"
        return made

    def _new_refund(self, request: Request, fields: Json) -> Json:
        amount = int(fields["amount"]) if "amount" in fields else None
        return self.refund(fields["payment_intent"], amount)

    def _end(self, request: Request, fields: Json) -> Json | None:
        subscription = self.objects.get(request.path_params["id"])
        if subscription:
            self.end(subscription["id"])
        return subscription

    def _shown(self, one: Json, expand: list[str]) -> Json:
        """As it is shown: what is not asked for by `expand` is left out or its id alone."""
        shown = dict(one)
        if one["object"] == "checkout.session" and "line_items" not in expand:
            del shown["line_items"]
        for path in expand:
            name, _, below = path.partition(".")
            value = shown.get(name)
            if isinstance(value, str) and value in self.objects:
                shown[name] = self._shown(self.objects[value], [below] if below else [])
        return shown

    def _one(self, request: Request, fields: Json) -> Json | None:
        one = self.objects.get(request.path_params["id"])
        expand = [value for name, value in request.query_params.multi_items() if name.startswith("expand")]
        return self._shown(one, expand) if one else None

    def _list(self, request: Request, fields: Json) -> Json:
        kinds = {"sessions": "checkout.session", "invoices": "invoice", "refunds": "refund", "disputes": "dispute"}
        kind = kinds.get(request.path_params["kind"], request.path_params["kind"].removesuffix("s"))
        query = request.query_params
        found = self.of_kind(kind)
        if query.get("charge"):
            found = [one for one in found if one.get("charge") == query["charge"]]
        if query.get("status", "all") != "all":
            found = [one for one in found if one.get("status") == query["status"]]
        if since := query.get("created[gte]"):
            found = [one for one in found if one["created"] >= int(since)]
        if after := query.get("starting_after"):
            found = found[[one["id"] for one in found].index(after) + 1 :]
        limit = int(query.get("limit", 10))
        page = [self._shown(one, []) for one in found[:limit]]
        return {"object": "list", "data": page, "has_more": len(found) > limit, "url": request.url.path}

    # ---------------------------------------------------------------------------------------- what people do

    async def _page(self, request: Request) -> Response:
        session = self.objects[request.path_params["id"]]
        if request.method == "GET":
            amount = f"{session['amount_total'] / 100:.2f} {session['currency'].upper()}"
            buttons = "".join(f'<button name="do" value="{w}">{w}</button>' for w in ("Pay", "Pay later", "Decline"))
            back = f'<a href="{session["cancel_url"]}">Back</a>'
            return HTMLResponse(f"<title>Checkout</title><h1>{amount}</h1><form method=post>{buttons}</form>{back}")
        async with request.form() as form:
            do = str(form["do"])
        if do == "Decline":
            return HTMLResponse("<p>Your card was declined.</p>", 402)
        self.pay(session["id"], later=do == "Pay later")
        return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)

    async def _portal_page(self, request: Request) -> Response:
        portal = self.objects[request.path_params["id"]]
        mine = [one for one in self.of_kind("subscription") if one["customer"] == portal["customer"]]
        if request.method == "POST":
            async with request.form() as form:
                self.change(str(form["of"]), cancel_at_period_end=form["do"] == "Cancel plan")
        rows = "".join(
            f"<form method=post><p>{one['status']}</p><input type=hidden name=of value={one['id']}>"
            f'<button name="do" value="Cancel plan">Cancel plan</button></form>'
            for one in mine
        )
        back = f'<a href="{portal["return_url"]}">Return</a>'
        return HTMLResponse(f"<title>Portal</title><h1>{portal['customer']}</h1>{rows}{back}")

    def pay(self, session_id: str, *, later: bool = False) -> Json:
        """Somebody pays a checkout; `later` by a bank transfer, which `arrive` ends."""
        session = self.objects[session_id]
        session["status"] = "complete"
        if session["mode"] == "payment":
            session["payment_intent"] = self._paid_intent(session)["id"]
        if not later:
            session["payment_status"] = "paid"
        if session["mode"] == "subscription":
            price = session["line_items"]["data"][0]["price"]
            subscription = self._subscription(session["customer"], price)
            session["subscription"] = subscription["id"]
            session["invoice"] = self.invoice(subscription["id"], "subscription_create")["id"]
        self.tell("checkout.session.completed", self._shown(session, []))
        return session

    def arrive(self, session_id: str) -> None:
        """The bank transfer is there."""
        self.objects[session_id]["payment_status"] = "paid"
        self.tell("checkout.session.async_payment_succeeded", self._shown(self.objects[session_id], []))

    def _paid_intent(self, of: Json) -> Json:
        charge = self.keep("ch", "charge", customer=of["customer"], amount_refunded=0, refunds=None)
        charge["receipt_url"] = f"{self.root}/receipts/{charge['id']}"
        charge["amount"] = of.get("amount_total", of.get("amount_paid"))
        intent = self.keep("pi", "payment_intent", customer=of["customer"], latest_charge=charge["id"])
        charge["payment_intent"] = intent["id"]
        return intent

    def _subscription(self, customer: str, price: Json) -> Json:
        item = {"id": self._id("si"), "object": "subscription_item", "price": price, "quantity": 1,
                "current_period_start": int(time.time()), "current_period_end": int(time.time()) + MONTH}  # fmt: skip
        made = self.keep(
            "sub",
            "subscription",
            customer=customer,
            status="active",
            cancel_at=None,
            cancel_at_period_end=False,
            ended_at=None,
            items={"object": "list", "data": [item]},
        )
        self.tell("customer.subscription.created", made)
        return made

    def invoice(
        self, subscription_id: str, reason: str = "subscription_cycle", *, paid: bool = True, **more: Any
    ) -> Json:
        """A month's invoice, paid or not."""
        subscription = self.objects[subscription_id]
        item = subscription["items"]["data"][0]
        amount = item["price"]["unit_amount"]
        line = {
            "id": self._id("il"),
            "object": "line_item",
            "amount": amount,
            "quantity": 1,
            "parent": {"type": "subscription_item_details", "subscription_item_details": {"proration": False}},
            "pricing": {"price_details": {"price": item["price"]["id"]}, "unit_amount_decimal": str(amount)},
        }
        made = self.keep(
            "in",
            "invoice",
            customer=subscription["customer"],
            billing_reason=reason,
            status="paid" if paid else "open",
            amount_paid=amount if paid else 0,
            currency=item["price"]["currency"],
            parent={"type": "subscription_details", "subscription_details": {"subscription": subscription_id}},
            lines={"object": "list", "data": [line], "has_more": False},
            payments={"object": "list", "data": []},
            **more,
        )
        made["hosted_invoice_url"] = f"{self.root}/invoices/{made['id']}"
        subscription["status"] = "active" if paid else "past_due"
        if paid:
            intent = self._paid_intent(made)
            payment = {"type": "payment_intent", "payment_intent": intent["id"]}
            made["payments"]["data"].append({"object": "invoice_payment", "status": "paid", "payment": payment})
        self.tell("customer.subscription.updated", subscription)
        self.tell("invoice.paid" if paid else "invoice.payment_failed", made)
        return made

    def refund(self, payment_intent: str, amount: int | None = None, status: str = "succeeded") -> Json:
        """Pay back; all of it without an amount."""
        charge = self.objects[self.objects[payment_intent]["latest_charge"]]
        amount = charge["amount"] if amount is None else amount
        made = self.keep(
            "re", "refund", amount=amount, charge=charge["id"], payment_intent=payment_intent, status=status
        )
        charge["amount_refunded"] += amount
        self.tell("refund.created", made)
        self.tell("charge.refunded", charge)
        return made

    def dispute(self, payment_intent: str, status: str = "needs_response") -> Json:
        """The buyer's bank wants the money back."""
        charge = self.objects[self.objects[payment_intent]["latest_charge"]]
        made = self.keep(
            "dp", "dispute", amount=charge["amount"], charge=charge["id"], payment_intent=payment_intent, status=status
        )
        self.tell("charge.dispute.created", made)
        return made

    def change(self, object_id: str, event: str = "customer.subscription.updated", **fields: Any) -> Json:
        """Change an object and tell it."""
        self.objects[object_id].update(fields)
        self.tell(event, self.objects[object_id])
        return self.objects[object_id]

    def end(self, subscription_id: str) -> None:
        """A subscription is over."""
        self.change(subscription_id, "customer.subscription.deleted", status="canceled", ended_at=int(time.time()))

    # --------------------------------------------------------------------------------------------- its webhooks

    def tell(self, kind: str, one: Json) -> Json:
        """An event, as it is now; sent if there is where to."""
        event = {
            "id": self._id("evt"),
            "object": "event",
            "type": kind,
            "created": int(time.time()),
            "data": {"object": json.loads(json.dumps(one))},
        }
        self.events.append(event)
        if self.hook and not self.held:
            self.deliver([event])
        return event

    def deliver(self, events: list[Json] | None = None) -> None:
        """Send events (all, if none are named) as the switches say, from this server's own thread."""
        sending = [event for event in (self.events if events is None else events) for _ in range(self.times)]
        if self.shuffled:
            random.Random(1).shuffle(sending)
        assert self._uvicorn
        loop = self._uvicorn._loop
        for event in sending:
            loop.call_soon_threadsafe(self._send, event)

    def _send(self, event: Json) -> None:
        task = asyncio.get_running_loop().create_task(self._send_until_taken(event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_until_taken(self, event: Json) -> None:
        await asyncio.sleep(self.delay)
        async with httpx.AsyncClient(timeout=60) as client:
            for attempt in range(self.tries):
                body, headers = self.signed(event)
                try:
                    status = (await client.post(self.hook, content=body, headers=headers)).status_code
                except httpx.HTTPError:
                    status = 0
                self.answers.append(status)
                if 200 <= status < 300:
                    return
                await asyncio.sleep(0.2 * 2**attempt)

    def signed(self, event: object, at: float | None = None) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a webhook, signed now or as if at that time."""
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        moment = int(time.time() if at is None else at)
        digest = hmac.new(self.secret.encode(), b"%d.%s" % (moment, body), hashlib.sha256).hexdigest()
        return body, {"Stripe-Signature": f"t={moment},v1={digest}", "Content-Type": "application/json"}


def _refusal(status: int, kind: str, message: str, **more: str) -> Response:
    code = {"code": "resource_missing"} if message.startswith("No such") else {}
    return JSONResponse({"error": {"type": kind, "message": message, **code, **more}}, status)


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9300)
    parser.add_argument("--webhooks", default="http://127.0.0.1:8080/webhooks/stripe")
    given = parser.parse_args()
    prices = {"price_small": (900, "eur", False), "price_large": (3900, "eur", False), "price_pro": (2900, "eur", True)}
    server = StripeServer(prices, given.port, given.webhooks).start()
    stay(
        server,
        f"STRIPE_API_BASE={server.root} STRIPE_SECRET_KEY={server.key}",
        f"STRIPE_WEBHOOK_SECRET={server.secret}; prices: {', '.join(prices)}",
    )


if __name__ == "__main__":
    main()
