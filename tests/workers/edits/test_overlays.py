"""What lies over the picture: it is where and when it should be, legible, and never beyond what players leave free."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from core.edits import timeline
from core.edits.typesetting import Setting, fitted
from core.pictures.contrast import contrast, luminance, rgb
from tests.workers.edits import numbered
from workers.edits.files import Files
from workers.edits.frames import frames
from workers.edits.plan import plan
from workers.media.contrast import shade_for
from workers.media.text import Style, draw


def drawn(body: dict[str, Any], *clips: Path, **more: Any) -> list[np.ndarray]:
    """The frames before they are encoded, as RGB."""
    whole = plan(timeline.read(body), Files(clips, **more))
    return [frame.to_ndarray(format="rgb24") for frame in frames(whole)]


def box(changed: np.ndarray) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of where something is to be seen."""
    rows, columns = np.nonzero(changed)
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1


@pytest.fixture
def grey(tmp_path: Path) -> Path:
    return numbered.clip(tmp_path / "grey.mp4", 48, size=(640, 360), color=(120, 128, 128))


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    picture = tmp_path / "plain.png"
    Image.new("RGB", (640, 360), (90, 120, 150)).save(picture)
    return picture


def white(frame: np.ndarray) -> np.ndarray:
    """Where a frame is white."""
    white: np.ndarray = frame.min(axis=2) > 225
    return white


def test_a_text_is_centred_where_it_is_put_and_seen_in_its_frames_only(plain: Path) -> None:
    text = {"text": "HOHO", "x": 0.3, "y": 0.6, "start": 0.5, "end": 1.5}
    shown = drawn({"clips": [{"image_id": 1, "seconds": 2}], "size": "1280x720", "texts": [text]}, plain)
    seen = [number for number, frame in enumerate(shown) if (frame != shown[0]).any()]
    assert seen == list(range(12, 36))
    left, top, right, bottom = box(white(shown[24]))
    assert (left + right) / 2 == pytest.approx(0.3 * 1280, abs=2)
    assert (top + bottom) / 2 == pytest.approx(0.6 * 720, abs=6)


def test_a_text_rises_smoothly_by_parts_of_a_pixel(plain: Path) -> None:
    text = {"text": "HOHO", "start": 0, "y": 0.5}
    shown = drawn({"clips": [{"image_id": 1, "seconds": 1}], "size": "1280x720", "texts": [text]}, plain)

    def middle(frame: np.ndarray) -> float:
        weight = np.clip(frame.min(axis=2).astype(int) - 130, 0, None).sum(axis=1)
        return float((np.arange(720) * weight).sum() / weight.sum())

    path = [middle(frame) for frame in shown[1:9]]
    steps = [before - after for before, after in itertools.pairwise(path)]
    assert all(step > -0.05 for step in steps), "only upwards"
    assert all(before >= after - 0.3 for before, after in itertools.pairwise(steps)), "ever slower"
    assert path[-1] == pytest.approx(path[-2], abs=0.02), "and then it stands"


@pytest.mark.parametrize("position", ["top", "middle", "bottom"])
@pytest.mark.parametrize("size", ["1280x720", "720x1280", "1080x1080"])
def test_captions_stay_out_of_what_players_cover(plain: Path, size: str, position: str) -> None:
    line = {"start": 0, "end": 1, "text": "A caption that needs several lines, because it is long: 琥珀香水，限时优惠"}
    captions = {"lines": [line], "position": position}
    shown = drawn({"clips": [{"image_id": 1, "seconds": 0.2}], "size": size, "captions": captions}, plain)
    height, width = shown[0].shape[:2]
    left, top, right, bottom = box(white(shown[0]))
    above, below = (0.14, 0.20) if height > width else (0.06, 0.06)
    assert left >= width * 0.055
    assert right <= width * 0.945
    assert top >= height * above - 2
    assert bottom <= height * (1 - below) + 2


