"""Uploads keep their transparency beside the flat picture."""

import io
import itertools
from pathlib import Path

import pytest
from PIL import Image

from core.admin import own_data
from core.database.session import session
from core.models import User
from core.pictures import framing, uploads
from core.storage import store
from tests import people


def logo(kind: str = "PNG", mode: str = "RGBA", size: tuple[int, int] = (64, 32), clear: int = 0) -> bytes:
    """A picture of which the left half is red and the right half as clear as `clear` says."""
    picture = Image.new("RGBA", size, (255, 0, 0, 255))
    picture.paste((0, 0, 255, clear), (size[0] // 2, 0, *size))
    out = io.BytesIO()
    (picture.quantize() if mode == "P" else picture).save(out, kind, lossless=True)
    return out.getvalue()


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGBA")])
def test_what_is_clear_stays_clear(kind: str, mode: str) -> None:
    content = framing.clean(logo(kind, mode)).alpha
    assert content
    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    assert picture.getpixel((10, 10)) == (255, 0, 0, 255)
    assert picture.getpixel((60, 10))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("content", [logo(clear=255), people.photo()])
def test_what_is_opaque_has_no_second_file(content: bytes) -> None:
    assert not framing.clean(content).alpha


def test_a_huge_one_is_made_smaller_and_lends_no_colour_from_where_it_is_clear() -> None:
    content = framing.clean(logo(size=(8000, 4000))).alpha
    assert content
    picture = Image.open(io.BytesIO(content))
    assert picture.size == (4096, 2048)
    assert all(pixel[2] < 8 for pixel in (picture.getpixel((x, 1000)) for x in range(2030, 2060)) if pixel[3] > 8)  # type: ignore[index]


async def test_it_is_kept_with_the_picture_and_goes_with_its_owner(alice: User, place: Path) -> None:
    content = logo()
    async with session() as db:
        picture = await uploads.accept(db, alice.id, framing.clean(content))
    assert picture.alpha_key
    assert Image.open(io.BytesIO(await store.get(picture.alpha_key))).mode == "RGBA"
    async with session() as db:
        belongings = await own_data.collect(db, alice.id)
        keys = await own_data.erase(db, alice.id, alice.email)
    assert picture.alpha_key in [key for _, key in belongings.files]
    assert picture.alpha_key in keys


async def test_a_flat_one_that_comes_first_gets_its_transparency_later(alice: User, place: Path) -> None:
    content = logo()
    async with session() as db:
        flat = await uploads.accept(db, alice.id, framing.clean(content)._replace(alpha=b""))
    assert flat.alpha_key is None
    async with session() as db:
        same = await uploads.accept(db, alice.id, framing.clean(content))
    assert same.id == flat.id
    assert same.alpha_key


def cut_out() -> bytes:
    """A red bottle on nothing: tall, in the middle of a tall picture."""
    picture = Image.new("RGBA", (300, 600))
    picture.paste((200, 30, 30, 255), (100, 100, 200, 500))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return framing.clean(out.getvalue()).alpha


def framed(mode: str, **fields: object) -> Image.Image:
    content = framing.frame(cut_out(), 640, 360, {"mode": mode, **fields})
    return Image.open(io.BytesIO(content)).convert("RGB")


def near(picture: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) <= 4 for a, b in zip(picture.getpixel(place), colour, strict=True))  # type: ignore[arg-type]


PRODUCT, BESIDE_PRODUCT, BAR = (320, 180), (250, 180), (40, 180)


@pytest.mark.parametrize(
    ("mode", "fields", "ground"),
    [
        ("pad-color", {"color": "#2040c0"}, (32, 64, 192)),
        ("pad-white", {}, (255, 255, 255)),
        ("crop", {}, (255, 255, 255)),
    ],
)
def test_behind_a_cut_out_lies_the_padding(mode: str, fields: dict[str, object], ground: tuple[int, int, int]) -> None:
    picture = framed(mode, **fields)
    assert near(picture, PRODUCT, (200, 30, 30))
    assert near(picture, BESIDE_PRODUCT if mode != "crop" else BAR, ground)
    assert near(picture, BAR, ground)


def test_a_cut_out_stands_before_a_blur_of_itself_on_a_soft_ground_without_an_edge() -> None:
    picture = framed("pad-blur")
    assert near(picture, PRODUCT, (200, 30, 30))
    row = [picture.getpixel((x, 20)) for x in range(640)]
    assert min(min(pixel) for pixel in row) > 120  # type: ignore[arg-type]
    steps = [max(abs(a - b) for a, b in zip(one, other, strict=True)) for one, other in itertools.pairwise(row)]  # type: ignore[arg-type]
    assert max(steps) <= 6, "a box can be seen"
    assert picture.getpixel((320, 20)) != picture.getpixel((2, 20))


@pytest.mark.parametrize("size", [(640, 360), (360, 640), (400, 400)])
def test_a_padded_cut_out_touches_no_edge_and_its_mask_lies_on_it(size: tuple[int, int]) -> None:
    whole = Image.new("RGBA", (300, 600))
    whole.paste((200, 30, 30, 255), (0, 0, 290, 600))  # as shops cut: to the last pixel
    out = io.BytesIO()
    whole.save(out, "PNG")
    prepared = framing.clean(out.getvalue())
    fields = {"mode": "pad-white"}
    shown = Image.open(io.BytesIO(framing.frame(prepared.alpha, *size, fields))).convert("RGB")
    box = shown.getchannel("G").point(lambda v: 255 if v < 128 else 0).getbbox()
    mask = Image.open(io.BytesIO(framing.frame_mask(prepared.mask, *size, fields, clear=True)))
    assert box
    assert min(box[0] / size[0], box[1] / size[1], 1 - box[2] / size[0], 1 - box[3] / size[1]) > 0.065
    covered = mask.point(lambda v: 255 if v > 127 else 0).getbbox()
    assert covered == pytest.approx(box, abs=1)


def test_a_light_cut_out_stands_before_a_deeper_ground() -> None:
    picture = Image.new("RGBA", (300, 600))
    picture.paste((250, 248, 244, 255), (100, 100, 200, 500))
    out = io.BytesIO()
    picture.save(out, "PNG")
    content = framing.frame(framing.clean(out.getvalue()).alpha, 640, 360, {"mode": "pad-blur"})
    light = Image.open(io.BytesIO(content)).convert("L")
    assert light.getpixel(PRODUCT) > 240  # type: ignore[operator]
    assert light.getpixel(BAR) < 150  # type: ignore[operator]
