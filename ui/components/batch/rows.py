"""The rows of a batch, one element for all: before they are paid for with a box each, then with their state."""

import json
from collections.abc import Callable

from markupsafe import Markup
from nicegui import events, ui
from sqlmodel.ext.asyncio.session import AsyncSession

from core.batches import batch as batches
from core.batches import csv_rows
from core.batches.ask import ask
from core.batches.batch import Batched, Line
from core.catalog.size import Size
from core.database.session import reading
from core.errors import AdsVideoError
from core.models import ACTIVE, User
from core.pictures import presets
from core.redis.news import News, last_of

from ... import i18n, page_state, theme
from ...i18n import _, n_
from ...kit.choices import Choices, option
from ...kit.elements import Tag, button, link
from ...kit.toast import toast
from ..site.make_button import MakeButton
from ..video.words import reason, state_now, state_word
from .draft import BatchDraft, RowDraft, ratio

RETRY = "(e) => { const b = e.target.closest('[data-retry]'); if (b) { b.disabled = true; emit(b.dataset.retry); } }"
PICKED = Markup(
    '<span class="batch-box" aria-hidden="true"></span>{thumb}<span class="batch-prompt">{prompt}{errors}</span>'
    '<span class="batch-ratio">{ratio}</span><span class="batch-price">{price}</span>'
)
ERROR = Markup('<span class="batch-error">{}</span>')
THUMB = Markup('<img class="batch-thumb" src="{}" alt="" loading="lazy" decoding="async">')
NO_THUMB = Markup('<span class="batch-thumb"></span>')
LINE = Markup(
    '<div class="batch-row" role="listitem" data-row="{position}">{thumb}<span class="batch-prompt">{prompt}</span>'
    '<span class="batch-ratio">{ratio}</span><span class="batch-state">{state}</span>'
    '<span class="batch-price">{price}</span></div>'
)
STATE = Markup('<span class="has-icon icon-{symbol} state-{status}">{word}</span>{more}')
AGAIN = Markup('<button type="button" class="button button-small" data-retry="{}">{}</button>')
OPEN = Markup('<a class="button button-small" href="/videos/{}">{}</a>')


def _thumb(raw: dict[str, object]) -> Markup:
    preset = raw.get("preset")
    if preset in {one.name for one in presets.presets()}:
        return THUMB.format(theme.asset(f"presets/{preset}-192.webp"))
    number = raw.get("image_id")
    return THUMB.format(f"/api/v1/images/{number}/content") if isinstance(number, int) else NO_THUMB


class Picked(Tag):
    """The rows that would be made, each with its box, and what all of them cost."""

    def __init__(self, user: User, draft: BatchDraft, done: Callable[[int], None]) -> None:
        super().__init__("section", "batch", aria_label=_("Rows"))
        self._user, self._draft, self._done = user, draft, done
        self._state = page_state.of(user)
        with self:
            with Tag("div", "board-head"):
                Tag("h2", "ad-step-title", _("Rows"))
                with Tag("div", "ad-actions"):
                    self._facts = Tag("span", "board-facts")
                    self._export = button(_("Save as CSV"), self._save, symbol="download", look="small")
                    self._export.mark("batch-export")
            words = _("Choose pictures and type prompts, or bring a table: the rows appear here.")
            self._empty = Tag("p", "board-empty", words)
            self._rows = Choices("batch-rows", "aria-pressed", self._switch, role="group", aria_label=_("Rows"))
            self._rows.mark("batch-rows")
            self._button = MakeButton(user, self._make, "make-batch")
        draft.changed.subscribe(self._draw)

    def _switch(self, key: str) -> None:
        self._draft.switch(int(key))

    def _draw(self) -> None:
        self._button.complain(None)
        rows, wanted = self._draft.rows, self._draft.wanted
        self._empty.put("hidden", bool(rows))
        self._export.put("hidden", not wanted)
        self._rows.show({str(n): self._row(n, row) for n, row in enumerate(rows[:1000])})
        self._rows.mark_chosen(*(str(n) for n, row in enumerate(rows) if self._draft.is_on(n, row)))
        wrong = sum(bool(row.errors) for row in rows)
        facts = [n_("{n} row", "{n} rows", len(rows))] if rows else []
        facts += [n_("{n} with mistakes", "{n} with mistakes", wrong)] if wrong else []
        self._facts.text = " · ".join(facts)
        price = sum(map(self._draft.cost, wanted))
        videos = n_("Make {n} video", "Make {n} videos", len(wanted))
        text = f"{videos} · {i18n.credits(price)}" if wanted else _("Make them all")
        self._button.show(text, price, disabled=not wanted)

    def _save(self) -> None:
        """The rows that would be made, as a table that can be brought back."""
        ui.download.content(csv_rows.of_rows(self._draft.wanted, self._draft.names), "batch.csv", "text/csv")

    def _row(self, number: int, row: RowDraft) -> Markup:
        errors = Markup().join(ERROR.format(error) for error in row.errors)
        inner = PICKED.format(
            thumb=_thumb(row.raw),
            prompt=row.raw.get("prompt", ""),
            errors=errors,
            ratio=ratio(row.raw),
            price=i18n.credits(self._draft.cost(row.raw)),
        )
        return option("batch-row batch-row-wrong" if row.errors else "batch-row", str(number), inner)

    async def _make(self) -> None:
        names = {number: name.rpartition(".")[0] or name for number, name in self._draft.names.items()}
        batch = await ask(self._user, self._draft.wanted, names=names or None)
        self._done(batch.id)


