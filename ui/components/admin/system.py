"""The health of the system: queue, workers, models' servers and ledger."""

import asyncio

from redis.exceptions import RedisError

from core.admin import deeds
from core.catalog import availability, entries
from core.database.session import reading
from core.models import User
from core.ops.provider_costs import Cost
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
            Tag("h2", "account-title", _("What providers took"))
            self._costs = Tag("div", "rows", aria_label=_("What providers took"))

    async def load(self) -> None:
        """Check everything and draw the cards."""
        async with reading() as db:
            backlog = await deeds.backlog(db, self._me.id)
            costs = await deeds.costs(db, self._me.id)
        waiting, worker = await _queue()
        offers = await availability.offers()
        self._cards.clear()
        with self._cards:
            self._backlog_cards(backlog)
            _card(
                _("Queue"),
                "–" if waiting is None else i18n.number(waiting),
                _("Redis does not answer.") if waiting is None else _("Jobs in Redis"),
                bad=waiting is None,
            )
            seen = _("Seen in the last seconds") if worker else _("No worker is there: nothing is made.")
            _card(_("Worker"), _("Working") if worker else _("Not working"), seen, bad=not worker)
            _ledger_card(backlog.wrong_balances)
        self._models.clear()
        with self._models:
            for offer in offers:
                _model_row(offer)
        self._costs.put("role", "list" if costs else None)
        self._costs.clear()
        with self._costs:
            for cost in costs:
                _cost_row(cost)
            if not costs:
                Tag("p", "page-note", _("Nothing yet: no provider has billed a video, and no price is known."))

    def _backlog_cards(self, backlog: deeds.Backlog) -> None:
        pending, running = (backlog.by_status.get(status, 0) for status in ("pending", "processing"))
        _card(_("On their way"), i18n.number(pending + running), _("{pending} waiting, {running} running",
              pending=i18n.number(pending), running=i18n.number(running)))  # fmt: skip
        late = backlog.oldest_due_seconds
        word = _("Behind its time") if late > LATE_SECONDS else _("Nothing waits longer")
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
        _card(_("Ledger"), _("Balanced"), _("Every balance is the sum of its lines."))
        return
    people = ", ".join(f"#{user_id}" for user_id in wrong[:5])
    text = _("Balances that are not the sum of their lines: {people}", people=people)
    _card(_("Ledger"), i18n.n_("{n} wrong", "{n} wrong", len(wrong)), text, bad=True)


def _model_row(offer: availability.Offer) -> None:
    with Tag("div", "row admin-row", role="listitem"):
        with Tag("div", "admin-who"):
            Tag("span", "admin-name", localized(offer.model.label))
            Tag("span", "row-note", _how(offer))
        if offer.model.provider_cost is not None:
            Tag("span", "row-note", _("provider: {usd} per second", usd=formats.usd(offer.model.provider_cost)))
        state_dot(offer.state)


def _how(offer: availability.Offer) -> str:
    """Why it can't be used, and what sets it right; else its id."""
    why, server = i18n.sentence(offer.state.reason), offer.model.server
    if not server.configured and server.missing:
        return _("{why}: set {variable} and start AdsVideo anew.", why=why, variable=server.missing)
    return why or offer.model.id


def _cost_row(cost: Cost) -> None:
    """A model's month: how many videos, what they took, and what of it came to nothing."""
    model = entries.models().get(cost.model)
    videos = i18n.n_("{n} video", "{n} videos", cost.videos)
    with Tag("div", "row admin-row", role="listitem"):
        with Tag("div", "admin-who"):
            Tag("span", "admin-name", localized(model.label) if model else cost.model)
            Tag("span", "row-note", f"{formats.month(cost.month)} · {videos}")
        if cost.lost:
            lost = _("{usd} of it for videos that failed", usd=formats.usd(cost.lost))
            Tag("span", "row-note row-bad", lost)
        Tag("span", "admin-name", formats.usd(cost.usd))