@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0), (128, 128, 128), (255, 220, 0), (200, 30, 30)])
@pytest.mark.parametrize("color", ["#ffffff", "#ff6a3d", "#1e2878", "#777777", "#17181b"])
@pytest.mark.parametrize("shade", ["soft", "box"])
def test_letters_are_legible_on_any_ground(ground: tuple[int, int, int], color: str, shade: Any) -> None:
    words = draw("HIHI", Style(Setting(60), rgb(color), shade), 600)
    canvas = Image.new("RGBA", words.image.size, (*ground, 255))
    canvas.alpha_composite(words.image)
    seen = np.asarray(canvas.convert("RGB"))
    letters = np.asarray(draw("HIHI", Style(Setting(60), rgb(color), "none"), 600).image.getchannel("A"))
    core = letters == 255
    beside = np.zeros_like(core)
    beside[:, 2:] |= core[:, :-2] & (letters[:, 2:] == 0)
    beside[:, :-2] |= core[:, 2:] & (letters[:, :-2] == 0)
    assert beside.any()
    worst = min(contrast(rgb(color), tuple(int(v) for v in pixel)) for pixel in np.unique(seen[beside], axis=0))
    assert worst >= 4.5


def test_a_shade_is_no_darker_than_it_must_be() -> None:
    dark, strength = shade_for((255, 255, 255))
    assert dark
    assert 0.5 < strength < 0.65
    assert luminance((255, 255, 255)) == 1


def test_lines_break_by_the_rules_of_chinese() -> None:
    setting = Setting(40)
    lines, _ = fitted("限时优惠，只要四十九欧元！（本周日前）包邮到家。", setting, 330, 9)
    assert len(lines) > 2
    assert all(line[0] not in "，！）。" and line[-1] not in "（" for line in lines)
    assert all(setting.width(line) <= 330 for line in lines)


def test_words_stay_whole_and_a_word_without_end_is_cut() -> None:
    lines, _ = fitted("Smooth camera and a sharp label", Setting(40), 300, 9)
    assert " ".join(lines) == "Smooth camera and a sharp label"
    parts, setting = fitted("x" * 200, Setting(40), 300, 2)
    assert "".join(parts) == "x" * 200
    assert all(setting.width(part) <= 300 for part in parts)


def test_pairs_are_kerned() -> None:
    setting = Setting(100)
    assert setting.width("AV") < setting.width("A") + setting.width("V") - 4
    assert setting.width("HH") == pytest.approx(2 * setting.width("H"), abs=1.5)


def test_a_logo_keeps_its_transparency_its_corner_and_its_width(tmp_path: Path, plain: Path) -> None:
    logo = Image.new("RGBA", (400, 200), (0, 0, 0, 0))
    ImageDraw.Draw(logo).rectangle((0, 0, 199, 199), fill=(255, 0, 0, 255))
    logo.save(tmp_path / "logo.png")
    placed = {"image_id": 2, "corner": "bottom-left", "width": 0.25, "opacity": 0.5}
    body = {"clips": [{"image_id": 1, "seconds": 0.2}], "size": "1280x720", "logo": placed}
    frame = drawn(body, plain, logo=tmp_path / "logo.png")[0]
    red = frame[..., 0].astype(int) - frame[..., 2] > 30
    left, top, right, bottom = box(red)
    assert [left, right - left, bottom - top] == pytest.approx([77, 160, 160], abs=3)
    assert bottom == pytest.approx(720 * 0.94, abs=3)
    assert frame[620, 100].tolist() == pytest.approx([172, 60, 75], abs=6), "half of red over the ground"
    assert frame[620, 77 + 240].tolist() == pytest.approx([90, 120, 150], abs=3), "clear where the logo is clear"


@pytest.mark.parametrize("side", [1, 8000])
def test_a_logo_of_any_size_is_drawn(tmp_path: Path, plain: Path, side: int) -> None:
    Image.new("RGB", (side, side), (255, 0, 0)).save(tmp_path / "logo.png")
    body = {"clips": [{"image_id": 1, "seconds": 0.2}], "size": "1280x720", "logo": {"image_id": 2, "width": 0.1}}
    frame = drawn(body, plain, logo=tmp_path / "logo.png")[0]
    assert (frame[..., 0].astype(int) - frame[..., 2] > 100).sum() == pytest.approx(128 * 128, rel=0.05)


def test_captions_of_one_moment_stand_in_one_block(plain: Path) -> None:
    lines = [{"start": 0, "end": 1, "text": "OOO"}, {"start": 0.5, "end": 1.5, "text": "HHH"}]
    body = {"clips": [{"image_id": 1, "seconds": 2}], "size": "1280x720", "captions": {"lines": lines}}
    shown = drawn(body, plain)
    heights = [np.ptp(np.nonzero(white(frame))[0]) if white(frame).any() else 0 for frame in shown]
    one, two = heights[6], heights[18]
    assert two > one * 2
    assert heights[30] == pytest.approx(one, abs=2)
    assert heights[40] == 0


