"""Everything that depends on NiceGUI's internals.

tests/ui/test_compat.py covers each function and fails when a new version of NiceGUI works differently.
"""

import asyncio
import copy
import logging
from collections.abc import Callable, Iterable, Mapping, MutableMapping
from pathlib import Path
from types import MethodType
from typing import Any, Protocol
from urllib.parse import parse_qsl
from weakref import WeakKeyDictionary

from fastapi import Request, Response
from markupsafe import Markup
from nicegui import App, Client, app, context, core, helpers, nicegui, ui
from nicegui.client import templates
from nicegui.elements.mixins.text_element import TextElement
from nicegui.outbox import Outbox
from nicegui.slot import Slot
from nicegui.version import __version__ as nicegui_version
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


# ------------------------------------------------------------------------------------------------ what pages load

LEAN = {"q-layout", "q-page-container", "q-page", "q-dialog", "q-menu", "q-toggle", "nicegui-dialog", "nicegui-timer"}
"""NiceGUI's elements that static/nicegui/runtime.js draws."""
LEAN_PAGES = {
    *("/", "/account", "/admin", "/ads", "/ads/{ad_id:int}", "/batch", "/batch/{batch_id:int}", "/docs", "/docs/v1"),
    *("/gallery", "/library", "/login", "/pricing", "/pricing/paid", "/v/{slug}"),
    *("/videos/{video_id:int}", "/videos/{video_id:int}/edit"),
}
"""Those that we have looked at with the lean files. Any other, and one that begins with another element, gets all."""
LANGUAGES = {"en-US", "zh-CN"}
_STATIC = '"{{ prefix | safe }}/_nicegui/{{version}}/static'


def _is_drawn(element: ui.element) -> bool:
    """Whether the browser itself, our script or the lean runtime draws it."""
    return element.tag in LEAN or not element.tag.startswith(("q-", "nicegui-"))


def is_lean(page: Client) -> bool:
    """Whether a page that has been built needs no more than the lean files."""
    speaks = (page.page.resolve_language() or "en-US") in LANGUAGES
    return page.page.path in LEAN_PAGES and speaks and all(map(_is_drawn, page.elements.values()))


def made_of(script: Path) -> str:
    """The version of NiceGUI that make.py has made the lean files of."""
    return script.read_text()[:100].partition("NiceGUI ")[2].partition(",")[0]


def serve_lean(version: str, runtime: str, client: str, styles: str) -> None:
    """Let our pages load these in place of NiceGUI's scripts, Vue, Quasar, their styles, fonts, language and DOMPurify.

    That is 100 kB instead of 310, and a quarter of the script to be read (ui/static/nicegui/make.py). With another
    `version` of NiceGUI than they are made of, all pages load its own.
    """
    if version != nicegui_version:
        log.warning("NiceGUI is %s, so pages load all of it; of %s they load a third.", nicegui_version, version)
        return
    loader: Any = templates.env.loader
    read, build, send = loader.get_source, Client.build_response, Outbox.enqueue_update

    def get_source(environment: Any, name: str) -> tuple[str, *tuple[Any, ...]]:
        source, *rest = read(environment, name)
        return lean_template(source, runtime, client, styles) if name == "index.html" else source, *rest

    def build_response(self: Client, request: Request, status_code: int = 200) -> Response:
        request.state.lean = is_lean(self)
        if request.state.lean:
            self.outbox._loaded_components |= {"dialog", "timer"}
            self.outbox.is_lean = True  # type: ignore[attr-defined]
        return build(self, request, status_code)

    def enqueue_update(self: Outbox, element: ui.element) -> None:
        """Say at once what would stay invisible."""
        if getattr(self, "is_lean", False) and not _is_drawn(element):
            raise RuntimeError(f"This page can't draw {element.tag}: take its path out of LEAN_PAGES (ui/compat.py).")
        send(self, element)

    loader.get_source = get_source
    Client.build_response = build_response  # type: ignore[method-assign]
    Outbox.enqueue_update = enqueue_update  # type: ignore[method-assign]


def lean_template(source: str, runtime: str, client: str, styles: str) -> str:
    """NiceGUI's template of a page, which loads these if the request is for a lean page."""
    script = "<script defer src="
    ahead = f'<link rel="modulepreload" href="{runtime}"><link rel="preload" href="{client}" as="script">'
    for first, last, ours in (
        (f"@import url({_STATIC}/fonts.css", '/nicegui.css") layer(nicegui);', f'@import url("{styles}");'),
        ("{{ imports | safe }}", "", f'{{"vue": "{runtime}", "dompurify": "{runtime}"}}'),
        ("{% for url in js_imports_urls %}", "{% endfor %}", ahead),
        (f"{script}{_STATIC}/socket.io", "</script>", ""),
        (f"{{% if prod_js %}}\n    {script}{_STATIC}/quasar.umd", "{% endif %}", ""),
        (f"{script}{_STATIC}/nicegui.js", "</script>", f'{script}"{client}"></script>'),
        (f"{script}{_STATIC}/lang/", "</script>", ""),
        ("{{ js_imports | safe }}", "", ""),
    ):
        if source.count(first) != 1:
            raise RuntimeError(f"NiceGUI's page has changed: {first}")
        start = source.index(first)
        end = source.index(last, start + len(first)) + len(last)
        either = f"{{% if request.state.lean %}}{ours}{{% else %}}{source[start:end]}{{% endif %}}"
        source = source[:start] + either + source[end:]
    return source


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