class Followed(Tag):
    """A batch on its own page. Its rows are one element, whose parts are changed in the browser as news comes."""

    def __init__(self, user: User, batched: Batched) -> None:
        super().__init__("div", "batch")
        self._user, self._batched = user, batched
        self._news: dict[int, News] = {}
        with self:
            with Tag("div", "board-head"):
                self._summary = Tag("p", "shot-state", role="status").mark("batch-summary")
                with Tag("div", "ad-actions"):
                    number = batched.batch.id
                    self._retry = button(_("Retry all failed"), self._retry_all, symbol="rotate-ccw", look="small")
                    self._zip = link(
                        _("Download all"), f"/api/v1/batches/{number}/zip", symbol="download", look="small"
                    )
                    link(_("In the library"), f"/library?batch={number}", symbol="film", look="small")
            self._rows = Tag("div", "batch-rows", role="list", aria_label=_("Rows")).mark("batch-lines")
            self._rows.on("click", self._retry_one, js_handler=RETRY)
        page_state.of(user).follow(self._hear, self._read, self._show)

    async def draw(self) -> None:
        """Draw it as it is now."""
        self._news = await last_of([line.video.id for line in self._batched.lines if line.video.status in ACTIVE])
        self._rows.props["innerHTML"] = Markup().join(map(self._line, self._batched.lines))
        self._summarize()

    def _hear(self, news: News) -> bool:
        if news.status == "refresh":
            return True
        line = next((one for one in self._batched.lines if one.video.id == news.video_id), None)
        if line is None:
            return False
        if not news.status:
            self._news[news.video_id] = news
            self._patch([line])
        return bool(news.status)

    async def _read(self, db: AsyncSession, _news: News) -> Batched:
        return await batches.owned(db, self._user.id, self._batched.batch.id)

    async def _show(self, batched: Batched) -> None:
        before = {line.position: (line.video.id, line.video.status) for line in self._batched.lines}
        self._batched = batched
        self._patch([one for one in batched.lines if before.get(one.position) != (one.video.id, one.video.status)])
        self._summarize()

    def _patch(self, lines: list[Line]) -> None:
        if lines:
            states = {line.position: str(self._state(line)) for line in lines}
            self.client.run_javascript(f"adsvideo.rows(getHtmlElement({self._rows.id}), {json.dumps(states)})")

    def _summarize(self) -> None:
        counts, lines = self._batched.counts, self._batched.lines
        parts = [_("{done} of {all} ready", done=counts["completed"], all=len(lines))]
        if counts["failed"]:
            parts.append(n_("{n} failed", "{n} failed", counts["failed"]))
        back = sum(line.video.cost_credits for line in self._batched.retryable())
        if back:
            parts.append(_("{credits} returned", credits=i18n.credits(back)))
        self._summary.text = " · ".join(parts)
        self._retry.put("hidden", not self._batched.retryable())
        self._zip.put("hidden", not counts["completed"])

    def _line(self, line: Line) -> Markup:
        return LINE.format(
            position=line.position,
            thumb=THUMB.format(f"/api/v1/images/{line.video.picture_id}/content"),
            prompt=line.video.prompt,
            ratio=Size.parse(line.video.size).ratio,
            state=self._state(line),
            price=i18n.credits(line.video.cost_credits),
        )

    def _state(self, line: Line) -> Markup:
        video = line.video
        word, symbol = state_word(video)
        more = Markup()
        if video.status in ACTIVE:
            word = state_now(video, self._news.get(video.id))
        elif video.status == "completed":
            more = OPEN.format(video.id, _("Open"))
        else:
            word = reason(video) if video.status == "failed" else word
            more = AGAIN.format(line.position, _("Retry"))
        return STATE.format(symbol=symbol, status=video.status, word=word, more=more)

    async def _retry_one(self, event: events.GenericEventArguments) -> None:
        if str(event.args).isdigit():
            await self._again(int(str(event.args)[:6]))

    async def _retry_all(self) -> None:
        await self._again(None)

    async def _again(self, position: int | None) -> None:
        try:
            await batches.retry(self._user, self._batched.batch.id, position)
        except AdsVideoError as error:
            toast(i18n.explain(error), "bad")
        async with reading() as db:
            await self._show(await batches.owned(db, self._user.id, self._batched.batch.id))
        self._patch(list(self._batched.lines))