def test_what_is_padded_keeps_the_whole_picture(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "a.mp4", 12, size=(640, 360))
    for mode in ("pad-blur", "pad-white", "pad-color"):
        body = {"clips": [{"video_id": 1, "framing": {"mode": mode, "color": "#ff0000"}}], "size": "720x1280"}
        frame = drawn(body, source)[5]
        inside = frame[1280 // 2 - 202 : 1280 // 2 + 202].mean(axis=2)
        assert numbered.read_number(inside.astype(np.uint8)) == 5
        edge = frame[10, 10].tolist()
        if mode != "pad-blur":
            assert edge == pytest.approx({"pad-white": [255] * 3, "pad-color": [255, 0, 0]}[mode], abs=4)


def test_a_crop_shows_the_part_that_is_asked_for(tmp_path: Path) -> None:
    source = numbered.clip(tmp_path / "a.mp4", 12, size=(640, 360), first=1 << 9)  # only the rightmost square is bright
    for x, bright in ((0.0, False), (1.0, True)):
        body = {"clips": [{"video_id": 1, "framing": {"mode": "crop", "x": x}}], "size": "720x1280"}
        frame = drawn(body, source)[0]
        assert bool(frame[640, 700].mean() > 150) == bright


def test_a_line_of_chinese_ends_where_a_clause_does_if_that_needs_no_further_line() -> None:
    def lines(text: str, most: float) -> list[str]:
        return Setting(40).lines(text, most)

    assert lines("植萃精华，温和渗透，不黏腻", 400) == ["植萃精华，", "温和渗透，不黏腻"]
    assert lines("植萃精华，温和渗透，不黏腻", 700) == ["植萃精华，温和渗透，不黏腻"]
    assert len(lines("是，这是一款非常非常温和的精华", 400)) == 2, "one word alone is no line"
    assert lines("是，这是一款非常非常温和的精华", 400)[0] != "是，"


def test_the_end_card_comes_in_softly_and_then_stands_still(tmp_path: Path, grey: Path, plain: Path) -> None:
    card = {"seconds": 2, "title": "Amber", "price": "49 €", "button": "Shop now", "image_id": 2, "color": "#102030"}
    shown = drawn({"clips": [{"video_id": 1}], "end_card": card}, grey, card=plain)
    assert len(shown) == 48 + 48 - 12
    assert all((frame == shown[-1]).all() for frame in shown[-24:])
    assert shown[-1][2, 2].tolist() == pytest.approx([16, 32, 48], abs=3)
    assert not (shown[35] != drawn({"clips": [{"video_id": 1}]}, grey)[35]).any()


@pytest.mark.parametrize("size", ["720x1280", "1080x1080"])
def test_the_words_below_a_cards_picture_can_be_read(tmp_path: Path, grey: Path, plain: Path, size: str) -> None:
    """They got what the picture left, and were a third smaller than beside it."""
    words = {"title": "Amber", "subtitle": "Eau de parfum", "price": "49 €", "button": "Shop now"}
    card = {"seconds": 1.0, **words, "image_id": 2, "color": "#102030", "accent": "#ff0000"}
    shown = drawn({"clips": [{"video_id": 1}], "size": size, "end_card": card}, grey, card=plain)[-1].astype(int)
    height = shown.shape[0]
    rows = np.flatnonzero((np.abs(shown - (90, 120, 150)).max(axis=2) < 20).mean(axis=1) > 0.3)
    button = box((shown[..., 0] > 200) & (shown[..., 1] < 90))
    assert button[3] - button[1] > 0.065 * height
    assert len(rows) > 0.25 * height
    letters = np.flatnonzero((shown.min(axis=2) > 200).any(axis=1))
    assert letters[0] > rows[-1] + 0.02 * height, "a gap between picture and words"


def test_the_locked_end_is_the_true_picture(tmp_path: Path, grey: Path) -> None:
    packshot = tmp_path / "packshot.jpg"
    Image.new("RGB", (1280, 720), (200, 40, 40)).save(packshot, quality=95)
    shown = drawn({"clips": [{"video_id": 1}], "lock": {"mode": "end"}}, grey, packshot=packshot)
    before = drawn({"clips": [{"video_id": 1}]}, grey)
    assert len(shown) == len(before) == 48
    assert (shown[18] == before[18]).all(), "1.2 s before the end nothing has changed"
    assert (shown[24] != before[24]).any()
    assert np.abs(shown[-1].astype(int) - np.array([200, 40, 40])).max() <= 4
