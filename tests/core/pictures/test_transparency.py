"""Uploads keep their transparency beside the flat picture."""

import io
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
    content = framing.transparency(logo(kind, mode))
    assert content
    picture = Image.open(io.BytesIO(content)).convert("RGBA")
    assert picture.getpixel((10, 10)) == (255, 0, 0, 255)
    assert picture.getpixel((60, 10))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("content", [logo(clear=255), people.photo()])
def test_what_is_opaque_has_no_second_file(content: bytes) -> None:
    assert framing.transparency(content) is None


def test_a_huge_one_is_made_smaller_and_lends_no_colour_from_where_it_is_clear() -> None:
    content = framing.transparency(logo(size=(8000, 4000)))
    assert content
    picture = Image.open(io.BytesIO(content))
    assert picture.size == (2048, 1024)
    assert all(pixel[2] < 8 for pixel in (picture.getpixel((x, 500)) for x in range(1000, 1030)) if pixel[3] > 8)  # type: ignore[index]


async def test_it_is_kept_with_the_picture_and_goes_with_its_owner(alice: User, place: Path) -> None:
    content = logo()
    async with session() as db:
        picture = await uploads.accept(db, alice.id, framing.clean(content), alpha=framing.transparency(content))
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
        flat = await uploads.accept(db, alice.id, framing.clean(content))
    assert flat.alpha_key is None
    async with session() as db:
        same = await uploads.accept(db, alice.id, framing.clean(content), alpha=framing.transparency(content))
    assert same.id == flat.id
    assert same.alpha_key
