"""What the web asks a worker and waits for, because it takes FFmpeg: a frame of an edit, a GIF of a video ..."""

import contextlib
import json
import logging
import shutil
import tempfile
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

from core.catalog.size import Size
from core.database.session import reading
from core.edits import timeline
from core.edits.exports import Form
from core.errors import AdsVideoError, BrokenAudio, TooHeavy, Unplayable
from core.processes.pool import Bounds, Crashed, OutOfBounds, apart
from core.redis import answers
from core.settings import settings
from core.storage import store
from core.videos import queries
from workers.edits.anew import in_shape
from workers.edits.apart import export_apart, measure_apart, preview_apart, still_apart
from workers.edits.steps import drawn_over, gathered, local, own_words
from workers.videos.checked import most

Context = dict[str, Any]
log = logging.getLogger(__name__)


async def edit_still(_context: Context, token: str, user_id: int, body: dict[str, Any], at: float) -> None:
    """Answers with the frame `at` seconds as PNG."""
    await _answer(token, _still(user_id, body, at))


async def edit_overlays(
    _context: Context, token: str, user_id: int, body: dict[str, Any], outline: tuple[int, int, float]
) -> None:
    """Answers with what lies over clips, as JSON; `outline` is their width, height and seconds."""
    await _answer(token, _overlays(user_id, body, outline))


async def export_video(_context: Context, token: str, key: str, target: str, form: Form) -> None:
    """Answers, with nothing, once that form of the video under `key` lies under `target`."""
    await _answer(token, _exported(key, target, form))


async def render_anew(_context: Context, token: str, user_id: int, video_id: int, size: str) -> None:
    """Answers, with nothing, once the studio camera's video lies in the storage in that size too."""
    await _answer(token, _anew(user_id, video_id, Size.parse(size)))


async def measure_audio(_context: Context, token: str, key: str) -> None:
    """Answers with what the file under that key is: the fields of `Measured`, as JSON."""
    await _answer(token, _measured(key))


async def _answer(token: str, work: Awaitable[bytes]) -> None:
    try:
        await answers.say(token, await work)
    except AdsVideoError as error:
        await answers.refuse(token, error.code, str(getattr(error, "detail", "")))
    except Exception as error:
        log.exception("a question could not be answered", exc_info=error)
        await answers.refuse(token, AdsVideoError.code, "")


def _bounds() -> Bounds:
    """Nobody waits longer than that for an answer."""
    return Bounds(answers.SECONDS, settings().decode_memory_mb)


@contextlib.contextmanager
def _workspace(prefix: str) -> Iterator[Path]:
    """A folder for the files of one question."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=store.workspace()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    """What happens to a process that decodes, as an error that can be told. Raises Unplayable, TooHeavy."""
    try:
        yield
    except Crashed:
        raise Unplayable("it crashes the decoder") from None
    except OutOfBounds as error:
        raise TooHeavy(error) from None


async def _still(user_id: int, body: dict[str, Any], at: float) -> bytes:
    with _workspace("still-") as folder, own_words(), _in_words():
        files = await gathered(user_id, timeline.read(body), folder, _go_on)
        return await apart(still_apart, body, files, at, bounds=_bounds())


async def _overlays(user_id: int, body: dict[str, Any], outline: tuple[int, int, float]) -> bytes:
    with _workspace("overlays-") as folder, own_words(), _in_words():
        files = await drawn_over(user_id, timeline.read(body), folder)
        return await apart(preview_apart, body, files, outline, bounds=_bounds())


async def _exported(key: str, target: str, form: Form) -> bytes:
    with _workspace("export-") as folder, _in_words():
        made = folder / "made"
        await apart(export_apart, await local(key, folder), made, form, most(), bounds=_bounds())
        await store.keep(made, target)
    return b""


async def _anew(user_id: int, video_id: int, size: Size) -> bytes:
    async with reading() as db:
        video = await queries.owned(db, user_id, video_id)
    with _workspace("anew-") as folder:
        await in_shape(video, size, folder, _go_on)
    return b""


def _go_on(_percent: int) -> None:
    """Nobody stops this work."""


async def _measured(key: str) -> bytes:
    with _workspace("audio-") as folder:
        try:
            return json.dumps(await apart(measure_apart, await local(key, folder), bounds=_bounds())).encode()
        except (Crashed, OutOfBounds):
            raise BrokenAudio() from None
