"""Captions: typed line by line or from a file, and how they are shown."""

from functools import partial
from typing import Any

from nicegui import events

from core.edits import captions
from core.errors import AdsVideoError

from ... import i18n
from ...i18n import _
from ...kit.elements import Tag, button, icon_button, link
from ...kit.toast import toast
from . import changes, fields
from .project import Body, Project

SHOWN = 60
"""So many lines have fields; a page with thousands of them would not move."""
LINE_SECONDS = 2.0
LANGUAGES = {"en": "English", "zh": "中文", "de": "Deutsch", "fr": "Français", "es": "Español", "it": "Italiano",
             "pt": "Português", "nl": "Nederlands", "pl": "Polski"}  # fmt: skip


def draw(project: Project) -> None:
    """New lines, the lines, then the style of all."""
    lines = project.listed("captions")
    with Tag("div", "edit-actions"):
        fields.at_playhead(_("Add a line"), partial(_add, project), symbol="plus", look="")
        with Tag("label", "button", _("Open .srt or .vtt"), symbol="upload"):
            file = Tag("input", "sr-only", type="file", accept=".srt,.vtt", aria_label=_("Open .srt or .vtt"),
                       data_reads=True)  # fmt: skip
            file.on("read", partial(read, project), ["detail"])
    if not lines:
        Tag("p", "page-note", _("Type what is said, line by line. I and O set a line's start and end at the playhead."))
        return
    with Tag("div", "edit-lines", role="list", aria_label=_("Captions")):
        for at, line in enumerate(lines[:SHOWN]):
            _line(project, at, line)
    if len(lines) > SHOWN:
        Tag("p", "edit-note", _("{n} lines more are in the file and will be shown.", n=len(lines) - SHOWN))
    _style(project)


def _line(project: Project, at: int, line: Body) -> None:
    chosen = project.part == "captions" and project.chosen == at

    def typed(text: str) -> None:
        change = _lines(lambda lines: lines[at].update(text=text))
        project.change(f"captions.{at}.text", change, typed=True)

    with Tag("div", "edit-line", role="listitem", aria_current=chosen):
        fields.line(_("Line {n}", n=at + 1), line["text"], typed, most=captions.MAX_TEXT, rows=2)
        with Tag("div", "edit-line-times"):
            fields.moment(_("From"), line["start"], lambda s: _times(project, at, s, line["end"]))
            fields.moment(_("To"), line["end"], lambda s: _times(project, at, line["start"], s))
            icon_button("trash-2", _("Remove line {n}", n=at + 1), partial(changes.remove, project, "captions", at),
                        look="small", data_field=f"drop.{at}")  # fmt: skip


def _times(project: Project, at: int, start: float, end: float) -> None:
    if end <= start:
        toast(_("A line must end after it starts."), "bad")
    else:
        changes.set_times(project, "captions", at, start, end)


def _lines(change: Any) -> Any:
    def apply(body: Body) -> None:
        change(body["captions"]["lines"])

    return apply


def _add(project: Project, at: float) -> None:
    start = round(min(at, max(project.seconds - 0.5, 0.0)), 2)
    line = {"start": start, "end": round(min(start + LINE_SECONDS, project.seconds), 2), "text": ""}
    lines = sorted([*project.listed("captions"), line], key=lambda line: (line["start"], line["end"]))
    project.part, project.chosen = "captions", lines.index(line)
    project.change("captions", lambda body: body.update(captions={**(body.get("captions") or {}), "lines": lines}))


def read(project: Project, event: events.GenericEventArguments) -> None:
    """A file of captions that the browser has read; lines that begin behind the end are left out."""
    text = event.args.get("detail") if isinstance(event.args, dict) else None
    try:
        cues = captions.read(text if isinstance(text, str) else "")
    except AdsVideoError as error:
        toast(i18n.explain(error), "bad")
        return
    lines = [cue._asdict() for cue in cues if cue.start < project.seconds]
    if not lines:
        toast(_("All lines of this file lie behind the end of the edit."), "bad")
        return
    project.part, project.chosen, project.tool = "captions", 0, "captions"
    project.change("captions", lambda body: body.update(captions={**(body.get("captions") or {}), "lines": lines}))
    said = i18n.n_("{n} line is in the editor.", "{n} lines are in the editor.", len(lines))
    if late := len(cues) - len(lines):
        said += " " + i18n.n_("{n} lies behind the end.", "{n} lie behind the end.", late)
    toast(said, "good")


def _style(project: Project) -> None:
    chosen = project.body["captions"]

    def put(name: str, value: object, *, typed: bool = False) -> None:
        project.change(f"captions.{name}", lambda body: body["captions"].update({name: value}), typed=typed)

    Tag("h3", "edit-subtitle", _("All lines"))
    looks = {"clean": _("Clean"), "box": _("Box"), "bold": _("Bold")}
    fields.choices(_("Style"), looks, chosen.get("style", "clean"), partial(put, "style"))
    places = {"top": _("Top"), "middle": _("Middle"), "bottom": _("Bottom")}
    fields.choices(_("Position"), places, chosen.get("position", "bottom"), partial(put, "position"))
    fields.switch(_("In the picture"), chosen.get("burn", True), lambda on: put("burn", on, typed=True),
                  _("Everybody sees them, wherever it plays."))  # fmt: skip
    fields.switch(_("As a track"), chosen.get("track", True), lambda on: put("track", on, typed=True),
                  _("Players can switch them on and off."))  # fmt: skip
    spoken = chosen.get("language", "en")
    fields.pick(_("Language"), LANGUAGES | {spoken: LANGUAGES.get(spoken, spoken)}, spoken,
                lambda key: put("language", key, typed=True))  # fmt: skip
    if project.video.edit and project.video.edit.get("captions"):
        with Tag("div", "edit-actions"):
            for form in ("srt", "vtt"):
                link(f".{form}", f"/api/v1/videos/{project.video.id}/captions.{form}", look="small", symbol="download",
                     download=f"adsvideo-{project.video.id}.{form}")  # fmt: skip
    button(_("Remove all lines"), partial(_clear, project), look="small", symbol="trash-2")


def _clear(project: Project) -> None:
    project.part, project.chosen = "clips", 0
    project.change("captions", lambda body: body.update(captions=None))
