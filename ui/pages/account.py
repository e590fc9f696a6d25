"""`/account`: the ledger line by line, API keys, and the way out everywhere."""

from functools import partial

from nicegui import ui

from core.billing import shop

from .. import layout
from ..components.account.api_keys import Keys
from ..components.account.ledger import Ledger
from ..components.account.own_data import own_data
from ..components.account.webhooks import Webhooks
from ..components.shop.plan import Purchases
from ..components.site.notice import log_in_first
from ..i18n import _
from ..kit.elements import Tag, button, page_head
from ..session import Visitor, sign_out_everywhere


@ui.page("/account", response_timeout=layout.BUILD_SECONDS)
async def account(visitor: Visitor) -> None:
    """The account page: balance, ledger, API keys, webhooks and data."""
    with layout.frame(visitor, _("Account"), "account"):
        page_head(_("Account"), visitor.email if visitor else "")
        if visitor is None:
            log_in_first()
            return
        await Ledger(visitor).load()
        if shop.is_open():
            await Purchases(visitor).load()
        await Keys(visitor).load()
        await Webhooks(visitor).load()
        with Tag("section", "account-part"):
            Tag("h2", "account-title", _("Sessions"))
            Tag("p", "page-note", _("Ends the session of every browser that is logged in as you, this one included."))
            button(_("Sign out everywhere"), partial(sign_out_everywhere, visitor), look="danger", symbol="log-out")
        own_data(visitor)
