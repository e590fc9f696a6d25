"""Every place where we lean on what NiceGUI does inside, not on what it promises.

tests/ui/test_compat.py holds each of them: it fails when a new version of NiceGUI does otherwise.
"""

import copy
from collections.abc import Callable
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Request, Response
from markupsafe import Markup
from nicegui import App, Client, app, context, helpers, ui
from nicegui.elements.mixins.text_element import TextElement
from nicegui.slot import Slot
from starlette.types import ASGIApp

# ------------------------------------------------------------------------------------------------ what a page costs

_ask = helpers.expects_arguments
_answers: WeakKeyDictionary[Callable[..., Any], bool] = WeakKeyDictionary()


def expects_arguments(func: Callable[..., Any]) -> bool:
    """As NiceGUI's own, remembered for methods: what is bound does not matter, and methods are few."""
    if not isinstance(func, MethodType):
        return _ask(func)
    answer = _answers.get(func.__func__)
    if answer is None:
        answer = _answers[func.__func__] = _ask(func)
    return answer


def remember_signatures() -> None:
    """Spare a third of what drawing a page costs.

    For each element NiceGUI asks `inspect` three times whether that element's own `update` wants an argument, to call
    it when classes, style or props change. The answer is the same for every element: here it is asked once a method.
    """
    helpers.expects_arguments = expects_arguments


class PlainElement(TextElement):
    """An element with a tag, classes, text and attributes, made in one go: each change costs an update of its own."""

    def __init__(self, tag: str, classes: list[str], text: str, attributes: dict[str, Any]) -> None:
        super().__init__(tag=tag, text=text)
        self._classes.extend(classes)
        self._props.update(attributes)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        """What NiceGUI's simulated user sees, the words of `innerHTML` too."""
        seen: list[Any] = super()._displayed_contents(only_visible=only_visible)
        return [*seen, Markup(self.props.get("innerHTML", "")).striptags()]  # noqa: S704 - only its words are taken


# ------------------------------------------------------------------------------------------------ the page itself


def is_drawing() -> bool:
    """Whether this code runs for a page, so that there is a `context.client`."""
    return bool(Slot.get_stack())


def change_page(**values: object) -> None:
    """Other values than `@ui.page` was given, for this page alone: `language`, `dark`, `favicon`, `viewport`."""
    page = copy.copy(context.client.page)
    for name, value in values.items():
        setattr(page, name, value)
    context.client.page = page


def draw_page(request: Request, status: int, draw: Callable[[], None]) -> Response:
    """The answer to a request that no `@ui.page` has answered."""
    with Client(ui.page(""), request=request) as client:
        draw()
    return client.build_response(request, status)


def is_page(request: Request) -> bool:
    """Whether a `@ui.page` has begun to answer this request; then NiceGUI says what went wrong in it."""
    return bool(request.scope.get("nicegui_page_path"))


# ------------------------------------------------------------------------------------------------ the whole app


def quiet_loading_bar() -> None:
    """Quasar's bar leaves requests of the page alone: an upload shows its progress where it was started."""
    app.config.quasar_config["loadingBar"]["skipHijack"] = True


def put_first(app: App, middleware: Callable[[ASGIApp], ASGIApp]) -> None:
    """Before everything, also before what NiceGUI adds when it runs: sessions, tracking, prefixes."""

    def build() -> ASGIApp:
        return middleware(type(app).build_middleware_stack(app))

    app.build_middleware_stack = build  # type: ignore[method-assign]
