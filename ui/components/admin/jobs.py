"""All users' running and failed videos, without their prompts and pictures."""

from functools import partial

from core.admin import deeds
from core.database.session import reading
from core.models import ACTIVE, User, Video

from ... import formats, i18n
from ...i18n import _
from ...kit.dialog import confirm
from ...kit.elements import Tag, button
from ...kit.form import do
from ...kit.moment import moment
from ...kit.paged_list import PagedList
from ..video.words import localized, reason, state_word, waiting_for

PAGE = 25


class Jobs(Tag):
    """One state at a time, newest first."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me, self._status = me, "processing"
        words = {"processing": _("Running"), "pending": _("Waiting"), "failed": _("Failed"), "completed": _("Ready")}
        with self:
            with Tag("div", "account-head"):
                with Tag("div", "chips", role="group", aria_label=_("State")):
                    self._chips = {
                        status: button(word, partial(self._show, status), look="small", aria_pressed=False)
                        for status, word in words.items()
                    }
                button(_("Refresh"), self.load, look="small", symbol="rotate-ccw")
            self._list = PagedList(
                self._page,
                self._row,
                lambda job: job[0].id,
                size=PAGE,
                label=_("Jobs"),
                empty=_("There is nothing in this state."),
            )

    async def load(self) -> None:
        """The first page of them."""
        for status, chip in self._chips.items():
            chip.put("aria_pressed", status == self._status)
        await self._list.reload()

    async def _page(self, before: int | None, limit: int) -> list[tuple[Video, str]]:
        async with reading() as db:
            return await deeds.jobs(db, self._me.id, self._status, before, limit)

    async def _show(self, status: str) -> None:
        self._status = status
        await self.load()

    def _row(self, job: tuple[Video, str]) -> None:
        video, email = job
        word, symbol = state_word(video)
        with Tag("div", "row admin-row", role="listitem"):
            with Tag("div", "admin-who"):
                Tag("span", "admin-name", f"#{video.id} · {localized(video.label)}")
                Tag("span", "row-note", email)
                if video.status == "failed":
                    Tag("span", "row-note row-bad", reason(video))
                    if video.billed_amount:
                        Tag("span", "row-note row-bad", _billed(video))
                elif video.note and video.status in ACTIVE:
                    Tag("span", "row-note", waiting_for(video.note))
            with Tag("div", "admin-facts"):
                Tag("span", f"card-state card-state-{video.status} row-note", word, symbol=symbol)
                moment(video.created_at, "row-note")
            if video.status in ACTIVE:
                button(_("Cancel"), partial(self._ask_cancel, video, email), look="small", aria_haspopup="dialog")
            elif video.status == "failed":
                button(_("Make again"), partial(self._retry, video), look="small", title=_("At no charge"))

    async def _retry(self, video: Video) -> None:
        if await do(lambda db: deeds.retry(db, self._me.id, video.id), _("It is on its way again, at no charge.")):
            await self.load()

    def _ask_cancel(self, video: Video, email: str) -> None:
        async def cancel() -> None:
            await do(lambda db: deeds.cancel(db, self._me.id, video.id), _("It is being canceled."))
            await self.load()

        text = _("{who} gets the price back, unless the model has started already.", who=email)
        confirm(_("Cancel video #{id}?", id=video.id), text, _("Cancel the video"), cancel)


def _billed(video: Video) -> str:
    """What the provider billed for a video that came to nothing, and that was paid back here."""
    amount = f"{i18n.number(video.billed_amount or 0)} {video.billed_unit}"
    if video.provider_usd is not None:
        amount = f"{amount} ({formats.usd(video.provider_usd)})"
    return _("Paid back here, but billed by the provider: {amount}", amount=amount)
