"""Words in the picture: a name, a price, a note; placed by hand on the stage."""

from functools import partial

from ...i18n import _
from ...kit.elements import Tag, button, icon_button
from . import changes, fields
from .project import Body, Project

USUAL = {"title": (0.5, 0.3), "price": (0.5, 0.5), "note": (0.5, 0.66)}
"""Where a new one stands, as shares of width and height."""
MOST = 20


def roles() -> dict[str, str]:
    """What a text is, by its name in an edit."""
    return {"title": _("Name"), "price": _("Price"), "note": _("Note")}


def draw(project: Project) -> None:
    """New texts, then each with its fields."""
    texts = project.listed("texts")
    if len(texts) < MOST:
        with Tag("div", "edit-actions"):
            for role, word in roles().items():
                fields.at_playhead(word, partial(_add, project, role), symbol="plus", look="")
    if not texts:
        Tag("p", "page-note", _("Drag a text over the picture to place it. It rises softly into place."))
    for at, text in enumerate(texts):
        _text(project, at, text)


def _add(project: Project, role: str, at: float) -> None:
    words = {"title": _("Your product"), "price": "49 €", "note": _("New")}
    x, y = USUAL[role]
    start = round(min(at, max(project.clip_seconds - 1.0, 0.0)), 2)
    text = {"text": words[role], "role": role, "start": start, "end": None, "x": x, "y": y, "color": "#ffffff"}
    project.part, project.chosen = "texts", len(project.listed("texts"))
    project.change("texts", lambda body: body.update(texts=[*(body.get("texts") or ()), text]))


def _text(project: Project, at: int, text: Body) -> None:
    def put(name: str, value: object, *, typed: bool = True) -> None:
        project.change(f"texts.{at}.{name}", lambda body: body["texts"][at].update({name: value}), typed=typed)

    chosen = project.part == "texts" and project.chosen == at
    with Tag("section", "edit-card", aria_current=chosen, aria_label=_("Text {n}", n=at + 1)):
        with Tag("div", "edit-card-head"):
            head = button(roles()[text.get("role", "title")], partial(project.choose, "texts", at), look="quiet")
            head.put("data_field", f"text.{at}")
            Tag("span", "grow")
            remove = partial(changes.remove, project, "texts", at)
            icon_button("trash-2", _("Remove text {n}", n=at + 1), remove, look="small", data_field=f"drop.{at}")
        fields.line(_("Words"), text["text"], partial(put, "text"), most=200, rows=2)
        if not chosen and len(project.listed("texts")) > 1:
            return
        fields.choices(_("Size"), roles(), text.get("role", "title"), lambda key: put("role", key, typed=False))
        start, end = text.get("start", 0.0), text.get("end")
        with Tag("div", "form-pair"):
            fields.moment(_("From"), start, lambda s: _times(project, at, s, end))
            last = project.clip_seconds if end is None else end
            fields.moment(_("To"), last, lambda s: _times(project, at, start, s))
        with Tag("div", "form-pair"):
            fields.slider(_("Across"), text.get("x", 0.5), (0.0, 1.0, 0.01), partial(put, "x"))
            fields.slider(_("Down"), text.get("y", 0.5), (0.0, 1.0, 0.01), partial(put, "y"))
        fields.color(_("Colour"), text.get("color", "#ffffff"), partial(put, "color"))


def _times(project: Project, at: int, start: float, end: float | None) -> None:
    if end is None or end > start:
        changes.set_times(project, "texts", at, start, end)
