"""Small films as servers deliver them: turned, with odd pixels, containers, times. Every frame is another picture."""

import io
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

RATE = 24
TICKS = Fraction(1, 24_000)
CODECS = {
    "h264": ("libx264", {"preset": "ultrafast", "crf": "20", "bf": "0"}),
    "h264 b": ("libx264", {"preset": "veryfast", "crf": "20", "bf": "3", "x264-params": "b-adapt=0"}),
    "hevc": ("libx265", {"preset": "ultrafast", "crf": "20", "x265-params": "log-level=none"}),
    "vp8": ("libvpx", {"deadline": "realtime", "cpu-used": "8", "b": "600k"}),
    "vp9": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8", "crf": "20", "b": "0"}),
}


@dataclass(frozen=True)
class Film:
    """One of the table. `turned` is how far clockwise it is to be shown, `times` are those of its frames in seconds."""

    kind: str = "mp4"
    codec: str = "h264"
    turned: int = 0
    hflip: bool = False
    vflip: bool = False
    pixels: Fraction = Fraction(1)
    size: tuple[int, int] = (192, 96)
    times: Sequence[Fraction] = tuple(Fraction(n, RATE) for n in range(36))
    live: bool = False
    sound: bool = False
    begin: int = 0
    """With an edit list that begins at this frame."""
    late: Fraction = Fraction(0)
    """With an edit list that begins with nothing for so many seconds."""
    cut: tuple[int, int] | None = None
    """With an edit list that leaves out the frames from the one to the other."""
    gop: int = 12

    @property
    def shown(self) -> tuple[int, int]:
        """Its size as it is to be shown."""
        width, height = self.size
        if self.pixels > 1:
            width = round(width * self.pixels)
        else:
            height = round(height / self.pixels)
        return (height, width) if self.turned in (90, 270) else (width, height)

    @property
    def expected(self) -> list[float]:
        """The times of the frames that are to be shown, the first at 0."""
        if self.cut:
            first, after = self.cut
            left_out = self.times[after] - self.times[first]
            kept = [*self.times[:first], *(time - left_out for time in self.times[after:])]
            return [float(time) for time in kept]
        times = self.times[self.begin :]
        return [float(time - times[0]) for time in times]

    @property
    def numbers(self) -> list[int]:
        """The frames that are to be shown."""
        first, after = self.cut or (0, self.begin)
        return [n for n in range(len(self.times)) if n < first or n >= after]


