"""The prompt: a field that grows, a live counter, camera moves to click into it."""

from markupsafe import Markup

from core import at_once
from core.errors import AdsVideoError, NotSignedIn, PromptTooLong
from core.models import User
from core.pictures import presets
from core.prompts import improve
from core.prompts.camera_moves import MOVES, find_move, toggle_move
from core.videos.request import MAX_PROMPT

from ... import i18n
from ...i18n import _
from ...kit.block import Actions, Block, html, html_button
from ...kit.choices import Choices, option
from ...kit.elements import Tag
from ...kit.text_area import TextArea
from ...kit.toast import toast
from ..video.preset_picture import preset_prompt
from .draft import Draft
from .template_dialog import TemplateDialog

COUNTER_FROM = 450
MAX_TYPED = 2000
"""Characters that the browser lets in; the limit of a prompt is told in words."""
CHIP = Markup('<i class="move-view move-{}" aria-hidden="true"></i>{}')


def move_titles() -> dict[str, str]:
    """Every camera move in the visitor's words."""
    return {
        "push-in": _("Push in"),
        "pull-out": _("Pull out"),
        "pan-left": _("Pan left"),
        "pan-right": _("Pan right"),
        "tilt-up": _("Tilt up"),
        "tilt-down": _("Tilt down"),
        "orbit": _("Orbit"),
        "drift": _("Drift"),
        "still": _("Still"),
    }


class PromptField(Tag):
    """What is written here is the draft's prompt."""

    def __init__(self, user: User | None, draft: Draft) -> None:
        super().__init__("section", "field")
        self._user, self._draft = user, draft
        self._before = ""
        """The visitor's own prompt, once it was improved and until it is taken back."""
        self._is_improving = False
        self._problem = ""
        with self:
            Tag("h2", "sr-only", _("Prompt"))
            with Tag("div", "prompt-box") as self._box:
                self._field = TextArea(
                    draft.choices.prompt, self._typed, label=_("Prompt"), max_length=MAX_TYPED,
                    placeholder=_("What should happen? “Slow push-in, warm light glides over the glass.”"),
                ).mark("prompt")  # fmt: skip
                actions: Actions = {
                    "templates": self._templates, "improve": self._better, "back": self._undo,
                    "preset": self._use_preset,
                }  # fmt: skip
                self._foot = Block("prompt-foot", actions).mark("prompt-foot")
            label = _("Camera moves")
            self._moves = Choices("moves", "aria-pressed", self._toggle, role="group", aria_label=label)
            titles = move_titles()
            self._moves.show({m.name: option("move", m.name, CHIP.format(m.name, titles[m.name])) for m in MOVES})
        draft.changed.subscribe(self._draw)
        self._draw()

    def _toggle(self, name: str) -> None:
        if self._draft.choices.move:  # it came with a video that was asked for elsewhere
            was = self._draft.choices.move
            self._draft.update(move="")
            if was == name:
                return
        move = next(move for move in MOVES if move.name == name)
        before = self._draft.choices.prompt
        after = toggle_move(before, move, chinese=i18n.language() == "zh")
        if after == before and (span := find_move(before, move)):
            toast(_("This move is part of your own sentence: change it there."))
            self._field.select(*span)
            return
        self._draft.update(prompt=after)

    def _typed(self, text: str) -> None:
        if text != self._draft.choices.prompt:
            self._draft.update(prompt=text)

    def _use_preset(self) -> None:
        if preset := self._draft.preset:
            self._draft.update(prompt=preset_prompt(preset))

    async def _templates(self) -> None:
        still = bool(self._draft.model and self._draft.model.server.local)
        await TemplateDialog(self._user, self._draft.choices.prompt, self._take, still=still).fill()

    def _take(self, prompt: str) -> None:
        self._draft.update(prompt=prompt)
        self.focus()

    async def _better(self) -> None:
        """Ask the chat model, and offer the way back."""
        before = self._draft.choices.prompt
        self._is_improving = True
        self._draw_foot()
        try:
            if self._user is None:
                raise NotSignedIn()
            with at_once.IMPROVEMENTS.of(self._user.id):
                better = await improve.improve(before)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        else:
            if self._draft.choices.prompt == before:
                self._before = before
                self._draft.update(prompt=better)
        finally:
            self._is_improving = False
            self._draw_foot()

    def _undo(self) -> None:
        before, self._before = self._before, ""
        self._draft.update(prompt=before)

    def refuse(self, sentence: str) -> None:
        """Mark the field, say what is wrong with it until it is changed, and put the cursor into it."""
        self._problem = sentence
        self._draw_foot()
        self._box.put("data_state", "over")
        self._field.put("aria_invalid", "true")
        self.focus()

    def focus(self) -> None:
        """Put the cursor into the field."""
        self._field.run_method("focus")

    def _draw(self) -> None:
        prompt = self._draft.choices.prompt
        if self._field.value != prompt:
            self._field.write(prompt)
        length = len(prompt.strip())
        too_long = length > MAX_PROMPT
        self._problem = i18n.explain(PromptTooLong(length, MAX_PROMPT)) if too_long else ""
        self._box.put("data_state", "over" if too_long else None)
        self._field.put("aria_invalid", "true" if too_long else None)
        chosen = self._draft.choices.move
        self._moves.mark_chosen(*([chosen] if chosen else (m.name for m in MOVES if find_move(prompt, m))))
        self._draw_foot()

    def _draw_foot(self) -> None:
        prompt, preset = self._draft.choices.prompt, self._draft.preset
        length = len(prompt.strip())
        state = "over" if length > MAX_PROMPT else "near" if length >= COUNTER_FROM else None
        is_its = preset is None or prompt in (preset.prompt, preset.prompt_zh)
        busy = {"disabled": self._is_improving, "data_busy": self._is_improving}
        better = (
            html_button(_("Improve my prompt"), "improve", look="link", symbol="sparkles", **busy),
            html_button(_("Back to mine"), "back", look="link", hidden=not self._before),
        )
        self._foot.show(
            html_button(_("Templates"), "templates", look="link", symbol="layout-template", aria_haspopup="dialog"),
            html("a", "button button-link", _("Many at once"), symbol="images", href="/batch"),
            *(better if improve.is_on() else ()),
            html_button(_("Use its prompt"), "preset", look="link", hidden=is_its),
            html("span", "prompt-problem", self._problem, role="alert"),
            html("span", "prompt-counter", f"{length}/{MAX_PROMPT}", data_state=state),
        )


def is_ours(prompt: str) -> bool:
    """Whether a prompt is empty or one that a preset brought, so that another preset may replace it."""
    return not prompt.strip() or prompt in {words for p in presets.presets() for words in (p.prompt, p.prompt_zh)}
