"""What one has bought: the plan, when it renews or ends, receipts, and what is still owed."""

from functools import partial

from nicegui import context, ui
from sqlmodel.ext.asyncio.session import AsyncSession

from core.billing import checkout, payments, shop, subscriptions
from core.billing.prices import Price
from core.database.session import reading
from core.models import Payment, Subscription, User
from core.redis.news import News

from ... import formats, i18n, page_state
from ...addresses import origin
from ...i18n import _
from ...kit.elements import Tag, button, link
from ...kit.moment import moment

Bought = tuple[Subscription | None, list[Payment], bool]
"""The subscription, the payments, and whether the user is a customer at all."""


class Purchases(Tag):
    """The part of the account page; drawn anew with every change of credits."""

    def __init__(self, user: User) -> None:
        super().__init__("section", "account-part")
        self._user = user
        self._state = page_state.of(user)
        self._base = origin(context.client.request)
        self._state.follow(lambda news: bool(news.status), self._read, self._draw)

    async def load(self) -> None:
        """Read and draw it."""
        async with reading() as db:
            seen = await self._read(db)
        await self._draw(seen)

    async def _read(self, db: AsyncSession, _news: News | None = None) -> Bought:
        subscription = await subscriptions.of(db, self._user.id)
        customer = await subscriptions.customer_of(db, self._user.id)
        return subscription, await payments.payments(db, self._user.id), customer is not None

    async def _draw(self, seen: Bought) -> None:
        subscription, bought, is_customer = seen
        user = self._state.user or self._user
        self.clear()
        with self:
            Tag("h2", "account-title", _("Plan and purchases"))
            Tag("p", "page-note", _plan_words(subscription))
            if user.debt:
                owed = i18n.credits(user.debt)
                Tag("p", "page-note", _("You owe {credits}: the next purchase pays them first.", credits=owed), role="status")  # noqa: E501
            with Tag("div", "chips"):
                if subscription is None and shop.plans():
                    link(_("See plans"), "/pricing")
                if is_customer:
                    button(_("Manage subscription"), partial(self._manage, user))
            if bought:
                with Tag("div", "rows", role="list", aria_label=_("Receipts")):
                    for payment in bought:
                        _receipt(payment)

    async def _manage(self, user: User) -> None:
        ui.navigate.to(await checkout.portal(user, self._base))


def _plan_words(subscription: Subscription | None) -> str:
    if subscription is None:
        return _("You have no plan.")
    plan = shop.plans().get(subscription.plan)
    label = plan.label if plan else subscription.plan
    if subscription.failed_at and not subscriptions.is_running(subscription):
        return _("{plan}: the last payment failed, so it rests. Update your card to go on.", plan=label)
    if subscription.failed_at:
        until = formats.day(subscription.failed_at + subscriptions.GRACE)
        return _("{plan}: the last payment failed. Update your card by {day}.", plan=label, day=until)
    if subscription.ends_at:
        return _("{plan}, ends on {day}", plan=label, day=formats.day(subscription.ends_at))
    if subscription.renews_at:
        return _("{plan}, renews on {day}", plan=label, day=formats.day(subscription.renews_at))
    return label


def _receipt(payment: Payment) -> None:
    with Tag("div", "row", role="listitem"):
        Tag("span", "row-main", payment.label)
        moment(payment.created_at, "row-note")
        Tag("span", "row-amount", formats.money(Price(payment.amount, payment.currency)))
        if payment.receipt_url.startswith(("https://", "http://127.0.0.1")):
            receipt = link(_("Receipt"), payment.receipt_url, look="small", rel="noopener")
            receipt.put("target", "_blank")
