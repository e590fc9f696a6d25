"""The editor: a rail of tools, the chosen tool's panel, the stage with its timeline, and the versions."""

import json
from collections.abc import Callable
from functools import partial
from typing import get_args

from nicegui import events

from core.database.session import reading
from core.edits.ask import ask
from core.errors import AdsVideoError
from core.models import User
from core.settings import settings

from ... import i18n
from ...formats import seconds
from ...i18n import _
from ...kit.elements import Tag, button, icon_button
from ...kit.toast import toast
from . import brand_panels, caption_panel, clip_panel, format_panel, formats, music_panel, text_panel
from .loading import editable, shelf_of
from .project import Body, Project, Tool
from .stage import Stage
from .versions import Versions

SYMBOLS = dict(
    zip(get_args(Tool), ("scissors", "captions", "type", "stamp", "clapperboard", "music", "crop", "lock"), strict=True)
)
LONGEST_DRAFT = 400_000


def names() -> dict[Tool, str]:
    """The tools in the order of the rail."""
    return {
        "trim": _("Trim"),
        "captions": _("Captions"),
        "text": _("Text"),
        "logo": _("Logo"),
        "card": _("End card"),
        "music": _("Music"),
        "format": _("Format"),
        "lock": _("Lock"),
    }


PARTS: dict[Tool, str] = {"trim": "clips", "captions": "captions", "text": "texts", "format": "clips"}


class Editor(Tag):
    """Everything on the page."""

    def __init__(self, user: User, project: Project) -> None:
        super().__init__("div", "editor", data_tool=project.tool)
        self._user, self._project = user, project
        self._busy = False
        self._edited = False
        with self:
            self._bar()
            with Tag("div", "edit-columns"):
                self._rail()
                self._panel = Tag("section", "edit-panel", aria_label=_("Tool"), tabindex="-1", data_keeps_focus=True)
                Stage(project)
            self.versions = Versions(user, project.video)
            self._kept = Tag("ads-kept", place=f"edit-{project.video.id}", draft="", hidden=True)
            self._kept.on("kept", self._restore, ["detail"])
        self.on("read", partial(caption_panel.read, project), ["detail"])
        project.changed.subscribe(self._show)
        project.redrawn.subscribe(self._draw)
        self._show()
        self._draw()

    # ------------------------------------------------------------------------------------------------------ the bar

    def _bar(self) -> None:
        project = self._project
        with Tag("div", "edit-bar"):
            Tag("a", "back", _("Video"), symbol="chevron-left", href=f"/videos/{project.video.id}")
            self._undo = icon_button("undo-2", _("Undo (Ctrl+Z)"), project.undo, look="small")
            self._redo = icon_button("redo-2", _("Redo (Ctrl+Shift+Z)"), project.redo, look="small")
            self._saved = Tag("span", "edit-saved", role="status")
            self._reset = button(_("Start over"), self._begin, look="link", data_field="reset")
            Tag("span", "grow")
            self._problem = Tag("p", "edit-problem", role="alert", id="edit-problem")
            self._length = Tag("span", "edit-length")
            price = settings().edit_credits
            cost = i18n.credits(price) if price else _("free")
            word = _("Save as new version")
            self._make = button(f"{word} · {cost}", self.make, look="accent", aria_describedby="edit-problem")
            self._make.mark("make")

    def _rail(self) -> None:
        self._tools: dict[Tool, Tag] = {}
        with Tag("div", "edit-rail", role="tablist", aria_label=_("Tools"), data_roving="choose"):
            for tool, word in names().items():
                tab = Tag("button", "edit-tool", word, symbol=SYMBOLS[tool], type="button", role="tab", data_rove=True)
                self._tools[tool] = tab.on_click(partial(self._open, tool))

    def _open(self, tool: Tool) -> None:
        """Open a tool; on a phone a second click on it closes its sheet."""
        project = self._project
        is_open = tool == project.tool and self.props.get("data-sheet") == "open"
        self.put("data_sheet", None if is_open else "open")
        project.choose(PARTS.get(tool, project.part), project.chosen if PARTS.get(tool) == project.part else 0, tool)

    def _show(self) -> None:
        project = self._project
        self.put("data_tool", project.tool)
        for tool, tab in self._tools.items():
            tab.put("aria_selected", tool == project.tool)
            tab.put("tabindex", "0" if tool == project.tool else "-1")
        self._undo.put("disabled", not project.can_undo)
        self._redo.put("disabled", not project.can_redo)
        error = project.problem()
        self._problem.text = i18n.explain(error) if error else ""
        self._make.put("disabled", error is not None)
        self._length.text = f"{project.size} · {seconds(i18n.number(round(project.seconds, 2)))}"
        body = json.dumps(project.body)
        changed = body != project.begun
        self._reset.put("hidden", not changed)
        if project.can_undo or self._edited:
            self._edited = True
            self._saved.text = _("Draft saved")
            self._kept.put("draft", json.dumps(project.wanted()) if changed else "-")

    def _draw(self) -> None:
        project = self._project
        draw: dict[Tool, Callable[[Project], None]] = {
            "trim": clip_panel.draw,
            "captions": caption_panel.draw,
            "text": text_panel.draw,
            "logo": brand_panels.draw_logo,
            "card": brand_panels.draw_card,
            "music": music_panel.draw,
            "format": partial(format_panel.draw, make_others=self.make_others),
            "lock": format_panel.draw_lock,
        }
        self._panel.clear()
        self._panel.put("aria_label", names()[project.tool])
        with self._panel:
            with Tag("div", "edit-panel-head"):
                Tag("h2", "edit-title", names()[project.tool])
                close = icon_button("x", _("Close"), lambda: self.put("data_sheet", None), look="small")
                close.classes("edit-close")
            draw[project.tool](project)

    # ------------------------------------------------------------------------------------------------- draft, versions

    def _begin(self) -> None:
        """What the page began with; a step back brings the draft."""
        body = json.loads(self._project.begun)
        self._project.change("all", partial(_become, body))

    async def _restore(self, event: events.GenericEventArguments) -> None:
        """The draft that this browser has kept, unless something has been changed already."""
        project = self._project
        text = str(event.args.get("detail"))[:LONGEST_DRAFT]
        if project.can_undo:
            return
        try:
            body = editable(json.loads(text))
        except (AdsVideoError, ValueError):
            return
        async with reading() as db:
            shelf = await shelf_of(db, self._user, body)
        if not all(shelf.source(clip) for clip in body["clips"]):
            return
        shelf.videos = project.shelf.videos | shelf.videos
        shelf.pictures = project.shelf.pictures | shelf.pictures
        project.shelf = shelf
        project.change("draft", partial(_become, body))

    async def make(self) -> None:
        """Make a version of the edit as it is."""
        if await self._ask([self._project.wanted()]):
            toast(_("Your new version is being made. You can go on."), "good")

    async def make_others(self) -> None:
        """Make the edit in the other two ratios."""
        body, size = self._project.wanted(), self._project.size
        if await self._ask([await formats.in_size(self._project, body, other) for other in formats.others(size)]):
            toast(_("Two versions are being made. You can go on."), "good")

    async def _ask(self, bodies: list[dict[str, object]]) -> bool:
        if self._busy:
            return False
        self._busy = True
        try:
            for body in bodies:
                video = await ask(self._user, body)
                self.versions.follow(video)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
            return False
        finally:
            self._busy = False
        return True


def _become(new: Body, old: Body) -> None:
    old.clear()
    old.update(new)
