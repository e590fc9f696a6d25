"""The shop: what needs a look, and who has a plan, owes credits or disputes a payment."""

from functools import partial

from core.admin import shop
from core.admin.shop import Customer
from core.database.session import reading
from core.models import BillingAlarm, User

from ... import i18n
from ...i18n import _
from ...kit.elements import Tag, button
from ...kit.form import do
from ...kit.moment import moment


class ShopPart(Tag):
    """The alarms on top, the people below."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me = me

    async def load(self) -> None:
        """Read and draw it."""
        async with reading() as db:
            seen = await shop.overview(db, self._me.id)
        self.clear()
        with self:
            buyers, plans = i18n.number(seen.customers), i18n.number(seen.plans)
            Tag("p", "page-note", _("{buyers} customers, {plans} running plans", buyers=buyers, plans=plans))
            Tag("h2", "account-title", _("Alarms"))
            if not seen.alarms:
                Tag("p", "page-note", _("Nothing needs a look."))
            with Tag("div", "rows", role="list", aria_label=_("Alarms")):
                for alarm in seen.alarms:
                    self._alarm(alarm)
            Tag("h2", "account-title", _("Customers"))
            if not seen.people:
                Tag("p", "page-note", _("Nobody has bought anything yet."))
            with Tag("div", "rows", role="list", aria_label=_("Customers")):
                for customer in seen.people:
                    _customer(customer)

    def _alarm(self, alarm: BillingAlarm) -> None:
        words = {
            "price": _("Paid at a price that no pack or plan has: no credits were given"),
            "dispute": _("A payment is disputed: its credits are taken back"),
            "webhook": _("An event of Stripe could not be booked"),
        }
        with Tag("div", "row admin-row", role="listitem"):
            with Tag("div", "admin-who"):
                Tag("span", "admin-name row-bad", words.get(alarm.kind, alarm.kind), symbol="circle-alert")
                about = [alarm.about, alarm.detail, f"#{alarm.user_id}" if alarm.user_id else ""]
                Tag("span", "row-note", " · ".join(filter(None, about)))
            moment(alarm.created_at, "row-note")
            done = _("Done: {about}", about=alarm.about)
            button(_("Done"), partial(self._close, alarm.id), look="small", aria_label=done)

    async def _close(self, alarm_id: int) -> None:
        if await do(lambda db: shop.close_alarm(db, self._me.id, alarm_id)):
            await self.load()


def _customer(customer: Customer) -> None:
    with Tag("div", "row admin-row", role="listitem"):
        with Tag("div", "admin-who"):
            Tag("span", "admin-name", customer.email)
            Tag("span", "row-note", " · ".join(filter(None, [customer.plan, customer.status])))
        with Tag("div", "admin-facts"):
            if customer.disputed:
                Tag("span", "badge badge-bad", _("Disputed"))
            if customer.debt:
                Tag("span", "badge badge-bad", _("owes {credits}", credits=i18n.credits(customer.debt)))
