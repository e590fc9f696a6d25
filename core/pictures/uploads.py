"""The pictures that users have: accepted once, found by their owner, deleted."""

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
    """Keep a prepared picture; the same one twice is one row. Best the first thing in a session."""
    content, width, height = prepared
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"pictures/{user_id}/{sha256}.jpg"
    await store.put(content, key)  # before the first statement: a bucket takes its time, and nobody is to wait for it
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
        return (await session.exec(query)).one()  # the same one twice at once: the other was first
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
    """What a video was made of, unless it has been deleted."""
    query = select(Picture).where(_mine(video.user_id), Picture.id == video.picture_id)
    return (await session.exec(query)).first()


async def delete(session: AsyncSession, user_id: int, picture_id: int) -> Picture:
    """Forget a picture; the caller removes its file. Raises NotFound, and Conflict while a video is made of it."""
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
    """That user's picture with these bytes. Raises NotFound."""
    query = select(Picture).where(_mine(user_id), Picture.sha256 == sha256)
    if picture := (await session.exec(query)).first():
        return picture
    raise NotFound(Phrase("picture"))
