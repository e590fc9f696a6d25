"""Every picture people have is accepted, upright and clean; everything else is refused with its own sentence."""

import io
import struct
import zlib
from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops, ImageStat

from core.database.session import session
from core.errors import (
    AdsVideoError,
    BrokenPicture,
    Conflict,
    ForeignPicture,
    NotAPicture,
    NotFound,
    PictureError,
    PictureTooHeavy,
    PictureTooLarge,
    PictureTooSmall,
    TooManyPixels,
)
from core.models import User
from core.pictures import framing as pictures_framing
from core.pictures import intake, presets, uploads
from core.pictures.fit import Framing
from core.processes import pool
from core.videos import queries, states
from tests.core.pictures.table import table
from tests.environment import forget_settings
from tests.people import ask, photo, picture_of


@pytest.fixture(scope="module")
def decoders() -> Iterator[None]:
    """The pool of decoding processes, started once for this file."""
    yield
    pool.close()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
async def test_the_formats_people_have_are_accepted(decoders: None, kind: str) -> None:
    content, width, height, *_ = await intake.prepare(photo(300, 200, kind))
    assert (width, height) == (300, 200)
    assert Image.open(io.BytesIO(content)).format == "JPEG"


def test_a_picture_is_turned_upright_and_its_metadata_is_gone() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to be upright
    exif[0x010F] = "SecretCamera"
    content, width, height, *_ = pictures_framing.clean(photo(300, 200, exif=exif))
    assert (width, height) == (200, 300)
    assert b"SecretCamera" not in content
    assert not Image.open(io.BytesIO(content)).getexif()


def test_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(out, "PNG")
    content, *_ = pictures_framing.clean(out.getvalue())
    assert Image.open(io.BytesIO(content)).getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("mode", "grey", "kind"),
    [("L", 128, "PNG"), ("LA", (128, 255), "PNG"), ("I;16", 128 * 257, "PNG"), ("CMYK", (0, 0, 0, 127), "JPEG")],
)
def test_every_colour_mode_is_read(mode: str, grey: int, kind: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (40, 30), grey).save(out, kind)
    content, width, height, *_ = pictures_framing.clean(out.getvalue())
    red, green, blue = Image.open(io.BytesIO(content)).getpixel((20, 15))  # type: ignore[misc]
    assert (width, height) == (40, 30)
    assert max(abs(red - 128), abs(green - 128), abs(blue - 128)) < 12


