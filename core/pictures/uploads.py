"""Users' pictures: stored once per user, found, deleted."""

import hashlib

from sqlalchemy import ColumnElement, exists, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import (
    Conflict,
    NotFound,
)
from core.models import ACTIVE, Picture, Video, now
from core.phrase import Phrase
from core.pictures.framing import read_size
from core.pictures.intake import Prepared
from core.pictures.presets import preset_content
from core.storage import store


async def accept(session: AsyncSession, user_id: int, prepared: Prepared, preset: str | None = None) -> Picture:
    """Store a prepared picture; the same one twice is one row. Best called first in a session. Raises NotAvailable."""
    content, width, height = prepared
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"pictures/{user_id}/{sha256}.jpg"
    await store.put(content, key)  # before the first statement: a bucket is slow, and no lock should be held meanwhile
    query = select(Picture).where(Picture.user_id == user_id, Picture.sha256 == sha256)
    picture = (await session.exec(query)).first()
    if picture and picture.deleted_at is None:
        return picture
    if picture:
        picture.deleted_at = None
        session.add(picture)
        return picture
    picture = Picture(
        user_id=user_id, sha256=sha256, key=key, width=width, height=height, bytes=len(content), preset=preset
    )
    try:
        async with session.begin_nested():
            session.add(picture)
    except IntegrityError:
        return (await session.exec(query)).one()  # another request stored the same one first
    return picture


async def from_preset(session: AsyncSession, user_id: int, name: str) -> Picture:
    """The user's own copy of a preset. Raises NotFound."""
    query = select(Picture).where(_mine(user_id), Picture.preset == name)
    if picture := (await session.exec(query.order_by(col(Picture.id)))).first():
        return picture
    content = await preset_content(name)
    return await accept(session, user_id, (content, *read_size(content)), preset=name)


async def uploads(session: AsyncSession, user_id: int, limit: int) -> list[Picture]:
    """The user's own pictures, newest first, without the presets."""
    mine = select(Picture).where(_mine(user_id), col(Picture.preset).is_(None))
    return list((await session.exec(mine.order_by(col(Picture.id).desc()).limit(limit))).all())


def _mine(user_id: int) -> ColumnElement[bool]:
    return (col(Picture.user_id) == user_id) & col(Picture.deleted_at).is_(None)


async def owned(session: AsyncSession, user_id: int, picture_id: int) -> Picture:
    """That user's picture. Raises NotFound."""
    query = select(Picture).where(_mine(user_id), Picture.id == picture_id)
    if picture := (await session.exec(query)).first():
        return picture
    raise NotFound(Phrase("picture"))


async def of_video(session: AsyncSession, video: Video) -> Picture | None:
    """The picture a video was made from; None if it has been deleted."""
    query = select(Picture).where(_mine(video.user_id), Picture.id == video.picture_id)
    return (await session.exec(query)).first()


async def delete(session: AsyncSession, user_id: int, picture_id: int) -> Picture:
    """Delete a picture; the caller removes its file. Raises NotFound, and Conflict while a video is made from it."""
    busy = exists().where(col(Video.picture_id) == picture_id, col(Video.status).in_(ACTIVE))
    deletion = (
        update(Picture)
        .where(_mine(user_id), col(Picture.id) == picture_id, ~busy)
        .values(deleted_at=now())
        .returning(Picture)
    )
    picture: Picture | None = (
        await session.exec(deletion.execution_options(synchronize_session=False))
    ).scalar_one_or_none()
    if picture:
        return picture
    await owned(session, user_id, picture_id)
    raise Conflict(Phrase("A video is being made of this picture."))


async def by_sha256(session: AsyncSession, user_id: int, sha256: str) -> Picture:
    """That user's picture with this hash. Raises NotFound."""
    query = select(Picture).where(_mine(user_id), Picture.sha256 == sha256)
    if picture := (await session.exec(query)).first():
        return picture
    raise NotFound(Phrase("picture"))
