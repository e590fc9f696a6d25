"""What we expect of NiceGUI's insides: a version that does otherwise fails here."""

import gc
import inspect
import re
import weakref
from pathlib import Path
from typing import Any

import nicegui.nicegui
import pytest
from markupsafe import Markup
from nicegui import Client, Event, app, core, helpers, ui
from nicegui.testing import User as Visitor
from starlette.types import Receive, Scope, Send

from core.errors import NoAnswer, NoPrompt
from core.phrase import Phrase
from tests.waiting import until
from ui import compat, pieces
from ui.kit.block import Block
from ui.kit.choices import Choices
from ui.kit.elements import Tag, button

NICEGUI = Path(nicegui.__file__).parent


class Pair:
    """Two methods and one that is bound to its class."""

    def alone(self) -> None: ...

    def wants(self, it: Any) -> None: ...

    @classmethod
    def of_all(cls, it: Any) -> None: ...


def test_what_is_remembered_of_methods_is_what_nicegui_finds_out() -> None:
    compat.remember_signatures()
    answers: list[tuple[Any, bool]] = [
        (Pair().alone, False),
        (Pair().wants, True),
        (Pair.of_all, True),
        (lambda: None, False),
    ]
    answers += [(lambda it: None, True), (lambda it=1: None, False)]
    for method, wants in answers * 2:
        assert helpers.expects_arguments(method) is wants


def test_nicegui_asks_us() -> None:
    compat.remember_signatures()
    assert helpers.expects_arguments is compat.expects_arguments
    assert not helpers.expects_arguments(ui.element.update.__get__(object()))
    for module in ("observables", "event", "events"):
        assert "helpers.expects_arguments(" in (NICEGUI / f"{module}.py").read_text()


async def test_a_deleted_element_is_freed_without_a_collection(visitor: Visitor) -> None:
    await visitor.open("/login")
    with visitor:
        element = ui.element("p").classes("a").props("title=t").style("color: red")
    left: list[weakref.ref[object]] = [
        weakref.ref(of) for of in (element, element.classes, element.props, element.style)
    ]
    gc.disable()
    try:
        element.delete()
        del element
        await until(lambda: not any(of() is not None for of in left))  # once the page has been told
    finally:
        gc.enable()


@pytest.mark.usefixtures("me")
@pytest.mark.parametrize("path", ["/", "/library", "/account", "/ads", "/batch"])
async def test_a_closed_page_is_freed_without_a_collection(visitor: Visitor, path: str) -> None:
    await visitor.open(path)
    closed = list(map(weakref.ref, Client.instances.values()))
    gc.disable()
    try:
        visitor.client = None
        for page in list(Client.instances.values()):
            page.delete()
        del page
        await until(lambda: not any(page() is not None for page in closed))
    finally:
        gc.enable()


async def test_what_a_block_runs_does_not_keep_its_page(visitor: Visitor) -> None:
    class Switch(Block):
        def __init__(self) -> None:
            super().__init__("", {"switch": self.switch})

        def switch(self) -> None: ...

    class Picks(Choices):
        def __init__(self) -> None:
            super().__init__("", "aria-checked", self.pick)

        def pick(self, key: str) -> None: ...

    await visitor.open("/login")
    with visitor:
        parts = [Switch(), Picks()]
    left = list(map(weakref.ref, parts))
    gc.disable()
    try:
        while parts:
            parts.pop().delete()
        await until(lambda: not any(of() is not None for of in left))
    finally:
        gc.enable()


async def test_an_element_made_in_one_go_is_as_one_made_step_by_step(visitor: Visitor) -> None:
    await visitor.open("/login")
    with visitor:
        ours = Tag("p", "a b", "Words", symbol="x", title="t", hidden=False, aria_busy=True)
        theirs = ui.element("p").classes("a b has-icon icon-x").props('title=t aria-busy="true"')
        assert (ours.classes, ours.props, ours.tag) == (theirs.classes, theirs.props, theirs.tag)
        assert ours.text == "Words"
        Tag("p", inner=Markup("<b>Only</b> here"))
    await visitor.should_see("Only here")  # what stands inside, too


async def test_a_page_knows_the_request_that_it_answers(visitor: Visitor) -> None:
    await visitor.open("/login")
    with visitor:
        request = compat.page_request()
    assert request
    assert request.url.path == "/login"
    with Client(ui.page("")):
        assert compat.page_request() is None


