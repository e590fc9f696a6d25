"""The camera engine: exact files, the move that the words say, smooth, no border, and it stops when told to."""

import asyncio
import io
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import pytest
from PIL import Image, ImageDraw

from core.catalog import entries
from core.catalog.size import Size
from core.errors import PictureRefused, Retryable
from workers.engines import Job
from workers.engines.camera.clip import clip_of
from workers.engines.camera.engine import CLIPS_AT_ONCE, Camera
from workers.engines.camera.path import Pose
from workers.engines.camera.words import plan

W, H = 320, 180
DARK, LIGHT = 40, 200


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=97)
    return out.getvalue()


def plain(width: int = W, height: int = H, color: tuple[int, int, int] = (250, 250, 250)) -> bytes:
    """One colour all over."""
    return jpeg(Image.new("RGB", (width, height), color))


def dots(*places: tuple[float, float], width: int = 2 * W, height: int = 2 * H) -> bytes:
    """Soft light dots on dark, at these fractions of the picture."""
    big = Image.new("L", (width * 4, height * 4), DARK)
    for x, y in places:
        ImageDraw.Draw(big).circle((x * width * 4, y * height * 4), width * 4 * 0.018, fill=LIGHT)
    return jpeg(big.resize((width, height), Image.Resampling.BOX).convert("RGB"))


def job_of(content: bytes, prompt: str, size: tuple[int, int] = (W, H), seconds: int = 1) -> Job:
    return Job("adsvideo-1", entries.get("camera"), prompt, seconds, Size(*size), created_at=0.0, picture=content)


def engine() -> Camera:
    return Camera(entries.get("camera").server)


def nothing(percent: int) -> None:
    """Nobody wants to know."""


async def film(content: bytes, prompt: str, target: Path, size: tuple[int, int] = (W, H), seconds: int = 1) -> Path:
    await engine().fetch(job_of(content, prompt, size, seconds), "", None, target, nothing)
    return target


def planes(path: Path, index: int = 0) -> Iterator[Image.Image]:
    """One plane of every frame of a file."""
    with av.open(str(path), "r") as container:
        for frame in container.decode(video=0):
            plane = frame.planes[index]
            content = bytes(plane)
            yield Image.frombuffer("L", (plane.width, plane.height), content, "raw", "L", plane.line_size, 1).copy()


def extremes(frame: Image.Image) -> tuple[int, int]:
    """The darkest and the lightest value of a plane."""
    pixels = frame.tobytes()
    return min(pixels), max(pixels)


