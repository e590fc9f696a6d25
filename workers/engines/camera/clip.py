"""One clip of the camera engine: its sources, made once, and its frames."""

import io
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image, ImageChops, UnidentifiedImageError

from core.catalog.size import Size
from core.errors import PictureRefused
from workers.engines.camera.compose import compose
from workers.engines.camera.draw import Patch, draw_columns
from workers.engines.camera.effects import effects
from workers.engines.camera.film import FPS, PARTS
from workers.engines.camera.layers import Layers, Planes, layers_of, thing_of
from workers.engines.camera.path import Move
from workers.engines.camera.stage import APART, Stage, fitted, there_and_back
from workers.engines.camera.words import plan
from workers.media.regions import Box

SPARE = 1.08
"""Source rows per row of the frame where the camera is nearest."""
STRETCH = 9
"""The source is this many times as wide as the frame, so that the nearest of its columns is near enough: picking
columns takes a fifth of the time of blending them, and is at most a fourteenth of a pixel off. It is odd, so that the
middle of a pixel is the middle of a column where the camera is at its widest: the first frame is the picture."""
CRISPER = 1.25
"""The source holds no more detail across than this many times what the widest view can show: the rest would flicker."""
SOFT = 0.15
"""What the triangle filter takes from the contrast of neighbouring rows is given to the source beforehand, once.

Measured against Lanczos from the full picture: 47-51 dB, 96-101 % of the sharpness, whatever the zoom. Bicubic gives
51-54 dB and 93 %, and takes three times as long for a frame.
"""
WHOLE = Box(0.0, 0.0, 1.0, 1.0)

# RGB to Y, Cb, Cr as BT.709 has it, in the limited range (16-235, 16-240).
TO_BT709 = (
    *(0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255, 16.0),
    *(-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.9278 / 1.8556 * 224 / 255, 128.0),
    *(0.7874 / 1.5748 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255, 128.0),
)


@dataclass(frozen=True)
class Clip:
    """What is to be drawn: `width` and `height` even, in pixels; `count` frames at FPS.

    The camera moves inside `window`, a part of the frame with even edges; what is beside it (`around`) stands still.
    With a `stage` there are layers, else the planes of the whole picture.
    """

    width: int
    height: int
    count: int
    window: Patch
    around: Planes | None
    move: Move
    loop: bool
    planes: Planes
    layers: Layers | None = None
    stage: Stage | None = None

    def time(self, number: int) -> float:
        """When a frame is shown, 0-1; what follows the last frame of a loop is its first."""
        return number / self.count if self.loop else number / max(self.count - 1, 1)

    def frame(self, number: int) -> av.VideoFrame:
        """Frame `number` of the clip, ready to be encoded."""
        size = self.window.size
        if self.layers and self.stage:
            inside = compose(self.layers, self.stage.at(self.time(number)), *size)
        else:
            inside = self._plain(self.time(number), *size)
        frame = av.VideoFrame(self.width, self.height, "yuv420p")
        for n, (plane, image) in enumerate(zip(frame.planes, inside, strict=True)):
            plane.update(_in_lines(image if not self.around else self._within(n, image), plane.line_size))
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        frame.colorspace, frame.color_range = Colorspace.ITU709, ColorRange.MPEG
        return frame

    def _plain(self, time: float, width: int, height: int) -> list[Image.Image]:
        pose = self.move.at(there_and_back(time) if self.loop else time)
        sizes = (width, height), (width // 2, height // 2), (width // 2, height // 2)
        return [
            # H.264's chroma samples sit on every other luma sample of a row, half a luma pixel left of where a plane of
            # half the size would have them; between two rows they are in the middle.
            draw_columns(plane, pose.columns(), size, -0.5 / width if n else 0.0, turned=bool(pose.turn))
            for n, (plane, size) in enumerate(zip(self.planes, sizes, strict=True))
        ]

    def _within(self, n: int, image: Image.Image) -> Image.Image:
        assert self.around
        window = self.window.halved if n else self.window
        whole = self.around[n].copy()
        whole.paste(image.crop((0, 0, *window.size)), (window.left, window.top))
        return whole


def _in_lines(image: Image.Image, line: int) -> bytes:
    """The rows of a plane, `line` bytes each."""
    return (image if image.width == line else image.crop((0, 0, line, image.height))).tobytes()


def most_zoom(move: Move) -> float:
    """How many times larger than the frame a picture is worth having, before it is known what stands in it."""
    widest, nearest = move.zooms
    return nearest * max(math.pow(nearest / widest, APART[0]), SPARE)


def clip_of(
    jpeg: bytes,
    prompt: str,
    size: Size,
    seconds: int,
    *,
    options: Mapping[str, Any] | None = None,
    mask: bytes = b"",
    sure: bool = True,
    window: Box = WHOLE,
) -> Clip:
    """The clip of a framed picture; it is cut to the frame's aspect. Raises PictureRefused.

    `mask`: a grey PNG, framed like the picture, of the product; empty where none was seen. Without being `sure` of it
    nothing is moved sideways. `window`: the part of the frame with the picture; beside it is padding.

    Memory depends on the size of the frame, not of the picture: a large JPEG is decoded at a fraction of its size.
    """
    chosen = options or {}
    move = plan(prompt, seconds, chosen.get("move"), chosen.get("strength"))
    wanted = effects(prompt, chosen, still=not move.eases)
    picture, cover = _decoded(jpeg, mask, size, most_zoom(move))
    patch = _patch(window, size)
    whole, picture = picture, _part(picture, patch, size)
    thing = thing_of(cover := _part(cover, patch, size)) if cover else None
    stage = None
    if thing:
        move, apart = fitted(move, thing)
        stage = Stage(move, thing, apart, wanted.focus, wanted.light, wanted.loop)
    sources = _Sources(*patch.size, move, stage.nearest if stage else 0.0)
    layers = None
    if stage and cover and wanted.layers and (sure or not stage.move.shifts):
        layers = layers_of(picture, cover, stage, sources.of, STRETCH)
    return Clip(
        width=size.width,
        height=size.height,
        count=seconds * FPS,
        window=patch,
        around=_standing(whole, size) if patch.size != (size.width, size.height) else None,
        move=move,
        loop=wanted.loop,
        planes=layers.product if layers else sources.of(picture),
        layers=layers,
        stage=stage,
    )


def _decoded(jpeg: bytes, mask: bytes, size: Size, zoom: float) -> tuple[Image.Image, Image.Image | None]:
    """The picture as one of Y, Cb and Cr, cut to the frame's aspect, and its mask. Raises PictureRefused."""
    try:
        picture = Image.open(io.BytesIO(jpeg))
        picture.draft("RGB", (round(size.width * zoom), round(size.height * zoom)))
        ycc = picture.convert("RGB").convert("RGB", TO_BT709)
        cover = Image.open(io.BytesIO(mask)).convert("L").resize(ycc.size, Image.Resampling.BICUBIC) if mask else None
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError) as error:
        raise PictureRefused(error) from error
    shrink = min(ycc.width / size.width, ycc.height / size.height)
    left, top = max((ycc.width - size.width * shrink) / 2, 0.0), max((ycc.height - size.height * shrink) / 2, 0.0)
    box = (left, top, min(ycc.width - left, ycc.width), min(ycc.height - top, ycc.height))
    return _cut(ycc, box), cover and _cut(cover, box)


