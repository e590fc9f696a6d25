"""Everybody's videos on their way, and those that failed; their prompts and pictures stay their owners' own."""

from functools import partial

from core import admin
from core.database import reading
from core.models import ACTIVE, User, Video

from .. import i18n
from ..i18n import _
from ..kit.dialog import confirm
from ..kit.elements import Tag, button
from ..kit.form import do
from .words import known, reason, state_word

PAGE = 25


class Jobs(Tag):
    """One state at a time, newest first."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me, self._status = me, "processing"
        self._last: int | None = None
        words = {"processing": _("Running"), "pending": _("Waiting"), "failed": _("Failed"), "completed": _("Ready")}
        with self:
            with Tag("div", "account-head"):
                with Tag("div", "chips", role="group", aria_label=_("State")):
                    self._chips = {
                        status: button(word, partial(self._show, status), look="small", aria_pressed=False)
                        for status, word in words.items()
                    }
                button(_("Refresh"), self._anew, look="small", symbol="rotate-ccw")
            self._rows = Tag("div", "rows", role="list", aria_label=_("Jobs"))
            with Tag("div", "more"):
                self._more = button(_("Load more"), self.load, hidden=True)

    async def load(self) -> None:
        """The next page of them."""
        for status, chip in self._chips.items():
            chip.put("aria_pressed", status == self._status)
        async with reading() as db:
            found = await admin.jobs(db, self._status, self._last, PAGE + 1)
        with self._rows:
            for video, email in found[:PAGE]:
                self._row(video, email)
            if not found and self._last is None:
                Tag("p", "page-note", _("There is nothing in this state."), role="listitem")
        self._last = found[:PAGE][-1][0].id if found else self._last
        self._more.put("hidden", len(found) <= PAGE)

    async def _show(self, status: str) -> None:
        self._status = status
        await self._anew()

    async def _anew(self) -> None:
        self._rows.clear()
        self._last = None
        await self.load()

    def _row(self, video: Video, email: str) -> None:
        word, symbol = state_word(video)
        with Tag("div", "row admin-row", role="listitem"):
            with Tag("div", "admin-who"):
                Tag("span", "admin-name", f"#{video.id} · {known(video.label)}")
                Tag("span", "row-note", email)
                if video.status == "failed":
                    Tag("span", "row-note row-bad", reason(video))
                elif video.note and video.status in ACTIVE:
                    Tag("span", "row-note", i18n.sentence(video.note))
            with Tag("div", "admin-facts"):
                Tag("span", f"card-state card-state-{video.status} row-note", word, symbol=symbol)
                Tag("time", "row-note", i18n.ago(video.created_at), title=i18n.exactly(video.created_at))
            if video.status in ACTIVE:
                button(_("Cancel"), partial(self._ask_cancel, video, email), look="small")
            elif video.status == "failed":
                button(_("Make again"), partial(self._retry, video), look="small", title=_("At no charge"))

    async def _retry(self, video: Video) -> None:
        if await do(lambda db: admin.retry(db, self._me.id, video.id), _("It is on its way again, at no charge.")):
            await self._anew()

    def _ask_cancel(self, video: Video, email: str) -> None:
        async def cancel() -> None:
            await do(lambda db: admin.cancel(db, self._me.id, video.id), _("It is being canceled."))
            await self._anew()

        text = _("{who} gets the price back, unless the model has started already.", who=email)
        confirm(_("Cancel video #{id}?", id=video.id), text, _("Cancel the video"), cancel)
