"""What is and is not a video, the file that we keep, its poster and its tags."""

import shutil
import subprocess
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw

from core.errors import Unplayable
from tests.workers.media.tags import read_tags
from workers.media import mp4, watching
from workers.media.poster import write_poster

TAGS = {
    "title": "A bottle",
    "comment": "Made with AI",
    "artist": "AdsVideo",
    "adsvideo_model": "camera",
    "提示词": "推近",
}


def scene(number: int, size: tuple[int, int]) -> Image.Image:
    """A picture that changes from frame to frame."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    x = 10 + number * 3 % (size[0] - 40)
    ImageDraw.Draw(picture).rectangle((x, 20, x + 30, 50), fill=(220, 40, 40))
    return picture


def frame_of(picture: Image.Image, number: int) -> VideoFrame:
    frame: VideoFrame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    frame.pts, frame.time_base = number, Fraction(1, 12)
    return frame


def film(
    path: Path,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    sound: str = "",
    *,
    pictures: Iterable[Image.Image] = (),
    size: tuple[int, int] = (160, 90),
    gop: int = 0,
) -> Path:
    """A video of two seconds (or of these pictures, 12 a second) made for the test."""
    pictures = list(pictures) or [scene(n, size) for n in range(24)]
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=12, options={"x265-params": "log-level=none"} if "265" in codec else {})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *pictures[0].size, pix_fmt
        if gop:
            stream.codec_context.gop_size = gop
        track = out.add_stream(sound, rate=48000) if sound else None
        for number, picture in enumerate(pictures):
            out.mux(stream.encode(frame_of(picture, number)))
        out.mux(stream.encode())
        if isinstance(track, av.AudioStream):
            silence = AudioFrame(format="s16", layout="stereo", samples=4800)
            silence.sample_rate = 48000
            for plane in silence.planes:
                plane.update(bytes(plane.buffer_size))
            for number in range(len(pictures) * 10 // 12):
                silence.pts = number * 4800
                for piece in av.AudioResampler(track.format, track.layout, 48000).resample(silence):
                    out.mux(track.encode(piece))
            out.mux(track.encode())
    return path


def packets(path: Path) -> list[tuple[str, int]]:
    with av.open(str(path), "r") as container:
        return [(packet.stream.type, packet.size) for packet in container.demux() if packet.size]


def is_fast_start(path: Path) -> bool:
    content = path.read_bytes()
    return content.index(b"moov") < content.index(b"mdat")


def test_probe_tells_what_a_file_is(tmp_path: Path) -> None:
    probe = watching.probe(film(tmp_path / "a.mp4", sound="aac"))
    assert (probe.width, probe.height, probe.codec, probe.pix_fmt, probe.has_audio) == (
        160,
        90,
        "h264",
        "yuv420p",
        True,
    )
    assert probe.seconds == pytest.approx(2, abs=0.05)
    assert probe.fps == pytest.approx(12, abs=0.1)
    assert "mp4" in probe.container
    assert not watching.probe(film(tmp_path / "b.mp4")).has_audio


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!doctype html><html><body>Please sign in</body></html>" * 40,
        b'{"error": {"message": "uploaded to cloud storage"}}',
        b"#EXTM3U\n#EXTINF:2,\nfile:whole.mp4\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile whole.mp4\n",
        bytes(range(256)) * 64,
    ],
)
def test_probe_refuses_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    film(tmp_path / "whole.mp4")
    path = tmp_path / "raw.mp4"
    path.write_bytes(content)
    with pytest.raises(Unplayable):
        watching.probe(path)


@pytest.mark.parametrize("name", ["picture.jpg", "picture.png", "raw.mp4"])
def test_probe_refuses_a_picture(tmp_path: Path, name: str) -> None:
    scene(0, (160, 90)).save(tmp_path / name, "JPEG" if name.endswith("jpg") else "PNG")
    with pytest.raises(Unplayable):
        watching.probe(tmp_path / name)


def test_probe_refuses_sound_alone(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        track = out.add_stream("aac", rate=48000)
        frame = AudioFrame(format="fltp", layout="stereo", samples=1024)
        frame.sample_rate = 48000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        out.mux(track.encode(frame))
        out.mux(track.encode())
    with pytest.raises(Unplayable):
        watching.probe(tmp_path / "sound.mp4")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("movflags", ["+faststart", ""])
def test_probe_refuses_a_file_that_was_cut_off(tmp_path: Path, share: float, movflags: str) -> None:
    path = tmp_path / "whole.mp4"
    with av.open(str(path), "w", options={"movflags": movflags} if movflags else {}) as out:
        stream = out.add_stream("libx264", rate=12)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(36):
            out.mux(stream.encode(frame_of(Image.effect_noise((160, 90), 60).convert("RGB"), number)))
        out.mux(stream.encode())
    assert watching.probe(path).seconds == pytest.approx(3, abs=0.05)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(Unplayable):
        watching.probe(path)


@pytest.mark.parametrize("sound", ["", "aac"])
def test_a_good_file_keeps_its_packets_and_gets_tags_and_its_index_in_front(tmp_path: Path, sound: str) -> None:
    source, target = film(tmp_path / "raw.mp4", sound=sound), tmp_path / "whole.mp4"
    assert not is_fast_start(source)
    probe = mp4.finish(source, target, TAGS)
    assert sorted(packets(target)) == sorted(packets(source))
    assert is_fast_start(target)
    assert TAGS.items() <= read_tags(target).items()
    assert (probe.width, probe.height, probe.codec, probe.has_audio) == (160, 90, "h264", bool(sound))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["raw.mp4", "whole.mp4"]


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")
def test_tags_are_read_by_others_too(tmp_path: Path) -> None:
    mp4.finish(film(tmp_path / "raw.mp4"), tmp_path / "whole.mp4", TAGS)
    command = ["ffprobe", "-v", "error", "-show_entries", "format_tags", str(tmp_path / "whole.mp4")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert all(f"TAG:{key}={value}" in shown for key, value in TAGS.items())


@pytest.mark.parametrize(
    ("name", "codec", "pix_fmt", "sound"),
    [
        ("raw.avi", "mjpeg", "yuvj420p", "pcm_s16le"),
        ("raw.webm", "libvpx-vp9", "yuv420p", "libopus"),
        ("raw.mp4", "libx264", "yuv444p", ""),
        ("raw.mp4", "libx265", "yuv420p", ""),
        ("raw.mp4", "libx264", "yuv420p", "libopus"),
        ("raw.ts", "libx264", "yuv420p", "aac"),
    ],
)
def test_others_are_converted(tmp_path: Path, name: str, codec: str, pix_fmt: str, sound: str) -> None:
    source = film(tmp_path / name, codec, pix_fmt, sound)
    probe = mp4.finish(source, tmp_path / "whole.mp4", TAGS)
    assert (probe.codec, probe.pix_fmt, probe.width, probe.height) == ("h264", "yuv420p", 160, 90)
    assert probe.seconds == pytest.approx(2, abs=0.15)
    assert probe.has_audio == bool(sound)
    assert is_fast_start(tmp_path / "whole.mp4")
    assert TAGS.items() <= read_tags(tmp_path / "whole.mp4").items()
    with av.open(str(tmp_path / "whole.mp4"), "r") as container:
        assert [stream.codec_context.name for stream in container.streams.audio] == (["aac"] if sound else [])
        assert sum(1 for _ in container.decode(video=0)) == 24


def test_converting_keeps_the_colours_and_makes_odd_sides_even(tmp_path: Path) -> None:
    color = (200, 60, 30)
    pictures = [Image.new("RGB", (161, 91), color)] * 6
    film(tmp_path / "raw.avi", "mjpeg", "yuvj444p", pictures=pictures)
    probe = mp4.finish(tmp_path / "raw.avi", tmp_path / "whole.mp4", {})
    assert (probe.width, probe.height) == (160, 90)
    with av.open(str(tmp_path / "whole.mp4"), "r") as container:
        frame = next(container.decode(video=0))
        assert (frame.colorspace, frame.color_range) == (1, 1)
        seen = frame.to_image().getpixel((80, 45))  # type: ignore[no-untyped-call]
    assert all(abs(a - b) <= 5 for a, b in zip(seen, color, strict=True))


def test_converting_keeps_every_frame_at_its_own_time(tmp_path: Path) -> None:
    times = [0, 1, 2, 10, 11, 24]  # in twelfths of a second
    with av.open(str(tmp_path / "raw.webm"), "w") as out:
        stream = out.add_stream("libvpx-vp9", rate=12)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in times:
            out.mux(stream.encode(frame_of(scene(number, (160, 90)), number)))
        out.mux(stream.encode())
    mp4.finish(tmp_path / "raw.webm", tmp_path / "whole.mp4", {})
    with av.open(str(tmp_path / "whole.mp4"), "r") as container:
        probe = [frame.time for frame in container.decode(video=0)]
    assert probe == [pytest.approx(number / 12, abs=0.01) for number in times]


def test_a_bad_file_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "raw.mp4"
    source.write_text("<html></html>")
    with pytest.raises(Unplayable):
        mp4.finish(source, tmp_path / "whole.mp4", TAGS)
    assert [entry.name for entry in tmp_path.iterdir()] == ["raw.mp4"]


def test_a_disk_that_refuses_is_not_the_files_fault(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        mp4.finish(film(tmp_path / "raw.mp4"), tmp_path / "nowhere" / "whole.mp4", {})


BLACK_START = [Image.new("RGB", (160, 90))] * 4 + [scene(n, (160, 90)) for n in range(20)]


def lightness(path: Path) -> float:
    """The mean luma of a picture."""
    with Image.open(path) as picture:
        light = picture.convert("L").tobytes()
    return sum(light) / len(light)


@pytest.mark.parametrize(("name", "kind"), [("poster.webp", "WEBP"), ("poster.jpg", "JPEG")])
@pytest.mark.parametrize("gop", [2, 250])
def test_the_poster_is_not_the_black_start(tmp_path: Path, name: str, kind: str, gop: int) -> None:
    write_poster(film(tmp_path / "a.mp4", pictures=BLACK_START, gop=gop), tmp_path / name)
    with Image.open(tmp_path / name) as poster:
        assert (poster.format, poster.size) == (kind, (160, 90))
    assert lightness(tmp_path / name) > 60


def test_nor_is_it_where_a_file_says_of_every_frame_that_it_is_a_key_frame(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mp4", pictures=BLACK_START, gop=250)
    with av.open(str(source), "r") as container, av.open(str(tmp_path / "b.mp4"), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        for packet in container.demux(video=0):
            if packet.size:
                packet.is_keyframe, packet.stream = True, stream
                out.mux(packet)
    write_poster(tmp_path / "b.mp4", tmp_path / "poster.webp")
    assert lightness(tmp_path / "poster.webp") > 60


def test_a_film_of_fewer_frames_than_its_decoder_holds_back_is_whole(tmp_path: Path) -> None:
    source = film(tmp_path / "raw.mp4", pictures=[scene(n, (160, 90)) for n in range(3)])
    assert mp4.finish(source, tmp_path / "whole.mp4", {}).seconds == pytest.approx(0.25, abs=0.05)


def test_a_poster_keeps_the_aspect(tmp_path: Path) -> None:
    write_poster(film(tmp_path / "a.mp4", size=(180, 320)), tmp_path / "poster.webp", width=90)
    with Image.open(tmp_path / "poster.webp") as poster:
        assert poster.size == (90, 160)


def test_a_black_video_has_a_poster_too_and_no_video_has_none(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", pictures=[Image.new("RGB", (160, 90))] * 3)
    write_poster(path, tmp_path / "poster.webp")
    assert (tmp_path / "poster.webp").is_file()
    path.write_text("{}")
    with pytest.raises(Unplayable):
        write_poster(path, tmp_path / "other.webp")
    assert not (tmp_path / "other.webp").exists()
