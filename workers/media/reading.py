"""Opens a film that somebody else has made: only a few formats and codecs, and within bounds."""

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError

from core.errors import TooHeavy, Unplayable
from workers.media.most import Most

FORMATS = "mov,matroska,avi,mpegts,gif"
PICTURES = "h264 hevc vp8 vp9 libvpx libvpx-vp9 av1 libdav1d libaom-av1 mpeg4 mpeg2video mjpeg prores gif"
SOUNDS = "aac mp3 mp3float opus libopus vorbis libvorbis ac3 flac pcm_s16le pcm_s16be pcm_s24le pcm_f32le"
CODECS = frozenset(f"{PICTURES} {SOUNDS}".split())
"""FFmpeg's names of the decoders that may run. No server delivers others, and each of its hundreds is a risk."""

READ = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "codec_whitelist": ",".join(sorted(CODECS))}
"""What FFmpeg may take a file for. Others are no videos (pictures, text shown on a terminal) or name further files and
addresses to be read (playlists), which a file from outside must not make us do."""

OUR_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE}
"""Only these are trouble of ours; FFmpeg says with every other number, also EIO and EPERM, what is wrong in a file."""


@contextlib.contextmanager
def reading(path: Path, most: Most) -> Iterator[InputContainer]:
    """The film opened; whatever FFmpeg says of it becomes Unplayable. Raises TooHeavy for what says it is.

    Trouble with our own disk stays an OSError; a bound of the process's memory is a MemoryError.
    """
    with path.open("rb"):
        pass  # what can't be opened is no fault of the film's
    try:
        with av.open(str(path), "r", container_options=READ, options=_options(most)) as container:
            _check(container, most)
            yield container
    except MemoryError:
        raise MemoryError from None
    except FFmpegError as error:
        if error.errno == errno.EFBIG:
            raise TooHeavy("the file that was written of it") from None
        if error.errno in OUR_DISK:
            raise OSError(error.errno, error.strerror) from None
        raise Unplayable(error.strerror or error) from None
    except ValueError as error:
        raise Unplayable(error) from None


def _options(most: Most) -> dict[str, str]:
    """For the decoders: before a frame that is larger has any memory. They count the margins of a buffer as well."""
    return {"max_pixels": str(int(most.megapixels * 1_250_000))}


def _check(container: InputContainer, most: Most) -> None:
    """What the file says of itself."""
    if not container.streams.video:
        raise Unplayable("no picture track")
    for stream in (*container.streams.video, *container.streams.audio):
        if stream.codec_context is None or stream.codec_context.codec.name not in CODECS:
            raise Unplayable(f"a codec that is not taken: {stream.name}")
    for picture in container.streams.video:
        most.check_size(picture.width, picture.height)
        most.check_count(picture.frames)
        most.check_length(float((picture.duration or 0) * (picture.time_base or 0)))
        picture.codec_context.options = _options(most)
    most.check_length((container.duration or 0) / 1_000_000)
    # as many files are read at once as there are cores; starting threads for each costs more than they bring
    container.streams.video[0].codec_context.thread_count = 1
