"""The sound of an edit: in time with its picture, as long as it, and music under it."""

import itertools
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from core.edits import timeline
from core.edits.music import TRACKS, licence
from core.errors import Unplayable
from tests.workers.edits import numbered
from workers.edits.files import Files
from workers.edits.render import render
from workers.media import sound


def made(folder: Path, body: dict[str, Any], *clips: Path, music: Path | None = None) -> Path:
    target = folder / "edit.mp4"
    render(timeline.read(body), Files(clips, music=music), target, {}, lambda percent: None)
    return target


def lengths(path: Path) -> tuple[float, float]:
    """Seconds of the picture and of the sound, as the file has them."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert video.duration and video.time_base and audio.duration and audio.time_base
        return float(video.duration * video.time_base), float(audio.duration * audio.time_base)


@pytest.mark.parametrize("seconds", [0.7, 2.0, 3.1])
def test_the_sound_is_as_long_as_the_picture(tmp_path: Path, seconds: float) -> None:
    clip = numbered.clip(tmp_path / "a.mp4", 48, tone=440, tone_seconds=seconds)
    result = made(tmp_path, {"clips": [{"video_id": 1, "start": 0.25, "end": 1.75}]}, clip)
    picture, heard = lengths(result)
    assert picture == 1.5
    assert heard == pytest.approx(picture, abs=1 / 48_000)


def test_a_trim_takes_the_sound_of_its_own_time(tmp_path: Path) -> None:
    low = numbered.clip(tmp_path / "low.mp4", 24, tone=300)
    high = numbered.clip(tmp_path / "high.mp4", 24, tone=1500)
    joined = made(tmp_path, {"clips": [{"video_id": 1}, {"video_id": 2}]}, low, high)
    source = joined.rename(tmp_path / "joined.mp4")
    wave = numbered.waves(made(tmp_path, {"clips": [{"video_id": 1, "start": 0.75, "end": 1.25}]}, source))
    before, after = wave[:, 2400:9600], wave[:, 14_400:21_600]
    assert numbered.level(before, 300) > 0.2
    assert numbered.level(before, 1500) < 0.02
    assert numbered.level(after, 300) < 0.02
    assert numbered.level(after, 1500) > 0.2


@pytest.mark.parametrize("speed", [0.25, 0.5, 2.0, 4.0])
def test_at_another_speed_the_pitch_stays(tmp_path: Path, speed: float) -> None:
    clip = numbered.clip(tmp_path / "a.mp4", 48, tone=440)
    result = made(tmp_path, {"clips": [{"video_id": 1, "speed": speed}]}, clip)
    picture, heard = lengths(result)
    assert heard == pytest.approx(picture, abs=1 / 48_000) == pytest.approx(2 / speed)
    spectrum = np.abs(np.fft.rfft(numbered.waves(result)[0]))
    assert spectrum.argmax() / picture == pytest.approx(440, abs=4)


def test_silent_clips_alone_have_no_sound_track(tmp_path: Path) -> None:
    silent = numbered.clip(tmp_path / "a.mp4", 12)
    heard = numbered.clip(tmp_path / "b.mp4", 12, tone=440)
    result = made(tmp_path, {"clips": [{"video_id": 1}, {"video_id": 2, "mute": True}]}, silent, heard)
    with av.open(str(result)) as container:
        assert not container.streams.audio


def test_a_silent_clip_is_silence_between_others(tmp_path: Path) -> None:
    heard = numbered.clip(tmp_path / "b.mp4", 24, tone=440)
    silent = numbered.clip(tmp_path / "a.mp4", 24)
    wave = numbered.waves(
        made(tmp_path, {"clips": [{"video_id": 1}, {"video_id": 2}, {"video_id": 3}]}, heard, silent, heard)
    )
    seconds = [numbered.level(wave[:, n * 48_000 + 4800 : (n + 1) * 48_000 - 4800], 440) for n in range(3)]
    assert seconds == [pytest.approx(0.25, abs=0.02), pytest.approx(0, abs=0.002), pytest.approx(0.25, abs=0.02)]


def test_surround_sound_becomes_stereo(tmp_path: Path) -> None:
    clip = numbered.clip(tmp_path / "a.mp4", 24, tone=440, layout="5.1")
    wave = numbered.waves(made(tmp_path, {"clips": [{"video_id": 1}]}, clip))
    assert wave.shape[0] == 2
    assert numbered.level(wave, 440) > 0.1


def test_music_has_one_loudness_repeats_and_fades_out(tmp_path: Path) -> None:
    music = numbered.tone(tmp_path / "music.wav", 1.0, 600, level=0.05)
    clip = numbered.clip(tmp_path / "a.mp4", 96)
    result = made(tmp_path, {"clips": [{"video_id": 1}], "music": {"audio_id": 1, "fade_out": 1.5}}, clip, music=music)
    wave = numbered.waves(result)
    assert lengths(result)[1] == pytest.approx(4.0, abs=1 / 48_000)
    assert numbered.level(wave[:, 96_000:115_000], 600) > 0.15, "in the second second it has begun anew"
    assert sound.loudness([wave[:, :120_000]]) == pytest.approx(sound.LOUDNESS, abs=1)
    end = [numbered.level(wave[:, at : at + 4800], 600) for at in range(120_000, 187_000, 12_000)]
    assert all(before > after for before, after in itertools.pairwise(end))
    assert abs(wave[:, -200:]).max() < 0.01


def test_volume_is_a_factor(tmp_path: Path) -> None:
    music = numbered.tone(tmp_path / "music.wav", 2.0, 600, level=0.1)
    clip = numbered.clip(tmp_path / "a.mp4", 24)
    levels = []
    for volume in (1.0, 0.5):
        edit = {"clips": [{"video_id": 1}], "music": {"audio_id": 1, "volume": volume, "fade_out": 0.0}}
        levels.append(numbered.level(numbered.waves(made(tmp_path, edit, clip, music=music))[:, 9600:40_000], 600))
    assert levels[0] / levels[1] == pytest.approx(2, rel=0.03)


def test_music_is_quieter_by_six_decibels_where_a_clip_is_heard(tmp_path: Path) -> None:
    music = numbered.tone(tmp_path / "music.wav", 8.0, 600, level=0.1)
    heard = numbered.clip(tmp_path / "b.mp4", 48, tone=1500)
    silent = numbered.clip(tmp_path / "a.mp4", 72)
    edit = {"clips": [{"video_id": 1}, {"video_id": 2}], "music": {"audio_id": 1, "duck": True, "fade_out": 0.0}}
    wave = numbered.waves(made(tmp_path, edit, heard, silent, music=music))
    under = numbered.level(wave[:, 24_000:90_000], 600)
    alone = numbered.level(wave[:, 190_000:230_000], 600)
    assert 20 * np.log10(alone / under) > 6
    assert alone > 0.15


def test_the_shipped_tracks_are_there_and_say_what_they_are(tmp_path: Path) -> None:
    assert len(TRACKS) >= 6
    assert len({track.id for track in TRACKS}) == len(TRACKS)
    assert "MIT" in licence()
    for track in TRACKS:
        blocks = list(sound.read(track.path))
        assert sum(block.shape[1] for block in blocks) / sound.RATE == pytest.approx(track.seconds, abs=0.1)
        assert sound.loudness(blocks) == pytest.approx(track.lufs, abs=0.2)


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("This is not music. " * 200)
    with pytest.raises(Unplayable):
        list(sound.read(tmp_path / "text.mp3"))


def test_peaks_are_bent_and_the_rest_is_left() -> None:
    block = np.array([[0.5, -0.69, 0.9, -1.8]] * 2, np.float32)
    bent = sound.limited(block)
    assert bent[0, :2].tolist() == block[0, :2].tolist()
    assert abs(bent).max() <= sound.PEAK
    assert bent[0, 3] < -0.8
