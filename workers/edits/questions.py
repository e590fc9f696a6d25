"""What the web asks a worker and waits for, because it takes FFmpeg: a frame of an edit, and what a sound file is."""

import json
import logging
import shutil
import tempfile
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

from core.edits import timeline
from core.errors import AdsVideoError, BrokenAudio, EditTooHeavy, EditUnreadable
from core.processes import Bounds, Crashed, OutOfBounds, apart
from core.redis import answers
from core.settings import settings
from core.storage import store
from workers.edits.apart import measure_apart, still_apart
from workers.edits.steps import gathered, local, own_words

Context = dict[str, Any]
log = logging.getLogger(__name__)


async def edit_still(_context: Context, token: str, user_id: int, body: dict[str, Any], at: float) -> None:
    """Answers with the frame `at` seconds as PNG."""
    await _answer(token, _still(user_id, body, at))


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


async def _still(user_id: int, body: dict[str, Any], at: float) -> bytes:
    folder = Path(tempfile.mkdtemp(prefix="still-", dir=store.workspace()))
    try:
        files = await gathered(user_id, timeline.read(body), folder)
        with own_words():
            return await apart(still_apart, body, files, at, bounds=_bounds())
    except Crashed:
        raise EditUnreadable("it crashes the decoder") from None
    except OutOfBounds as error:
        raise EditTooHeavy(error) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measured(key: str) -> bytes:
    folder = Path(tempfile.mkdtemp(prefix="audio-", dir=store.workspace()))
    try:
        return json.dumps(await apart(measure_apart, await local(key, folder), bounds=_bounds())).encode()
    except (Crashed, OutOfBounds):
        raise BrokenAudio() from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
