"""Music: ours by mood, one's own, and how loud it is."""

from functools import partial
from typing import Any

from nicegui import events

from core.database.session import reading
from core.edits import audio, music
from core.errors import NotFound

from ... import formats, i18n
from ...i18n import _
from ...kit.elements import Tag, button
from ...kit.toast import toast
from . import fields
from .project import Project

TYPES = ".mp3,.m4a,.wav,.ogg,.opus,.flac,.aac,audio/*"


def moods() -> dict[str, str]:
    """The moods of our tracks."""
    return {"calm": _("Calm"), "energetic": _("Energetic"), "happy": _("Happy"), "nostalgic": _("Nostalgic"),
            "tender": _("Tender")}  # fmt: skip


def draw(project: Project) -> None:
    """How it is played, once there is some; then the tracks."""
    chosen = project.body.get("music") or {}
    if chosen:
        _settings(project, chosen)
    with Tag("label", "button", _("Your own music"), symbol="upload"):
        word = _("Your own music")
        file = Tag("input", "sr-only", type="file", accept=TYPES, aria_label=word, data_sends="/api/v1/audio")
        file.on("sent", partial(_sent, project), ["detail"])
        file.on("unsent", _unsent, ["detail"])
    with Tag("div", "edit-tracks", role="list", aria_label=_("Music")):
        for row in project.shelf.music.values():
            about = formats.clock(row.seconds)
            _track(project, {"audio_id": row.id}, (row.name, about), f"/api/v1/audio/{row.id}/content")
        for track in music.TRACKS:
            about = f"{moods()[track.mood]} · {track.bpm} bpm · {formats.clock(track.seconds)}"
            _track(project, {"track": track.id}, (track.title, about), f"/api/v1/music/{track.id}/content")
    Tag("p", "edit-note", _("Our tracks are free to use in your videos (MIT licence)."))


def _settings(project: Project, chosen: dict[str, Any]) -> None:
    def put(name: str, value: object) -> None:
        project.change(f"music.{name}", lambda body: body["music"].update({name: value}), typed=True)

    fields.slider(_("Volume"), chosen.get("volume", 1.0), (0.0, 2.0, 0.05), partial(put, "volume"))
    with Tag("div", "form-pair"):
        fade_out = partial(put, "fade_out")
        fields.slider(_("Fade out"), chosen.get("fade_out", 1.0), (0.0, 10.0, 0.5), fade_out, formats.seconds(""))
        fields.moment(_("Begin at"), chosen.get("start", 0.0), partial(put, "start"))
    fields.switch(_("Quieter under the clip's own sound"), chosen.get("duck", False), partial(put, "duck"))
    clear = partial(project.change, "music", lambda body: body.update(music=None))
    button(_("No music"), clear, look="small", symbol="x", data_field="none")


def _track(project: Project, which: dict[str, Any], words: tuple[str, str], source: str) -> None:
    key, value = next(iter(which.items()))
    is_on = (project.body.get("music") or {}).get(key) == value
    name, about = words
    with Tag("div", "edit-track", role="listitem"):
        label = _("Listen to {name}", name=name)
        Tag("button", "icon-button icon-button-small edit-listen", symbol="play", type="button", aria_label=label,
            title=label, data_listen=source)  # fmt: skip
        with Tag("button", "edit-track-main", type="button", aria_pressed=is_on, data_field=f"{key}.{value}") as main:
            Tag("span", "edit-row-name", name)
            Tag("span", "edit-note", about)
        main.on_click(partial(_take, project, which))


def _take(project: Project, which: dict[str, Any]) -> None:
    kept = {k: v for k, v in (project.body.get("music") or {}).items() if k in ("volume", "fade_out", "duck")}
    music = {"volume": 1.0, "fade_out": 1.0, "duck": False, **kept, **which}
    project.change("music", lambda body: body.update(music=music))


async def _sent(project: Project, event: events.GenericEventArguments) -> None:
    """The browser says so; whose music it really is, the database knows."""
    number = (event.args.get("detail") or {}).get("id")
    if not isinstance(number, int):
        return
    try:
        async with reading() as db:
            row = await audio.owned(db, project.user.id, number)
    except NotFound:
        return
    project.shelf.music = {row.id: row, **project.shelf.music}
    _take(project, {"audio_id": row.id})


def _unsent(event: events.GenericEventArguments) -> None:
    message = str((event.args.get("detail") or {}).get("message", ""))[:300]
    toast(message or i18n._("The file could not be uploaded. Please check the connection and try again."), "bad")
