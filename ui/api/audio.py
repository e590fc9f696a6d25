"""`/api/v1/audio` and `/api/v1/music`: what an edit may have under its clips."""

from typing import Annotated

from fastapi import APIRouter, File, Request, UploadFile
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from core import limits
from core.database.session import reading, session
from core.edits import audio as brought
from core.edits import music
from core.edits.music import LICENCE, TRACKS
from core.errors import AudioTooLarge, WrongInput
from core.models import Audio
from core.phrase import Phrase
from core.storage import store

from .. import files
from ..session import CurrentUser
from .schemas import made, problems, stored
from .shapes import Id

router = APIRouter(tags=["music"])
CACHE = "private, max-age=86400"


class AudioOut(BaseModel):
    """Music of yours. `peaks` are its loudest samples (0-100) in equal parts."""

    id: int
    name: str
    seconds: float
    peaks: list[int]

    @classmethod
    def of(cls, row: Audio) -> "AudioOut":
        """Without where it is kept."""
        return cls(id=row.id, name=row.name, seconds=round(row.seconds, 3), peaks=row.peaks)


class TrackOut(BaseModel):
    """A track that ships: named in an edit as `music.track`."""

    id: str
    title: str
    mood: str
    seconds: float
    bpm: int
    licence: str


class MusicOut(BaseModel):
    """The shipped tracks, and one's own music as `own`."""

    items: list[TrackOut]
    own: list[AudioOut]
    next_cursor: str | None = None


@router.post("/audio", status_code=201, responses=problems(413, 415))
async def upload(request: Request, user: CurrentUser, file: Annotated[UploadFile, File()]) -> AudioOut:
    """Keep music: MP3, M4A, WAV, OGG or FLAC, at most 20 MB and 10 minutes."""
    if len((await request.form()).getlist("file")) > 1:
        raise WrongInput(Phrase("Please send one file at a time."))
    await limits.count_upload(user.id)
    content = await file.read(brought.MAX_BYTES + 1)
    if len(content) > brought.MAX_BYTES:
        raise AudioTooLarge(brought.MAX_MB)
    kept = await brought.keep(user.id, file.filename or "", content)
    async with session() as db:
        row = await brought.accept(db, user.id, kept)
    return AudioOut.of(row)


@router.delete("/audio/{audio_id}", status_code=204, responses=problems(404))
async def delete(user: CurrentUser, audio_id: Id) -> None:
    """Delete music; edits that were made with it stay."""
    async with session() as db:
        row = await brought.delete(db, user.id, audio_id)
    await store.delete(row.key)


@router.get("/audio/{audio_id}/content", response_class=FileResponse, responses=stored("application/octet-stream"))
async def content(user: CurrentUser, audio_id: Id) -> Response:
    """The file as it was brought, with Range."""
    async with reading() as db:
        row = await brought.owned(db, user.id, audio_id)
    return await files.answer(row.key, "application/octet-stream", cache=CACHE, what=Phrase("audio"))


@router.get("/music")
async def tracks(user: CurrentUser) -> MusicOut:
    """The tracks that ship with AdsVideo, and one's own."""
    async with reading() as db:
        own = await brought.of_user(db, user.id)
    shipped = [TrackOut(**track._asdict(), licence=LICENCE) for track in TRACKS]
    return MusicOut(items=shipped, own=[AudioOut.of(row) for row in own])


@router.get("/music/{track_id}/content", response_class=FileResponse, responses=made("audio/ogg"))
async def track_content(_user: CurrentUser, track_id: str) -> Response:
    """A shipped track, as Opus."""
    return FileResponse(music.track(track_id).path, media_type="audio/ogg", headers={"Cache-Control": CACHE})
