"""Generate, with its price inside, the reason why it can't be done above, and the progress along its lower edge."""

from dataclasses import replace

from core.accounts import users
from core.models import User

from ... import formats, i18n, page_state
from ...i18n import _
from ...kit.block import Block, html, html_button
from ...kit.elements import Click, Tag
from ...kit.paid import on_paid_click, release
from ..video.current_video import CurrentVideo
from ..video.words import budget_left, localized
from .draft import Choices, Draft


class GenerateButton(Tag):
    """Disabled at once by the browser when pressed; `release` makes it pressable again.

    It stays disabled while what was asked for here is being made (`hold`), until the form is changed, and while the
    chosen model can't be used. A video that was asked for elsewhere leaves it alone.
    """

    def __init__(self, user: User | None, draft: Draft, current: CurrentVideo, press: Click) -> None:
        super().__init__("div", "generate")
        self._draft, self._current = draft, current
        self._state = page_state.of(user) if user else None
        self._held: tuple[int, Choices] | None = None
        self._complaint = ""
        self._blocked = ""
        self._bar: Tag | None = None
        with self:
            self._reasons = Block("generate-reasons", {"fallback": self._use_fallback}).mark("reasons")
            self._button = Tag("button", "generate-button", type="button", data_testid="generate")
        on_paid_click(self._button.mark("generate"), press)
        draft.changed.subscribe(self._draw)
        current.changed.subscribe(self._draw)
        current.moved.subscribe(self._move)
        if self._state:
            self._state.changed.subscribe(self._tell_balance)
        self._draw()

    @property
    def is_held(self) -> bool:
        """Whether what is in the form is being made already."""
        video = self._current.video
        if not self._held or not video or not self._current.is_active or self._held[0] != video.id:
            return False
        return not self._draft.edited or self._held[1] == self._draft.choices

    def hold(self) -> None:
        """The current video is what is in the form: not once more while it is being made."""
        if self._current.video:
            self._held = (self._current.video.id, replace(self._draft.choices))
            with self:  # the button that was pressed may be gone
                self._draw()

    def complain(self, sentence: str, way: tuple[str, str] | None = None) -> None:
        """Show why nothing was generated, with the way on: its word and address; an empty sentence hides it."""
        words = html("span", "", sentence, symbol="circle-alert") if sentence else ""
        self._complaint = words + (html("a", "button button-link", way[0], href=way[1]) if way else "")
        self._explain()

    def release(self) -> None:
        """End the browser's own disabling after a press; the page's own stays."""
        release(self._button, disabled=self.is_held or self._draft.blocked is not None)

    def _draw(self) -> None:
        held = self.is_held
        self._button.text = (
            _("Generating…") if held else _("Generate · {credits}", credits=i18n.credits(self._draft.price))
        )
        self._button.put("disabled", held or self._draft.blocked is not None)
        self._explain()
        self._tell_balance()
        self._move()

    def _explain(self) -> None:
        """Why nothing was generated; why the chosen model can't be used, with the ways out."""
        error, other = self._draft.blocked, self._draft.fallback
        blocked, ways = i18n.explain(error) if error else "", []
        if blocked != self._blocked:
            self._blocked, self._complaint = blocked, "" if blocked else self._complaint
        if other:
            name = localized(other.label).partition(" (")[0].partition("（")[0]
            ways.append(html_button(_("Use {model} instead", model=name), "fallback", look="link"))
        user = self._state.user if self._state else None
        if user and users.role(user) == "admin":
            ways.append(html("a", "button button-link", _("Set it up"), href="/admin"))
        why = html("span", "", blocked, *ways, symbol="circle-alert") if blocked else ""
        self._reasons.show(
            html("div", "problem generate-problem", self._complaint, role="alert"),
            html("div", "problem generate-problem", why, role="status"),
        )

    def _use_fallback(self) -> None:
        if other := self._draft.fallback:
            self._draft.update(model=other.id)

    def _tell_balance(self) -> None:
        user = self._state.user if self._state else None
        left = user.credits - self._draft.price if user else -1
        enough = left >= 0 and not self.is_held
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
        if not self.is_held:
            if self._bar:
                self._bar.delete()
            self._bar = None
            return
        if self._bar is None:
            with self._button:
                self._bar = Tag("span", "generate-bar", aria_hidden="true")
        progress = self._current.progress
        self._bar.put("data_unknown", True if progress is None else None)
        self._bar.style(f"--done: {(progress or 0) / 100:.3f}")
