"""Music that users bring: kept once a worker has decoded it, found by its owner, deleted."""

import json
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import NamedTuple

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.errors import AudioError, AudioTooLarge, AudioTooLong, BrokenAudio, NotAudio, NotFound
from core.models import Audio, now
from core.phrase import Phrase
from core.redis import answers
from core.storage import store

MAX_MB = 20
MAX_BYTES = MAX_MB * 1024 * 1024
MAX_MINUTES = 10
PEAKS = 200
MAX_NAME = 200
SUFFIXES = (".mp3", ".m4a", ".wav", ".ogg", ".opus", ".flac", ".aac")


_REFUSALS: dict[str, Callable[[], AudioError]] = {
    NotAudio.code: NotAudio,
    AudioTooLong.code: lambda: AudioTooLong(MAX_MINUTES),
}


class Measured(NamedTuple):
    """What a worker finds in a file: its length, its loudness, and PEAKS of its samples (0-100) to draw it by."""

    seconds: float
    lufs: float
    peaks: list[int]


class Kept(NamedTuple):
    """A file in the storage that has been decoded."""

    name: str
    key: str
    bytes: int
    measured: Measured


async def keep(user_id: int, name: str, content: bytes) -> Kept:
    """Put the file into the storage and let a worker decode it; it is gone again if it is no good.

    Raises AudioTooLarge, NotAudio, BrokenAudio, AudioTooLong, NotAvailable.
    """
    if len(content) > MAX_BYTES:
        raise AudioTooLarge(MAX_MB)
    if not content:
        raise NotAudio()
    name = PurePosixPath(name.replace("\\", "/")).name.strip()[:MAX_NAME] or "audio"
    suffix = PurePosixPath(name).suffix.lower()
    key = store.new_key(f"audio/{user_id}", suffix if suffix in SUFFIXES else ".bin")
    await store.put(content, key)
    try:
        measured = Measured(*json.loads(await answers.ask("measure_audio", key)))
    except answers.Refused as refused:
        await store.delete(key)
        raise _REFUSALS.get(refused.code, BrokenAudio)() from None
    except BaseException:
        await store.delete(key)
        raise
    return Kept(name, key, len(content), measured)


async def accept(session: AsyncSession, user_id: int, kept: Kept) -> Audio:
    """Write down what has been kept."""
    seconds, lufs, peaks = kept.measured
    row = Audio(
        user_id=user_id, name=kept.name, key=kept.key, bytes=kept.bytes, seconds=seconds, lufs=lufs, peaks=peaks
    )
    session.add(row)
    await session.flush()
    return row


async def of_user(session: AsyncSession, user_id: int, limit: int = 100) -> list[Audio]:
    """The user's own music, newest first."""
    mine = select(Audio).where(Audio.user_id == user_id, col(Audio.deleted_at).is_(None))
    return list((await session.exec(mine.order_by(col(Audio.id).desc()).limit(limit))).all())


async def owned(session: AsyncSession, user_id: int, audio_id: int) -> Audio:
    """That user's music. Raises NotFound."""
    mine = (Audio.user_id == user_id, Audio.id == audio_id, col(Audio.deleted_at).is_(None))
    if row := (await session.exec(select(Audio).where(*mine))).first():
        return row
    raise NotFound(Phrase("audio"))


async def delete(session: AsyncSession, user_id: int, audio_id: int) -> Audio:
    """Forget a piece of music; the caller removes its file. Raises NotFound."""
    row = await owned(session, user_id, audio_id)
    await session.exec(update(Audio).where(col(Audio.id) == row.id).values(deleted_at=now()))
    return row
