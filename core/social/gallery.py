"""The gallery: what its makers show to everybody, newest first or by the likes of the last week."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from sqlalchemy import ColumnElement, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import WrongInput
from core.ids import MAX_ID
from core.models import Comment, Like, User, Video
from core.phrase import Phrase
from core.prompts import templates
from core.prompts.templates import Category
from core.social.ranking import is_shown, ranking, this_week

Sort = Literal["new", "liked"]
READ_THROUGH = 5_000


@dataclass(frozen=True)
class Shown:
    """A video of the gallery, with its maker's public name, and its place in the list: what comes after `cursor`."""

    video: Video
    author: str
    comments: int
    cursor: str


async def page(
    session: AsyncSession, sort: Sort, cursor: str | None, limit: int, category: Category | None = None
) -> list[Shown]:
    """Up to `limit` videos after that cursor. Raises WrongInput for a cursor that is none.

    A category holds what was made with its templates, newest first.
    """
    likes, before = _position(cursor)
    rows: list[tuple[Video, str, int]] = []
    if sort == "liked" and likes != 0:
        rows = await _liked(session, likes, before, limit)
        likes, before = 0, None
    if len(rows) < limit:
        more = _made_with(category) if category else [_is_unliked()] if sort == "liked" else []
        rows += await _newest(session, before, limit - len(rows), more)
    comments = await _comments(session, [video.id for video, _, _ in rows])
    return [Shown(video, author, comments.get(video.id, 0), f"{n}.{video.id}") for video, author, n in rows]


def _position(cursor: str | None) -> tuple[int | None, int | None]:
    if cursor is None:
        return None, None
    match = re.fullmatch(r"(\d{1,9})\.(\d{1,10})", cursor)
    if match is None or int(match[2]) > MAX_ID:
        raise WrongInput(Phrase("That is no cursor of this list."))
    return int(match[1]), int(match[2])


def _is_unliked() -> ColumnElement[bool]:
    return ~select(Like.user_id).where(Like.video_id == Video.id, this_week()).exists()


def _made_with(category: Category) -> list[ColumnElement[bool]]:
    """The prompt says it: a video keeps no template. Only the newest are read through, for all pages together."""
    numbers = select(Video.id).where(col(Video.in_gallery).is_(True)).order_by(col(Video.id).desc())
    oldest = numbers.offset(READ_THROUGH).limit(1).scalar_subquery()
    signs = templates.signs(category)
    return [
        col(Video.id) > func.coalesce(oldest, 0),
        or_(*(col(Video.prompt).contains(sign, autoescape=True) for sign in signs)),
    ]


async def _newest(
    session: AsyncSession, before: int | None, limit: int, conditions: list[ColumnElement[bool]]
) -> list[tuple[Video, str, int]]:
    query = select(Video, User.public_name).join(User, col(User.id) == col(Video.user_id)).where(*is_shown())
    if before is not None:
        query = query.where(col(Video.id) < before)
    rows = (await session.exec(query.where(*conditions).order_by(col(Video.id).desc()).limit(limit))).all()
    return [(video, author, 0) for video, author in rows]


async def _liked(
    session: AsyncSession, likes: int | None, before: int | None, limit: int
) -> list[tuple[Video, str, int]]:
    found: list[tuple[Video, str, int]] = []
    rest = (await ranking(session)).after(MAX_ID if likes is None else likes, before or MAX_ID)
    while len(found) < limit and (some := dict(islice(rest, limit - len(found)))):
        query = select(Video, User.public_name).join(User, col(User.id) == col(Video.user_id))
        query = query.where(col(Video.id).in_(list(some)), *is_shown())  # some may have gone since they were counted
        rows = {video.id: (video, author) for video, author in (await session.exec(query)).all()}
        found += [(*rows[number], n) for number, n in some.items() if number in rows]
    return found


async def _comments(session: AsyncSession, video_ids: list[int]) -> dict[int, int]:
    query = select(Comment.video_id, func.count()).where(col(Comment.video_id).in_(video_ids))
    return dict((await session.exec(query.group_by(col(Comment.video_id)))).all())
