"""Trim and join: the clips in their row, and what is chosen of the one that is worked on."""

from functools import partial

from core.edits.fields import MAX_CLIPS
from core.models import Picture, Video

from ...i18n import _
from ...kit.elements import Tag, button, icon_button
from . import changes, fields, moments
from .add_dialog import AddDialog
from .project import Body, Project, Shot

SPEEDS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)


def draw(project: Project) -> None:
    """The list of clips, then the chosen one."""
    with Tag("ol", "edit-list", aria_label=_("Clips")):
        for at, shot in enumerate(project.shots):
            _row(project, at, shot)
    if len(project.shots) < MAX_CLIPS:
        button(
            _("Add a clip or picture"), partial(_add, project), symbol="plus", data_field="add",
            aria_haspopup="dialog",
        )  # fmt: skip
    shot = project.shots[project.chosen if project.part == "clips" else 0]
    at = project.shots.index(shot)
    Tag("h3", "edit-subtitle", _("Clip {n}", n=at + 1))
    _video(project, at, shot) if isinstance(shot.source, Video) else _picture(project, at, shot)
    if at:
        words = {"cut": _("Cut"), "dissolve": _("Dissolve"), "fade": _("Through black"), "slide": _("Slide")}
        fields.choices(_("How it comes in"), words, shot.clip.get("transition", "cut"),
                       lambda key: _set(project, at, "transition", key))  # fmt: skip
    with Tag("div", "edit-actions"):
        fields.at_playhead(_("Split at the playhead"), lambda at: changes.apply(project, {"what": "split", "at": at}),
                           symbol="scissors")  # fmt: skip


def _row(project: Project, at: int, shot: Shot) -> None:
    chosen = project.part == "clips" and project.chosen == at
    with Tag("li", "edit-row", aria_current=chosen):
        with Tag("button", "edit-row-main", type="button", data_field=f"clip.{at}") as main:
            source = shot.source
            address = f"videos/{source.id}/poster" if isinstance(source, Video) else f"images/{source.id}/content"
            Tag("img", "edit-thumb", src=f"/api/v1/{address}", alt="", loading="lazy")
            with Tag("span", "edit-row-words"):
                Tag("span", "edit-row-name", name_of(source))
                Tag("span", "edit-note", moments.written(shot.seconds))
        main.on_click(lambda: project.choose("clips", at))
        _arrow(project, at, at - 1, "chevron-up", _("Earlier")).put("disabled", at == 0)
        _arrow(project, at, at + 1, "chevron-down", _("Later")).put("disabled", at == len(project.shots) - 1)
        if len(project.shots) > 1:
            remove = partial(changes.remove, project, "clips", at)
            icon_button("trash-2", _("Remove clip {n}", n=at + 1), remove, look="small", data_field=f"drop.{at}")


def _arrow(project: Project, at: int, to: int, symbol: str, label: str) -> Tag:
    move = partial(changes.move, project, at, to)
    return icon_button(symbol, label, move, look="small", data_field=f"{symbol}.{to}")


def name_of(source: Video | Picture) -> str:
    """A clip's name: its own, its prompt, or that it is a picture."""
    if isinstance(source, Picture):
        return _("Picture")
    return source.title or source.prompt or _("Video")


def _video(project: Project, at: int, shot: Shot) -> None:
    own = shot.own or 0.0
    with Tag("div", "form-pair"):
        fields.moment(_("From"), shot.clip.get("start", 0.0), lambda s: changes.trim(project, at, s, None))
        fields.moment(_("To"), shot.clip.get("end") or own, lambda s: changes.trim(project, at, None, s))
    speeds = {f"{speed:g}": f"{speed:g}x" for speed in sorted({*SPEEDS, shot.speed})}
    with Tag("div", "form-pair"):
        fields.pick(_("Speed"), speeds, f"{shot.speed:g}", lambda key: _set(project, at, "speed", float(key)))
        fields.switch(_("Mute"), shot.clip.get("mute", False), lambda on: _set(project, at, "mute", on, typed=True))
    with Tag("div", "edit-actions"):
        mark = partial(changes.apply, project)
        fields.at_playhead(_("Start here"), lambda at: mark({"what": "mark", "side": "start", "at": at}))
        fields.at_playhead(_("End here"), lambda at: mark({"what": "mark", "side": "end", "at": at}))


def _picture(project: Project, at: int, shot: Shot) -> None:
    fields.moment(_("Length"), shot.seconds, lambda seconds: changes.trim(project, at, 0.0, seconds))


def _set(project: Project, at: int, name: str, value: object, *, typed: bool = False) -> None:
    project.change(f"clips.{at}.{name}", lambda body: body["clips"][at].update({name: value}), typed=typed)


def _add(project: Project) -> None:
    def take(chosen: Video | Picture) -> None:
        clip: Body = {"video_id": chosen.id} if isinstance(chosen, Video) else {"image_id": chosen.id, "seconds": 2.0}
        project.chosen = len(project.listed("clips"))
        project.part = "clips"
        project.change("clips", lambda body: body["clips"].append({**clip, "transition": "cut"}))

    AddDialog(project, _("Add a clip or picture"), take, with_videos=True)
