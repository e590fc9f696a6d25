"""Everything that depends on NiceGUI's internals.

tests/ui/test_compat.py covers each function and fails when a new version of NiceGUI works differently.
"""

import asyncio
import copy
import logging
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from types import MethodType
from typing import Any, Protocol
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from fastapi import Request, Response
from markupsafe import Markup
from nicegui import App, Client, app, context, core, helpers, nicegui, ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.slot import Slot
from socketio.exceptions import ConnectionRefusedError as Refused
from starlette.types import ASGIApp

log = logging.getLogger(__name__)

_ask = helpers.expects_arguments
_answers: WeakKeyDictionary[Callable[..., Any], bool] = WeakKeyDictionary()


def expects_arguments(func: Callable[..., Any]) -> bool:
    """NiceGUI's function, cached for methods by their underlying function."""
    if not isinstance(func, MethodType):
        return _ask(func)
    answer = _answers.get(func.__func__)
    if answer is None:
        answer = _answers[func.__func__] = _ask(func)
    return answer


def remember_signatures() -> None:
    """Save a third of the time to draw a page.

    For each element NiceGUI inspects the signature of its `update` three times, to call it when classes, style or
    props change. The answer is the same for every element of a class: here it is computed once.
    """
    helpers.expects_arguments = expects_arguments


def free_at_once() -> None:
    """Free a deleted element without a collection of all that there is, which holds up everybody meanwhile.

    Its classes, style and props each hold a method of their own, and so themselves, until nobody listens to them. What
    an element of ours holds of the kind, its `free` lets go.
    """
    delete = ui.element._handle_delete

    def delete_and_free(element: ui.element) -> None:
        delete(element)
        for changing in (element._classes, element._style, element._props):
            changing._change_handlers.clear()
        if free := getattr(element, "free", None):
            free()

    ui.element._handle_delete = delete_and_free  # type: ignore[method-assign, assignment]


class PlainElement(TextElement):
    """An element created with its tag, classes, text and attributes at once, which saves an update for each."""

    def __init__(self, tag: str, classes: list[str], text: str, attributes: dict[str, Any]) -> None:
        super().__init__(tag=tag, text=text)
        self._text = text or None  # an empty one would be a node in the browser
        self._classes.extend(classes)
        self._props.update(attributes)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        """What NiceGUI's simulated user sees, including the text of HTML."""
        seen: list[Any] = super()._displayed_contents(only_visible=only_visible)
        shown = (self.props.get(name) for name in ("innerHTML", "html"))
        return [*seen, *(Markup(text).striptags() for text in shown if text)]  # noqa: S704 - only its words are taken


def is_drawing() -> bool:
    """Whether this code runs for a page, so that there is a `context.client`."""
    return bool(Slot.get_stack())


def page_request() -> Request | None:
    """The request that the page of this code answers; None for a page that was made without one."""
    try:
        return context.client.request
    except RuntimeError:
        return None


def change_page(**values: object) -> None:
    """Override values of `@ui.page` for this page alone: `language`, `dark`, `favicon`, `viewport`."""
    page = copy.copy(context.client.page)
    for name, value in values.items():
        setattr(page, name, value)
    context.client.page = page


def draw_page(request: Request, status: int, draw: Callable[[], None]) -> Response:
    """A page as the answer to a request that no `@ui.page` has answered."""
    with Client(ui.page(""), request=request) as client:
        draw()
    return client.build_response(request, status)


def is_page(request: Request) -> bool:
    """Whether a `@ui.page` has begun to answer this request; NiceGUI then handles its errors."""
    return bool(request.scope.get("nicegui_page_path"))


def pages() -> list[Client]:
    """All open pages of this process that a request has asked for, the oldest first."""
    return [client for client in Client.instances.values() if client._request is not None]


def has_run(page: Client) -> bool:
    """Whether the page's script has ever run, in a browser that may have lost its connection since."""
    return page._pinned_tab_id is not None


def drop(page: Client) -> None:
    """Close a page now, and not once more when its browser has been away for long enough."""
    for task in page._delete_tasks.values():
        task.cancel()
    page.delete()


def quiet_loading_bar() -> None:
    """Keep Quasar's loading bar away from the page's own requests: an upload shows its own progress."""
    app.config.quasar_config["loadingBar"]["skipHijack"] = True


def leave_unlogged(expected: Callable[[BaseException], bool]) -> None:
    """NiceGUI logs whatever a handler of a page raises; not what is `expected`, which is no fault of the app's."""
    logging.getLogger("nicegui").addFilter(
        lambda record: not (record.exc_info and record.exc_info[1] and expected(record.exc_info[1]))
    )


def put_first(app: App, middleware: Callable[[ASGIApp], ASGIApp]) -> None:
    """Put a middleware before all others, even those that NiceGUI adds when it starts."""

    def build() -> ASGIApp:
        return middleware(type(app).build_middleware_stack(app))

    app.build_middleware_stack = build  # type: ignore[method-assign]


