"""Some hundred tiny pictures: depth, mode, transparency, colour, orientation, format, and files with something odd.

Each is 24x16 with six patches, so that every turn of it is another picture.
"""

import io
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from tests.core.pictures import png_file as png
from tests.core.pictures import profiles
from tests.core.pictures.png_file import Pixel

COLOURS = ((200, 60, 40), (60, 160, 70), (50, 80, 200), (128, 128, 128), (230, 200, 60), (220, 170, 150))
ALPHAS = (0, 255, 128, 64, 255, 200)
PATCH = 8
SIZE = (3 * PATCH, 2 * PATCH)

CURVES = {
    "gamma 1.0": profiles.gamma_curve(1.0),
    "gamma 1.8": profiles.gamma_curve(1.8),
    "sampled 2.2": profiles.sampled_curve(2.2),
    "srgb": profiles.srgb_curve(),
}
RGB_PROFILES = {
    "p3": profiles.rgb(),
    "p3 v2": profiles.rgb(curve=profiles.sampled_curve(2.2), version=2),
    "adobe": profiles.rgb(profiles.ADOBE, profiles.gamma_curve(2.2), version=2),
    "rec2020 gamma 1.8": profiles.rgb(profiles.REC2020, CURVES["gamma 1.8"]),
    "linear": profiles.rgb(profiles.REC709, CURVES["gamma 1.0"]),
    "table": profiles.rgb_table(),
}
GREY_PROFILES = {"grey 1.8": profiles.grey(), "grey 1.0": profiles.grey(1.0, 2)}
BROKEN_PROFILES = {
    "no profile at all": b"this is no profile" * 20,
    "cut off": profiles.rgb()[:200],
    "empty": b"",
}
PROFILES = {**RGB_PROFILES, **GREY_PROFILES, **BROKEN_PROFILES, "cmyk": profiles.cmyk()}


