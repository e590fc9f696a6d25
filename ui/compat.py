"""Everything that depends on NiceGUI's internals.

tests/ui/test_compat.py covers each function and fails when a new version of NiceGUI works differently.
"""

import copy
import logging
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


class PlainElement(TextElement):
    """An element created with its tag, classes, text and attributes at once, which saves an update for each."""

    def __init__(self, tag: str, classes: list[str], text: str, attributes: dict[str, Any]) -> None:
        super().__init__(tag=tag, text=text)
        self._classes.extend(classes)
        self._props.update(attributes)

    def _displayed_contents(self, *, only_visible: bool) -> list[Any]:
        """What NiceGUI's simulated user sees, including the text of `innerHTML`."""
        seen: list[Any] = super()._displayed_contents(only_visible=only_visible)
        return [*seen, Markup(self.props.get("innerHTML", "")).striptags()]  # noqa: S704 - only its words are taken


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
