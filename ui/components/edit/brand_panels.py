"""The logo in its corner, and the end card."""

from functools import partial

from core.models import Picture, Video

from ... import formats
from ...i18n import _
from ...kit.elements import Tag, button
from . import fields
from .add_dialog import AddDialog
from .project import Project


def draw_logo(project: Project) -> None:
    """The logo: which, where, how large, when."""
    logo = project.body.get("logo")
    if not logo:
        Tag("p", "page-note", _("A logo stands in a corner of every frame. A PNG keeps its transparency."))
        button(
            _("Choose a logo"), partial(_choose_logo, project), symbol="image", look="", data_field="choose",
            aria_haspopup="dialog",
        )  # fmt: skip
        return

    def put(name: str, value: object, *, typed: bool = True) -> None:
        project.change(f"logo.{name}", lambda body: body["logo"].update({name: value}), typed=typed)

    _picture(logo["image_id"], _("Another logo"), partial(_choose_logo, project))
    corners = {"top-left": _("Top left"), "top-right": _("Top right"), "bottom-left": _("Bottom left"),
               "bottom-right": _("Bottom right")}  # fmt: skip
    fields.choices(_("Corner"), corners, logo.get("corner", "top-right"), lambda key: put("corner", key, typed=False))
    fields.slider(_("Width"), logo.get("width", 0.15), (0.05, 0.4, 0.01), partial(put, "width"))
    fields.slider(_("Opacity"), logo.get("opacity", 1.0), (0.05, 1.0, 0.05), partial(put, "opacity"))
    with Tag("div", "form-pair"):
        fields.moment(_("From"), logo.get("start", 0.0), partial(put, "start"))
        fields.moment(_("To"), logo.get("end") or project.clip_seconds, partial(put, "end"))
    clear = partial(project.change, "logo", lambda body: body.update(logo=None))
    button(_("Remove the logo"), clear, look="small", symbol="trash-2")


def _choose_logo(project: Project) -> None:
    def take(picture: Video | Picture) -> None:
        usual = {"corner": "top-right", "width": 0.15}
        project.change("logo", lambda body: body.update(logo={**(body.get("logo") or usual), "image_id": picture.id}))

    AddDialog(project, _("Choose a logo"), take)


def _picture(image_id: int, label: str, choose: partial[None]) -> None:
    with Tag("div", "edit-picture"):
        Tag("img", src=f"/api/v1/images/{image_id}/content", alt="", loading="lazy")
        button(label, choose, look="small", data_field="choose", aria_haspopup="dialog")


def draw_card(project: Project) -> None:
    """The end card: its words, its picture or colour, its length."""
    card = project.body.get("end_card")
    if not card:
        Tag("p", "page-note", _("The video dissolves into a card with your product, its price and what to do next."))
        button(
            _("Add an end card"), partial(_add_card, project), symbol="plus", look="", data_field="choose",
            aria_haspopup="dialog",
        )  # fmt: skip
        return

    def put(name: str, value: object, *, typed: bool = True) -> None:
        project.change(f"end_card.{name}", lambda body: body["end_card"].update({name: value}), typed=typed)

    fields.line(_("Title"), card.get("title", ""), partial(put, "title"), most=80)
    fields.line(_("Subtitle"), card.get("subtitle", ""), partial(put, "subtitle"), most=120)
    with Tag("div", "form-pair"):
        fields.line(_("Price"), card.get("price", ""), partial(put, "price"), most=40)
        fields.line(_("Button"), card.get("button", ""), partial(put, "button"), most=40)
    fields.slider(_("Length"), card.get("seconds", 2.0), (1.0, 5.0, 0.5), partial(put, "seconds"), formats.seconds(""))
    fields.color(_("Background"), card.get("color", "#15171c"), partial(put, "color"))
    choose = partial(_choose_card, project)
    if card.get("image_id"):
        _picture(card["image_id"], _("Another picture"), choose)
        button(_("No picture"), lambda: put("image_id", None, typed=False), look="small", data_field="none")
    else:
        button(_("Choose a picture"), choose, symbol="image", look="small", data_field="choose", aria_haspopup="dialog")
    clear = partial(project.change, "end_card", lambda body: body.update(end_card=None))
    button(_("Remove the end card"), clear, look="small", symbol="trash-2")


def _add_card(project: Project) -> None:
    pictures = [*project.shelf.pictures, project.video.picture_id]
    card = {"seconds": 2.0, "title": project.video.title or _("Your product"), "subtitle": "", "price": "",
            "button": _("Shop now"), "image_id": pictures[-1], "color": "#15171c"}  # fmt: skip
    project.change("end_card", lambda body: body.update(end_card=card))


def _choose_card(project: Project) -> None:
    def take(picture: Video | Picture) -> None:
        project.change("end_card", lambda body: body["end_card"].update(image_id=picture.id))

    AddDialog(project, _("Choose a picture"), take)