async def test_what_is_no_fault_of_the_app_is_not_logged(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    def refuse() -> None:
        raise NoPrompt()

    def break_down() -> None:
        raise NoAnswer(Phrase("The storage"))

    await visitor.open("/login")
    with visitor:
        button("Refused", refuse)
        button("Broken", break_down)
    visitor.find("Refused").click()
    visitor.find("Broken").click()
    await until(lambda: {NoPrompt().message, NoAnswer(Phrase("The storage")).message} <= set(visitor.notify.messages))
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [NoAnswer]
    caplog.clear()  # or NiceGUI's own simulation takes what was logged for a failure


async def test_one_page_is_changed_and_no_other(visitor: Visitor) -> None:
    assert not compat.is_drawing()
    client = await visitor.open("/login")
    shared = client.page
    with visitor:
        assert compat.is_drawing()
        compat.change_page(language="zh-CN", dark=True, favicon="<svg/>", viewport="width=1")
    page = client.page
    assert page is not shared
    assert (page.resolve_language(), page.resolve_dark(), page.favicon) == ("zh-CN", True, "<svg/>")
    assert page.resolve_viewport() == "width=1" != shared.resolve_viewport()
    assert {"language", "dark", "favicon", "viewport"} <= set(inspect.signature(ui.page.__init__).parameters)
    assert compat.is_page(client.request)


async def test_a_page_is_drawn_where_there_is_none(visitor: Visitor) -> None:
    answer = await visitor.http_client.get("/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
    script = await visitor.http_client.get("/static/nothing.js")
    assert script.status_code == 404
    assert "<html" not in script.text


async def test_an_event_knows_who_hears_it(visitor: Visitor) -> None:
    """ui/live.py drops those that nobody hears."""
    event: Event[[]] = Event()
    assert not event.callbacks
    await visitor.open("/login")
    with visitor:
        event.subscribe(lambda: None)
    assert len(event.callbacks) == 1


def test_the_loading_bar_is_told_to_leave_requests_alone() -> None:
    compat.quiet_loading_bar()
    assert app.config.quasar_config["loadingBar"]["skipHijack"] is True
    assert "skipHijack" in (NICEGUI / "static" / "quasar.umd.prod.js").read_text()


async def test_what_is_put_first_sees_a_request_before_everything_else(visitor: Visitor) -> None:
    """The app is built: what was put first answers static files without a session, which everything else would add."""
    address = re.search(r'"(/static/app\.css\?v=\w+)"', (await visitor.http_client.get("/login")).text)
    assert address
    for _ in range(2):
        answer = await visitor.http_client.get(address[1])
        assert "set-cookie" not in answer.headers


async def test_putting_first_wraps_what_is_there() -> None:
    seen: list[str] = []

    class First:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope["path"])
            await self.inner(scope, receive, send)

    own = nicegui.App()
    compat.put_first(own, First)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        seen.append(str(message.get("status", "")))

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/none",
        "headers": [],
        "query_string": b"",
        "http_version": "1.1",
    }
    await own(scope, receive, send)
    assert seen[:2] == ["/none", "404"]


def test_the_real_app_is_no_test_to_nicegui_once_the_variable_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """main.py takes it away."""
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "one")
    assert "PYTEST_CURRENT_TEST" in inspect.getsource(helpers.is_pytest)
    assert "gzip_middleware_factory" in inspect.signature(ui.run).parameters


# ------------------------------------------------------------------------------------------------ what pages send


async def test_nothing_comes_from_a_socket_that_is_not_guarded(visitor: Visitor) -> None:
    """tests/e2e/test_sockets.py attacks each of them."""
    await visitor.open("/login")
    handlers = core.sio.handlers["/"]
    guarded = {name for name, handler in handlers.items() if handler.__module__ == compat.__name__}
    assert guarded == {"connect", "handshake", "event", "log", "javascript_response", "ack"}
    assert set(handlers) - guarded == {"disconnect"}
    assert core.sio.eio.handlers["connect"].__module__ == compat.__name__
    assert list(core.sio.handlers) == ["/"]
    assert not core.sio.namespace_handlers


def test_nicegui_takes_what_we_pass_on() -> None:
    theirs = inspect.getsource(nicegui.nicegui)
    for name in ("connect", "handshake", "event", "javascript_response", "ack", "log", "disconnect"):
        assert f"@sio.on('{name}')\n" in theirs
    assert theirs.count("@sio.on(") == 7
    assert "await sio.enter_room(sid, client.id)" in theirs  # what `compat.joined` looks at
    assert "query.get('implicit_handshake', '') == 'true' and not await _on_handshake(sid, query)" in theirs


def test_the_pages_script_loads_it_anew_for_one_reason_and_not_for_the_other() -> None:
    script = (NICEGUI / "static" / "nicegui.js").read_text()
    assert f'err.message == "{compat.REFUSED}"' in script
    assert compat.WITHOUT_SESSION not in script
    assert compat.ANOTHERS not in script
    assert f'error.message === "{compat.ANOTHERS}"' in Path("ui/layout.js").read_text()


# ------------------------------------------------------------------------------------------------ styles and scripts


async def test_the_page_has_what_our_scripts_and_styles_look_for(visitor: Visitor) -> None:
    html = (await visitor.http_client.get("/login")).text
    for name in ("popup", "nicegui-color-scheme", "esm-fallback", "app"):
        assert f'id="{name}"' in html
    script = (NICEGUI / "static" / "nicegui.js").read_text()
    assert "function getHtmlElement(" in script
    assert 'getElementById("popup").ariaHidden = false' in script
    assert html.index('id="boot"') < html.index('id="app"')  # it lies before, so that `:has(~ #app > *)` hides it


@pytest.mark.parametrize("suffix", [".css", ".js"])
def test_every_class_of_theirs_that_we_name_is_there(suffix: str) -> None:
    ours = "\n".join(path.read_text() for path in pieces.paths(suffix))
    named = set(re.findall(r"\.((?:q|nicegui)-[\w-]+)", ours)) | set(re.findall(r'"(q-[\w-]+)"', ours))
    sources = [*(NICEGUI / "static").glob("*.css"), *(NICEGUI / "static").glob("*.prod.js"), *NICEGUI.rglob("*.py")]
    sources += [NICEGUI / "templates" / "index.html", NICEGUI / "static" / "nicegui.js"]
    theirs = "\n".join(path.read_text() for path in sources)
    assert named
    assert {name for name in named if not re.search(rf"{name}(?![\w-])", theirs)} == set()
