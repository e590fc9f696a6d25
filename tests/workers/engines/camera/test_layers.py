"""Layered clips: they begin as the framed picture, show no hole, cut no product, move smoothly; padding is still."""

import io
import math
from collections.abc import Callable
from dataclasses import replace

import av
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from core.catalog.size import Size
from workers.engines.camera.clip import Clip, clip_of
from workers.engines.camera.layers import thing_of
from workers.engines.camera.stage import Stage, fitted
from workers.engines.camera.words import MOVES, plan
from workers.media.regions import Box

SIZE = Size(640, 360)
SCALE = 2
Draw = Callable[[ImageDraw.ImageDraw, tuple[int, int]], None]
Pixels = npt.NDArray[np.int16]


def bottle(draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
    w, h = size
    draw.rectangle((0.42 * w, 0.4 * h, 0.58 * w, 0.85 * h), fill=255)
    draw.rectangle((0.47 * w, 0.2 * h, 0.53 * w, 0.42 * h), fill=255)


def table(draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
    """A top on two legs: what is between them is ground."""
    w, h = size
    draw.rectangle((0.3 * w, 0.3 * h, 0.7 * w, 0.4 * h), fill=255)
    for x in (0.32, 0.65):
        draw.rectangle((x * w, 0.4 * h, (x + 0.03) * w, 0.85 * h), fill=255)


def at_the_side(draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
    draw.ellipse((0.8 * size[0], 0.3 * size[1], 1.1 * size[0], 0.8 * size[1]), fill=255)


def high(draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
    draw.rectangle((0.45 * size[0], 0.05 * size[1], 0.55 * size[0], 0.93 * size[1]), fill=255)


def scene(draw: Draw, size: Size = SIZE) -> tuple[bytes, bytes]:
    """A picture of that thing on a ground full of detail, and its mask."""
    width, height = size.width * SCALE, size.height * SCALE
    spots = np.random.default_rng(3).integers(60, 200, (height // 8, width // 8, 3), np.uint8)
    ground = Image.fromarray(spots).resize((width, height), Image.Resampling.BICUBIC)
    mask = Image.new("L", (width, height))
    draw(ImageDraw.Draw(mask), mask.size)
    mask = mask.filter(ImageFilter.GaussianBlur(1.2))
    skin = Image.fromarray(np.random.default_rng(4).integers(120, 160, (height // 8, width // 8, 3), np.uint8))
    ground.paste(skin.resize(ground.size, Image.Resampling.BICUBIC), (0, 0), mask)
    jpeg, png = io.BytesIO(), io.BytesIO()
    ground.save(jpeg, "JPEG", quality=97, subsampling=0)
    mask.save(png, "PNG")
    return jpeg.getvalue(), png.getvalue()


def clip(draw: Draw, prompt: str = "push in", size: Size = SIZE, **more: object) -> Clip:
    jpeg, png = scene(draw, size)
    return clip_of(jpeg, prompt, size, 2, mask=png, **more)  # type: ignore[arg-type]


def plane(frame: av.VideoFrame, index: int = 0) -> Pixels:
    source = frame.planes[index]
    rows = np.frombuffer(bytes(source), np.uint8).reshape(source.height, source.line_size)
    shown: Pixels = rows[:, : source.width].astype(np.int16)
    return shown


def psnr(a: Pixels, b: Pixels, where: npt.NDArray[np.bool_] | slice = slice(None)) -> float:
    error = float(((a - b)[where].astype(np.float64) ** 2).mean())
    return 10 * math.log10(255**2 / max(error, 1e-9))


def luma(jpeg: bytes, size: Size) -> Pixels:
    """The picture in that size as limited luma of BT.709."""
    picture = Image.open(io.BytesIO(jpeg)).convert("RGB").resize((size.width, size.height), Image.Resampling.LANCZOS)
    r, g, b = np.moveaxis(np.asarray(picture, np.float32), 2, 0)
    y: Pixels = np.rint(16 + (0.2126 * r + 0.7152 * g + 0.0722 * b) * 219 / 255).astype(np.int16)
    return y


@pytest.mark.parametrize("draw", [bottle, table])
def test_a_push_in_begins_as_the_framed_picture(draw: Draw) -> None:
    jpeg, png = scene(draw)
    made = clip_of(jpeg, "push in", SIZE, 2, mask=png)
    assert made.layers
    first, framed = plane(made.frame(0)), luma(jpeg, SIZE)
    edge = np.asarray(Image.open(io.BytesIO(png)).resize((SIZE.width, SIZE.height)))
    band = np.asarray(Image.fromarray((edge > 20) & (edge < 235)).convert("L").filter(ImageFilter.MaxFilter(5))) > 0
    assert psnr(first, framed, band) >= 40
    assert psnr(first, framed) >= 40
    assert psnr(plane(made.frame(made.count - 1)), framed) < 25, "and then it moves"


def test_a_sharp_edge_is_where_the_picture_has_it_at_first() -> None:
    """An even number of source columns a pixel put it a sixteenth of a pixel aside: 39.9 dB."""
    width, height = SIZE.width * SCALE, SIZE.height * SCALE
    row = np.random.default_rng(5).choice(np.array([50, 200], np.uint8), width // 4).repeat(4)
    jpeg = io.BytesIO()
    stripes = Image.fromarray(np.tile(row, (height, 1))).filter(ImageFilter.GaussianBlur(1.5))
    stripes.convert("RGB").save(jpeg, "JPEG", quality=97)
    for mask in (b"", scene(bottle)[1]):
        made = clip_of(jpeg.getvalue(), "push in", SIZE, 2, mask=mask)
        assert psnr(plane(made.frame(0)), luma(jpeg.getvalue(), SIZE)) >= 40


@pytest.mark.parametrize("prompt", ["push in", "pull out"])
@pytest.mark.parametrize("draw", [bottle, table, high])
def test_no_hole_is_ever_seen(draw: Draw, prompt: str) -> None:
    """What the product hides is painted in a colour that nothing else has; no frame of a push or a pull shows it."""
    made = clip(draw, prompt, options={"light": False})
    assert made.layers
    layers = made.layers
    hole = layers.alpha.point(lambda value: 255 if value >= 250 else 0).filter(ImageFilter.MinFilter(5))

    def painted(image: Image.Image, value: int) -> Image.Image:
        whole = image.copy()
        whole.paste(value, (0, 0, *image.size), hole.resize(image.size).point(lambda v: 255 if v == 255 else 0))
        return whole

    def paint(planes: tuple[Image.Image, ...]) -> tuple[Image.Image, Image.Image, Image.Image]:
        y, u, v = (painted(image, value) for image, value in zip(planes, (120, 202, 222), strict=True))
        return y, u, v

    marked = replace(made, layers=replace(layers, ground=paint(layers.ground), soft=paint(layers.soft)))
    for number in range(0, made.count, 5):
        for index in (1, 2):
            shown = plane(marked.frame(number), index) - plane(made.frame(number), index)
            assert np.abs(shown).max() < 20, f"frame {number}"


def test_the_product_grows_faster_than_the_ground_and_stays_where_it_stands() -> None:
    made = clip(bottle)
    assert made.stage
    thing = made.stage.thing
    places = [made.stage.at(n / 10) for n in range(11)]
    growth = [moment.ground.size / moment.product.size for moment in places]
    assert growth[0] == 1 and growth[-1] > 1.08 and growth == sorted(growth)
    for moment in places:
        on_ground, on_product = (view.place(thing.x, thing.y) for view in (moment.ground, moment.product))
        assert on_ground == pytest.approx(on_product)


def test_the_ground_goes_soft_behind_the_product_and_not_where_it_stands() -> None:
    sharp, soft = (clip(bottle, options={"focus": focus, "light": False}) for focus in (False, True))

    def detail(made: Clip, top: float, bottom: float) -> float:
        rows = plane(made.frame(made.count - 1))[
            round(top * SIZE.height) : round(bottom * SIZE.height), : SIZE.width // 4
        ]
        return float(np.abs(np.diff(rows, axis=1)).mean())

    assert detail(soft, 0.05, 0.4) < 0.45 * detail(sharp, 0.05, 0.4)
    foot = soft.stage.at(1).product.place(soft.stage.thing.x, soft.stage.thing.y)[1] if soft.stage else 0
    assert detail(soft, foot - 0.01, foot + 0.01) > 0.9 * detail(sharp, foot - 0.01, foot + 0.01)


def test_a_light_passes_over_the_product_once_and_over_nothing_else() -> None:
    dark, lit = (clip(bottle, "static shot", options={"light": light}) for light in (False, True))
    assert lit.stage
    seen = []
    for number in range(lit.count):
        more = plane(lit.frame(number)) - plane(dark.frame(number))
        across = np.flatnonzero(more.max(axis=0) > 12)
        assert more.min() >= -1
        if across.size:
            seen.append(float(across.mean()))
            box = lit.stage.thing.box
            assert across[0] >= box.left * SIZE.width - 4 and across[-1] <= box.right * SIZE.width + 4
    assert len(seen) > 8 and seen == sorted(seen), "from left to right"
    assert np.abs(plane(lit.frame(0)) - plane(lit.frame(lit.count - 1))).max() <= 1


@pytest.mark.parametrize("move", sorted(MOVES))
@pytest.mark.parametrize("size", [Size(640, 360), Size(360, 640), Size(480, 480)])
@pytest.mark.parametrize("draw", [bottle, table, at_the_side, high])
def test_no_move_cuts_the_product(draw: Draw, size: Size, move: str) -> None:
    mask = Image.new("L", (size.width, size.height))
    draw(ImageDraw.Draw(mask), mask.size)
    thing = thing_of(mask)
    assert thing
    for strength in ("subtle", "strong"):
        path, apart = fitted(plan("", 6, move, strength), thing)
        stage = Stage(path, thing, apart)
        for n in range(49):
            view = stage.at(n / 48).product
            (left, top), (right, bottom) = view.place(*thing.box[:2]), view.place(*thing.box[2:])
            assert top >= 0 and bottom <= 1 and left >= 0, (strength, n)
            assert right <= 1 or thing.box.right == 1, "what the picture cuts may be cut"
            assert 0 <= stage.at(n / 48).ground.left <= 1 - stage.at(n / 48).ground.size + 1e-9


def test_padding_stands_still() -> None:
    jpeg, png = scene(bottle)
    window = Box(0.0, 0.25, 1.0, 0.75)
    for prompt in ("push in", "orbit", "tilt up"):
        for mask in (png, b""):
            made = clip_of(jpeg, prompt, SIZE, 1, mask=mask, window=window)
            first, last = plane(made.frame(0)), plane(made.frame(made.count - 1))
            rows = [round(edge * SIZE.height) for edge in (window.top, window.bottom)]
            assert (first[: rows[0]] == last[: rows[0]]).all() and (first[rows[1] :] == last[rows[1] :]).all()
            assert (first[rows[0] : rows[1]] != last[rows[0] : rows[1]]).mean() > 0.3, "and the picture moves"


@pytest.mark.parametrize("prompt", ["push in, seamless loop", "orbit, loop", "pan right 循环"])
def test_a_loop_ends_where_it_began(prompt: str) -> None:
    made = clip(bottle, prompt)
    steps = [
        float(np.abs(plane(made.frame(n)) - plane(made.frame((n + 1) % made.count))).mean()) for n in range(made.count)
    ]
    assert steps[-1] <= 1.2 * max(steps[:-1])
    assert max(steps) > 0.3


@pytest.mark.parametrize("prompt", ["slow push in", "pan right", "orbit", "tilt up"])
def test_both_layers_move_smoothly(prompt: str) -> None:
    """Where the places that are asked for go steadily, so do those that are drawn: no frame jumps."""
    made = clip(bottle, prompt, options={"light": False, "focus": False})
    assert made.stage
    for view in ("ground", "product"):
        ways = np.array([getattr(made.stage.at(n / (made.count - 1)), view).place(0.5, 0.3) for n in range(made.count)])
        jolts = np.abs(np.diff(ways, n=2, axis=0)) * [SIZE.width, SIZE.height]
        assert jolts.max() < 0.35


def test_without_a_mask_the_whole_picture_moves() -> None:
    jpeg, _png = scene(bottle)
    made = clip_of(jpeg, "push in", SIZE, 1)
    assert made.layers is None
    assert psnr(plane(made.frame(0)), luma(jpeg, SIZE)) >= 40


def test_a_mask_that_is_not_sure_is_moved_in_a_push_only() -> None:
    assert clip(bottle, "push in", sure=False).layers
    assert clip(bottle, "orbit", sure=False).layers is None
    assert clip(bottle, "orbit").layers


def test_layers_may_be_refused_by_option_and_by_word() -> None:
    assert clip(bottle, options={"layers": False}).layers is None
    assert clip(bottle, "push in, flat shot").layers is None
    assert clip(bottle, "push in, flat shot", options={"layers": True}).layers


def test_a_black_mask_is_no_product() -> None:
    jpeg, png = scene(lambda draw, size: None)
    assert clip_of(jpeg, "push in", SIZE, 1, mask=png).layers is None
    assert ImageChops.difference(Image.open(io.BytesIO(png)), Image.new("L", (1280, 720))).getbbox() is None