def spread(patches: Sequence[Any]) -> list[list[Any]]:
    """Rows of pixels in which these six are patches."""
    return [[patches[y // PATCH * 3 + x // PATCH] for x in range(SIZE[0])] for y in range(SIZE[1])]


def drawn(mode: str = "RGB") -> Image.Image:
    """The six patches as Pillow has them."""
    picture = Image.new("RGBA", SIZE)
    picture.putdata([(*c, a) for row in spread(list(zip(COLOURS, ALPHAS, strict=True))) for c, a in row])
    if mode == "RGBA":
        return picture
    picture.putalpha(255)
    return picture.convert("RGB").convert(mode)


def saved(picture: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _grey(colour: Sequence[int]) -> int:
    return int(0.5 + 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2])


def _samples(color: int, depth: int) -> tuple[list[Pixel], list[bytes], bytes]:
    """The six pixels of that colour type and depth, the palette's chunk and its transparency's."""
    top = 2**depth - 1

    def deep(value: int) -> int:
        return int(value / 255 * top + 0.5)

    if color == png.PALETTE:
        count = min(2**depth, 6)
        palette = png.chunk(b"PLTE", b"".join(bytes(colour) for colour in COLOURS[:count]))
        return [(n % count,) for n in range(6)], [palette], bytes(ALPHAS[:count])
    greys = [deep(_grey(colour)) for colour in COLOURS]
    if color in (png.GREY, png.GREY_ALPHA):
        pixels: list[Pixel] = [(g,) for g in greys]
    else:
        pixels = [tuple(deep(value) for value in colour) for colour in COLOURS]
    clear = struct.pack(f">{len(pixels[0])}H", *pixels[0])
    if color in (png.GREY_ALPHA, png.RGBA):
        pixels = [(*pixel, deep(alpha)) for pixel, alpha in zip(pixels, ALPHAS, strict=True)]
    return pixels, [], clear


def made_png(
    color: int = png.RGB,
    depth: int = 8,
    *,
    clear: bool = False,
    before: Sequence[bytes] = (),
    between: Sequence[bytes] = (),
    **more: Any,
) -> bytes:
    """The six patches as PNG; `clear` with a `tRNS`."""
    pixels, palette, transparency = _samples(color, depth)
    last = [png.chunk(b"tRNS", transparency)] if clear else []
    return png.png(spread(pixels), color, depth, before=before, between=[*palette, *last, *between], **more)


PNG_KINDS = {
    "grey": (png.GREY, (1, 2, 4, 8, 16)),
    "rgb": (png.RGB, (8, 16)),
    "palette": (png.PALETTE, (1, 2, 4, 8)),
    "grey alpha": (png.GREY_ALPHA, (8, 16)),
    "rgba": (png.RGBA, (8, 16)),
}
PNG_COLOURS: dict[str, tuple[bytes, ...]] = {
    "plain": (),
    "sRGB": (png.chunk(b"sRGB", b"\0"),),
    **{f"icc {name}": (png.iccp(profile),) for name, profile in PROFILES.items()},
    "gAMA 1": (png.gama(1.0),),
    "gAMA 1/1.8": (png.gama(1 / 1.8),),
    "gAMA 1/2.2": (png.gama(1 / 2.2),),
    "gAMA 0": (png.gama(0),),
    "gAMA adobe": (png.gama(1 / 2.2), png.chrm(profiles.D65, profiles.ADOBE)),
    "cHRM alone": (png.chrm(profiles.D65, profiles.ADOBE),),
    "gAMA sRGB's, cHRM too": (png.gama(1 / 2.2), png.chrm(profiles.D65, profiles.REC709)),
    "cHRM d50": (png.gama(1 / 1.8), png.chrm((0.3457, 0.3585), profiles.P3)),
    "sRGB before gAMA": (png.chunk(b"sRGB", b"\0"), png.gama(1.0)),
    "icc before gAMA": (png.iccp(profiles.rgb()), png.gama(1.0)),
    "icc broken, gAMA": (png.iccp(b"none" * 50), png.gama(1.0)),
    **{
        f"cICP {primaries}/{transfer}": (png.cicp(primaries, transfer),)
        for primaries, transfer in [(9, 1), (5, 4), (6, 5), (12, 9), (12, 12)]
        + [(1, n) for n in range(20) if n != 13]
        + [(n, 13) for n in range(24)]
    },
    "cICP PQ": (png.cicp(9, 16),),
    "cICP HLG": (png.cicp(9, 18),),
    "cICP narrow": (png.cicp(12, 13, full=0),),
    "cICP matrix": (png.cicp(12, 13, matrix=1),),
    "cICP unknown": (png.cicp(200, 200),),
    "cICP before icc": (png.cicp(12, 13), png.iccp(RGB_PROFILES["linear"])),
}


MAIN = ("grey 8", "rgb 8", "rgb 8 tRNS", "rgb 16", "palette 8", "grey alpha 8", "rgba 8")
"""The others get only every sixth way of telling the colour, each another sixth."""


def pngs() -> Iterator[tuple[str, bytes]]:
    """Every kind with the ways of telling its colour."""
    for kind, (color, depths) in PNG_KINDS.items():
        for depth in depths:
            for clear in (False, True) if color in (png.GREY, png.RGB, png.PALETTE) else (False,):
                name = f"{kind} {depth}{' tRNS' * clear}"
                for n, (colour, chunks) in enumerate(PNG_COLOURS.items()):
                    if name in MAIN or n % 6 == len(name) % 6:
                        yield f"png {name}, {colour}", made_png(color, depth, clear=clear, before=chunks)
                yield f"png {name}, interlaced", made_png(color, depth, clear=clear, interlaced=True)


def deep() -> Iterator[tuple[str, bytes]]:
    """PNG whose 16 bits say more than the upper eight of them."""
    dark = [
        (100, 300, 700),
        (200, 150, 50),
        (900, 1500, 2500),
        (4000, 3000, 2000),
        (12345, 23456, 34567),
        (255, 256, 257),
    ]
    for colour in ("plain", "gAMA 1", "cICP 1/8", "cICP PQ", "cICP 12/13"):
        chunks = PNG_COLOURS[colour]
        for color, pixels in (
            (png.RGB, dark),
            (png.GREY, [pixel[:1] for pixel in dark]),
            (png.GREY_ALPHA, [(pixel[1], 65535) for pixel in dark]),
            (png.RGBA, [(*pixel, 40000) for pixel in dark]),
        ):
            yield f"png deep {color}, {colour}", png.png(spread(pixels), color, 16, before=chunks)
    near: list[Pixel] = [(0x1234,), (0x1235,), (0x1334,), (0x0034,), (0x1200,), (0xFFFF,)]
    yield (
        "png grey 16, near to what is clear",
        png.png(spread(near), png.GREY, 16, between=[png.chunk(b"tRNS", b"\x12\x34")]),
    )
    near = [(0x1234, 0x5678, 0x9ABC), (0x1235, 0x5678, 0x9ABC), (0x1234, 0x5678, 0x9ABD), (0x1234, 0x5600, 0x9ABC)]
    near += [(0xFFFF, 0, 0), (0, 0xFFFF, 0)]
    yield (
        "png rgb 16, near to what is clear",
        png.png(spread(near), png.RGB, 16, between=[png.chunk(b"tRNS", bytes.fromhex("123456789abc"))]),
    )


def exif(orientation: int, order: str = "<", kind: int = 3) -> bytes:
    """A TIFF of nothing but the orientation."""
    mark = b"II" if order == "<" else b"MM"
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0) if kind == 3 else (orientation,)))
    return mark + struct.pack(order + "HIH", 42, 8, 1) + struct.pack(order + "HHI", 0x112, kind, 1) + value + bytes(4)