def spot(frame: Image.Image, x: float, y: float, reach: float = 0.06) -> tuple[float, float]:
    """The centre of the light around a place; all in fractions of the frame."""
    left, top = round((x - reach) * frame.width), round(y * frame.height - reach * frame.width)
    size = round(2 * reach * frame.width)
    pixels = frame.crop((left, top, left + size, top + size)).tobytes()
    light = [max(value - 80, 0) for value in pixels]
    total = sum(light)
    across = sum((n % size + 0.5) * value for n, value in enumerate(light)) / total
    down = sum((n // size + 0.5) * value for n, value in enumerate(light)) / total
    return (left + across) / frame.width, (top + down) / frame.height


# The file ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1080, 1080), (322, 242), (64, 50)])
async def test_the_file_is_exactly_what_was_asked(tmp_path: Path, size: tuple[int, int]) -> None:
    path = await film(plain(*size), "push in", tmp_path / "clip.mp4", size)
    with av.open(str(path), "r") as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (stream.width, stream.height, stream.codec.name, context.pix_fmt) == (*size, "h264", "yuv420p")
        assert stream.duration and stream.time_base and stream.duration * stream.time_base == 1
        assert stream.average_rate == 24
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
        assert not container.streams.audio
        kinds = [packet.is_keyframe for packet in container.demux(stream) if packet.size]
        assert len(kinds) == 24 and kinds[0]
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert [entry.name for entry in tmp_path.iterdir()] == ["clip.mp4"]


async def test_a_clip_is_as_long_as_asked_and_can_be_cut_every_second(tmp_path: Path) -> None:
    path = await film(plain(), "push in", tmp_path / "clip.mp4", seconds=4)
    with av.open(str(path), "r") as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    keys = sorted(float(packet.pts * packet.time_base) for packet in packets if packet.is_keyframe)  # type: ignore[operator]
    assert len(packets) == 96
    assert keys[:4] == [0, 1, 2, 3]


async def test_colours_are_those_of_the_picture(tmp_path: Path) -> None:
    color = (180, 40, 90)
    path = await film(plain(color=color), "push in", tmp_path / "clip.mp4")
    with av.open(str(path), "r") as container:
        seen = next(container.decode(video=0)).to_image().getpixel((W // 2, H // 2))  # type: ignore[no-untyped-call]
    assert all(abs(a - b) <= 3 for a, b in zip(seen, color, strict=True))


@pytest.mark.parametrize("prompt", ["pan right", "orbit"])
def test_colours_sit_on_their_edges(prompt: str) -> None:
    picture = Image.new("RGB", (W, H), (128, 128, 128))
    ImageDraw.Draw(picture).circle((W / 2, H / 2), 6, fill=(240, 60, 60))
    frame = clip_of(jpeg(picture), prompt, Size(W, H), 1).frame(0)
    middles = []
    for index in (0, 2):
        plane = frame.planes[index]
        rows = [bytes(plane)[y * plane.line_size :][: plane.width] for y in range(plane.height)]
        weights = [(x, abs(value - row[0])) for row in rows for x, value in enumerate(row) if abs(value - row[0]) > 8]
        middles.append(sum(x * weight for x, weight in weights) / sum(weight for _, weight in weights))
    assert 2 * middles[1] == pytest.approx(middles[0], abs=0.25)  # chroma sample n belongs to luma sample 2n


# The move ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prompt", "zoom", "right", "down"),
    [
        ("push in", 1, 0, 0),
        ("Zoom out slowly", -1, 0, 0),
        ("pan left", 0, -1, 0),
        ("The camera pans to the right", 0, 1, 0),
        ("tilt up", 0, 0, -1),
        ("crane down", 0, 0, 1),
        ("Push in and pan left", 1, -1, 0),
        ("推近", 1, 0, 0),
        ("镜头缓慢拉远", -1, 0, 0),
        ("左移", None, -1, 0),
        ("镜头向下移动", 0, 0, 1),
    ],
)
async def test_the_camera_goes_where_the_words_say(
    tmp_path: Path, prompt: str, zoom: int | None, right: int, down: int
) -> None:
    places = [(0.35, 0.5), (0.65, 0.5)]
    path = await film(dots(*places), prompt, tmp_path / "clip.mp4")
    frames = list(planes(path))
    move = plan(prompt, 1)
    (a, b), (c, d) = (
        [spot(frame, *move.at(time).seen(*p)) for p in places] for frame, time in ((frames[0], 0), (frames[-1], 1))
    )
    growth = (d[0] - c[0]) / (b[0] - a[0]) - 1
    if zoom is not None:
        assert math.copysign(1, growth) == zoom if zoom else abs(growth) < 0.01
    aside, below = (c[0] + d[0] - a[0] - b[0]) / 2, (c[1] + d[1] - a[1] - b[1]) / 2
    # The camera looks to the right: what it sees moves to the left.
    assert aside * right < -0.05 if right else abs(aside) < 0.01
    assert below * down < -0.05 if down else abs(below) < 0.01


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Slow push-in on the perfume bottle; warm sunlight glides across the facets", "closer"),
        ("Slow orbit around the watch on wet slate; cool rim light sweeps over the bezel", "around"),
        ("Gentle dolly from left to right past the serum bottle; leaf shadows sway", "right"),
        ("Crane up from the golden base to the tip of the lipstick; satin ripples behind it", "up"),
        ("Fast push-in on the ice-cold can, then slow motion: droplets run down the metal", "closer"),
        ("Slow lateral tracking shot through the sunlit room towards the lounge chair", "aside closer"),
        ("The earbuds case floats and turns slowly as the camera orbits; the buds rise out", "around"),
        ("Slow tilt up the macaron tower from the marble stand to the top", "up"),
        ("Low glide over the water towards the cream jar; a drop falls in slow motion", "closer"),
        ("围绕产品旋转", "around"),
        ("镜头从左到右平移", "right"),
        ("No zoom, pan left", "left"),
        ("Static shot, hold the frame", "still"),
        ("固定镜头", "still"),
    ],
)
def test_prompts_are_understood(prompt: str, expected: str) -> None:
    move = plan(prompt, 6)
    first, last = move.at(0), move.at(1)
    turns = first.turn != last.turn
    found = {
        "closer": last.zoom > first.zoom * 1.1,
        "right": last.u > first.u + 1 and not turns,
        "left": last.u < first.u - 1 and not turns,
        "aside": abs(last.u - first.u) > 1 and not turns,
        "up": last.v < first.v - 1,
        "around": turns,
        "still": first == last and first.zoom == 1,
    }
    wanted = set(expected.split()) | ({"aside"} if expected in ("left", "right") else set())
    aside = {"left", "right"} if expected.startswith("aside") else set()
    assert {name for name, true in found.items() if true} - aside == wanted


def test_slow_is_less_and_fast_is_more_and_sooner() -> None:
    slow, normal, fast = (plan(f"{word} push in", 6) for word in ("slow", "", "fast"))
    assert slow.zooms < normal.zooms < fast.zooms
    assert fast.at(0.4).zoom / fast.zooms[1] > normal.at(0.4).zoom / normal.zooms[1]
    assert plan("Fast push-in, then slow motion", 6) == fast


def test_moves_follow_one_another() -> None:
    move = plan("Push in, then pan right", 6)
    start, middle, end = move.at(0), move.at(0.5), move.at(1)
    assert middle.zoom > start.zoom * 1.1 and middle.u == start.u
    assert end.zoom == middle.zoom and end.u > middle.u + 1


def test_without_a_word_for_it_the_camera_moves_calmly_and_the_same_each_time() -> None:
    prompts = [f"a red apple number {n}" for n in range(20)]
    moves = [plan(prompt, 6) for prompt in prompts]
    assert moves == [plan(prompt, 6) for prompt in prompts]
    assert len(set(moves)) > 2
    assert all(1 < move.zooms[1] < 1.25 and move.at(0) != move.at(1) for move in moves)


@pytest.mark.parametrize(
    "prompt", ["pan-" * 125, "push " * 100, "camera " * 71, "镜头" * 250, "no " * 166, "🎥" * 500, ""]
)
def test_a_strange_prompt_takes_no_time(prompt: str) -> None:
    assert plan(prompt[:500], 6).zooms[1] < 1.7


# The pictures --------------------------------------------------------------------------------------------------------

EVERY_MOVE = ["push in", "fast pull out", "pan right", "tilt up", "orbit", "orbit and crane up", "static shot"]


@pytest.mark.parametrize("prompt", [*EVERY_MOVE, "push in, then pan left, then fast orbit left and crane down"])
async def test_no_frame_of_any_move_shows_a_border(tmp_path: Path, prompt: str) -> None:
    path = await film(plain(), prompt, tmp_path / "clip.mp4", size=(W, H), seconds=2)
    assert min(extremes(frame)[0] for frame in planes(path)) > 220
    for index in (1, 2):
        assert all(126 <= value <= 130 for frame in planes(path, index) for value in extremes(frame))


@pytest.mark.parametrize("turn", [-9.0, 0.0, 5.0])
@pytest.mark.parametrize("u", [-1.0, 0.3, 1.0])
def test_the_camera_never_looks_past_the_picture(turn: float, u: float) -> None:
    for zoom in (1.0, 1.01, 1.5):
        pose = Pose(zoom, u, -u, turn)
        for n in range(10):
            box = pose.columns()(n / 10, (n + 1) / 10)
            assert all(0 <= edge <= 1 for edge in box)
            for x, corner in ((n / 10, 0), ((n + 1) / 10, 2)):
                assert pose.seen(box[corner], 0.5)[0] == pytest.approx(x)


@pytest.mark.parametrize("prompt", ["slow push in", "pan right", "tilt up", "orbit"])
async def test_moves_are_smooth(tmp_path: Path, prompt: str) -> None:
    place = (0.4, 0.45)
    path = await film(dots(place), prompt, tmp_path / "clip.mp4", seconds=3)
    move, frames = plan(prompt, 3), list(planes(path))
    asked = [move.at(n / (len(frames) - 1)).seen(*place) for n in range(len(frames))]
    found = [spot(frame, *where) for frame, where in zip(frames, asked, strict=True)]
    for axis, pixels in ((0, W), (1, H)):
        errors = [(f[axis] - a[axis]) * pixels for f, a in zip(found, asked, strict=True)]
        assert math.sqrt(sum(error**2 for error in errors) / len(errors)) < 0.15
        way = [f[axis] * pixels for f in found]
        jolts = [a - 2 * b + c for a, b, c in zip(way, way[1:], way[2:], strict=False)]
        assert math.sqrt(sum(jolt**2 for jolt in jolts) / len(jolts)) < 0.3


async def test_what_is_sharp_stays_sharp(tmp_path: Path) -> None:
    stripes = Image.new("L", (2 * W, 2 * H), 60)
    for x in range(0, 2 * W, 16):
        ImageDraw.Draw(stripes).rectangle((x, 0, x + 7, 2 * H), fill=190)
    path = await film(jpeg(stripes.convert("RGB")), "push in", tmp_path / "clip.mp4")
    for frame in planes(path):
        dark, light = extremes(frame.crop((W // 4, 20, W // 4 * 3, H - 20)))
        assert light - dark > 100


async def test_a_small_picture_and_one_of_another_shape_fill_the_frame(tmp_path: Path) -> None:
    for n, size in enumerate([(40, 30), (900, 200), (2, 2)]):
        path = await film(plain(*size), "orbit", tmp_path / f"{n}.mp4")
        assert min(extremes(frame)[0] for frame in planes(path)) > 220


# Progress and its end ------------------------------------------------------------------------------------------------


async def test_progress_goes_from_0_to_100(tmp_path: Path) -> None:
    told: list[int] = []
    await engine().fetch(job_of(plain(), "push in"), "", None, tmp_path / "clip.mp4", told.append)
    assert told == sorted(set(told)) and told[-1] == 100 and len(told) > 15


class Enough(Exception):
    pass


async def test_what_the_report_raises_stops_the_work(tmp_path: Path) -> None:
    told: list[int] = []

    def report(percent: int) -> None:
        told.append(percent)
        if percent >= 20:
            raise Enough

    with pytest.raises(Enough):
        await engine().fetch(job_of(plain(), "push in", seconds=10), "", None, tmp_path / "clip.mp4", report)
    assert told[-1] < 25
    assert list(tmp_path.iterdir()) == []


async def test_a_canceled_task_stops_the_work(tmp_path: Path) -> None:
    started, told, loop, canceled = asyncio.Event(), [0], asyncio.get_running_loop(), threading.Event()

    def report(percent: int) -> None:
        told[0] = percent
        loop.call_soon_threadsafe(started.set)
        canceled.wait(60)

    camera_engine = engine()
    job = job_of(plain(1280, 720), "push in", (1280, 720), seconds=10)
    task = asyncio.create_task(camera_engine.fetch(job, "", None, tmp_path / "clip.mp4", report))
    await started.wait()
    task.cancel()
    canceled.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert told[0] < 90
    assert list(tmp_path.iterdir()) == []
    await camera_engine.fetch(job_of(plain(), "push in"), "", None, tmp_path / "next.mp4", nothing)


async def test_a_worker_renders_only_so_many_clips_at_once(tmp_path: Path) -> None:
    running, most = 0, 0
    counted = threading.Lock()  # what is reported comes from the threads that render

    def counting() -> Callable[[int], None]:
        begun = False

        def report(percent: int) -> None:
            nonlocal running, most, begun
            with counted:
                running += (not begun) - (percent == 100)
                most, begun = max(most, running), True

        return report

    one, job = engine(), job_of(plain(), "push in")
    paths = [tmp_path / f"{n}.mp4" for n in range(CLIPS_AT_ONCE + 2)]
    await asyncio.gather(*(one.fetch(job, "", None, path, counting()) for path in paths))
    assert 1 <= most <= CLIPS_AT_ONCE
    assert len(list(tmp_path.glob("*.mp4"))) == len(paths)


def test_the_picture_is_asked_for_larger_than_the_frame() -> None:
    assert engine().scale(job_of(b"", "push in")) >= plan("push in", 1).zooms[1]


async def test_the_disk_or_the_picture_may_be_at_fault(tmp_path: Path) -> None:
    with pytest.raises(PictureRefused):
        await film(b"not a picture", "push in", tmp_path / "clip.mp4")
    with pytest.raises(PictureRefused):
        await film(plain(400, 400)[:900], "push in", tmp_path / "clip.mp4")
    with pytest.raises(Retryable):
        await film(plain(), "push in", tmp_path / "nowhere" / "clip.mp4")
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_the_picture() -> None:
    sizes: Callable[[int, int], list[tuple[int, int]]] = lambda width, height: [  # noqa: E731
        plane.size for plane in clip_of(plain(width, height), "push in", Size(W, H), 1).planes
    ]
    assert sizes(W, H) == sizes(W * 12, H * 12)
