"""Small files that are made to eat time and memory."""

import io
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

import av
from av.packet import Packet


def _packets(side: int) -> Iterator[bytes]:
    """H.264 of one grey frame of side x side pixels, as it stands in a stream: with its parameter sets."""
    context = av.CodecContext.create("libx264", "w")
    assert isinstance(context, av.VideoCodecContext)
    context.width = context.height = side
    context.pix_fmt, context.time_base, context.framerate = "yuv420p", Fraction(1, 24), Fraction(24)
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": "51"}
    frame = av.VideoFrame(side, side, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes([90]) * plane.buffer_size)
    frame.pts = 0
    for packet in (*context.encode(frame), *context.encode()):
        yield bytes(packet)


@lru_cache
def frames(*sides: int, times: int = 1, apart: int = 1, kind: str = "mp4") -> bytes:
    """A film of square frames of these sides, all of them so many `times`, `apart` 24ths of a second.

    It says that only the first is a keyframe, so that whoever wants the end must decode all of it.
    """
    out = io.BytesIO()
    pieces = {side: b"".join(_packets(side)) for side in set(sides)}
    with av.open(out, "w", format=kind) as film:
        stream = film.add_stream("libx264", rate=24)
        stream.width = stream.height = sides[0]
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, 24)
        for number, side in enumerate(sides * times):
            packet = Packet(pieces[side])
            packet.pts = packet.dts = number * apart
            packet.time_base, packet.stream, packet.is_keyframe = Fraction(1, 24), stream, not number
            film.mux(packet)
    return out.getvalue()