def _odd_exif(orientation: int) -> bytes:
    """The orientation between a rational of -1/0, a text that lies outside and a type that there is none of."""
    entries = [
        struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0),
        struct.pack("<HHII", 0x11A, 10, 1, 74),
        struct.pack("<HHII", 0x131, 2, 4000, 9_000_000),
        struct.pack("<HHII", 0x8298, 99, 7, 0),
        struct.pack("<HHII", 0x9286, 7, 0xFFFFFFFF, 0),
    ]
    return b"II" + struct.pack("<HIH", 42, 8, len(entries)) + b"".join(entries) + bytes(4) + struct.pack("<ii", -1, 0)


def jpegs() -> Iterator[tuple[str, bytes]]:
    """Modes, ways of encoding, profiles."""
    flat: dict[str, Any] = {"quality": 95, "subsampling": 0}
    for mode in ("L", "RGB", "CMYK"):
        picture = drawn(mode)
        for name, profile in {"plain": b"", **PROFILES}.items():
            yield f"jpeg {mode}, icc {name}", saved(picture, "JPEG", icc_profile=profile, **flat)
        yield f"jpeg {mode}, progressive", saved(picture, "JPEG", progressive=True, **flat)
        content = saved(picture, "JPEG", **flat)
        yield f"jpeg {mode}, its last two bytes missing", content[:-2]
        yield f"jpeg {mode}, rubbish at the end", content + b"rubbish" * 9
    yield "jpeg 4:2:0", saved(drawn(), "JPEG", quality=95)
    yield "jpeg restarts", saved(drawn(), "JPEG", restart_marker_blocks=1, **flat)
    yield "jpeg kept as RGB", saved(drawn(), "JPEG", keep_rgb=True, **flat)
    yield "jpeg CMYK without Adobe's mark", _without_adobe(saved(drawn("CMYK"), "JPEG", **flat))
    yield "jpeg CMYK as YCCK", _as_ycck(saved(drawn("CMYK"), "JPEG", **flat))
    yield "jpeg progressive, its last two bytes missing", saved(drawn(), "JPEG", progressive=True, **flat)[:-2]


def _without_adobe(content: bytes) -> bytes:
    at = content.index(b"\xff\xee")
    length = struct.unpack(">H", content[at + 2 : at + 4])[0]
    return content[:at] + content[at + 2 + length :]


