"""Cut-outs: the network's masks against masks made by hand, holes, what is no product, a process that ends."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image, ImageDraw

from core.pictures.network import CLEAR
from core.pictures.presets import PRESETS
from core.processes.own import OwnProcess
from tests.waiting import until
from workers.media.cutout import cut_out
from workers.media.fill import Floats
from workers.media.matte import cut
from workers.media.regions import holes, hull, parts

MASKS = Path(__file__).with_name("masks")


def encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.convert("RGB").save(out, "JPEG", quality=92)
    return out.getvalue()


def mask_of(png: bytes, size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    return np.asarray(Image.open(io.BytesIO(png)).resize(size)) > 127


def overlap(name: str) -> float:
    png, confidence = cut_out((PRESETS / f"{name}.jpg").read_bytes())
    traced = Image.open(MASKS / f"{name}.png")
    found, right = mask_of(png, traced.size), np.asarray(traced) > 127
    return float((found & right).sum() / (found | right).sum()) if confidence >= CLEAR else 0.0


def test_the_presets_products_are_found_as_traced_by_hand() -> None:
    overlaps = {path.stem: overlap(path.stem) for path in sorted(MASKS.glob("*.png"))}
    assert len(overlaps) == 10
    assert sum(value >= 0.9 for value in overlaps.values()) >= 9, overlaps
    assert min(overlaps.values()) > 0.8, overlaps


def noise() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 500, 3), np.uint8))


def flat() -> Image.Image:
    return Image.new("RGB", (500, 300), (120, 160, 90))


def one_pixel() -> Image.Image:
    return Image.new("RGB", (1, 1), "red")


def very_wide() -> Image.Image:
    return Image.linear_gradient("L").resize((4000, 20)).convert("RGB")


def landscape() -> Image.Image:
    """Hills under a sky."""
    down, across = np.mgrid[:360, :640].astype(np.float32)
    view = np.stack([120 + down / 4, 170 + down / 6, 230 - down / 20], -1)
    for ridge, high, colour in ((190, 30, (110, 130, 150)), (235, 40, (80, 110, 90)), (280, 25, (50, 90, 50))):
        hill = ridge + high * np.sin(across / 100 + ridge) + high / 3 * np.sin(across / 23 + ridge)
        view = np.where((down > hill)[..., None], np.array(colour), view)
    return Image.fromarray(view.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("picture", [noise, flat, landscape, one_pixel, very_wide])
def test_where_there_is_no_product_none_is_found(picture: Callable[[], Image.Image]) -> None:
    _png, confidence = cut_out(encoded(picture()))
    assert confidence < CLEAR


def test_what_is_no_picture_is_no_product() -> None:
    assert cut_out(b"GIF89a, or so it says") == (b"", 0.0)


@pytest.mark.parametrize(("things", "is_clear"), [(3, True), (12, False)])
def test_a_tray_of_many_things_is_no_product(things: int, is_clear: bool) -> None:
    picture = Image.new("RGB", (640, 480), (48, 52, 60))
    draw = ImageDraw.Draw(picture)
    for n in range(things):
        x, y = 80 + n % 4 * 160, 100 + n // 4 * 140
        draw.ellipse((x - 50, y - 50, x + 50, y + 50), fill=(210, 180, 100))

    def seen(part: Image.Image) -> Floats:
        return (np.asarray(part.convert("L").resize((320, 320))) > 100).astype(np.float32)

    assert (cut(picture, seen).confidence >= CLEAR) is is_clear


def disc(draw: ImageDraw.ImageDraw, fill: object) -> None:
    draw.ellipse((120, 60, 280, 220), fill=fill)  # type: ignore[arg-type]


def test_the_edge_is_where_the_picture_has_it() -> None:
    picture, mask = Image.new("RGB", (400, 280), (40, 60, 90)), Image.new("L", (400, 280))
    disc(ImageDraw.Draw(picture), (210, 170, 60))
    disc(ImageDraw.Draw(mask), 255)
    whole = np.asarray(mask.resize((64, 64), Image.Resampling.BOX), np.float32) / np.float32(255)

    def seen(part: Image.Image) -> Floats:
        if part.size == picture.size:
            return whole
        share = np.asarray(part.convert("L"), np.float32)
        return np.asarray(Image.fromarray((share > 110).astype(np.float32)).resize((64, 64)), np.float32)

    made = cut(picture, seen)
    found, right = np.asarray(made.alpha) > 127, np.asarray(mask) > 127
    assert made.confidence >= CLEAR
    assert (found ^ right).sum() < 0.01 * right.sum()


def test_parts_and_holes_are_counted() -> None:
    mask = np.zeros((8, 12), np.bool_)
    mask[1:6, 1:6], mask[3, 3], mask[2:4, 8:11] = True, False, True
    assert len(np.unique(parts(mask))) == 3
    assert holes(mask).sum() == 1 and holes(mask)[3, 3] == 1
    spiral = np.array([[1, 1, 1, 1], [0, 0, 0, 1], [1, 1, 0, 1], [1, 0, 0, 1], [1, 1, 1, 1]], np.bool_)
    assert parts(spiral).max() == 1


def test_a_hull_covers_itself_however_it_grows_about_its_foot() -> None:
    shape = Image.new("L", (120, 120))
    draw = ImageDraw.Draw(shape)
    draw.rectangle((20, 10, 100, 30), fill=255)  # a table: a top on two legs
    draw.rectangle((24, 30, 30, 110), fill=255)
    draw.rectangle((90, 30, 96, 110), fill=255)
    alpha = np.asarray(shape, np.float32) / np.float32(255)
    whole = Image.fromarray(hull(alpha, 60, 110))
    for by in (1.0, 1.05, 1.2):
        box = (60 - 60 / by, 110 - 110 / by, 60 + 60 / by, 110 + 10 / by)
        larger = np.asarray(whole.resize((120, 120), Image.Resampling.NEAREST, box=box))
        assert (larger >= alpha).mean() > 0.995


async def test_its_process_ends_when_nobody_needs_it() -> None:
    own = OwnProcess(idle=0.2)
    me = psutil.Process()
    before = {child.pid for child in me.children(recursive=True)}
    assert await own.run(abs, -3) == 3

    def working() -> list[psutil.Process]:
        return [child for child in me.children(recursive=True) if child.pid not in before and _works(child)]

    assert len(working()) == 1
    assert await own.run(abs, -4) == 4, "the same one once more"
    assert len(working()) == 1
    await until(lambda: not working())
    assert await own.run(abs, -5) == 5
    own.close()
    await until(lambda: not working())


def _works(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE and "resource_tracker" not in " ".join(child.cmdline())
    except psutil.Error:
        return False
