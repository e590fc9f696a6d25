"""Format and product lock: the shape of the video, how each clip fills it, the other two shapes, the true packshot."""

from collections.abc import Awaitable, Callable
from functools import partial

from core.edits import product
from core.edits.exports import is_of_camera
from core.edits.fields import SIZES
from core.models import Video

from ...i18n import _
from ...kit.elements import Tag, button
from ...kit.toast import toast
from . import changes, fields, formats
from .project import Project

FITS = ("crop", "pad-blur", "pad-white", "pad-color")


def draw(project: Project, make_others: Callable[[], Awaitable[None]]) -> None:
    """The sizes, the chosen clip's crop or padding, then the other two ratios."""
    now = str(project.size)
    with Tag("div", "edit-formats", role="radiogroup", aria_label=_("Format"), data_roving="move"):
        for size in SIZES:
            _size(project, size, is_on=size == now)
    _framing(project)
    Tag("h3", "edit-subtitle", _("The other two shapes"))
    both = " + ".join(formats.others(project.size))
    Tag("p", "edit-note", _("Makes {sizes} as versions of their own, the product in the middle.", sizes=both))
    button(_("Make the other two"), make_others, symbol="images", look="", data_field="others")


def _size(project: Project, size: str, *, is_on: bool) -> None:
    width, _x, height = size.partition("x")
    tile = Tag("button", "edit-format", type="button", role="radio", aria_checked=is_on, aria_label=size,
               data_rove=True, tabindex="0" if is_on else "-1", data_field=size)  # fmt: skip
    with tile:
        Tag("span", "edit-shape").style(f"aspect-ratio: {width} / {height}")
        Tag("span", "", size)

    tile.on_click(partial(formats.take_size, project, size))


def _framing(project: Project) -> None:
    at = project.chosen if project.part == "clips" else 0
    shot = project.shots[at]
    framing = shot.clip.get("framing") or {}
    own, wanted = formats.own_size(shot.source), project.size
    if own.width * wanted.height == own.height * wanted.width:
        Tag("p", "edit-note", _("Clip {n} has this shape already.", n=at + 1))
        return
    Tag("h3", "edit-subtitle", _("Clip {n}", n=at + 1))
    if isinstance(shot.source, Video) and is_of_camera(shot.source):
        anew = bool(shot.clip.get("anew"))
        fields.switch(_("Rendered anew in this shape"), anew, lambda on: _anew(project, at, on),
                      _("The studio camera makes the clip once more, instead of cutting it."))  # fmt: skip
        if anew:
            return
    words = {"crop": _("Fill"), "pad-blur": _("Blur"), "pad-white": _("White"), "pad-color": _("Colour")}
    mode = framing.get("mode", "crop")
    fields.choices(_("Framing"), words, mode, lambda key: changes.frame(project, at, mode=key))
    if mode == "crop":
        Tag("p", "edit-note", _("Drag the picture on the stage to move it."))
        fields.slider(_("Zoom"), framing.get("zoom", 1.0), (1.0, 4.0, 0.05),
                      lambda zoom: changes.frame(project, at, zoom=zoom), "x")  # fmt: skip

        async def centre() -> None:
            around = await product.place(project.user.id, shot.source)
            if around is None:
                toast(_("No clear product is seen in this clip."), "bad")
                return
            changes.frame(project, at, **product.crop(own, wanted, around))

        button(_("Product in the middle"), centre, symbol="crop", look="small", data_field="centre")
    elif mode == "pad-color":
        colored = framing.get("color", "#000000")
        fields.color(_("Colour"), colored, lambda color: changes.frame(project, at, color=color))


def _anew(project: Project, at: int, on: bool) -> None:
    change = {"anew": True, "framing": None} if on else {"anew": False}
    project.change(f"clips.{at}.anew", lambda body: body["clips"][at].update(change))


def draw_lock(project: Project) -> None:
    """Whether the true picture of the product is to be seen."""
    if not any(isinstance(shot.source, Video) for shot in project.shots):
        Tag("p", "page-note", _("Product lock needs a clip; these are pictures only."))
        return
    Tag("p", "page-note", _("An AI changes letters and edges. Product lock brings your own picture back."))
    now = (project.body.get("lock") or {}).get("mode", "off")
    words = {
        "off": (_("Off"), _("The clip stays as it is.")),
        "end": (_("At the end"), _("The last 1.2 seconds dissolve into the picture that the clip was made from.")),
        "overlay": (
            _("All the time"),
            _("Your product lies over a clip in which it hardly moves, and fades out where it can't follow."),
        ),
    }
    with Tag("div", "edit-locks", role="radiogroup", aria_label=_("Product lock"), data_roving="move"):
        for mode, (word, note) in words.items():
            is_on = mode == now
            option = Tag("button", "edit-lock", type="button", role="radio", aria_checked=is_on, data_rove=True,
                         tabindex="0" if is_on else "-1", data_field=mode)  # fmt: skip
            with option:
                Tag("span", "edit-row-name", word)
                Tag("span", "edit-note", note)
            lock = None if mode == "off" else {"mode": mode}
            option.on_click(partial(_lock, project, lock))
    if now == "overlay":
        Tag("p", "edit-note", _("The player shows it at the end only: Exact frame shows it anywhere."))


def _lock(project: Project, lock: dict[str, str] | None) -> None:
    project.change("lock", lambda body: body.update(lock=lock))
