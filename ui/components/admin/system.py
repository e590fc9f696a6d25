"""The health of the system: queue, workers, models' servers and ledger."""

import asyncio

from redis.exceptions import RedisError

from core.admin import deeds
from core.catalog import availability
from core.database.session import reading
from core.models import User
from core.redis import queue

from ... import formats, i18n
from ...i18n import _
from ...kit.elements import Tag, button
from ..site.model_state import state_dot
from ..video.words import localized

LATE_SECONDS = 60


class System(Tag):
    """A card for each part; what is wrong is red and says so."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me = me
        with self:
            with Tag("div", "account-head"):
                Tag("h2", "account-title", _("Now"))
                button(_("Refresh"), self.load, look="small", symbol="rotate-ccw")
            self._cards = Tag("div", "prices")
            Tag("h2", "account-title", _("Models"))
            self._models = Tag("div", "rows", role="list", aria_label=_("Models"))

    async def load(self) -> None:
        """Check everything and draw the cards."""
        async with reading() as db:
            backlog = await deeds.backlog(db, self._me.id)
        waiting, worker = await _queue()
        offers = await availability.offers()
        self._cards.clear()
        with self._cards:
            self._backlog_cards(backlog)
            _card(
                _("Queue"),
                "–" if waiting is None else i18n.number(waiting),
                _("Redis does not answer.") if waiting is None else _("jobs in Redis"),
                bad=waiting is None,
            )
            seen = _("seen in the last seconds") if worker else _("No worker is there: nothing is made.")
            _card(_("Worker"), _("there") if worker else _("away"), seen, bad=not worker)
            _ledger_card(backlog.wrong_balances)
        self._models.clear()
        with self._models:
            for offer in offers:
                _model_row(offer)

    def _backlog_cards(self, backlog: deeds.Backlog) -> None:
        pending, running = (backlog.by_status.get(status, 0) for status in ("pending", "processing"))
        _card(_("On their way"), i18n.number(pending + running), _("{pending} waiting, {running} running",
              pending=i18n.number(pending), running=i18n.number(running)))  # fmt: skip
        late = backlog.oldest_due_seconds
        word = _("behind its time") if late > LATE_SECONDS else _("nothing waits longer")
        _card(_("Oldest step due"), formats.seconds(round(late)), word, bad=late > LATE_SECONDS)


async def _queue() -> tuple[int | None, bool]:
    try:
        async with asyncio.timeout(3):
            return await queue.waiting(), await queue.has_worker()
    except (RedisError, OSError, TimeoutError):
        return None, False


def _card(title: str, value: str, text: str, *, bad: bool = False) -> None:
    with Tag("div", f"price {'price-bad' if bad else ''}"):
        Tag("span", "price-unit", title)
        Tag("span", "price-number", value)
        Tag("span", "price-line", text, symbol="circle-alert" if bad else "circle-check")


def _ledger_card(wrong: list[int]) -> None:
    if not wrong:
        _card(_("Ledger"), _("balanced"), _("Every balance is the sum of its lines."))
        return
    people = ", ".join(f"#{user_id}" for user_id in wrong[:5])
    text = _("Balances that are not the sum of their lines: {people}", people=people)
    _card(_("Ledger"), i18n.n_("{n} wrong", "{n} wrong", len(wrong)), text, bad=True)


def _model_row(offer: availability.Offer) -> None:
    with Tag("div", "row admin-row", role="listitem"):
        with Tag("div", "admin-who"):
            Tag("span", "admin-name", localized(offer.model.label))
            Tag("span", "row-note", i18n.sentence(offer.state.reason) or offer.model.id)
        state_dot(offer.state)
