"""What hands do on the stage and the timeline, as changes of the edit. What comes from a browser is checked here."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from core.models import Video

from .project import Body, Project, Shot

LEAST_SECONDS = 0.1
Deed = Callable[[Project, Mapping[str, Any]], None]


def number(told: Mapping[str, Any], name: str, usual: float = 0.0) -> float:
    """A number of seconds or a share, rounded to what an edit holds."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return usual
    return round(float(value), 3)


def place(told: Mapping[str, Any], name: str = "number") -> int:
    """A place in a list; -1 is none."""
    value = told.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else -1


def apply(project: Project, told: object) -> None:
    """Do what the browser tells; nonsense changes nothing."""
    if isinstance(told, dict) and (deed := DEEDS.get(str(told.get("what")))):
        deed(project, told)


def _entry(project: Project, part: str, told: Mapping[str, Any]) -> int | None:
    at = place(told)
    return at if 0 <= at < len(project.listed(part)) else None


def _choose(project: Project, told: Mapping[str, Any]) -> None:
    part = str(told.get("part"))
    tools = {"clips": "trim", "texts": "text", "captions": "captions", "music": "music", "card": "card"}
    if part in ("music", "card"):
        project.choose(project.part, project.chosen, tools[part])  # type: ignore[arg-type]
    elif part in tools and (at := _entry(project, part, told)) is not None:
        keeps = part == "clips" and project.tool in ("format", "lock")
        project.choose(part, at, None if keeps else tools[part])  # type: ignore[arg-type]


def _trim(project: Project, told: Mapping[str, Any]) -> None:
    if (at := _entry(project, "clips", told)) is not None:
        trim(project, at, told.get("start"), told.get("end"))


def trim(project: Project, at: int, start: object, end: object) -> None:
    """Let the clip begin and end at these seconds of its video; what is no number stays as it is."""
    clip = project.body["clips"][at]
    source = project.shelf.source(clip)
    if not isinstance(source, Video):
        if isinstance(end, int | float):
            begun = start if isinstance(start, int | float) else 0.0
            seconds = round(min(max(float(end) - begun, 0.2), 60.0), 3)
            project.change(f"clips.{at}.seconds", lambda body: body["clips"][at].update(seconds=seconds))
        return
    own = source.duration or 0.0
    first = number({"start": start}, "start", clip.get("start", 0.0))
    last = number({"end": end}, "end", clip.get("end") or own)
    first = min(max(first, 0.0), own - LEAST_SECONDS)
    last = max(min(last, own), first + LEAST_SECONDS)

    def change(body: Body) -> None:
        body["clips"][at]["start"] = round(first, 3)
        body["clips"][at]["end"] = round(last, 3) if last < own - 0.001 else None

    project.change(f"clips.{at}.trim", change)


def _move(project: Project, told: Mapping[str, Any]) -> None:
    at, to = _entry(project, "clips", told), place(told, "to")
    if at is not None and 0 <= to < len(project.listed("clips")):
        move(project, at, to)


def move(project: Project, at: int, to: int) -> None:
    """Put a clip at another place in the row."""
    project.chosen = to
    project.change("clips", lambda body: body["clips"].insert(to, body["clips"].pop(at)))


def _put(project: Project, told: Mapping[str, Any]) -> None:
    """A text is moved by hand."""
    if (at := _entry(project, "texts", told)) is not None:
        x, y = (min(max(number(told, axis, 0.5), 0.0), 1.0) for axis in ("x", "y"))
        project.choose("texts", at, "text")
        project.change(f"texts.{at}.place", lambda body: body["texts"][at].update(x=x, y=y))


def _times(project: Project, told: Mapping[str, Any]) -> None:
    """A text or a caption is moved along the timeline, or made longer or shorter."""
    part = str(told.get("part"))
    if part not in ("texts", "captions") or (at := _entry(project, part, told)) is None:
        return
    start = min(max(number(told, "start"), 0.0), project.seconds - LEAST_SECONDS)
    end = max(number(told, "end", start + 1), start + LEAST_SECONDS)
    set_times(project, part, at, start, end)


