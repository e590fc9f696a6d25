"""`/pricing/paid`: where Stripe sends a buyer back to; the credits are there, whether or not its webhook was."""

from nicegui import context, ui

from core.billing import shop, stripe_events
from core.database.session import reading
from core.errors import NotFound
from core.models import User

from .. import i18n, layout
from ..addresses import inside
from ..components.site.notice import log_in_first, nothing_here
from ..i18n import _
from ..kit.elements import Tag, link
from ..session import Visitor


@ui.page("/pricing/paid", response_timeout=layout.BUILD_SECONDS)
async def paid(visitor: Visitor, session_id: str = "", back: str = "/") -> None:
    """What was bought, the new balance, and the way back to where it was needed."""
    if visitor is None and shop.is_open():
        with layout.frame(None, _("Payment"), "pricing"):
            log_in_first()
        return
    try:
        if visitor is None or not shop.is_open():
            raise NotFound()
        arrived = await stripe_events.confirm(visitor.id, session_id) == "paid"
    except NotFound:
        context.client.status_code = 404
        with layout.frame(visitor, _("Not found")):
            nothing_here(_("There is no such payment."))
        return
    async with reading() as db:
        visitor = await db.get_one(User, visitor.id)
    with layout.frame(visitor, _("Payment"), "pricing"):
        _thanks(visitor, inside(back), arrived=arrived)


def _thanks(user: User, back: str, *, arrived: bool) -> None:
    with Tag("div", "notice"):
        Tag("h1", "notice-title", _("Thank you!") if arrived else _("Your payment is on its way"))
        text = _("You have {credits} now.", credits=i18n.credits(user.credits))
        late = _("Your bank takes some time. The credits are added as soon as the money has arrived.")
        Tag("p", "notice-text", text if arrived else late, data_testid="balance")
        link(_("Go on"), back, look="accent")
        link(_("Receipts and plan"), "/account")
