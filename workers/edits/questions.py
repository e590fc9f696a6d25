"""What the web asks a worker and waits for, because it takes FFmpeg: a frame of an edit, and what a sound file is."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from core.edits import timeline
from core.edits.audio import Measured
from core.errors import BrokenAudio, Unplayable
from core.processes import Crashed, apart
from core.storage import store
from workers.edits.apart import measure_apart, still_apart
from workers.edits.steps import gathered, local

Context = dict[str, Any]


async def edit_still(_context: Context, user_id: int, body: dict[str, Any], at: float) -> bytes:
    """The frame `at` seconds as PNG. Raises SourceGone, Unplayable."""
    folder = Path(tempfile.mkdtemp(prefix="still-", dir=store.workspace()))
    try:
        files = await gathered(user_id, timeline.read(body), folder)
        return await apart(still_apart, body, files, at)
    except Crashed:
        raise Unplayable("it crashes the decoder") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def measure_audio(_context: Context, key: str) -> Measured:
    """What the file under that key is. Raises NotAudio, BrokenAudio, AudioTooLong."""
    folder = Path(tempfile.mkdtemp(prefix="audio-", dir=store.workspace()))
    try:
        return await apart(measure_apart, await local(key, folder))
    except Crashed:
        raise BrokenAudio() from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
