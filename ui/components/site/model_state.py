"""Whether a model can be used, as the menu, the prices and the administration show it: a word, its dot, the reason."""

from core.catalog.asking import State

from ...i18n import _
from ...kit.elements import Tag

LOOKS = {"ready": "good", "no_key": "warn", "retired": "idle", "unreachable": "bad"}


def state_word(state: State) -> str:
    """A model's state in a word. A server that answers, and has no such model, is not unreachable."""
    if not state.is_offered:
        return _("not offered")
    words = {"ready": _("ready"), "no_key": _("no key"), "retired": _("retired"), "unreachable": _("unreachable")}
    return words[state.name]


def state_look(state: State) -> str:
    """The class of its dot."""
    return f"state state-{LOOKS[state.name] if state.is_offered else 'warn'}"


def state_dot(state: State) -> Tag:
    """A coloured dot with the word beside it, so that colour is never the only sign."""
    return Tag("span", state_look(state), state_word(state))