def _as_ycck(content: bytes) -> bytes:
    """The same samples, said to be YCCK."""
    at = content.index(b"Adobe")
    return content[: at + 11] + b"\x02" + content[at + 12 :]


def turned() -> Iterator[tuple[str, bytes]]:
    """Every orientation in every format that has one, told in every way."""
    for n in range(10):
        for order in "<>":
            tiff = exif(n, order)
            yield f"jpeg turned {n} {order}", saved(drawn(), "JPEG", exif=b"Exif\0\0" + tiff, quality=95, subsampling=0)
        yield f"png turned {n}", made_png(before=[png.chunk(b"eXIf", exif(n))])
        yield f"png turned {n}, after the pixels", made_png(after=[png.chunk(b"eXIf", exif(n))])
        yield f"webp turned {n}", saved(drawn(), "WEBP", lossless=True, exif=exif(n))
        yield f"webp alpha turned {n}", saved(drawn("RGBA"), "WEBP", lossless=True, exif=b"Exif\0\0" + exif(n))
        if 1 <= n <= 8:
            yield f"avif turned {n}", saved(drawn(), "AVIF", quality=100, subsampling="4:4:4", exif=exif(n))
    odd = {
        "as a long": exif(6, kind=4),
        "odd values": _odd_exif(6),
        "no TIFF": b"no TIFF" * 4,
        "cut off": exif(6)[:15],
        "empty": b"",
        "BigTIFF": b"II\x2b\0" + exif(6)[4:],
    }
    for name, content in odd.items():
        yield f"jpeg exif {name}", saved(drawn(), "JPEG", exif=b"Exif\0\0" + content, quality=95, subsampling=0)
        yield f"png exif {name}", made_png(before=[png.chunk(b"eXIf", content)])
        yield f"webp exif {name}", saved(drawn(), "WEBP", lossless=True, exif=content or b"\0")
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
    )
    yield "jpeg turned by XMP", saved(drawn(), "JPEG", xmp=xmp, quality=95, subsampling=0)
    yield "png turned by XMP", made_png(before=[png.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)])
    yield "webp turned by XMP", saved(drawn(), "WEBP", lossless=True, xmp=xmp)
    raw = b"\nexif\n%8d\n" % (len(exif(6)) + 6) + (b"Exif\0\0" + exif(6)).hex().encode() + b"\n"
    text = png.chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw))
    yield "png turned by ImageMagick's text", made_png(before=[text])


def webps() -> Iterator[tuple[str, bytes]]:
    """Lossless and not, with and without transparency, profiles, a film."""
    for mode in ("RGB", "RGBA"):
        for name, profile in {"plain": b"", **PROFILES}.items():
            yield f"webp {mode}, icc {name}", saved(drawn(mode), "WEBP", lossless=True, exact=True, icc_profile=profile)
        yield f"webp {mode}, lossy", saved(drawn(mode), "WEBP", quality=100)
        yield f"webp {mode}, lossy p3", saved(drawn(mode), "WEBP", quality=100, icc_profile=profiles.rgb())
        yield f"webp {mode}, a film", _film(mode, "WEBP", lossless=True)
        yield f"webp {mode}, a film in p3", _film(mode, "WEBP", lossless=True, icc_profile=profiles.rgb())


def _film(mode: str, kind: str, **options: Any) -> bytes:
    first = drawn(mode)
    others = [first.rotate(180), Image.new(mode, SIZE, "red")]
    return saved(first, kind, save_all=True, append_images=others, duration=100, loop=0, **options)