def _bomb() -> bytes:
    """A PNG of a few hundred bytes that says it has 40,000 x 40,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "error", "status"),
    [
        (b"x" * (intake.MAX_BYTES + 1), PictureTooLarge, 413),
        (b"", NotAPicture, 415),
        (b"hello, I am a text file", NotAPicture, 415),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', NotAPicture, 415),
        (b"%PDF-1.7 not a picture", NotAPicture, 415),
        (photo(800, 600)[:5000], BrokenPicture, 422),
        (photo(800, 600, "PNG")[:3000], BrokenPicture, 422),
        (_bomb(), TooManyPixels, 422),
    ],
    ids=["too large", "empty", "text", "svg", "pdf", "truncated jpeg", "truncated png", "bomb"],
)
async def test_bad_files_are_refused_each_with_its_own_sentence(
    decoders: None, content: bytes, error: type[AdsVideoError], status: int
) -> None:
    with pytest.raises(error) as refused:
        await intake.prepare(content)
    assert (refused.value.status, type(refused.value)) == (status, error)


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "JPEG 2000"])
def test_a_picture_of_another_kind_is_called_by_its_name(kind: str) -> None:
    with pytest.raises(ForeignPicture, match=f"This is a {kind} picture"):
        pictures_framing.clean(photo(64, 48, kind.replace(" ", "")))


def test_what_iphones_take_is_called_by_its_name() -> None:
    head = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    with pytest.raises(ForeignPicture, match="This is a HEIC picture"):
        pictures_framing.clean(head + bytes(500))


def _damaged() -> dict[str, bytes]:
    """Files that make Pillow raise something else than it does of others."""
    cases = table()
    avif, palette = cases["avif RGB, plain"], cases["png palette 8, plain"]
    head, colours = palette.index(b"IHDR") - 4, palette.index(b"PLTE") - 4
    pixels = palette.index(b"IDAT") - 4
    return {
        "avif of damaged pixels": avif[:-40] + bytes(40),
        "avif without its item": avif.replace(b"av01", b"av02"),
        "png without its palette": palette[:colours] + palette[pixels:],
        "png with its palette first": palette[:head] + palette[colours:pixels] + palette[head:],
    }


DAMAGED = ["avif of damaged pixels", "avif without its item", "png without its palette", "png with its palette first"]


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_is_said_to_be_one(name: str) -> None:
    with pytest.raises(PictureError):
        pictures_framing.clean(_damaged()[name])


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
async def test_a_picture_of_next_to_nothing_is_refused(decoders: None, size: tuple[int, int]) -> None:
    with pytest.raises(PictureTooSmall, match=f"only {size[0]}x{size[1]} pixels"):
        await intake.prepare(photo(*size, "PNG"))
    assert (await intake.prepare(photo(16, 16, "PNG")))[1:3] == (16, 16)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((479, 900), "small (479x900)"),
        ((480, 1440), None),
        ((480, 1441), "very long and narrow"),
        ((3000, 999), "very long and narrow"),
        ((1280, 720), None),
    ],
)
def test_what_a_video_will_suffer_from_is_said(size: tuple[int, int], words: str | None) -> None:
    warning = uploads.warning(*size)
    assert words in str(warning) if words else warning is None


@pytest.mark.parametrize("mode", ["crop", "pad-blur", "pad-white", "pad-color"])
@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (1080, 1080)])
def test_a_framed_picture_has_exactly_the_size(mode: str, size: tuple[int, int]) -> None:
    framed = pictures_framing.frame(photo(333, 517), *size, {"mode": mode, "color": "#ff0000"})
    assert Image.open(io.BytesIO(framed)).size == size


def test_the_crop_goes_where_it_is_moved() -> None:
    wide = Image.new("RGB", (300, 100), "black")
    wide.paste((255, 255, 255), (200, 0, 300, 100))
    out = io.BytesIO()
    wide.save(out, "PNG")

    def middle(x: float) -> int:
        framed = pictures_framing.frame(out.getvalue(), 100, 100, {"mode": "crop", "x": x})
        return Image.open(io.BytesIO(framed)).convert("L").getpixel((50, 50))  # type: ignore[return-value]

    assert middle(0.0) < 20
    assert middle(1.0) > 235


def test_padding_shows_the_whole_picture_on_its_colour() -> None:
    framed = Image.open(
        io.BytesIO(pictures_framing.frame(photo(100, 200), 200, 200, {"mode": "pad-color", "color": "#00ff00"}))
    )
    assert framed.getpixel((5, 100))[1] > 230  # type: ignore[index]


def test_oversampling_never_goes_past_the_pictures_own_resolution() -> None:
    small = pictures_framing.frame(photo(1000, 600), 1280, 720, {}, scale=2)
    large = pictures_framing.frame(photo(3000, 2000), 1280, 720, {}, scale=2)
    assert Image.open(io.BytesIO(small)).size == (1280, 720)
    assert Image.open(io.BytesIO(large)).size == (2560, 1440)


@pytest.mark.parametrize("size", [(2400, 1600), (2401, 1603)])
def test_a_large_picture_is_framed_as_if_all_of_it_were_decoded(size: tuple[int, int]) -> None:
    content = photo(*size)
    framed = pictures_framing.picture(content, 600, 400, {})
    whole = Image.open(io.BytesIO(content)).convert("RGB").resize((600, 400), Image.Resampling.LANCZOS)
    assert max(ImageStat.Stat(ImageChops.difference(framed, whole)).rms) < 1.5


async def test_the_same_picture_twice_is_one(alice: User) -> None:
    assert (await picture_of(alice)).id == (await picture_of(alice)).id


async def test_every_preset_becomes_a_picture_of_the_user(alice: User) -> None:
    assert len(presets.presets()) >= 8
    async with session() as db:
        found = [await uploads.from_preset(db, alice.id, preset.name) for preset in presets.presets()]
        again = await uploads.from_preset(db, alice.id, presets.presets()[0].name)
        assert again.id == found[0].id
        with pytest.raises(NotFound):
            await uploads.from_preset(db, alice.id, "../../etc/passwd")


async def test_a_deleted_picture_is_gone_and_can_come_back(alice: User, bob: User) -> None:
    picture = await picture_of(alice)
    async with session() as db:
        with pytest.raises(NotFound):
            await uploads.delete(db, bob.id, picture.id)
    async with session() as db:
        assert (await uploads.delete(db, alice.id, picture.id)).key == picture.key
    async with session() as db:
        assert await uploads.uploads(db, alice.id, 10) == []
        for function in (uploads.owned, uploads.delete):
            with pytest.raises(NotFound):
                await function(db, alice.id, picture.id)
    again = await picture_of(alice)
    assert (again.id, again.deleted_at) == (picture.id, None)


async def test_a_picture_that_a_video_is_being_made_of_stays(alice: User) -> None:
    video = await ask(alice)
    async with session() as db:
        with pytest.raises(Conflict):
            await uploads.delete(db, alice.id, video.picture_id)
        await states.cancel(db, alice.id, video.id)
        await uploads.delete(db, alice.id, video.picture_id)
        assert (await queries.owned(db, alice.id, video.id)).picture_id == video.picture_id


@pytest.mark.parametrize(
    ("framing", "brief"),
    [
        ({}, {}),
        ({"mode": "crop", "x": 0.5, "color": "#112233"}, {}),
        ({"zoom": 2, "y": 0.1}, {"zoom": 2, "y": 0.1}),
        ({"mode": "pad-blur", "x": 0.1, "zoom": 3}, {"mode": "pad-blur"}),
        ({"mode": "pad-color", "color": "#112233"}, {"mode": "pad-color", "color": "#112233"}),
    ],
)
def test_a_framing_is_kept_without_what_does_not_matter(framing: dict[str, object], brief: dict[str, object]) -> None:
    assert Framing.model_validate(framing).brief() == brief


@pytest.mark.parametrize(("variable", "value"), [("PICTURE_SECONDS", "0.1"), ("DECODE_MEMORY_MB", "128")])
async def test_a_picture_that_takes_too_much_is_ended(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (7000, 7000)).save(out, "PNG")
    monkeypatch.setenv(variable, value)
    forget_settings()
    try:
        with pytest.raises(PictureTooHeavy):
            await intake.prepare(out.getvalue())
        with pytest.raises(PictureTooHeavy):
            await intake.framed(out.getvalue(), 1280, 720, {})
    finally:
        monkeypatch.undo()
        forget_settings()
    assert (await intake.prepare(photo(320, 240)))[1:3] == (320, 240)


def _of_scans(count: int) -> bytes:
    """A grey progressive JPEG whose every further scan says of all blocks that there is nothing new."""
    table = b"\xff\xc4" + struct.pack(">H", 20)
    scan = b"\xff\xda" + struct.pack(">HBB", 8, 1, 1)
    return b"".join([
        b"\xff\xd8\xff\xdb" + struct.pack(">HB", 67, 0) + bytes([1] * 64),
        b"\xff\xc2" + struct.pack(">HBHHBBBB", 11, 8, 64, 64, 1, 1, 0x11, 0),
        table + b"\x00\x01" + bytes(16),
        table + b"\x10\x01" + bytes(15) + b"\xe0",
        scan + bytes([0x00, 0, 0, 0]) + bytes(8),
        (scan + bytes([0x00, 1, 63, 0]) + bytes(2)) * count,
        b"\xff\xd9",
    ])  # fmt: skip


def test_a_picture_of_a_thousand_scans_is_not_decoded() -> None:
    assert pictures_framing.clean(_of_scans(10))[1:3] == (64, 64)
    with pytest.raises(BrokenPicture):
        pictures_framing.clean(_of_scans(1000))


@pytest.mark.parametrize("scale", [step / 100 for step in range(100, 180, 3)])
def test_a_mask_is_framed_whatever_the_scale(scale: float) -> None:
    """A float that misses the picture's edge by a hair must not be taken for a place outside it."""
    out = io.BytesIO()
    Image.new("L", (1920, 1280), 255).save(out, "PNG")
    framed = Image.open(io.BytesIO(pictures_framing.frame_mask(out.getvalue(), 128, 72, {}, scale)))
    assert framed.size == (round(64 * scale) * 2, round(36 * scale) * 2)
