"""Reads the chunks of a PNG as browsers do: what is wrong or large in those that don't matter does no harm."""

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from core.pictures import exif
from core.pictures.points import by_cicp, by_gamma
from core.pictures.source import Points, Source

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, COLOUR, PALETTE, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 3, 4, 6
MAX_PROFILE = 16 * 1024 * 1024
AT_ONCE = 1024 * 1024
HEAD = ">IIBBBBB"


class Chunk(NamedTuple):
    kind: bytes
    body: memoryview
    is_sound: bool
    """Whether its checksum is right."""


def source(content: bytes) -> Source:
    """A PNG of the same pixels and nothing else, and what it has said. Raises SyntaxError, KeyError, struct.error."""
    said, pixels = _read(content)
    head = bytes(said[b"IHDR"])
    _width, _height, depth, kind = struct.unpack_from(">IIBB", head)
    transparency = bytes(said.get(b"tRNS", b""))
    parts = [SIGNATURE, _chunk(b"IHDR", _split(head) if depth == 16 else head)]
    if b"PLTE" in said:
        parts.append(_chunk(b"PLTE", said[b"PLTE"]))
    if transparency and kind == PALETTE:
        parts.append(_chunk(b"tRNS", transparency[: len(said.get(b"PLTE", b"")) // 3]))
    parts += [_chunk(b"IDAT", b"".join(pixels)), _chunk(b"IEND", b"")]
    clear: tuple[int, ...] = ()
    if kind in (GREY, COLOUR) and transparency:
        clear = struct.unpack_from(">H" if kind == GREY else ">3H", transparency)
    profile, points = _colours(said)
    turn = exif.orientation(bytes(said.get(b"eXIf", b"")))
    return Source(b"".join(parts), profile, points, turn, kind, depth, clear)


def with_checksum(content: bytes) -> bytes:
    """The same with the checksum that its pixels should have, which browsers don't ask for.

    Raises EOFError if there are too few pixels, zlib.error.
    """
    at = content.index(b"IDAT") - 4
    length = int.from_bytes(content[at : at + 4])
    packed = content[at + 8 : at + 8 + length]
    unpacking, checksum, rest = zlib.decompressobj(-zlib.MAX_WBITS), 1, packed[2:]
    while not unpacking.eof:
        piece = unpacking.decompress(rest, AT_ONCE)
        if not piece and not unpacking.eof:
            raise EOFError
        checksum, rest = zlib.adler32(piece, checksum), unpacking.unconsumed_tail
    deflated = packed[: len(packed) - len(unpacking.unused_data)]
    return content[:at] + _chunk(b"IDAT", deflated + checksum.to_bytes(4)) + content[at + 12 + length :]


def _split(head: bytes) -> bytes:
    """The head of grey with 16 bits as one with a channel for each byte: `core.pictures.channels`."""
    width, height, _depth, kind, *rest = struct.unpack(HEAD, head[:13])
    doubled = {GREY: GREY_ALPHA, GREY_ALPHA: COLOUR_ALPHA}
    return struct.pack(HEAD, width, height, 8, doubled[kind], *rest) if kind in doubled else head


def _read(content: bytes) -> tuple[dict[bytes, memoryview], list[memoryview]]:
    """The chunks that say something, the first of each kind, and those with the pixels of the first picture shown."""
    said: dict[bytes, memoryview] = {}
    pixels: list[memoryview] = []
    first_frame: list[memoryview] = []
    frames = 0
    for kind, body, is_sound in _chunks(content):
        if kind == b"IDAT":
            pixels.append(body)
        elif kind == b"fcTL" and is_sound:
            frames += 1
            if not pixels and frames == 1:
                said.setdefault(kind, body)  # the picture itself is the first of the film
        elif kind == b"fdAT":
            if frames == 1:
                first_frame.append(body[4:])
        elif not kind[0] & 0x20 and kind not in KNOWN:
            raise SyntaxError(f"unknown chunk {kind!r}")
        elif not is_sound and kind in (b"IHDR", b"PLTE"):
            raise SyntaxError(f"damaged {kind!r}")
        elif is_sound and not pixels and not (kind in BEFORE_PALETTE and b"PLTE" in said):
            said.setdefault(kind, body)
            if kind == b"PLTE" and said[b"IHDR"][9] == PALETTE:
                said.pop(b"tRNS", None)  # it belongs behind its palette
    if not pixels or (said[b"IHDR"][9] == PALETTE and b"PLTE" not in said):
        raise SyntaxError("no picture")
    if b"acTL" in said and b"fcTL" not in said and first_frame:
        pixels = first_frame
    return said, pixels


KNOWN = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
BEFORE_PALETTE = {b"cICP", b"sRGB"}


def _chunks(content: bytes) -> Iterator[Chunk]:
    """Chunk after chunk, the last as far as it goes."""
    view, at = memoryview(content), len(SIGNATURE)
    while at + 8 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, at)
        body = view[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IEND":
            return
        is_sound = kind == b"IDAT" or zlib.crc32(body, zlib.crc32(kind)).to_bytes(4) == content[at - 4 : at]
        yield Chunk(kind, body, is_sound)


def _colours(said: dict[bytes, memoryview]) -> tuple[bytes, Points | None]:
    """What counts of all that is said: code points, else a usable profile, else sRGB, else a power and primaries."""
    if (cicp := said.get(b"cICP")) and len(cicp) == 4 and cicp[2] == 0 and cicp[3] == 1:
        points = by_cicp(cicp[0], cicp[1])
        if points:
            return b"", points
    profile = _profile(said.get(b"iCCP"))
    if b"sRGB" in said or b"gAMA" not in said or len(said[b"gAMA"]) != 4:
        return profile, None
    (gamma,) = struct.unpack(">I", said[b"gAMA"])
    chromaticities = said.get(b"cHRM")
    if chromaticities and len(chromaticities) != 32:
        chromaticities = None
    return profile, by_gamma(gamma, struct.unpack(">8I", chromaticities) if chromaticities else None)


def _profile(chunk: memoryview | None) -> bytes:
    """The ICC profile of an `iCCP` chunk, empty if it can't be unpacked."""
    _name, _, packed = bytes(chunk or b"").partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        return unpacking.decompress(packed[1:], MAX_PROFILE) if packed else b""
    except zlib.error:
        return b""


def _chunk(kind: bytes, body: bytes | memoryview) -> bytes:
    return len(body).to_bytes(4) + kind + bytes(body) + zlib.crc32(body, zlib.crc32(kind)).to_bytes(4)
