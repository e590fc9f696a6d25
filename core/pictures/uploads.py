"""Users' pictures: stored once per user, found, deleted."""

import hashlib

from sqlalchemy import ColumnElement, Integer, bindparam, exists, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.database.session import Unit
from core.database.statements import loaded, run
from core.errors import (
    Conflict,
    NotFound,
)
from core.models import ACTIVE, Picture, Video, now
from core.phrase import Phrase
from core.pictures.framing import Prepared, read_size
from core.pictures.presets import preset_content
from core.storage import store


def mask_key(key: str) -> str:
    """Where the mask of the picture with that key is kept: grey PNG, white is the product, in the picture's shape."""
    return key.removesuffix(".jpg") + ".cutout.png"


SMALL_SIDE = 480
EXTREME = 3.0


def warning(width: int, height: int) -> Phrase | None:
    """What to tell somebody whose picture has so many pixels; None if it is as one would wish."""
    if max(width, height) > EXTREME * min(width, height):
        return Phrase(
            "This picture is very long and narrow: much of it is cut away, or has to stand between wide bars."
        )
    if min(width, height) < SMALL_SIDE:
        return Phrase(
            "This picture is small ({width}x{height}): the video will look soft. {least} pixels a side look better.",
            width=width,
            height=height,
            least=SMALL_SIDE,
        )
    return None


async def accept(session: AsyncSession, user_id: int, prepared: Prepared, preset: str | None = None) -> Picture:
    """Keep a prepared picture, with its transparency if it has any; the same one twice is one row.

    Best called first in a session. Raises NotAvailable.
    """
    content, width, height, mask, alpha = prepared
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"pictures/{user_id}/{sha256}.jpg"
    alpha_key = f"pictures/{user_id}/{sha256}.png" if alpha else None
    # before the first statement: a bucket takes its time, and no lock should be held meanwhile
    if mask:
        await store.put(mask, mask_key(key))
    if alpha_key:
        await store.put(alpha, alpha_key)
    await store.put(content, key)
    cutout = (mask_key(key), 1.0) if mask else (None, None)
    query = select(Picture).where(Picture.user_id == user_id, Picture.sha256 == sha256)
    picture = (await session.exec(query)).first()
    if picture and picture.deleted_at is None and (picture.alpha_key or not alpha_key):
        return picture
    if picture:
        if picture.deleted_at or mask:
            picture.cutout_key, picture.cutout_confidence = cutout
        picture.deleted_at, picture.alpha_key = None, alpha_key
        session.add(picture)
        return picture
    picture = Picture(
        user_id=user_id,
        sha256=sha256,
        key=key,
        alpha_key=alpha_key,
        width=width,
        height=height,
        bytes=len(content) + len(alpha),
        preset=preset,
    )
    picture.cutout_key, picture.cutout_confidence = cutout
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
    return await accept(session, user_id, Prepared(content, *read_size(content)), preset=name)


async def uploads(session: AsyncSession, user_id: int, limit: int) -> list[Picture]:
    """The user's own pictures, newest first, without the presets."""
    mine = select(Picture).where(_mine(user_id), col(Picture.preset).is_(None))
    return list((await session.exec(mine.order_by(col(Picture.id).desc()).limit(limit))).all())


def _mine(user_id: int | ColumnElement[int]) -> ColumnElement[bool]:
    return (col(Picture.user_id) == user_id) & col(Picture.deleted_at).is_(None)


async def owned(session: AsyncSession, user_id: int, picture_id: int) -> Picture:
    """That user's picture. Raises NotFound."""
    query = select(Picture).where(_mine(user_id), Picture.id == picture_id)
    if picture := (await session.exec(query)).first():
        return picture
    raise NotFound(Phrase("picture"))


_OF_VIDEO = select(*Picture.__table__.c).where(  # type: ignore[attr-defined]
    _mine(bindparam("user_id", type_=Integer())), col(Picture.id) == bindparam("picture_id")
)


async def of_video(session: Unit, video: Video) -> Picture | None:
    """The picture a video was made from; None if it has been deleted."""
    row = await run(session, (_OF_VIDEO,), {"user_id": video.user_id, "picture_id": video.picture_id})
    return loaded(Picture, row) if row else None


def source_key(picture: Picture) -> str:
    """The file to be framed: with its transparency, if it has any."""
    return picture.alpha_key or picture.key


def files_of(picture: Picture) -> tuple[str | None, ...]:
    """The keys of all that is or may be kept of a picture."""
    return picture.key, mask_key(picture.key), picture.alpha_key


async def delete(session: AsyncSession, user_id: int, picture_id: int) -> Picture:
    """Forget a picture; the caller removes its files, `files_of`.

    Raises NotFound, and Conflict while a video is made of it.
    """
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
