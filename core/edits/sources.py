"""What an edit is made of: the user's own videos, pictures and music, as the database has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from core.catalog import entries
from core.edits import music, timeline
from core.edits.music import Track
from core.edits.timeline import Edit
from core.errors import Conflict, NotFound
from core.models import Audio, Picture, Video
from core.phrase import Phrase

T = TypeVar("T", bound=SQLModel)


@dataclass(frozen=True)
class Sources:
    """The rows behind an edit. `clips` are in its order; `packshot` is what a locked video was made from."""

    clips: tuple[Video | Picture, ...]
    logo: Picture | None = None
    card: Picture | None = None
    audio: Audio | None = None
    track: Track | None = None
    packshot: Picture | None = None

    @property
    def durations(self) -> list[float | None]:
        """How many seconds each clip's video lasts; None for pictures."""
        return [clip.duration or 0.0 if isinstance(clip, Video) else None for clip in self.clips]

    @property
    def music_seconds(self) -> float | None:
        """How long the music is."""
        chosen = self.audio or self.track
        return chosen.seconds if chosen else None

    @property
    def videos(self) -> list[Video]:
        """The videos, each once."""
        return list({clip.id: clip for clip in self.clips if isinstance(clip, Video)}.values())

    @property
    def locked(self) -> Video | None:
        """The video whose product is locked: the last one."""
        return next((clip for clip in reversed(self.clips) if isinstance(clip, Video)), None)

    @property
    def has_ai(self) -> bool:
        """Whether a model made any part of it."""
        return any(video.has_ai or video.model not in entries.local_models() for video in self.videos)


async def find(session: AsyncSession, user_id: int, edit: Edit) -> Sources:
    """All that the edit names. Raises NotFound and Conflict, with its place in the edit."""
    videos = await _rows(session, Video, user_id, [clip.video_id for clip in edit.clips])
    named = [*(clip.image_id for clip in edit.clips), *(part.image_id for part in (edit.logo, edit.end_card) if part)]
    pictures = await _rows(session, Picture, user_id, named)
    audio = await _rows(session, Audio, user_id, [edit.music.audio_id if edit.music else None])
    for where, thing in _missing(edit, videos, pictures, audio):
        raise NotFound(Phrase("{thing} ({where})", thing=thing, where=where))
    for n, clip in enumerate(edit.clips):
        if clip.video_id and videos[clip.video_id].status != "completed":
            raise Conflict(Phrase("The video of {where} is not finished.", where=f"clips[{n}].video_id"))
    found = Sources(
        clips=tuple(videos[clip.video_id] if clip.video_id else pictures[clip.image_id or 0] for clip in edit.clips),
        logo=pictures.get(edit.logo.image_id) if edit.logo else None,
        card=pictures.get(edit.end_card.image_id or 0) if edit.end_card else None,
        audio=audio.get(edit.music.audio_id or 0) if edit.music else None,
        track=_track(edit),
    )
    timeline.check_times(edit, found.durations, found.music_seconds)
    if edit.lock is None or (locked := found.locked) is None:
        return found
    packshot = (await _rows(session, Picture, user_id, [locked.picture_id])).get(locked.picture_id)
    if packshot is None:
        raise Conflict(Phrase("The picture that the video of {where} was made from has been deleted.", where="lock"))
    return Sources(found.clips, found.logo, found.card, found.audio, found.track, packshot)


def _track(edit: Edit) -> Track | None:
    if edit.music is None or edit.music.track is None:
        return None
    try:
        return music.track(edit.music.track)
    except NotFound:
        raise NotFound(Phrase("{thing} ({where})", thing=Phrase("track"), where="music.track")) from None


def _missing(
    edit: Edit, videos: dict[int, Video], pictures: dict[int, Picture], audio: dict[int, Audio]
) -> Iterator[tuple[str, Phrase]]:
    for n, clip in enumerate(edit.clips):
        if clip.video_id and clip.video_id not in videos:
            yield f"clips[{n}].video_id", Phrase("video")
        if clip.image_id and clip.image_id not in pictures:
            yield f"clips[{n}].image_id", Phrase("picture")
    if edit.logo and edit.logo.image_id not in pictures:
        yield "logo.image_id", Phrase("picture")
    if edit.end_card and edit.end_card.image_id and edit.end_card.image_id not in pictures:
        yield "end_card.image_id", Phrase("picture")
    if edit.music and edit.music.audio_id and edit.music.audio_id not in audio:
        yield "music.audio_id", Phrase("audio")


async def _rows(session: AsyncSession, table: type[T], user_id: int, ids: list[int | None]) -> dict[int, T]:
    wanted = {number for number in ids if number}
    if not wanted:
        return {}
    columns = table.__table__.c  # type: ignore[attr-defined]
    query = select(table).where(columns.user_id == user_id, columns.deleted_at.is_(None), columns.id.in_(wanted))
    return {row.id: row for row in await session.exec(query)}  # type: ignore[attr-defined]
