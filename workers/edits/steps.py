"""Renders a claimed edit: brings its sources to this machine, and runs the renderer in a process of its own."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

from core.catalog.size import Size
from core.database.session import reading
from core.edits import sources, timeline
from core.edits.ask import size_of
from core.edits.exports import shaped
from core.edits.fields import Clip
from core.edits.sources import Sources
from core.edits.timeline import Edit
from core.errors import (
    AdsVideoError,
    BadEdit,
    Conflict,
    EditTooHeavy,
    EditUnreadable,
    NotFound,
    SourceGone,
    TooHeavy,
    Unplayable,
)
from core.models import Picture, Video
from core.pictures import uploads
from core.pictures.intake import framed
from core.processes.pool import Bounds, Crashed, OutOfBounds, apart
from core.settings import settings
from core.storage import store
from workers.edits.anew import Tell, in_shape
from workers.edits.apart import render_apart
from workers.edits.files import Files
from workers.videos import cutouts
from workers.videos.checked import most
from workers.videos.steps import Reporter

LOOK_SECONDS = 0.2


@contextlib.contextmanager
def own_words() -> Iterator[None]:
    """What is wrong with a file is an edit's own affair: no model has delivered it."""
    try:
        yield
    except Unplayable as error:
        raise EditUnreadable(error.detail) from error
    except TooHeavy as error:
        raise EditTooHeavy(error.detail) from error


async def edited(video: Video, folder: Path, target: Path, report: Reporter) -> str:
    """Write the video's edit to `target`; gives what is to be said about it, as a note.

    Raises SourceGone, Unplayable, TooHeavy, Stopped, NotAvailable; OSError.
    """
    edit = timeline.read(video.edit)
    files = await gathered(video.user_id, edit, folder, lambda _percent: report(0))
    progress = folder / "progress"
    bounds = Bounds(settings().edit_seconds, settings().decode_memory_mb, settings().video_max_mb)
    work = asyncio.ensure_future(apart(render_apart, edit.body(), files, target, progress, bounds=bounds))
    try:
        while not (await asyncio.wait([work], timeout=LOOK_SECONDS))[0]:
            with contextlib.suppress(OSError, ValueError):
                report(int(progress.read_text()))
        return await work
    except Crashed:
        raise Unplayable("it crashes the decoder") from None
    except OutOfBounds as error:
        raise TooHeavy(error) from None
    finally:
        if not work.done():  # nobody wants it any more: its process ends with it
            work.cancel()
            await asyncio.wait([work])


async def gathered(user_id: int, edit: Edit, folder: Path, tell: Tell) -> Files:
    """The edit's sources as files on this machine, in `folder` where they come from a bucket.

    `tell` is called while a clip is rendered anew; what it raises ends that. Raises SourceGone.
    """
    try:
        async with reading() as db:
            found = await sources.find(db, user_id, edit)
        return await _files(found, edit, folder, tell)
    except (NotFound, Conflict, BadEdit, FileNotFoundError) as error:
        raise SourceGone(error.message if isinstance(error, AdsVideoError) else error) from None


async def drawn_over(user_id: int, edit: Edit, folder: Path) -> Files:
    """The files of what lies over the clips alone: logo and card. Raises SourceGone."""
    try:
        async with reading() as db:
            found = await sources.find(db, user_id, edit)
        return Files(clips=(), logo=await _logo(found, folder), card=await _card(found, folder))
    except (NotFound, Conflict, BadEdit, FileNotFoundError) as error:
        raise SourceGone(error.message if isinstance(error, AdsVideoError) else error) from None


async def _logo(found: Sources, folder: Path) -> Path | None:
    return await local(uploads.source_key(found.logo), folder) if found.logo else None


async def _card(found: Sources, folder: Path) -> Path | None:
    return await local(uploads.source_key(found.card), folder) if found.card else None


async def _files(found: Sources, edit: Edit, folder: Path, tell: Tell) -> Files:
    size = size_of(edit, found)
    pairs = zip(edit.clips, found.clips, strict=True)
    clips = [await local(await _key(clip, source, size, folder, tell), folder) for clip, source in pairs]
    return Files(
        clips=tuple(clips),
        logo=await _logo(found, folder),
        card=await _card(found, folder),
        music=found.track.path if found.track else await local(found.audio.key, folder) if found.audio else None,
        music_lufs=found.track.lufs if found.track else found.audio.lufs if found.audio else None,
        packshot=await _packshot(found.locked, found.packshot, folder),
        packshot_mask=await _mask(found.locked, folder) if edit.lock and edit.lock.mode == "overlay" else None,
        most=most(),
    )


async def _key(clip: Clip, source: Video | Picture, size: Size, folder: Path, tell: Tell) -> str | None:
    if isinstance(source, Picture):
        return uploads.source_key(source)
    if clip.anew and not shaped(source, size):
        return await in_shape(source, size, folder, tell)
    return source.original_key or source.key


async def local(key: str | None, folder: Path) -> Path:
    """The file itself, or a copy of it where it is in a bucket. Raises FileNotFoundError."""
    if not key:
        raise FileNotFoundError
    if path := store.path(key):
        if not path.is_file():
            raise FileNotFoundError(key)
        return path
    copy = folder / key.replace("/", "-")
    if not copy.exists():
        await store.place().fetch(key, copy)
    return copy


async def _packshot(video: Video | None, picture: Picture | None, folder: Path) -> Path | None:
    """The picture of a locked video as the video showed it: framed to its size."""
    if video is None or picture is None:
        return None
    content = await store.get(uploads.source_key(picture))
    target = folder / "packshot.jpg"
    size = (video.width or 1280) // 2 * 2, (video.height or 720) // 2 * 2
    jpeg = await framed(content, *size, video.framing)
    await asyncio.to_thread(target.write_bytes, jpeg)
    return target


async def _mask(video: Video | None, folder: Path) -> Path | None:
    """What of that picture is the product, framed alike; None where no clear product is seen."""
    if video is None:
        return None
    cutout = await cutouts.product(video, 1.0)
    if not cutout.mask:
        return None
    target = folder / "packshot-mask.png"
    await asyncio.to_thread(target.write_bytes, cutout.mask)
    return target
