"""The library: search, filter and list a user's videos; delete and restore them."""

import json
import re
from collections import Counter
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
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}
"""No file of Windows has these names."""
NAME_BYTES = 200
"""Most systems take names of up to 255 bytes."""
MAX_CHOSEN = 500
"""At most so many videos in one zip, and ids in one statement."""
UNDO = timedelta(minutes=5)
"""How long a deleted video can be restored."""
FILES_KEPT = timedelta(minutes=10)
"""How long its files are kept; longer than UNDO, so that differing clocks never remove a restored video's files."""


def name_of(video: Video) -> str:
    """The file name for downloads of a video: its own name as far as every system takes it, else its number."""
    title = re.sub(r'[\x00-\x1f\x7f/\\:*?"<>|]+', " ", video.title or "")
    title = " ".join("".join(c for c in title if c.isprintable()).split())
    title = title.encode()[:NAME_BYTES].decode(errors="ignore").strip(". ")
    return f"{title}.mp4" if title and title.split(".")[0].upper() not in RESERVED else f"adsvideo-{video.id}.mp4"


def names_of(videos: Sequence[Video]) -> list[str]:
    """Their file names in one folder: where two have the same, each has its number in it."""
    names = [name_of(video) for video in videos]
    often = Counter(name.casefold() for name in names)
    return [
        name if often[name.casefold()] == 1 else f"{name.removesuffix('.mp4')} ({video.id}).mp4"
        for name, video in zip(names, videos, strict=True)
    ]


def manifest(videos: Sequence[Video]) -> str:
    """How each of these videos was made, as JSON."""
    names = {"id", "title", "prompt", "model", "label", "seconds", "size", "framing", "options", "created_at"}
    files = zip(names_of(videos), videos, strict=True)
    entries = [{"file": file, **video.model_dump(mode="json", include=names)} for file, video in files]
    return json.dumps({"videos": entries}, ensure_ascii=False, indent=2)


@dataclass(frozen=True)
class Filter:
    """Which videos to list. Each of `words` must be in the prompt or the title, `batch` is a number; what is empty does
    not filter."""

    words: str = ""
    state: str = ""
    model: str = ""
    shape: str = ""
    favorite: bool = False
    batch: str = ""


class Kind(NamedTuple):
    """A combination of model and size among a user's videos."""

    model: str
    size: str

    @property
    def shape(self) -> str:
        """The value of `Filter.shape` that matches."""
        return Size.parse(self.size).shape


async def kinds(session: AsyncSession, user_id: int) -> list[Kind]:
    """The kinds of a user's videos, to filter by; sorted."""
    query = select(Video.model, Video.size).where(Video.user_id == user_id).distinct()
    return sorted(Kind(*row) for row in await session.exec(query))


async def page(
    session: AsyncSession, user_id: int, wanted: Filter, before: int | None = None, limit: int = 24
) -> list[Video]:
    """A user's videos that match, newest first, with an id below `before`."""
    offered = await kinds(session, user_id) if wanted.shape else []
    query = listed(user_id, wanted, sorted({kind.size for kind in offered if kind.shape == wanted.shape}))
    if before is not None:
        query = query.where(col(Video.id) < before)
    return list((await session.exec(query.limit(limit))).all())


async def fits(session: AsyncSession, user_id: int, wanted: Filter, video_id: int) -> bool:
    """Whether that video matches the filter."""
    return video_id in {video.id for video in await page(session, user_id, wanted, before=video_id + 1, limit=1)}


def listed(user_id: int, wanted: Filter, sizes: Sequence[str]) -> SelectOfScalar[Video]:
    """The query of a page. Each filter has an index in the list's order, so the cost does not grow with the library."""
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
    if wanted.batch:
        query = query.where(Video.batch_id == int(wanted.batch))
    else:  # the shots of an ad are on its own page
        query = query.where(col(Video.ad_id).is_(None) | (col(Video.kind) == "ad"))
    if wanted.favorite:
        query = query.where(col(Video.favorite) == true())
    for word in wanted.words.split()[:MAX_WORDS]:
        in_prompt, in_title = (col(text).icontains(word, autoescape=True) for text in (Video.prompt, Video.title))
        query = query.where(in_prompt | in_title)
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
    """The user's videos with these ids, newest first; others are left out."""
    query = select(Video).where(Video.user_id == user_id, col(Video.deleted_at).is_(None), col(Video.id).in_(ids))
    return list((await session.exec(query.order_by(col(Video.id).desc()))).all())


async def delete(session: AsyncSession, user_id: int, ids: Sequence[int]) -> list[int]:
    """Delete videos; returns the ids of those deleted. Active ones stay.

    They can be restored for UNDO; their files are removed after FILES_KEPT.
    """
    mine = (col(Video.user_id) == user_id, col(Video.deleted_at).is_(None), col(Video.status).not_in(ACTIVE))
    deleted: list[Video] = []
    for part in _parts(ids):
        deleted += await change_all(session, *mine, col(Video.id).in_(part), deleted_at=now())
    for video in deleted:
        tell(session, video, "deleted")
    return [video.id for video in deleted]


async def delete_versions(session: AsyncSession, user_id: int, video_id: int) -> list[int]:
    """Delete what was made from that video, and not the video; returns as `delete` does."""
    rows = await queries.made_from(session, user_id, video_id, None, MAX_CHOSEN)
    return await delete(session, user_id, [row.id for row in rows])


async def delete_one(session: AsyncSession, user_id: int, video_id: int) -> None:
    """Delete one video. Raises NotFound, and Conflict while it is being made."""
    if not await delete(session, user_id, [video_id]):
        await queries.owned(session, user_id, video_id)
        raise Conflict(Phrase("This video is still being made. Cancel it first."))


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """The ids in parts of MAX_CHOSEN, since databases limit the values in a statement."""
    return (ids[start : start + MAX_CHOSEN] for start in range(0, len(ids), MAX_CHOSEN))


def _restorable(user_id: int, ids: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    return col(Video.user_id) == user_id, col(Video.id).in_(ids), col(Video.deleted_at) > now() - UNDO


async def is_restorable(session: AsyncSession, user_id: int, video_id: int) -> bool:
    """Whether `restore` would bring it back."""
    return (await session.exec(select(Video.id).where(*_restorable(user_id, [video_id])))).first() is not None


async def restore(session: AsyncSession, user_id: int, ids: Sequence[int]) -> list[int]:
    """Restore deleted videos with their share links; returns the ids of those restored within UNDO."""
    back: list[Video] = []
    for part in _parts(ids):
        back += await change_all(session, *_restorable(user_id, part), deleted_at=None)
    for video in back:
        tell(session, video, "restored")
    return [video.id for video in back]
