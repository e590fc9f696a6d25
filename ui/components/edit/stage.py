"""The stage: the player with everything that will lie over it, its buttons, and the timeline below."""

import json

from nicegui import events

from ...i18n import _
from ...kit.elements import Tag, button, icon_button
from . import changes, timeline
from .project import Project
from .view import view


class Stage(Tag):
    """Drawn by the browser from `view`; what hands do there comes back as `edit`."""

    def __init__(self, project: Project) -> None:
        super().__init__("ads-edit", "edit-player", view=view(project), words=json.dumps(_words()))
        self._project = project
        self._heard = self._answered = 0  # turns of the browser: the last that came, and that of the view it has
        self.on("edit", self._edit, ["detail"])
        with self:
            with Tag("div", "edit-stage"), Tag("div", "edit-frame", tabindex="-1"):
                Tag("div", "edit-shots")
                Tag("div", "edit-black")
                Tag("img", "edit-cardimage", alt="", hidden=True)
                Tag("div", "edit-layers")
                Tag("div", "edit-safe", hidden=True)
                Tag("div", "edit-guides")
                Tag("img", "edit-still", alt=_("A frame from the renderer"), hidden=True)
            self._transport()
            timeline.draw()
        project.changed.subscribe(self._show)

    def _transport(self) -> None:
        with Tag("div", "edit-transport"):
            self._tool("play", "play", _("Play (Space)")).classes("edit-play")
            Tag("span", "edit-time", "0:00.00", role="timer", aria_label=_("Time"))
            Tag("span", "grow")
            self._tool("sound", "volume-x", _("Sound on")).put("aria_pressed", False)
            self._tool("safe", "frame", _("What players cover (G)")).put("aria_pressed", False)
            about = _("This frame from the renderer itself")
            still = button(_("Exact frame"), symbol="camera", look="small", data_act="still", title=about)
            still.mark("still")
            Tag("a", "button button-small", _("Save"), symbol="download", data_act="save", hidden=True,
                download="still.png")  # fmt: skip

    def _tool(self, act: str, symbol: str, label: str) -> Tag:
        return icon_button(symbol, label, data_act=act, look="small")

    def _edit(self, event: events.GenericEventArguments) -> None:
        told = event.args.get("detail") if isinstance(event.args, dict) else None
        if isinstance(told, dict):
            self._heard = max(changes.place(told, "turn"), 0)
        changes.apply(self._project, told)
        if self._answered != self._heard:  # it changed nothing
            self._show()

    def _show(self) -> None:
        self._answered = self._heard
        self.put("view", view(self._project, self._heard))


def _words() -> dict[str, str]:
    """What the browser writes by itself."""
    return {
        "begin": _("Start of clip {n}"),
        "end": _("End of clip {n}"),
        "clip": _("Clip {n}, {time}"),
        "text": _("Text: {text}"),
        "placed": _("Text in the picture: {text}"),
        "line": _("Caption: {text}"),
        "card": _("End card"),
        "play": _("Play (Space)"),
        "pause": _("Pause (Space)"),
        "on": _("Sound on"),
        "off": _("Sound off"),
        "drawing": _("The renderer draws this frame…"),
        "failed": _("This frame can't be drawn now."),
    }
