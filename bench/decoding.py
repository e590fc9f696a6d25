"""What a decoder spends on a video, in CPU: its film checked and given a poster, its picture framed.

    uv run --group bench bench/decoding.py

Everything runs in this process, warmed up; the median counts. Beside each check stands one plain decoding of the whole
film on the same machine, so that the ratio holds elsewhere too. Films from models have the codec's usual key frames,
or one a second.
"""

# ruff: noqa: E402
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import av
from PIL import Image

from core.pictures.framing import clean, frame
from tests.servers import clip
from workers.media.keepable import check
from workers.media.most import Most
from workers.media.reading import reading

PICTURE = ROOT / "core" / "pictures" / "shipped" / "soda.jpg"
RATE = 24


@dataclass(frozen=True)
class Film:
    """A picture that a camera moves over."""

    name: str
    size: tuple[int, int]
    seconds: int
    gop: int = 250


FILMS = (
    Film("720p, 8 s", (1280, 720), 8),
    Film("720p, 8 s, key frames", (1280, 720), 8, gop=RATE),
    Film("portrait, 5 s", (720, 1280), 5),
    Film("1080p, 4 s", (1920, 1080), 4),
)


def write(film: Film, path: Path) -> None:
    """The film as a file."""
    with Image.open(PICTURE) as picture, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "crf": "20", "bf": "3"})
        assert isinstance(stream, av.VideoStream)
        (stream.width, stream.height), stream.pix_fmt = film.size, "yuv420p"
        stream.codec_context.gop_size = film.gop
        scale = min(picture.width / film.size[0], picture.height / film.size[1])
        for number in range(film.seconds * RATE):
            zoom = 1 - 0.3 * number / (film.seconds * RATE)
            width, height = (side * scale * zoom for side in film.size)
            left, top = (picture.width - width) / 2, (picture.height - height) / 2
            drawn = picture.resize(film.size, Image.Resampling.BILINEAR, (left, top, left + width, top + height))
            moved: av.VideoFrame = av.VideoFrame.from_image(drawn)  # type: ignore[no-untyped-call]
            moved.pts, moved.time_base = number, Fraction(1, RATE)
            out.mux(stream.encode(moved))
        out.mux(stream.encode())


def cpu(work: Callable[[], object], seconds: float = 1.0) -> float:
    """Milliseconds of CPU of one call."""
    work()
    took: list[float] = []
    while sum(took) < seconds or len(took) < 3:
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return statistics.median(took) * 1000


def decoded(raw: Path) -> None:
    """All of it, one time."""
    with reading(raw, Most()) as container:
        for _ in container.decode(container.streams.video[0]):
            pass


def checked(raw: Path, folder: str) -> None:
    """As a decoder does it, in a folder of its own."""
    check(raw, Path(tempfile.mkdtemp(dir=folder)), {"title": "A can", "adsvideo_prompt": "It turns. " * 20}, Most())


def films(folder: str) -> Iterator[tuple[str, Path]]:
    """Those of this bench, and that of bench/inflight.py."""
    raw = Path(folder) / "inflight.mp4"
    raw.write_bytes(clip(320, 192, 2))
    yield "of bench/inflight.py", raw
    for film in FILMS:
        raw = Path(folder) / f"{film.name}.mp4"
        write(film, raw)
        yield film.name, raw


def pictures() -> Iterator[tuple[str, bytes]]:
    """As they are kept: a preset, and a photo of a phone."""
    yield "preset of 1920x1280", PICTURE.read_bytes()
    with Image.open(PICTURE) as picture, tempfile.SpooledTemporaryFile() as file:
        picture.resize((4032, 3024), Image.Resampling.BICUBIC).save(file, "JPEG", quality=90)
        file.seek(0)
        yield "photo of 4032x3024", clean(file.read()).content


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        print(f"{'film':28}{'check':>10}{'decoding it once':>20}{'ratio':>8}")
        for name, raw in films(folder):
            check_ms, decode_ms = cpu(lambda raw=raw: checked(raw, folder)), cpu(lambda raw=raw: decoded(raw))  # type: ignore[misc]
            print(f"{name:28}{check_ms:>7.1f} ms{decode_ms:>17.1f} ms{check_ms / decode_ms:>8.2f}", flush=True)
    print(f"\n{'picture framed to 1280x720':28}")
    for name, content in pictures():
        framed_ms = cpu(lambda content=content: frame(content, 1280, 720, {}))  # type: ignore[misc]
        print(f"{name:28}{framed_ms:>7.1f} ms", flush=True)


if __name__ == "__main__":
    main()
