"""What the processes run for an edit: they import the renderer, and FFmpeg with it; the worker itself does not."""

from pathlib import Path
from typing import Any

from core.edits.audio import Measured
from core.edits.exports import Form
from workers.edits.files import Files
from workers.media.most import Most


def render_apart(body: dict[str, Any], files: Files, target: Path, progress: Path) -> str:
    """Write the edit to `target` and how far it is (0-100) to `progress`; what is to be said about it. Blocking.

    Raises Unplayable, TooHeavy, ProviderFailed; OSError if our own disk refuses.
    """
    from core.edits import timeline  # noqa: PLC0415
    from workers.edits.render import render  # noqa: PLC0415

    def report(percent: int) -> None:
        progress.write_text(str(percent))

    return render(timeline.read(body), files, target, {}, report)


def still_apart(body: dict[str, Any], files: Files, at: float) -> bytes:
    """The frame that is to be seen `at` seconds, as PNG. Blocking. Raises Unplayable, TooHeavy."""
    from core.edits import timeline  # noqa: PLC0415
    from workers.edits.render import still  # noqa: PLC0415

    return still(timeline.read(body), files, at)


def preview_apart(body: dict[str, Any], files: Files, outline: tuple[int, int, float]) -> bytes:
    """What lies over clips, as JSON; `outline` is their width, height and seconds. Blocking."""
    from core.edits import timeline  # noqa: PLC0415
    from workers.edits.preview import Outline, preview  # noqa: PLC0415

    return preview(timeline.read(body), files, Outline(*outline))


def export_apart(source: Path, target: Path, form: Form, most: Most) -> None:
    """Write that form of a video to `target`. Blocking. Raises Unplayable, TooHeavy; OSError if our disk refuses."""
    from workers.media.exports import export  # noqa: PLC0415

    export(source, target, form, most)


def measure_apart(path: Path) -> Measured:
    """What a sound file is. Blocking. Raises NotAudio, BrokenAudio, AudioTooLong."""
    from workers.media.audio_file import measure  # noqa: PLC0415

    return measure(path)