# ------------------------------------------------------------------------------------------------ what pages send


class SocketRules(Protocol):
    """Whose sockets and events are taken: ui/sockets.py."""

    def may_open(self, scope: MutableMapping[str, Any], others: Iterable[MutableMapping[str, Any]]) -> bool:
        """Whether a socket may be opened, beside all others that are; each with the ASGI scope of its request."""

    def is_theirs(self, client: Client, session: Mapping[str, Any]) -> bool:
        """Whether a socket with that session belongs to whoever has loaded the page."""

    async def may_act(self, client: Client) -> bool:
        """Whether the page is still its visitor's, asked before every event."""

    def note(self, client: Client, message: Mapping[str, Any]) -> None:
        """A page wants something in our log."""


REFUSED = "Implicit handshake failed"
"""What NiceGUI's script answers by loading the page anew."""
ANOTHERS = "Another visitor's"
"""What our own script answers so (ui/layout.js), unless the page is on its way to another one."""
WITHOUT_SESSION = "No session"
"""What it does not answer: a browser that keeps no cookies would load the page for ever."""
CONNECTED = "adsvideo.connected"
MALFORMED = (AttributeError, IndexError, KeyError, TypeError, ValueError)
_turns: WeakKeyDictionary[Client, asyncio.Lock] = WeakKeyDictionary()


def guard_sockets(rules: SocketRules) -> None:
    """Put `rules` before all that NiceGUI takes from sockets.

    NiceGUI obeys whoever knows a page's and an element's id, and sends a page's updates to whoever knows the page's.
    Here a socket joins only the page that its own session has loaded, and is heard only for a page that it has joined.
    """

    def check(message: Mapping[str, Any], environ: Mapping[str, Any]) -> None:
        client = Client.instances.get(message["client_id"])
        session = environ["asgi.scope"].get("session")
        if client and not (session and rules.is_theirs(client, session)):
            raise Refused(ANOTHERS if session else WITHOUT_SESSION)

    async def connect(sid: str, *_what_a_page_may_have_made_up: Any) -> None:
        environ = core.sio.get_environ(sid) or {}
        if environ.get(CONNECTED) == sid:
            return  # an event of that name, which a page has made up
        environ[CONNECTED] = sid
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        try:
            if query.get("implicit_handshake") == "true":
                check(query, environ)
                await nicegui._on_connect(sid, environ)
        except MALFORMED:
            raise Refused(REFUSED) from None

    async def handshake(sid: str, message: Any = None, *_more: Any) -> bool:
        try:
            check(message, core.sio.get_environ(sid) or {})
            return bool(await nicegui._on_handshake(sid, message))
        except (Refused, *MALFORMED):
            return False

    async def event(sid: str, message: Any = None, *_more: Any) -> None:
        if client := joined(sid, message):
            async with _turns.setdefault(client, asyncio.Lock()):  # what was done first is done first
                if await rules.may_act(client):
                    obey(nicegui._on_event, sid, message)

    async def note(sid: str, message: Any = None, *_more: Any) -> None:
        if client := joined(sid, message):
            rules.note(client, message)

    async def answer(sid: str, message: Any = None, *_more: Any) -> None:
        if joined(sid, message):
            obey(nicegui._on_javascript_response, sid, message)

    async def acknowledge(sid: str, message: Any = None, *_more: Any) -> None:
        if joined(sid, message):
            obey(nicegui._on_ack, sid, message)

    async def opened(engine_sid: str, environ: dict[str, Any]) -> bool | None:
        """Before any packet of a new connection is read."""
        others = [other["asgi.scope"] for other in core.sio.environ.values()]
        if not rules.may_open(environ["asgi.scope"], others):
            return False
        answer: bool | None = await core.sio._handle_eio_connect(engine_sid, environ)
        return answer

    core.sio.eio.on("connect", opened)
    for name, handler in {
        "connect": connect,
        "handshake": handshake,
        "event": event,
        "log": note,
        "javascript_response": answer,
        "ack": acknowledge,
    }.items():
        core.sio.on(name, handler)


def joined(sid: str, message: Any) -> Client | None:
    """The page that a message is for, if the socket it came from has joined it."""
    client_id = message.get("client_id") if isinstance(message, dict) else None
    room = core.sio.manager.rooms.get("/", {}).get(client_id, {}) if isinstance(client_id, str) else {}
    return Client.instances.get(str(client_id)) if sid in room else None


def obey(handler: Callable[[str, dict[str, Any]], None], sid: str, message: dict[str, Any]) -> None:
    """NiceGUI's own handler; what it can't make sense of is no error of ours."""
    try:
        handler(sid, message)
    except MALFORMED as error:
        log.info("a page sent what is no message: %s", type(error).__name__)