def picture(number: int, size: tuple[int, int]) -> NDArray[np.uint8]:
    """White upper right, black lower left, and the number in six cells between."""
    width, height = size
    drawn = np.full((height, width, 3), (90, 120, 160), np.uint8)
    drawn[: height // 4, -width // 4 :] = 240
    drawn[-height // 4 :, : width // 4] = 15
    for bit in range(6):
        left = bit * width // 6
        drawn[height * 3 // 8 : height * 5 // 8, left : left + width // 6] = 220 if number >> bit & 1 else 40
    return drawn


def upright(number: int, film: Film) -> NDArray[np.uint8]:
    """The frame of that number as it is to be shown."""
    width, height = film.shown
    size = (height, width) if film.turned in (90, 270) else (width, height)
    drawn = np.asarray(Image.fromarray(picture(number, film.size)).resize(size, Image.Resampling.NEAREST))
    drawn = np.rot90(drawn, -film.turned // 90)
    drawn = drawn[:, ::-1] if film.hflip else drawn
    return drawn[::-1] if film.vflip else drawn


def write(film: Film, path: Path) -> Path:
    """The film as a file."""
    name, options = CODECS[film.codec]
    container = {"mkv": "matroska"}.get(film.kind, film.kind)
    live = {"live": "1"} if film.live else {}
    out_file = io.BytesIO() if film.live else str(path)
    with av.open(out_file, "w", format=container, options=live) as out:
        stream = out.add_stream(name, rate=RATE, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *film.size, "yuv420p"
        context = stream.codec_context
        context.time_base, context.gop_size, context.thread_count = TICKS, film.gop, 1
        context.colorspace, context.color_range = Colorspace.ITU709, ColorRange.MPEG
        if film.pixels != 1:
            context.sample_aspect_ratio = film.pixels
        if film.turned or film.hflip or film.vflip:
            stream.set_display_rotation(-film.turned, hflip=film.hflip, vflip=film.vflip)
        track = out.add_stream("libopus" if film.kind == "webm" else "aac", rate=48_000) if film.sound else None
        for number, time in enumerate(film.times):
            drawn = VideoFrame.from_ndarray(picture(number, film.size))
            drawn = drawn.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709)
            drawn.pts, drawn.time_base = round((time + film.late) / TICKS), TICKS
            out.mux(stream.encode(drawn))
        out.mux(stream.encode())
        if isinstance(track, av.AudioStream):
            _hum(out, track, float(film.times[-1]) + 1 / RATE)
    content = out_file.getvalue() if isinstance(out_file, io.BytesIO) else path.read_bytes()
    edits = [(film.begin, len(film.times))] if film.begin else []
    if film.cut:
        edits = [(0, film.cut[0]), (film.cut[1], len(film.times))]
    path.write_bytes(_edited(content, film, edits) if edits else content)
    return path


def _hum(out: av.container.OutputContainer, track: av.AudioStream, seconds: float) -> None:
    wave = (3000 * np.sin(np.arange(int(48_000 * seconds)) * 0.05)).astype(np.int16)
    hum = AudioFrame.from_ndarray(np.repeat(wave, 2)[None], "s16", "stereo")
    hum.sample_rate, hum.pts = 48_000, 0
    resampler = av.AudioResampler(track.format, track.layout, 48_000, frame_size=track.codec_context.frame_size or 960)
    for piece in (*resampler.resample(hum), *resampler.resample(None)):
        out.mux(track.encode(piece))
    out.mux(track.encode())


def _edited(content: bytes, film: Film, edits: Sequence[tuple[int, int]]) -> bytes:
    """The same with an edit list of these stretches of frames instead of its own, which is of one."""
    start = content.index(b"elst") - 4
    size, count = (*struct.unpack_from(">I", content, start), *struct.unpack_from(">I", content, start + 12))
    assert count == 1
    (begin,) = struct.unpack_from(">i", content, start + 20)
    scale = struct.unpack_from(">I", content, content.index(b"mvhd") + 16)[0]
    media = struct.unpack_from(">I", content, content.index(b"mdhd") + 16)[0]
    times = [*film.times, film.times[-1] + Fraction(1, RATE)]
    box = struct.pack(">I4sII", 16 + 12 * len(edits), b"elst", 0, len(edits))
    for first, stop in edits:
        box += struct.pack(">Ii", round((times[stop] - times[first]) * scale), begin + round(times[first] * media))
        box += struct.pack(">I", 0x10000)
    longer = content[:start] + box + content[start + size :]
    for kind in (b"edts", b"trak", b"moov"):  # what it stands in; all of it behind the pixels
        at = longer.index(kind) - 4
        longer = (
            longer[:at]
            + struct.pack(">I", struct.unpack_from(">I", longer, at)[0] + len(box) - size)
            + longer[at + 4 :]
        )
    return longer


VARYING = tuple(Fraction(n, RATE) for n in (0, 1, 2, 3, 9, 10, 11, 12, 13, 24, 25, 26, 40, 41, 42, 47))
FILMS: dict[str, Film] = {
    "plain": Film(),
    **{f"turned {turned}": Film(turned=turned) for turned in (90, 180, 270)},
    "mirrored": Film(hflip=True),
    "upside down": Film(vflip=True),
    "turned 90, mirrored": Film(turned=90, hflip=True),
    "turned 270, mirrored": Film(turned=270, hflip=True),
    "turned 90 with B-frames and sound": Film(turned=90, codec="h264 b", sound=True),
    "turned 90, hevc": Film(turned=90, codec="hevc"),
    "wide pixels": Film(pixels=Fraction(4, 3)),
    "narrow pixels": Film(pixels=Fraction(3, 4)),
    "wide pixels, turned 90": Film(pixels=Fraction(4, 3), turned=90),
    "wide pixels in matroska": Film("mkv", pixels=Fraction(16, 11), size=(176, 144)),
    "wide pixels, hevc": Film(codec="hevc", pixels=Fraction(4, 3)),
    "B-frames": Film(codec="h264 b", sound=True),
    "B-frames in matroska": Film("mkv", "h264 b"),
    "B-frames in matroska with sound": Film("mkv", "h264 b", sound=True),
    "B-frames in matroska, long groups": Film("mkv", "h264 b", gop=250),
    "webm without a length": Film("webm", "vp9", live=True),
    "webm without a length, with sound": Film("webm", "vp8", live=True, sound=True),
    "matroska without a length": Film("mkv", live=True),
    "matroska without a length, B-frames": Film("mkv", "h264 b", live=True, sound=True),
    "begins at a later key frame": Film(begin=12),
    "begins between key frames": Film(begin=17),
    "begins between key frames, B-frames": Film(codec="h264 b", begin=17),
    "cut": Film(cut=(12, 24)),
    "begins late": Film(late=Fraction(1, 2), codec="h264 b"),
    "varying": Film(times=VARYING),
    "varying, B-frames": Film(times=VARYING, codec="h264 b"),
    "varying in matroska, B-frames": Film("mkv", "h264 b", times=VARYING),
    "varying in webm": Film("webm", "vp9", times=VARYING),
    "varying, turned 90": Film(times=VARYING, turned=90),
    "turned 90 in matroska": Film("mkv", turned=90),
}
