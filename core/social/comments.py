"""Comments on shared videos: plain text, by people with a public name of their own choice."""

from dataclasses import dataclass

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.accounts import users
from core.errors import Conflict, NotFound
from core.ids import MAX_ID
from core.models import AuditEntry, Comment, User, Video
from core.phrase import Phrase
from core.social import plain, sharing

MOST = 500
_PAGE = (
    select(Comment, User.public_name)
    .join(User, col(User.id) == col(Comment.user_id))
    .where(col(Comment.video_id) == bindparam("video"), col(Comment.id) < bindparam("before"))
    .order_by(col(Comment.id).desc())
    .limit(bindparam("limit"))
)
"""Built once, as building takes a third of the time."""


@dataclass(frozen=True)
class Said:
    """A comment with its author's public name."""

    comment: Comment
    author: str


async def page(session: AsyncSession, slug: str, before: int | None, limit: int) -> list[Said]:
    """The comments on a shared video, newest first, with an id below `before`. Raises NotFound."""
    return await on(session, await sharing.shared(session, slug), before, limit)


async def on(session: AsyncSession, video: Video, before: int | None, limit: int) -> list[Said]:
    """The same for a video at hand."""
    asked = {"video": video.id, "before": MAX_ID if before is None else before, "limit": limit}
    rows = (await session.exec(_PAGE, params=asked)).all()
    return [Said(comment, author) for comment, author in rows]


async def write(session: AsyncSession, user: User, slug: str, text: str) -> Said:
    """Comment on a shared video; count it by `limits.count_comment` before. Raises NotFound, WrongInput, Conflict."""
    video = await sharing.shared(session, slug)
    if video.comments_closed:
        raise Conflict(Phrase("The owner of this video has closed its comments."))
    comment = Comment(video_id=video.id, user_id=user.id, text=plain.checked(text, MOST))
    session.add(comment)
    await session.flush()
    sharing.tell(session, video)
    return Said(comment, user.public_name)


async def delete(session: AsyncSession, user: User, slug: str, comment_id: int) -> None:
    """Delete a comment: its author may, the video's owner, and administrators, who are logged. Raises NotFound."""
    video = await sharing.shared(session, slug)
    comment = await session.get(Comment, comment_id)
    if comment is None or comment.video_id != video.id:
        raise NotFound(Phrase("comment"))
    if user.id not in (comment.user_id, video.user_id):
        if users.role(user) != "admin":
            raise NotFound(Phrase("comment"))
        session.add(AuditEntry(actor_id=user.id, act="comment deleted", user_id=comment.user_id, video_id=video.id))
    await session.delete(comment)
    sharing.tell(session, video)


def may_delete(user: User | None, video: Video, said: Said) -> bool:
    """Whether `delete` would let that user."""
    return user is not None and (user.id in (said.comment.user_id, video.user_id) or users.role(user) == "admin")