def avifs() -> Iterator[tuple[str, bytes]]:
    """Modes, profiles, code points, a film."""
    for mode in ("L", "RGB", "RGBA"):
        plain = saved(drawn(mode), "AVIF", quality=100, subsampling="4:0:0" if mode == "L" else "4:4:4", speed=10)
        yield f"avif {mode}, plain", plain
        for name, profile in PROFILES.items():
            yield (
                f"avif {mode}, icc {name}",
                saved(drawn(mode), "AVIF", quality=100, subsampling="4:4:4", speed=10, icc_profile=profile or b"\0"),
            )
        points = [(9, 1), (12, 6), (9, 16), (9, 18), (2, 2), (12, 2), (22, 13)]
        if mode == "RGB":
            points += [(1, n) for n in range(20) if n not in (9, 10, 11, 12, 13)] + [(n, 13) for n in range(22)]
        for primaries, transfer in points:
            yield f"avif {mode}, nclx {primaries}/{transfer}", nclx(plain, primaries, transfer)
        yield f"avif {mode}, narrow", saved(drawn(mode), "AVIF", quality=100, subsampling="4:4:4", range="limited")
    yield (
        "avif RGBA, premultiplied",
        saved(drawn("RGBA"), "AVIF", quality=100, subsampling="4:4:4", alpha_premultiplied=True),
    )
    yield "avif 4:2:0", saved(drawn(), "AVIF", quality=100, subsampling="4:2:0")
    yield "avif a film", _film("RGB", "AVIF", quality=100, subsampling="4:4:4")
    camera = Image.Exif()
    camera[0x10F] = "camera"
    content = saved(drawn(), "AVIF", quality=100, subsampling="4:4:4", exif=camera)
    yield "avif exif", content
    yield "avif exif no TIFF", content.replace(b"II\x2a\0", b"XX\x2a\0").replace(b"MM\0\x2a", b"XX\0\x2a")


def nclx(content: bytes, primaries: int, transfer: int) -> bytes:
    """The same with other code points for its colours."""
    at = content.index(b"nclx") + 4
    assert content.count(b"nclx") == 1
    return content[:at] + struct.pack(">HH", primaries, transfer) + content[at + 4 :]


def gifs() -> Iterator[tuple[str, bytes]]:
    """Palettes, transparency, interlacing, a first frame that is smaller than the whole."""
    for mode in ("L", "RGB", "RGBA"):
        yield f"gif {mode}", saved(drawn(mode), "GIF")
        yield f"gif {mode}, interlaced", saved(drawn(mode), "GIF", interlace=1)
        yield f"gif {mode}, a film", _film(mode, "GIF")
    plain = saved(drawn(), "GIF")
    yield "gif without its end", plain.removesuffix(b";")
    yield "gif of a larger screen", plain[:6] + struct.pack("<HH", 48, 32) + plain[10:]
    at = plain.index(b"\x2c")
    yield (
        "gif moved on a larger screen",
        (plain[:6] + struct.pack("<HH", 48, 32) + plain[10 : at + 1] + struct.pack("<HH", 16, 8) + plain[at + 5 :]),
    )