def _cut(image: Image.Image, box: tuple[float, float, float, float]) -> Image.Image:
    """A part of an image; between its pixels only if the box is."""
    whole = tuple(round(edge) for edge in box)
    if all(abs(a - b) < 0.01 for a, b in zip(box, whole, strict=True)) and whole[2] > whole[0] and whole[3] > whole[1]:
        return image.crop((whole[0], whole[1], whole[2], whole[3]))
    size = max(round(box[2] - box[0]), 1), max(round(box[3] - box[1]), 1)
    return image.resize(size, Image.Resampling.LANCZOS, box=box)


def _patch(window: Box, size: Size) -> Patch:
    """The window in pixels of the frame, its edges even and inside."""
    left, top = math.ceil(window.left * size.width / 2 - 1e-6) * 2, math.ceil(window.top * size.height / 2 - 1e-6) * 2
    right = math.floor(window.right * size.width / 2 + 1e-6) * 2
    bottom = math.floor(window.bottom * size.height / 2 + 1e-6) * 2
    return Patch(left, top, max(right, left + 2), max(bottom, top + 2))


def _part(image: Image.Image, patch: Patch, size: Size) -> Image.Image:
    across, down = image.width / size.width, image.height / size.height
    return _cut(image, (patch.left * across, patch.top * down, patch.right * across, patch.bottom * down))


def _standing(picture: Image.Image, size: Size) -> Planes:
    """The picture in the frame's size, as planes of a frame."""
    y, u, v = picture.split()
    half = (size.width // 2, size.height // 2)
    whole = y.resize((size.width, size.height), Image.Resampling.LANCZOS)
    return whole, u.resize(half, Image.Resampling.LANCZOS), v.resize(half, Image.Resampling.LANCZOS)


@dataclass(frozen=True)
class _Sources:
    """Makes what frames of `width` x `height` are drawn from; `nearest` is how large the product is at most."""

    width: int
    height: int
    move: Move
    nearest: float

    def of(self, picture: Image.Image) -> Planes:
        """The planes of the picture (Y, Cb, Cr), stretched."""
        halves = (1, 2, 2)
        with ThreadPoolExecutor(PARTS) as pool:
            y, u, v = pool.map(self._plane, picture.split(), halves)
            return y, u, v

    def _plane(self, band: Image.Image, half: int) -> Image.Image:
        widest, nearest = self.move.zooms
        across = math.ceil(self.width / half * min(max(nearest, self.nearest), widest * CRISPER))
        down = math.ceil(self.height / half * max(nearest * SPARE, self.nearest))
        gap = 1.1 if half > 1 else None
        sharp = _sharper(band.resize((across, down), Image.Resampling.LANCZOS, reducing_gap=gap))
        return sharp.resize((self.width // half * STRETCH, down), Image.Resampling.BICUBIC)


def _sharper(band: Image.Image) -> Image.Image:
    """Each row set off by SOFT from the ones above and below."""
    around = Image.blend(ImageChops.offset(band, 0, 1), ImageChops.offset(band, 0, -1), 0.5)
    return Image.blend(band, around, -2 * SOFT)
