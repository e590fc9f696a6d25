"""`/account`: the ledger line by line, API keys, and the way out everywhere."""

from functools import partial

from fastapi import Request
from nicegui import ui

from .. import layout
from ..components.account.api_keys import Keys
from ..components.account.ledger import Ledger
from ..components.account.own_data import own_data
from ..components.account.webhooks import Webhooks
from ..components.site.notice import notice
from ..i18n import _
from ..kit.elements import Tag, button
from ..session import Visitor, sign_out_everywhere


@ui.page("/account", response_timeout=layout.BUILD_SECONDS)
async def account(request: Request, visitor: Visitor) -> None:
    """What I have, where it went, and who may act for me."""
    layout.speak(request)
    with layout.frame(request, visitor, _("Account"), "account"):
        with Tag("div", "page-head"), Tag("div"):
            Tag("h1", "page-title", _("Account"))
            if visitor:
                Tag("p", "page-note", visitor.email)
        if visitor is None:
            way_in = "/auth/login?next=/account"
            notice(_("You are not logged in"), _("Please log in first."), _("Login"), way_in)
            return
        await Ledger(visitor).load()
        await Keys(visitor).load()
        await Webhooks(visitor).load()
        with Tag("section", "account-part"):
            Tag("h2", "account-title", _("Sessions"))
            Tag("p", "page-note", _("Ends the session of every browser that is logged in as you, this one included."))
            button(_("Sign out everywhere"), partial(sign_out_everywhere, visitor), look="danger", symbol="log-out")
        own_data(visitor)
