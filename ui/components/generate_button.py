"""Generate, with its price inside, the reason why it can't be done above, and the progress along its lower edge."""

from nicegui import background_tasks

from core import teams, users
from core.database import reading
from core.models import User
from core.progress import News
from core.teams import Budget

from .. import i18n, live
from ..i18n import _
from ..kit.elements import Click, Tag, link
from .current_video import CurrentVideo
from .draft import Draft
from .words import budget_left

PRESSED = "(e) => { const b = e.currentTarget; if (b.disabled) return; b.disabled = true; emit(); }"


class GenerateButton(Tag):
    """Disabled at once by the browser when pressed; `release` makes it pressable again."""

    def __init__(self, user: User | None, draft: Draft, current: CurrentVideo, press: Click) -> None:
        super().__init__("div", "generate")
        self._user, self._draft, self._current = user, draft, current
        self._balance = user.credits if user else None
        self._budget: Budget | None = None
        with self:
            self._problem = Tag("div", "problem generate-problem", role="alert")
            with Tag("button", "generate-button", type="button", data_testid="generate") as self._button:
                self._bar = Tag("span", "generate-bar", aria_hidden="true", hidden=True)
        self._button.mark("generate").on("click", lambda _: press(), [], js_handler=PRESSED)
        draft.changed.subscribe(self._draw)
        current.changed.subscribe(self._draw)
        current.moved.subscribe(self._move)
        if user:
            live.for_user(user.id).subscribe(self._hear)
            background_tasks.create(self._look())
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
        """The press has been dealt with: the browser's own disabling ends, the page's stays."""
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
        left = None if self._balance is None else self._balance - self._draft.price
        enough = left is not None and left >= 0 and not self._current.is_active
        self._button.put("title", self._leaves(left or 0) if enough else None)

    def _leaves(self, left: int) -> str:
        """What is left afterwards of the credits, and of the month's budget if there is one."""
        words = _("Leaves you {credits}", credits=i18n.credits(left))
        if self._budget is None:
            return words
        after = self._budget.left - self._draft.price
        if after < 0:
            day = i18n.day(self._budget.resets_at)
            return _("Over this month's budget, which is full again on {day}", day=day)
        return f"{words} · {budget_left(self._budget, after)}"

    def _move(self) -> None:
        if self._current.is_active:
            progress = self._current.progress
            self._bar.put("data_unknown", True if progress is None else None)
            self._bar.style(f"--done: {(progress or 0) / 100:.3f}")

    async def _hear(self, news: News) -> None:
        """Whatever changed may have cost credits or returned some."""
        if news.status:
            await self._look()

    async def _look(self) -> None:
        if self._user is None:
            return
        async with reading() as db:
            user = await users.get(db, self._user.id)
            self._budget = await teams.budget(db, self._user.id) if user else None
        self._balance = user.credits if user else None
        self._tell_balance()
