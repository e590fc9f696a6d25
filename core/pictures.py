"""Accepts a picture (size, type, decoding), frames it to an exact size, lists presets.

Decoding and framing (core/framing.py) run in processes of their own (core/processes.py): the event loop never waits.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, exists, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core import outside, storage
from core.errors import (
    BrokenPicture,
    Conflict,
    NotAPicture,
    NotFound,
    PictureAtAddress,
    PictureError,
    PictureTooLarge,
)
from core.framing import clean, frame, read_size
from core.models import ACTIVE, Picture, Video, now
from core.phrase import Phrase
from core.processes import Crashed, apart
from core.settings import ROOT
from core.size import Size

MAX_MB = 10
MAX_BYTES = MAX_MB * 1024 * 1024
FETCH_SECONDS = 10.0
PRESETS = ROOT / "ui" / "static" / "presets"
T = TypeVar("T")
Prepared = tuple[bytes, int, int]
"""A picture as it is kept: JPEG, with its width and height in pixels."""


class Framing(BaseModel):
    """How a picture meets the output's ratio.

    `crop`: the largest window of that ratio, divided by `zoom` (1-4), its centre moved by `x`, `y` (0-1, 0.5 is the
    middle) over the room there is. `pad-*`: the whole picture, with blur, white or `color` (`#rrggbb`) beside it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["crop", "pad-blur", "pad-white", "pad-color"] = "crop"
    color: str = Field("#000000", pattern=r"^#[0-9a-fA-F]{6}$")
    x: float = Field(0.5, ge=0, le=1)
    y: float = Field(0.5, ge=0, le=1)
    zoom: float = Field(1.0, ge=1, le=4)

    def brief(self) -> dict[str, Any]:
        """Without what is as usual and what its mode does not look at; an empty one is the centred crop."""
        looked_at = {"crop": {"mode", "x", "y", "zoom"}, "pad-color": {"mode", "color"}}.get(self.mode, {"mode"})
        return self.model_dump(include=looked_at, exclude_defaults=True)


@dataclass(frozen=True)
class Preset:
    """A picture that comes with the app. `color` is its mean, shown while it loads."""

    name: str
    title: dict[str, str]
    alt: str
    prompt: str
    color: str


@lru_cache
def presets() -> tuple[Preset, ...]:
    """The preset pictures in the order of the carousel."""
    return tuple(Preset(**entry) for entry in json.loads((PRESETS / "presets.json").read_text()))


_fetching = asyncio.Semaphore(16)  # each may hold a whole picture in memory


async def _apart(function: Callable[..., T], *args: object) -> T:
    """Run in a process of its own. Raises BrokenPicture if the picture crashes it."""
    try:
        return await apart(function, *args)
    except Crashed:
        raise BrokenPicture() from None


async def framed(content: bytes, width: int, height: int, framing: dict[str, Any], scale: float = 1.0) -> bytes:
    """`frame`, without blocking."""
    return await _apart(frame, content, width, height, framing, scale)


async def as_sent(content: bytes, size: Size, framing: Framing) -> bytes:
    """The very JPEG that a model gets which makes videos of that size, for a preview."""
    return await framed(content, size.width, size.height, framing.brief())


async def prepare(content: bytes) -> Prepared:
    """`clean`, without blocking. Raises PictureTooLarge, NotAPicture, BrokenPicture, TooManyPixels."""
    if len(content) > MAX_BYTES:
        raise PictureTooLarge(MAX_MB)
    if not content:
        raise NotAPicture()
    return await _apart(clean, content)


async def fetch(url: str, resolver: outside.Resolver | None = None) -> Prepared:
    """`prepare` for what is at an address that a user gives. Ten seconds for everything.

    Raises BadAddress, AddressRefused, Unreached, PictureAtAddress.
    """
    async with _fetching:
        content = await outside.get(url, limit=MAX_BYTES, seconds=FETCH_SECONDS, resolver=resolver)
    try:
        if content is None:
            raise PictureTooLarge(MAX_MB)
        return await prepare(content)
    except PictureError as error:
        raise PictureAtAddress(error.phrase) from None


async def accept(session: AsyncSession, user_id: int, prepared: Prepared, preset: str | None = None) -> Picture:
    """Keep a prepared picture; the same one twice is one row. Best the first thing in a session."""
    content, width, height = prepared
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"pictures/{user_id}/{sha256}.jpg"
    await storage.put(content, key)  # before the first statement: a bucket takes its time, and nobody is to wait for it
    query = select(Picture).where(Picture.user_id == user_id, Picture.sha256 == sha256)
    known = (await session.exec(query)).first()
    if known and known.deleted_at is None:
        return known
    if known:
        known.deleted_at = None
        session.add(known)
        return known
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
    if known := (await session.exec(query.order_by(col(Picture.id)))).first():
        return known
    content = await preset_content(name)
    return await accept(session, user_id, (content, *read_size(content)), preset=name)


def check_preset(name: str) -> None:
    """Raises NotFound if there is no preset of that name."""
    if name not in {preset.name for preset in presets()}:
        raise NotFound(Phrase("picture"))


async def preset_content(name: str) -> bytes:
    """A preset as JPEG. Raises NotFound."""
    check_preset(name)
    return await asyncio.to_thread((PRESETS / f"{name}.jpg").read_bytes)


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
    gone = (
        update(Picture)
        .where(_mine(user_id), col(Picture.id) == picture_id, ~busy)
        .values(deleted_at=now())
        .returning(Picture)
    )
    found: Picture | None = (await session.exec(gone.execution_options(synchronize_session=False))).scalar_one_or_none()
    if found:
        return found
    await owned(session, user_id, picture_id)
    raise Conflict(Phrase("A video is being made of this picture."))


async def by_sha256(session: AsyncSession, user_id: int, sha256: str) -> Picture:
    """That user's picture with these bytes. Raises NotFound."""
    query = select(Picture).where(_mine(user_id), Picture.sha256 == sha256)
    if picture := (await session.exec(query)).first():
        return picture
    raise NotFound(Phrase("picture"))
