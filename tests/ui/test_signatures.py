"""What is remembered about methods is what NiceGUI would have found out."""

from typing import Any

from nicegui import helpers, ui

from ui import signatures


class Pair:
    """Two methods and one that is bound to its class."""

    def alone(self) -> None: ...

    def wants(self, it: Any) -> None: ...

    @classmethod
    def of_all(cls, it: Any) -> None: ...


def test_the_answers_are_the_same_the_second_time() -> None:
    signatures.remember()
    for method in (Pair().alone, Pair().wants, Pair.of_all, lambda: None, lambda it: None, lambda it=1: None):
        for _ in range(2):
            assert helpers.expects_arguments(method) == signatures._ask(method)


def test_nicegui_asks_us() -> None:
    signatures.remember()
    assert helpers.expects_arguments is signatures.expects_arguments
    assert not helpers.expects_arguments(ui.element.update.__get__(object()))
