"""The gallery: what its makers show to everybody, newest first or by the likes of the last week."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import ColumnElement, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import WrongInput
from core.ids import MAX_ID
from core.models import Comment, Like, User, Video, now
from core.phrase import Phrase

Sort = Literal["new", "liked"]
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Shown:
    """A video of the gallery, with its maker's public name, and its place in the list: what comes after `cursor`."""

    video: Video
    author: str
    comments: int
    cursor: str


def _is_shown() -> tuple[ColumnElement[bool], ...]:
    return (
        col(Video.in_gallery).is_(True),
        col(Video.slug).is_not(None),
        col(Video.deleted_at).is_(None),
        col(Video.hidden_at).is_(None),
    )


async def page(session: AsyncSession, sort: Sort, cursor: str | None, limit: int) -> list[Shown]:
    """Up to `limit` videos after that cursor. Raises WrongInput for a cursor that is none."""
    likes, before = _position(cursor)
    rows: list[tuple[Video, str, int]] = []
    if sort == "liked" and likes != 0:
        rows = await _liked(session, likes, before, limit)
        likes, before = 0, None
    if len(rows) < limit:
        rows += await _newest(session, before, limit - len(rows), unliked=sort == "liked")
    comments = await _comments(session, [video.id for video, _, _ in rows])
    return [Shown(video, author, comments.get(video.id, 0), f"{n}.{video.id}") for video, author, n in rows]


def _position(cursor: str | None) -> tuple[int | None, int | None]:
    if cursor is None:
        return None, None
    match = re.fullmatch(r"(\d{1,9})\.(\d{1,10})", cursor)
    if match is None or int(match[2]) > MAX_ID:
        raise WrongInput(Phrase("That is no cursor of this list."))
    return int(match[1]), int(match[2])


def _this_week() -> ColumnElement[bool]:
    return col(Like.created_at) > now() - WEEK


async def _newest(
    session: AsyncSession, before: int | None, limit: int, *, unliked: bool
) -> list[tuple[Video, str, int]]:
    query = select(Video, User.public_name).join(User, col(User.id) == col(Video.user_id)).where(*_is_shown())
    if before is not None:
        query = query.where(col(Video.id) < before)
    if unliked:
        query = query.where(~select(Like.user_id).where(Like.video_id == Video.id, _this_week()).exists())
    rows = (await session.exec(query.order_by(col(Video.id).desc()).limit(limit))).all()
    return [(video, author, 0) for video, author in rows]


async def _liked(
    session: AsyncSession, likes: int | None, before: int | None, limit: int
) -> list[tuple[Video, str, int]]:
    counted = select(Like.video_id, func.count().label("n")).where(_this_week()).group_by(col(Like.video_id)).subquery()
    query = (
        select(Video, User.public_name, counted.c.n)
        .join(counted, counted.c.video_id == col(Video.id))
        .join(User, col(User.id) == col(Video.user_id))
        .where(*_is_shown())
    )
    if likes is not None and before is not None:
        query = query.where((counted.c.n < likes) | ((counted.c.n == likes) & (col(Video.id) < before)))
    rows = (await session.exec(query.order_by(counted.c.n.desc(), col(Video.id).desc()).limit(limit))).all()
    return [(video, author, n) for video, author, n in rows]


async def _comments(session: AsyncSession, video_ids: list[int]) -> dict[int, int]:
    query = select(Comment.video_id, func.count()).where(col(Comment.video_id).in_(video_ids))
    return dict((await session.exec(query.group_by(col(Comment.video_id)))).all())