def set_times(project: Project, part: str, at: int, start: float, end: float | None) -> None:
    """When a text or a caption is seen."""
    start, end = round(start, 3), None if end is None else round(end, 3)

    def change(body: Body) -> None:
        entries = body["texts"] if part == "texts" else body["captions"]["lines"]
        entries[at].update(start=start, end=end)

    project.change(f"{part}.{at}.times", change)


def _crop(project: Project, told: Mapping[str, Any]) -> None:
    if (at := _entry(project, "clips", told)) is not None:
        values = {axis: min(max(number(told, axis, 0.5), 0.0), 1.0) for axis in ("x", "y")}
        frame(project, at, **values)


def frame(project: Project, at: int, **values: Any) -> None:
    """Fit a clip otherwise: some fields of its framing."""

    def change(body: Body) -> None:
        framing = body["clips"][at].get("framing") or {"mode": "crop"}
        body["clips"][at]["framing"] = {**framing, **values}

    project.change(f"clips.{at}.framing", change, typed="zoom" in values or "color" in values)


def _mark(project: Project, told: Mapping[str, Any]) -> None:
    """I and O: what is chosen begins or ends at the playhead."""
    at, side = number(told, "at"), str(told.get("side"))
    if project.tool in ("captions", "text") and (entries := project.listed(project.part)):
        chosen = entries[project.chosen]
        start, end = chosen.get("start", 0.0), chosen.get("end")
        start, end = (at, end) if side == "start" else (start, at)
        if end is None or end > start:
            set_times(project, project.part, project.chosen, start, end)
        return
    found = under(project, at)
    if found and isinstance(found[1].source, Video):
        source = found[1].clip.get("start", 0.0) + (at - found[1].first) * found[1].speed
        trim(project, found[0], source if side == "start" else None, source if side == "end" else None)


def under(project: Project, at: float) -> tuple[int, Shot] | None:
    """The clip that is seen then, with its place."""
    for n, shot in reversed(list(enumerate(project.shots))):
        if shot.first <= at < shot.first + shot.seconds:
            return n, shot
    return None


def _split(project: Project, told: Mapping[str, Any]) -> None:
    """One clip becomes two at the playhead."""
    at = number(told, "at")
    found = under(project, at)
    if found is None or not LEAST_SECONDS < at - found[1].first < found[1].seconds - LEAST_SECONDS:
        return
    number_, shot = found
    cut = {"transition": "cut"}
    if isinstance(shot.source, Video):
        moment = round(shot.clip.get("start", 0.0) + (at - shot.first) * shot.speed, 3)
        first, second = {**shot.clip, "end": moment}, {**shot.clip, "start": moment, **cut}
    else:
        first = {**shot.clip, "seconds": round(at - shot.first, 3)}
        second = {**shot.clip, "seconds": round(shot.seconds - (at - shot.first), 3), **cut}
    project.chosen = number_ + 1
    project.change("clips", lambda body: body["clips"].__setitem__(slice(number_, number_ + 1), [first, second]))


def remove(project: Project, part: str, at: int) -> None:
    """Take an entry away; the last clip stays."""
    if part == "clips" and len(project.listed("clips")) == 1:
        return

    def change(body: Body) -> None:
        entries = body["captions"]["lines"] if part == "captions" else body[part]
        entries.pop(at)

    project.change(part, change)


def _remove(project: Project, told: Mapping[str, Any]) -> None:
    if project.listed(project.part):
        remove(project, project.part, project.chosen)


DEEDS: dict[str, Deed] = {
    "choose": _choose,
    "trim": _trim,
    "move": _move,
    "put": _put,
    "times": _times,
    "crop": _crop,
    "mark": _mark,
    "split": _split,
    "remove": _remove,
    "undo": lambda project, told: project.undo(),
    "redo": lambda project, told: project.redo(),
}
