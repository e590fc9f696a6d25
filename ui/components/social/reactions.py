"""What people say of a shared video: likes, comments, a report; live on every open page of it."""

from functools import partial

from nicegui import ui
from sqlmodel.ext.asyncio.session import AsyncSession

from core import limits
from core.database.session import reading, session
from core.models import User, Video
from core.redis.news import News
from core.social import comments, likes, plain, reports, sharing
from core.social.comments import Said

from ... import live
from ...i18n import _, n_
from ...kit.dialog import Dialog
from ...kit.elements import Tag, button
from ...kit.form import choice, do, field
from ...kit.moment import moment
from ...kit.toast import toast

SHOWN = 50


class LikeButton(Tag):
    """How many like it; a click is a like, or takes it back."""

    def __init__(self, user: User, video: Video, *, liked: bool) -> None:
        super().__init__("button", "button", symbol="heart", type="button")
        self._user, self._slug = user, video.slug or ""
        self._liked = liked
        self.show(video.likes, liked=liked)
        self.on_click(self._toggle)

    def show(self, number: int, *, liked: bool | None = None) -> None:
        """Draw the number, and whether it is mine."""
        self._liked = self._liked if liked is None else liked
        self.text = n_("{n} like", "{n} likes", number)
        self.put("aria_pressed", self._liked)
        self.classes(replace=f"button has-icon icon-{'heart-full' if self._liked else 'heart'}")

    async def _toggle(self) -> None:
        act = likes.unlike if self._liked else likes.like
        async with session() as db:
            number = await act(db, self._user.id, self._slug)
        self.show(number, liked=not self._liked)


class Comments(Tag):
    """What is said of the video, newest first, and the field to say something."""

    def __init__(self, user: User, video: Video) -> None:
        super().__init__("section", "comments")
        self._user, self._video = user, video
        with self:
            Tag("h2", "details-title", _("Comments"))
            if video.comments_closed:
                Tag("p", "page-note", _("The owner of this video has closed its comments."))
            else:
                self._new = Tag("div", "comment-new")
                self._ask()
            self._rows = Tag("div", "comment-rows")

    def _ask(self) -> None:
        self._new.clear()
        with self._new:
            self._line = field(_("Say something about it"))
            button(_("Send"), self._send, look="accent")

    def show(self, said: list[Said]) -> None:
        """Draw these."""
        self._rows.clear()
        with self._rows:
            for one in said:
                self._row(one)

    def _row(self, one: Said) -> None:
        with Tag("div", "comment"):
            with Tag("p", "comment-head"):
                Tag("strong", "", one.author or _("Somebody"))
                moment(one.comment.created_at, "row-note")
                if comments.may_delete(self._user, self._video, one):
                    button(_("Delete"), partial(self._delete, one.comment.id), look="small")
            Tag("p", "comment-text", one.comment.text)

    async def _send(self) -> None:
        text = plain.checked(self._line.value or "", comments.MOST)
        await limits.count_comment(self._user.id)
        async with session() as db:
            await comments.write(db, self._user, self._video.slug or "", text)
        self._ask()

    async def _delete(self, comment_id: int) -> None:
        async with session() as db:
            await comments.delete(db, self._user, self._video.slug or "", comment_id)


class Reactions:
    """The parts of a shared video's page that follow what people do."""

    def __init__(self, user: User, video: Video) -> None:
        self.user, self.video = user, video
        self.like: LikeButton | None = None
        self.comments: Comments | None = None

    async def start(self) -> None:
        """Read and draw now, and whenever somebody has said something."""
        await live.follow([self.video.user_id], self._draw, self._concerns)

    def _concerns(self, news: News) -> bool:
        """Of the owner's news only that of this video's state; their other videos may move ten times a second."""
        return news.status == "refresh" or bool(news.status and news.video_id == self.video.id)

    async def _draw(self) -> None:
        async with reading() as db:
            video = await db.get_one(Video, self.video.id)
            is_gone = video.slug != self.video.slug or video.deleted_at is not None
            said = [] if is_gone else await _said(db, video)
        if is_gone:
            ui.navigate.reload()
            return
        if self.like:
            self.like.show(video.likes)
        if self.comments:
            self.comments.show(said)


async def _said(db: AsyncSession, video: Video) -> list[Said]:
    return await comments.page(db, video.slug, None, SHOWN) if video.slug else []


class ReportDialog(Dialog):
    """Why it should not be shown."""

    def __init__(self, user: User, slug: str) -> None:
        super().__init__(_("Report this video"))
        self._user, self._slug = user, slug
        words = {
            "inappropriate": _("Inappropriate"),
            "spam": _("Spam"),
            "copyright": _("Uses something that is not theirs"),
            "misleading": _("Misleading"),
            "other": _("Something else"),
        }
        with self.body:
            with Tag("div", "form-rows"):
                self._reason = choice(_("Reason"), words, "inappropriate")
                self._note = field(_("Note"))
            with Tag("div", "dialog-actions"):
                button(_("Cancel"), self.close)
                button(_("Report"), self._send, look="accent")

    async def _send(self) -> None:
        reason, note = self._reason.value, self._note.value or ""
        thanks = _("Thank you. An administrator will look at it.")
        if await do(lambda db: reports.report(db, self._user.id, self._slug, reason, note), thanks):  # type: ignore[arg-type]
            self.close()


async def liked(user: User, video: Video) -> bool:
    """Whether that user likes it."""
    async with reading() as db:
        return await likes.is_liked(db, user.id, video.id)


def close_comments_button(user: User, video: Video) -> None:
    """For the owner: whether people may still comment."""
    word = _("Open the comments") if video.comments_closed else _("Close the comments")

    async def go() -> None:
        async with session() as db:
            await sharing.close_comments(db, user.id, video.id, closed=not video.comments_closed)
        toast(_("Saved."), "good")

    button(word, go, look="small")