def odd() -> Iterator[tuple[str, bytes]]:
    """PNG with something wrong that does not matter, or of a kind that is seldom seen."""
    text = png.chunk(b"zTXt", b"workflow\0\0" + zlib.compress(b"node " * 600_000))
    yield "png with 3 MB of text", made_png(before=[text])
    yield "png with 3 MB of text after the pixels", made_png(after=[text])
    yield (
        "png with 70 texts of 1 MB",
        made_png(before=[png.chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6)))] * 70),
    )
    for kind in (b"pHYs", b"tEXt", b"tIME", b"bKGD", b"abCd", b"gAMA", b"sRGB", b"iCCP", b"cICP", b"eXIf"):
        yield f"png wrong CRC in {kind.decode()}", made_png(before=[png.chunk(kind, b"\0\0\0\0\0\0\0\0\0"[:9], crc=1)])
    good = png.iccp(profiles.rgb())
    yield "png wrong CRC in a good iCCP", made_png(before=[good[:-4] + b"\0\0\0\1"])
    yield "png wrong CRC in a good gAMA", made_png(before=[png.gama(1.0)[:-4] + b"\0\0\0\1"])
    yield "png wrong CRC in the pixels", _spoiled(made_png(), b"IDAT")
    yield "png wrong CRC in the head", _spoiled(made_png(), b"IHDR")
    yield "png wrong CRC in the palette", _spoiled(made_png(png.PALETTE), b"PLTE")
    yield "png wrong CRC in tRNS", _spoiled(made_png(png.PALETTE, clear=True), b"tRNS")
    yield "png wrong CRC at the end", _spoiled(made_png(), b"IEND")
    yield "png without its end", made_png(end=False)
    yield "png without its end and the last CRC", made_png(end=False)[:-4]
    yield "png without its end and the checksum of its pixels", made_png(end=False)[:-8]
    content = made_png(end=False)
    yield "png wrong checksum of the pixels", content[:-8] + bytes(8)
    yield "png rubbish at the end", made_png() + b"rubbish" * 5
    yield "png unknown chunk that matters", made_png(before=[png.chunk(b"ABCD", b"x")])
    yield "png two gAMA", made_png(before=[png.gama(1 / 2.2), png.gama(1.0)])
    yield "png gAMA of three bytes", made_png(before=[png.chunk(b"gAMA", b"\0\0\1")])
    yield "png gAMA after the palette", made_png(png.PALETTE, between=[png.gama(1.0)])
    yield "png iCCP after the palette", made_png(png.PALETTE, between=[good])
    yield "png cICP after the palette", made_png(png.PALETTE, between=[png.cicp(12, 13)])
    yield "png tRNS too long", made_png(png.PALETTE, between=[png.chunk(b"tRNS", bytes(ALPHAS) + b"\1\2")])
    yield "png tRNS with alpha", made_png(png.RGBA, between=[png.chunk(b"tRNS", bytes(6))])
    yield "png tRNS before the palette", made_png(png.PALETTE, before=[png.chunk(b"tRNS", bytes(ALPHAS))])
    yield "png palette in RGB", made_png(before=[png.chunk(b"PLTE", bytes(range(9)))])
    yield "png pixels in many chunks", _split(made_png())
    yield "png film", _apng(made_png(), first=True)
    yield "png film whose first picture is not in it", _apng(made_png(), first=False)


def _spoiled(content: bytes, kind: bytes) -> bytes:
    """With a wrong checksum in the chunk of that kind."""
    at = content.index(kind)
    end = at + 4 + struct.unpack(">I", content[at - 4 : at])[0]
    return content[:end] + bytes(byte ^ 0x55 for byte in content[end : end + 4]) + content[end + 4 :]


def _split(content: bytes) -> bytes:
    at = content.index(b"IDAT")
    length = struct.unpack(">I", content[at - 4 : at])[0]
    body = content[at + 4 : at + 4 + length]
    return (
        content[: at - 4] + b"".join(png.chunk(b"IDAT", body[n : n + 7]) for n in range(0, length, 7)) + content[-12:]
    )


def _apng(content: bytes, *, first: bool) -> bytes:
    """With two more frames, turned around and red."""
    start = content.index(b"IDAT") - 4
    length = struct.unpack(">I", content[start : start + 4])[0]
    pixels, end = content[start : start + 12 + length], content[start + 12 + length :]

    def control(number: int) -> bytes:
        return png.chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *SIZE, 0, 0, 1, 10, 0, 0))

    frames, number = b"", int(first)
    for patches in (COLOURS[::-1], [(255, 0, 0)] * 6):
        body = png.rows(spread(patches), 8)
        frames += control(number) + png.chunk(b"fdAT", struct.pack(">I", number + 1) + body)
        number += 2
    counted = png.chunk(b"acTL", struct.pack(">II", 3 if first else 2, 0))
    return content[:start] + counted + (control(0) if first else b"") + pixels + frames + end


def table() -> dict[str, bytes]:
    """All of them, by what they are."""
    cases = dict[str, bytes]()
    for part in (pngs(), deep(), jpegs(), turned(), webps(), avifs(), gifs(), odd()):
        for title, content in part:
            assert title not in cases, title
            cases[title] = content
    return cases
