"""Writes PNG by hand, so that a test can have every depth, colour type and chunk, right or wrong."""

import struct
import zlib
from collections.abc import Sequence

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))

Pixel = tuple[int, ...]
Chunk = tuple[bytes, bytes]


def chunk(kind: bytes, body: bytes, crc: int | None = None) -> bytes:
    """One chunk, with the checksum that it should have unless another is given."""
    crc = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def _row(pixels: Sequence[Pixel], depth: int) -> bytes:
    samples = [sample for pixel in pixels for sample in pixel]
    if depth == 16:
        return struct.pack(f">{len(samples)}H", *samples)
    bits = "".join(f"{sample:0{depth}b}" for sample in samples)
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def rows(picture: Sequence[Sequence[Pixel]], depth: int, interlaced: bool = False) -> bytes:
    """The rows without any filter, compressed."""
    if not interlaced:
        return zlib.compress(b"".join(b"\0" + _row(row, depth) for row in picture))
    out = b""
    for left, top, across, down in PASSES:
        for row in picture[top::down]:
            if row[left::across]:
                out += b"\0" + _row(row[left::across], depth)
    return zlib.compress(out)


def png(
    picture: Sequence[Sequence[Pixel]],
    color: int,
    depth: int,
    *,
    before: Sequence[bytes] = (),
    between: Sequence[bytes] = (),
    after: Sequence[bytes] = (),
    interlaced: bool = False,
    end: bool = True,
) -> bytes:
    """A file of these pixels; `before` the palette, `between` it and the pixels, and `after` them stand more chunks."""
    header = struct.pack(">IIBBBBB", len(picture[0]), len(picture), depth, color, 0, 0, int(interlaced))
    parts = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", header), *before, *between]
    parts += [chunk(b"IDAT", rows(picture, depth, interlaced)), *after]
    return b"".join([*parts, chunk(b"IEND", b"")] if end else parts)


def iccp(profile: bytes) -> bytes:
    """The chunk of a profile."""
    return chunk(b"iCCP", b"test\0\0" + zlib.compress(profile))


def gama(gamma: float) -> bytes:
    """The chunk that says by which power the samples were encoded."""
    return chunk(b"gAMA", struct.pack(">I", round(gamma * 100_000)))


def chrm(white: Sequence[float], primaries: Sequence[Sequence[float]]) -> bytes:
    """The chunk of primaries."""
    points = [*white, *(value for point in primaries for value in point)]
    return chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in points)))


def cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    """The chunk of ITU-T H.273's code points."""
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))
