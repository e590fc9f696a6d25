"""`/account`: the ledger line by line, API keys, and the way out everywhere."""

from functools import partial

from nicegui import ui

from core.billing import shop
from core.models import User

from .. import layout, social_access
from ..components.account.api_keys import Keys
from ..components.account.ledger import Ledger
from ..components.account.own_data import own_data
from ..components.account.public_name import public_name
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
        with Tag("div", "account"):
            await Ledger(visitor).load()
            with Tag("div", "account-side"):
                if shop.is_open():
                    await Purchases(visitor).load()
                if social_access.is_on():
                    public_name(visitor)
                await Keys(visitor).load()
                await Webhooks(visitor).load()
                _sessions(visitor)
                own_data(visitor)


def _sessions(user: User) -> None:
    with Tag("section", "account-part"):
        Tag("h2", "account-title", _("Sessions"))
        Tag("p", "page-note", _("Ends the session of every browser that is logged in as you, this one included."))
        button(_("Sign out everywhere"), partial(sign_out_everywhere, user), symbol="log-out")
