"""A click that costs: it is sent now or not at all, never later when a lost connection is back."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import events

from ..i18n import _
from .elements import Tag
from .toast import toast

LATE_SECONDS = 20.0
"""A click that took so much longer than the fastest one of its page was kept back on its way."""
PRESSED = "(e) => adsvideo.pay(e.currentTarget, emit)"
HELLO = "() => adsvideo.hello(emit)"


def on_paid_click(element: Tag, action: Callable[[], Awaitable[None] | None]) -> Tag:
    """Call when clicked, and disable the button at once: `adsvideo.release` or a redraw ends that.

    The browser sends with the click when it was, by its own clock. Nobody's clock has to be right: what counts is how
    much longer this click took than the fastest one before. HELLO is such a one, sent as the page begins to listen.
    """
    least: list[float] = []

    def late(sent: Any) -> float:
        """Seconds that the message was kept back; 0 for one that does not say when it was sent."""
        if not isinstance(sent, (int, float)):
            return 0.0
        took = time.time() - sent / 1000
        least[:] = [min([took, *least])]
        return took - least[0]

    async def pressed(event: events.GenericEventArguments) -> None:
        if late(event.args) > LATE_SECONDS:
            least.clear()  # it may as well be the browser's clock that was set
            toast(not_sent(), "bad")
            release(element, disabled=False)
            return
        done = action()
        if done is not None:
            await done

    element.on("click", pressed, js_handler=PRESSED)
    element.on("vnodeMounted", lambda event: late(event.args), js_handler=HELLO)
    return element


def release(element: Tag, *, disabled: bool) -> None:
    """End the browser's own disabling after a click; the page's own stays."""
    element.client.run_javascript(f"adsvideo.release(getHtmlElement({element.id}), {str(disabled).lower()})")


def not_sent() -> str:
    """What is said of a click without a connection."""
    return _("Not sent: there was no connection. Nothing was charged.")
