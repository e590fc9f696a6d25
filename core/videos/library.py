"""The library: a user's videos searched, filtered and page by page; taken out of it, and brought back."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from core.catalog.size import Size
from core.errors import Conflict
from core.models import ACTIVE, Picture, Video, now
from core.phrase import Phrase
from core.videos import queries
from core.videos.states import change_all, tell

STATES = {"running": ACTIVE, "completed": ("completed",), "failed": ("failed",), "canceled": ("canceled",)}
SHAPES = ("landscape", "portrait", "square")
MAX_WORDS = 8
AT_ONCE = 500
"""So many go into one zip, and into one statement."""
UNDO = timedelta(minutes=5)
"""For so long a deleted video can be brought back."""
KEPT = timedelta(minutes=10)
"""After so long its files are removed; more than UNDO, so that no clock's error removes what is brought back."""


def name_of(video: Video) -> str:
    """What a video's file is called where it is saved."""
    return f"adsvideo-{video.id}.mp4"


def manifest(videos: Sequence[Video]) -> str:
    """How each of these videos was made, as JSON."""
    names = {"id", "prompt", "model", "label", "seconds", "size", "framing", "created_at"}
    entries = [{"file": name_of(video), **video.model_dump(mode="json", include=names)} for video in videos]
    return json.dumps({"videos": entries}, ensure_ascii=False, indent=2)


@dataclass(frozen=True)
class Filter:
    """What is to be shown. Each of `words` stands somewhere in the prompt; what is empty is not asked for."""

    words: str = ""
    state: str = ""
    model: str = ""
    shape: str = ""
    favorite: bool = False


class Kind(NamedTuple):
    """A model and a size that some videos of a user have."""

    model: str
    size: str

    @property
    def shape(self) -> str:
        """What `Filter.shape` asks for."""
        return Size.parse(self.size).shape


async def kinds(session: AsyncSession, user_id: int) -> list[Kind]:
    """What there is to filter by."""
    query = select(Video.model, Video.size).where(Video.user_id == user_id).distinct()
    return sorted(Kind(*row) for row in await session.exec(query))


async def page(
    session: AsyncSession, user_id: int, wanted: Filter, before: int | None = None, limit: int = 24
) -> list[Video]:
    """A user's videos, newest first, those with an id below `before`."""
    offered = await kinds(session, user_id) if wanted.shape else []
    query = listed(user_id, wanted, sorted({kind.size for kind in offered if kind.shape == wanted.shape}))
    if before is not None:
        query = query.where(col(Video.id) < before)
    return list((await session.exec(query.limit(limit))).all())


async def fits(session: AsyncSession, user_id: int, wanted: Filter, video_id: int) -> bool:
    """Whether that video is one of those that are wanted."""
    return video_id in {video.id for video in await page(session, user_id, wanted, before=video_id + 1, limit=1)}


def listed(user_id: int, wanted: Filter, sizes: Sequence[str]) -> SelectOfScalar[Video]:
    """The query behind a page: every filter walks an index that is in the list's order, however many there are."""
    query = select(Video).where(Video.user_id == user_id, col(Video.deleted_at).is_(None))
    states = STATES.get(wanted.state, ())
    if len(states) == 1:
        query = query.where(Video.status == states[0])
    elif states:
        query = query.where(col(Video.status).in_(states))
    if wanted.model:
        query = query.where(Video.model == wanted.model)
    if wanted.shape:
        query = query.where(col(Video.size).in_(sizes))
    if wanted.favorite:
        query = query.where(col(Video.favorite) == true())
    for word in wanted.words.split()[:MAX_WORDS]:
        query = query.where(col(Video.prompt).icontains(word, autoescape=True))
    return query.order_by(col(Video.id).desc())


async def pictures_of(session: AsyncSession, videos: Sequence[Video]) -> dict[int, Picture]:
    """The pictures these videos were made from, by their id, without those that have been deleted."""
    ids = {video.picture_id for video in videos}
    query = select(Picture).where(col(Picture.id).in_(ids), col(Picture.deleted_at).is_(None))
    return {picture.id: picture for picture in await session.exec(query)}


async def versions(session: AsyncSession, video: Video, limit: int = 12) -> list[Video]:
    """The owner's other videos of the same picture, newest first."""
    query = select(Video).where(
        Video.picture_id == video.picture_id,
        Video.user_id == video.user_id,
        Video.id != video.id,
        col(Video.deleted_at).is_(None),
    )
    return list((await session.exec(query.order_by(col(Video.id).desc()).limit(limit))).all())


async def chosen(session: AsyncSession, user_id: int, ids: Sequence[int]) -> list[Video]:
    """Those of the user's videos, newest first; any that is not theirs is left out."""
    query = select(Video).where(Video.user_id == user_id, col(Video.deleted_at).is_(None), col(Video.id).in_(ids))
    return list((await session.exec(query.order_by(col(Video.id).desc()))).all())


async def delete(session: AsyncSession, user_id: int, ids: Sequence[int]) -> list[int]:
    """Take videos out of sight; the ids of those that went. What is still being made stays.

    `restore` brings them back for a while, then their files are removed.
    """
    mine = (col(Video.user_id) == user_id, col(Video.deleted_at).is_(None), col(Video.status).not_in(ACTIVE))
    deleted: list[Video] = []
    for part in _parts(ids):
        deleted += await change_all(session, *mine, col(Video.id).in_(part), deleted_at=now())
    for video in deleted:
        tell(session, video, "deleted")
    return [video.id for video in deleted]


async def delete_one(session: AsyncSession, user_id: int, video_id: int) -> None:
    """`delete` for one that is to be there. Raises NotFound, and Conflict while it is being made."""
    if not await delete(session, user_id, [video_id]):
        await queries.owned(session, user_id, video_id)
        raise Conflict(Phrase("This video is still being made. Cancel it first."))


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Databases bound the number of values in a statement."""
    return (ids[start : start + AT_ONCE] for start in range(0, len(ids), AT_ONCE))


def _restorable(user_id: int, ids: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    return col(Video.user_id) == user_id, col(Video.id).in_(ids), col(Video.deleted_at) > now() - UNDO


async def is_restorable(session: AsyncSession, user_id: int, video_id: int) -> bool:
    """Whether `restore` would bring it back."""
    return (await session.exec(select(Video.id).where(*_restorable(user_id, [video_id])))).first() is not None


async def restore(session: AsyncSession, user_id: int, ids: Sequence[int]) -> list[int]:
    """Bring deleted videos back, share links and all; the ids of those that came. Too late, or not theirs: none."""
    back: list[Video] = []
    for part in _parts(ids):
        back += await change_all(session, *_restorable(user_id, part), deleted_at=None)
    for video in back:
        tell(session, video, "restored")
    return [video.id for video in back]
