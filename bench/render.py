"""How fast and how smooth the studio camera renders, beside ffmpeg's zoompan and beside encoding ready frames alone.

    uv run bench/render.py [picture.jpg]

Speed: the same clip several times in turn, the best of each counts (other work on the machine only ever adds time).
Jitter: a picture of soft dots is rendered and decoded, and each dot's centroid compared with where it was asked to be;
for layers once with the mask on all dots and once on none, so that product and ground are each measured alone.
"""

# ruff: noqa: E402
import argparse
import asyncio
import io
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import av
from PIL import Image

from core.catalog import entries
from core.catalog.size import Size
from workers.engines import Cutout, Job
from workers.engines.camera import film
from workers.engines.camera.clip import Clip, clip_of
from workers.engines.camera.draw import SPAN
from workers.engines.camera.engine import Camera
from workers.engines.camera.path import Move
from workers.engines.camera.stage import View
from workers.engines.camera.words import plan
from workers.media.cutout import cut_out

WIDTH, HEIGHT, SECONDS, ROUNDS = 1280, 720, 6, 6
SIZE = Size(WIDTH, HEIGHT)
COUNT = SECONDS * film.FPS
PRESET = ROOT / "core/pictures/shipped/perfume.jpg"
Seen = Callable[[int, float, float], tuple[float, float]]
"""From the number of a frame and a place in the picture to the place in the frame."""
DOT = 7.0
"""Sigma of a dot, in pixels of the frame."""
E = (
    "st(0,on/{last});st(1,min(ld(0),1-ld(0)));st(2,ld(1)/{ramp});"
    "st(3,if(lt(ld(1),{ramp}),{ramp}*pow(ld(2),3)*(1-ld(2)/2),ld(1)-{ramp}/2)/(1-{ramp}));if(gt(ld(0),0.5),1-ld(3),ld(3))"
)
"""moves.ease in ffmpeg's words."""


