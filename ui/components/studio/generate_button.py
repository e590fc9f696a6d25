"""Generate, with its price inside, the reason why it can't be done above, and the progress along its lower edge."""

from core.models import User

from ... import formats, i18n, page_state
from ...i18n import _
from ...kit.elements import Click, Tag, link
from ..video.current_video import CurrentVideo
from ..video.words import budget_left
from .draft import Draft

PRESSED = "(e) => { const b = e.currentTarget; if (b.disabled) return; b.disabled = true; emit(); }"


class GenerateButton(Tag):
    """Disabled at once by the browser when pressed; `release` makes it pressable again."""

    def __init__(self, user: User | None, draft: Draft, current: CurrentVideo, press: Click) -> None:
        super().__init__("div", "generate")
        self._draft, self._current = draft, current
        self._state = page_state.of(user) if user else None
        with self:
            self._problem = Tag("div", "problem generate-problem", role="alert")
            with Tag("button", "generate-button", type="button", data_testid="generate") as self._button:
                self._bar = Tag("span", "generate-bar", aria_hidden="true", hidden=True)
        self._button.mark("generate").on("click", lambda _: press(), [], js_handler=PRESSED)
        draft.changed.subscribe(self._draw)
        current.changed.subscribe(self._draw)
        current.moved.subscribe(self._move)
        if self._state:
            self._state.changed.subscribe(self._tell_balance)
        self._draw()

    def complain(self, sentence: str, *, login: bool = False) -> None:
        """Say why it can't be done; an empty sentence takes it back."""
        if not sentence and not self._problem.default_slot.children:
            return
        self._problem.clear()
        if sentence:
            with self._problem:
                Tag("span", "", sentence, symbol="circle-alert")
                if login:
                    link(_("Login"), "/auth/login", look="link")

    def release(self) -> None:
        """End the browser's own disabling after a press; the page's own stays."""
        disabled = "true" if self._current.is_active else "false"
        self.client.run_javascript(f"const b = getHtmlElement({self._button.id}); if (b) b.disabled = {disabled};")

    def _draw(self) -> None:
        running = self._current.is_active
        self._button.text = (
            _("Generating…") if running else _("Generate · {credits}", credits=i18n.credits(self._draft.price))
        )
        self._button.put("disabled", running)
        self._bar.put("hidden", not running)
        self._tell_balance()
        self._move()

    def _tell_balance(self) -> None:
        user = self._state.user if self._state else None
        left = user.credits - self._draft.price if user else -1
        enough = left >= 0 and not self._current.is_active
        self._button.put("title", self._leaves(left) if enough else None)

    def _leaves(self, left: int) -> str:
        """What is left afterwards of the credits, and of the month's budget if there is one."""
        words = _("Leaves you {credits}", credits=i18n.credits(left))
        budget = self._state.budget if self._state else None
        if budget is None:
            return words
        after = budget.left - self._draft.price
        if after < 0:
            day = formats.day(budget.resets_at)
            return _("Over this month's budget, which is full again on {day}", day=day)
        return f"{words} · {budget_left(budget, after)}"

    def _move(self) -> None:
        if self._current.is_active:
            progress = self._current.progress
            self._bar.put("data_unknown", True if progress is None else None)
            self._bar.style(f"--done: {(progress or 0) / 100:.3f}")
