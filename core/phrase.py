"""A sentence for people as an English template and values, which a page translates into its visitor's language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, init=False)
class Phrase:
    """`Phrase("its server does not offer {model}", model="sora-2")`; `str()` is the English.

    A value may be a phrase itself, or a tuple of values, joined by commas. Any other value is a name or a number and is
    not translated. `uv run python -m ui.locale.update` finds the literal templates in all calls.
    """

    template: str
    values: Mapping[str, object]

    def __init__(self, template: str, /, **values: object) -> None:
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return self.translated(str)

    def translated(self, translate: Callable[[str], str]) -> str:
        """The sentence; `translate` is called with each template before its values are filled in."""
        template = translate(self.template) if self.template else ""
        if not self.values:
            return template
        return template.format(**{name: _said(value, translate) for name, value in self.values.items()})


def _said(value: object, translate: Callable[[str], str]) -> object:
    if isinstance(value, Phrase):
        return value.translated(translate)
    if isinstance(value, tuple):
        return AND.translated(translate).join(str(_said(part, translate)) for part in value)
    return value


AND = Phrase(", ")
"""Between the values of a list."""