def photo(path: Path, width: int, height: int) -> bytes:
    """The picture, stretched to that size, as JPEG."""
    return _jpeg(Image.open(path).convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def dots(width: int, height: int, scale: float) -> tuple[bytes, list[tuple[float, float]]]:
    """Light soft dots on dark, and their places as fractions of the picture."""
    places = [((c + 0.5) / 8, (r + 0.5) / 5) for r in range(5) for c in range(8)]
    sigma = DOT * scale
    plane = Image.new("L", (width, height), 40)
    for x, y in places:
        x0, y0 = int(x * width - 4 * sigma), int(y * height - 4 * sigma)
        size = int(8 * sigma) + 1
        pixels = bytes(
            round(
                40
                + 180 * math.exp(-((x0 + i + 0.5 - x * width) ** 2 + (y0 + j + 0.5 - y * height) ** 2) / 2 / sigma**2)
            )
            for j in range(size)
            for i in range(size)
        )
        plane.paste(Image.frombytes("L", (size, size), pixels), (x0, y0))
    return _jpeg(plane.convert("RGB"), quality=98), places


def _jpeg(picture: Image.Image, quality: int = 92) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _cpu() -> float:
    return sum(
        u.ru_utime + u.ru_stime for u in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def zoompan(ffmpeg: str, picture: Path, target: Path, zoom: str, x: str) -> None:
    """The same length, size and encoder settings through ffmpeg's zoompan."""
    settings = [word for key, value in film.ENCODER.items() for word in (f"-{key}", value)]
    expression = f"zoompan=z='{zoom}':x='{x}':y='ih/2-ih/zoom/2':d={COUNT}:s={WIDTH}x{HEIGHT}:fps={film.FPS}"
    command = [ffmpeg, "-v", "error", "-y", "-i", str(picture), "-vf", expression, "-frames:v", str(COUNT)]
    command += [
        "-c:v",
        "libx264",
        *settings,
        "-g",
        str(film.KEY_EVERY),
        "-pix_fmt",
        "yuv420p",
        "-movflags",
        "+faststart",
    ]
    subprocess.run([*command, str(target)], check=True)


def _expression(move: Move, last: int = COUNT - 1) -> tuple[str, str]:
    """Zoom and x of zoompan for a push (from 1 to the nearest) or a pan to the right."""
    eased = E.format(last=last, ramp=0.35)
    if move.poses[0].u == move.poses[-1].u:
        return f"pow({move.zooms[1]},{eased})", "iw/2-iw/zoom/2"
    (a, b) = move.poses[0].u, move.poses[-1].u
    return f"{move.zooms[1]}", f"(iw-iw/zoom)*(1+{a}+({b}-({a}))*({eased}))/2"


def _clip(jpeg: bytes, prompt: str, mask: bytes = b"", size: Size = SIZE, **options: bool) -> Clip:
    return clip_of(jpeg, prompt, size, SECONDS, mask=mask, options=options)


def _render(jpeg: bytes, prompt: str, target: Path, mask: bytes = b"", size: Size = SIZE) -> None:
    film.render(_clip(jpeg, prompt, mask, size), target, lambda percent: None)


def _encode(ready: list[av.VideoFrame], clip: Clip, target: Path, threads: int) -> None:
    """Frames that are there already, encoded with the camera's settings and so many threads (0: x264 decides)."""
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=film.FPS)
        film.set_up(stream.codec_context, clip)
        stream.codec_context.thread_count = threads
        for frame in ready:
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@dataclass(frozen=True)
class _Ready:
    """Frames that are there already, as the encoder takes them."""

    width: int
    height: int
    count: int
    frames: list[av.VideoFrame]

    def frame(self, number: int) -> av.VideoFrame:
        """One of them."""
        return self.frames[number]


def _encode_in_parts(ready: list[av.VideoFrame], clip: Clip, target: Path) -> None:
    film.render(_Ready(clip.width, clip.height, clip.count, ready), target, lambda percent: None)


def speed(jpeg: bytes, folder: Path, ffmpeg: str | None) -> None:
    push = plan("push in", SECONDS)
    clip = _clip(jpeg, "push in")
    ready = [clip.frame(number) for number in range(COUNT)]
    mask, confidence = cut_out(jpeg)
    print(f"cut out with confidence {confidence}")
    picture, out = folder / "photo.jpg", folder / "out.mp4"
    picture.write_bytes(jpeg)

    ways: dict[str, Callable[[], object]] = {
        f"camera, plain {prompt}": partial(_render, jpeg, prompt, out) for prompt in ("push in", "orbit")
    }
    ways |= {f"camera, layered {prompt}": partial(_render, jpeg, prompt, out, mask) for prompt in ("push in", "orbit")}
    ways["camera, layered push in, 1920x1080"] = partial(_render, jpeg, "push in", out, mask, Size(1920, 1080))
    ways["cut-out, once per picture"] = partial(cut_out, jpeg)
    ways["encoding ready frames, x264's own threads"] = lambda: _encode(ready, clip, out, 0)
    ways["encoding ready frames, 2 threads"] = lambda: _encode(ready, clip, out, 2)
    ways["encoding ready frames, as camera does it"] = lambda: _encode_in_parts(ready, clip, out)
    if ffmpeg:
        ways["ffmpeg zoompan"] = lambda: zoompan(ffmpeg, picture, out, *_expression(push))
    best: dict[str, float] = {}
    cpu: dict[str, float] = {}
    size: dict[str, int] = {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            before, begin = _cpu(), time.perf_counter()
            way()
            best[name] = min(best.get(name, 1e9), time.perf_counter() - begin)
            cpu[name] = min(cpu.get(name, 1e9), _cpu() - before)
            size[name] = out.stat().st_size
    ours_best = best["camera, plain push in"]
    clip_size, load = f"{SECONDS} s of {WIDTH}x{HEIGHT} at {film.FPS}/s", os.getloadavg()[0]
    print(f"\n{clip_size}, best of {ROUNDS}; {film.CORES} cores, load {load:.1f}")
    print(f"{'':42}{'seconds':>9}{'x real time':>13}{'CPU s':>8}{'MB':>7}{'camera is':>13}")
    for name, took in best.items():
        row = f"{name:42}{took:9.2f}{SECONDS / took:13.2f}{cpu[name]:8.2f}{size[name] / 1e6:7.2f}"
        print(row + (f"{took / ours_best:9.2f} x as fast" if name != "camera, plain push in" else ""))
    if not ffmpeg:
        print("ffmpeg is not installed: no comparison with zoompan")


def _frames(path: Path) -> Iterator[Image.Image]:
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            plane = frame.planes[0]
            yield Image.frombuffer("L", (frame.width, frame.height), bytes(plane), "raw", "L", plane.line_size, 1)


def _centroid(frame: Image.Image, x: float, y: float) -> tuple[float, float]:
    """Of the light in a window around (x, y); in pixels from the frame's upper left corner."""
    reach = int(3.5 * DOT * 1.3)
    left, top = round(x) - reach, round(y) - reach
    window = frame.crop((left, top, left + 2 * reach, top + 2 * reach))
    pixels = window.tobytes()
    floor = sorted(pixels)[len(pixels) // 3] + 2
    total = sx = sy = 0
    for j in range(2 * reach):
        row = [max(p - floor, 0) for p in pixels[j * 2 * reach : (j + 1) * 2 * reach]]
        weight = sum(row)
        total, sy = total + weight, sy + weight * j
        sx += sum(i * p for i, p in enumerate(row))
    return left + sx / total + 0.5, top + sy / total + 0.5


def errors(path: Path, seen: Seen, places: list[tuple[float, float]]) -> tuple[float, float]:
    """RMS of measured against asked positions in pixels: as it is, and without each dot's mean (what shakes)."""
    margin = 4 * DOT * 1.3
    found: dict[int, list[tuple[float, float]]] = {}
    for number, frame in enumerate(_frames(path)):
        for index, place in enumerate(places):
            x, y = seen(number, *place)
            x, y = x * WIDTH, y * HEIGHT
            if margin < x < WIDTH - margin and margin < y < HEIGHT - margin:
                measured = _centroid(frame, x, y)
                found.setdefault(index, []).append((measured[0] - x, measured[1] - y))
    raw = still = count = 0.0
    for series in (s for s in found.values() if len(s) > COUNT // 2):
        mx, my = sum(e[0] for e in series) / len(series), sum(e[1] for e in series) / len(series)
        raw += sum(ex**2 + ey**2 for ex, ey in series)
        still += sum((ex - mx) ** 2 + (ey - my) ** 2 for ex, ey in series)
        count += len(series)
    return math.sqrt(raw / count), math.sqrt(still / count)


def _camera_seen(move: Move) -> Seen:
    return lambda number, x, y: move.at(number / (COUNT - 1)).seen(x, y)


def _zoompan_seen(move: Move) -> Seen:
    """zoompan knows no inset: its box touches the picture's edge."""

    def seen(number: int, x: float, y: float) -> tuple[float, float]:
        pose = move.at(number / (COUNT - 1))
        left = (1 - 1 / pose.zoom) * (1 + pose.u) / 2
        return (x - left) * pose.zoom, (y - (1 - 1 / pose.zoom) / 2) * pose.zoom

    return seen


def jitter(folder: Path, ffmpeg: str | None) -> None:
    print(f"\n{'jitter, pixels RMS':30}{'camera':>22}{'zoompan':>22}{'ratio':>8}")
    print(f"{'':30}{'shaking (with bias)':>22}{'shaking (with bias)':>22}")
    out, picture = folder / "dots.mp4", folder / "dots.jpg"
    for prompt in ("slow push in", "pan right", "orbit"):
        move = plan(prompt, SECONDS)
        jpeg, places = dots(round(WIDTH * 1.5), round(HEIGHT * 1.5), 1.5)
        _render(jpeg, prompt, out)
        bias, ours = errors(out, _camera_seen(move), places)
        row = f"{prompt:30}{ours:12.3f} ({bias:.3f}) "
        if ffmpeg and prompt != "orbit":
            picture.write_bytes(jpeg)
            zoompan(ffmpeg, picture, out, *_expression(move))
            bias, theirs = errors(out, _zoompan_seen(move), places)
            row += f"{theirs:13.3f} ({bias:.3f}) {ours / theirs:8.2f}"
        print(row)
    for prompt in ("slow push in", "pan right", "orbit"):
        for layer, mask in (("product", _mask(1.0)), ("ground", _mask(0.02))):
            clip = _clip(jpeg, prompt, mask, light=False, focus=False)
            film.render(clip, out, lambda percent: None)
            bias, ours = errors(out, _layer_seen(clip, layer), places)
            print(f"{f'{prompt}, {layer} layer':30}{ours:12.3f} ({bias:.3f})")


def _mask(share: float) -> bytes:
    """A thing that is so much of the picture, standing at the middle of its lower edge, as a mask."""
    mask = Image.new("L", (WIDTH, HEIGHT))
    width, height = round(WIDTH * share), round(HEIGHT * share)
    mask.paste(255, ((WIDTH - width) // 2, HEIGHT - height, (WIDTH + width) // 2, HEIGHT))
    out = io.BytesIO()
    mask.save(out, "PNG")
    return out.getvalue()


def _layer_seen(clip: Clip, layer: str) -> Seen:
    stage = clip.stage
    assert stage

    def seen(number: int, x: float, y: float) -> tuple[float, float]:
        moment = stage.at(clip.time(number))
        view: View = getattr(moment, layer)
        far = min((view.foot - y) / SPAN, 1.0)  # what is far goes aside
        return view.place(x - view.lean * far, y)

    return seen


def memory(picture: Path, folder: Path) -> None:
    print("\npeak memory of a process that renders (MB); 0 MP: imports only")
    peaks = {}
    for name, size in {"0 MP": None, "1 MP": (1224, 816), "40 MP": (7752, 5168)}.items():
        path = folder / "large.jpg"
        if size:
            path.write_bytes(photo(picture, *size))
        command = [sys.executable, __file__, "--memory", str(path) if size else "none"]
        peaks[name] = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024
    print("   ".join(f"{name}: {peak:.0f}" for name, peak in peaks.items()))


def _render_once(path: str) -> None:
    """In a process of its own: render, and print the most memory it ever had, in kB."""
    if path != "none":
        with tempfile.TemporaryDirectory() as folder:
            _render(Path(path).read_bytes(), "push in", Path(folder) / "out.mp4")
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would count what the parent had when it forked
        print(next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")))
    else:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


async def lag(jpeg: bytes, folder: Path) -> None:
    """How late a timer of the event loop fires while a clip is rendered beside it."""
    late: list[float] = []

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            late.append((time.perf_counter() - before - 0.005) * 1000)

    mask, _confidence = cut_out(jpeg)
    for prompt in ("push in", "orbit"):
        late.clear()
        model = entries.get("camera")
        job = Job("bench", model, prompt, SECONDS, SIZE, 0.0, jpeg, cutout=Cutout(mask, sure=True))
        watcher = asyncio.create_task(watch())
        await Camera(model.server).fetch(job, "bench", None, folder / "lag.mp4", lambda percent: None)
        watcher.cancel()
        late.sort()
        row = f"median {late[len(late) // 2]:.1f}, 99 % under {late[len(late) * 99 // 100]:.1f}, worst {late[-1]:.1f}"
        print(f"\nevent loop's lag during {prompt}, ms: {row}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", nargs="?", type=Path, default=PRESET, help="a photo")
    parser.add_argument("--memory", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory:
        _render_once(asked.memory)
        return
    ffmpeg = shutil.which("ffmpeg")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jpeg = photo(asked.picture, 1920, 1080)
        speed(jpeg, folder, ffmpeg)
        jitter(folder, ffmpeg)
        memory(asked.picture, folder)
        asyncio.run(lag(jpeg, folder))


if __name__ == "__main__":
    main()
