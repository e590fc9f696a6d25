"""What people have reported, with what may be decided about it."""

from functools import partial

from core.database.session import reading
from core.models import User
from core.social import reports
from core.social.reports import Decision, Reported

from ... import formats
from ...i18n import _
from ...kit.dialog import confirm
from ...kit.elements import Tag, button
from ...kit.form import do
from ..video.words import title_of


class ReportedVideos(Tag):
    """One row for each video, the oldest report first."""

    def __init__(self, me: User) -> None:
        super().__init__("section", "admin-part")
        self._me = me

    async def load(self) -> None:
        """Read and draw them."""
        async with reading() as db:
            rows = await reports.queue(db, self._me.id)
        self.clear()
        with self:
            if not rows:
                Tag("p", "page-note", _("Nobody has reported anything."))
            with Tag("div", "rows", role="list", aria_label=_("Reported")):
                for row in rows:
                    self._row(row)

    def _row(self, row: Reported) -> None:
        video = row.video
        with Tag("div", "row admin-row", role="listitem"):
            with Tag("div", "admin-who"):
                Tag("a", "admin-name", title_of(video), href=f"/v/{video.slug}" if video.slug else None)
                Tag("span", "row-note", row.owner)
                for report in row.reports:
                    words = " · ".join(filter(None, [report.reason, report.note, formats.ago(report.created_at)]))
                    Tag("span", "row-note", words)
            with Tag("div", "admin-facts"):
                if video.hidden_at:
                    Tag("span", "badge badge-bad", _("Hidden"))
                for decision, word in self._choices():
                    button(word, partial(self._decide, video.id, decision), look="small")
                button(_("Block its maker"), partial(self._ask, video.id), look="small", aria_haspopup="dialog")

    def _choices(self) -> list[tuple[Decision, str]]:
        return [("keep", _("Leave it")), ("hide", _("Hide it")), ("takedown", _("Take it down"))]

    async def _decide(self, video_id: int, decision: Decision) -> None:
        if await do(lambda db: reports.decide(db, self._me.id, video_id, decision)):
            await self.load()

    def _ask(self, video_id: int) -> None:
        text = _("The video is taken down, and its maker can\u2019t come in any more.")
        word = _("Block its maker")
        confirm(word, text, word, partial(self._decide, video_id, "block"))
