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
from ...kit.choices import Choices, option
from ...kit.elements import Tag, button, link
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
        with self:
            Tag("h2", "sr-only", _("Prompt"))
            with Tag("div", "prompt-box") as self._box:
                self._field = TextArea(
                    draft.choices.prompt, self._typed, label=_("Prompt"), max_length=MAX_TYPED,
                    placeholder=_("What should happen? “Slow push-in, warm light glides over the glass.”"),
                ).mark("prompt")  # fmt: skip
                with Tag("div", "prompt-foot"):
                    button(_("Templates"), self._templates, look="link", symbol="layout-template")
                    link(_("Many at once"), "/batch", symbol="images", look="link")
                    if improve.is_on():
                        self._improve = button(_("Improve my prompt"), self._better, look="link", symbol="sparkles")
                        self._back = button(_("Back to mine"), self._undo, look="link", hidden=True)
                    self._offer = button(_("Use its prompt"), self._use_preset, look="link", hidden=True)
                    self._problem = Tag("span", "prompt-problem", role="alert")
                    self._counter = Tag("span", "prompt-counter")
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
        self._improve.put("disabled", True)
        self._improve.put("data-busy", True)
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
                self._back.put("hidden", False)
        finally:
            self._improve.put("disabled", None)
            self._improve.put("data-busy", None)

    def _undo(self) -> None:
        self._draft.update(prompt=self._before)
        self._back.put("hidden", True)

    def refuse(self, sentence: str) -> None:
        """Mark the field, say what is wrong with it until it is changed, and put the cursor into it."""
        self._problem.text = sentence
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
        self._counter.text = f"{length}/{MAX_PROMPT}"
        self._counter.put("data_state", "over" if too_long else "near" if length >= COUNTER_FROM else None)
        self._problem.text = i18n.explain(PromptTooLong(length, MAX_PROMPT)) if too_long else ""
        self._box.put("data_state", "over" if too_long else None)
        self._field.put("aria_invalid", "true" if too_long else None)
        chosen = self._draft.choices.move
        self._moves.mark_chosen(*([chosen] if chosen else (m.name for m in MOVES if find_move(prompt, m))))
        preset = self._draft.preset
        self._offer.put("hidden", preset is None or prompt in (preset.prompt, preset.prompt_zh))


def is_ours(prompt: str) -> bool:
    """Whether a prompt is empty or one that a preset brought, so that another preset may replace it."""
    return not prompt.strip() or prompt in {words for p in presets.presets() for words in (p.prompt, p.prompt_zh)}
