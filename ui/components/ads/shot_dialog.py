"""One shot of the storyboard: its picture, move, words, length, way in and model."""

from functools import partial
from typing import get_args

from markupsafe import Markup

from core.ads.storyboard import LONGEST_SHOT, SHORTEST_SHOT
from core.edits.fields import Transition

from ... import formats
from ...i18n import _
from ...kit.choices import Choices, option
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button
from ...kit.form import Line, choice, field
from ...kit.toast import toast
from ..studio.prompt_field import move_titles
from ..video.words import localized
from .draft import AdDraft

IMAGE = Markup('<img src="/api/v1/images/{}/content" alt="" loading="lazy">')


def _transitions() -> dict[str, str]:
    words = {"cut": _("Cut"), "dissolve": _("Dissolve"), "fade": _("Through black"), "slide": _("Slide")}
    return {name: words[name] for name in get_args(Transition)}


async def shot_dialog(draft: AdDraft, position: int) -> None:
    """Open it; Apply puts what was changed into the draft."""
    board = draft.board()
    if board is None or not 0 <= position < len(board.shots):
        return
    shot, chosen = board.shots[position], [board.shots[position].image_id]
    dialog = Dialog(_("Shot {n}", n=position + 1))
    with dialog.body:

        def choose(key: str) -> None:
            chosen[0] = int(key)
            tiles.mark_chosen(key)

        tiles = Choices("pictures-tiles", "aria-pressed", choose, role="group", aria_label=_("Picture"))
        tiles.show(
            {str(n): option("tile", str(n), IMAGE.format(n), aria_label=_("Picture")) for n in draft.choices.pictures}
        )
        tiles.mark_chosen(str(shot.image_id))
        words = field(_("Words"), shot.words)
        with Tag("div", "form-pair"):
            move = choice(_("Move"), move_titles(), shot.move or "still")
            seconds = field(_("Seconds"), f"{shot.seconds:g}")
        with Tag("div", "form-pair"):
            transition = choice(_("Comes in by"), _transitions(), shot.transition)
            place = choice(_("Words stand"), {"headline": _("At the top"), "foot": _("At the bottom")}, shot.place)
        models = {
            "": _("The ad’s model"),
            **{o.model.id: localized(o.model.label) for o in draft.offers if o.state.name == "ready"},
        }
        model = choice(
            _("Model"), models, shot.model if shot.model in models and shot.model != draft.choices.model else ""
        )
        prompt = field(_("Prompt"), shot.prompt)
        lines = (words, move, seconds, transition, place, model, prompt)
        with Tag("div", "dialog-actions"):
            if position:
                button(
                    _("Earlier"),
                    partial(_move, dialog, draft, position, position - 1),
                    symbol="chevron-left",
                    look="small",
                )
            if position + 1 < len(board.shots):
                button(
                    _("Later"),
                    partial(_move, dialog, draft, position, position + 1),
                    symbol="chevron-right",
                    look="small",
                )
            if len(board.shots) > 1:
                button(_("Remove"), partial(_move, dialog, draft, position, None), symbol="trash-2", look="small")
            button(_("Apply"), partial(_apply, dialog, draft, position, lines, chosen), look="accent")


def _move(dialog: Dialog, draft: AdDraft, position: int, to: int | None) -> None:
    dialog.close()
    draft.move_shot(position, to)


def _apply(dialog: Dialog, draft: AdDraft, position: int, lines: tuple[Line, ...], chosen: list[int]) -> None:
    words, move, seconds, transition, place, model, prompt = (line.value.strip() for line in lines)
    try:
        length = float(seconds.replace(",", "."))
    except ValueError:
        length = 0.0
    if not SHORTEST_SHOT <= length <= LONGEST_SHOT:
        least, most = formats.seconds(SHORTEST_SHOT), formats.seconds(LONGEST_SHOT)
        toast(_("A shot lasts from {least} to {most}.", least=least, most=most), "bad")
        return
    values = {
        "image_id": chosen[0],
        "words": words,
        "move": move,
        "seconds": length,
        "transition": transition,
        "place": place,
    }
    if prompt:
        values["prompt"] = prompt[:500]
    dialog.close()
    draft.change_shot(position, **values, **({"model": model} if model else {}))
