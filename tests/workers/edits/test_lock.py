"""Product lock over the whole clip: the true product lies on the moving one, and lets go rather than drift."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image, ImageFilter

from core.edits import timeline
from workers.edits.files import Files
from workers.edits.frames import frames
from workers.edits.lock import LET_GO, NOT_SEEN, lock_of
from workers.edits.plan import plan
from workers.edits.planes import from_picture, planes, stamp
from workers.edits.tracking import Tracker

SIZE = (320, 180)
PLACE = (120, 50)
"""Where the packshot has its product, which is 80 pixels wide and high."""


def texture(seed: int, size: tuple[int, int]) -> Image.Image:
    """Something that looks like nothing else."""
    noise = np.random.default_rng(seed).integers(0, 255, (size[1] // 4, size[0] // 4), np.uint8)
    grey = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1))
    return grey.convert("RGB")


def scene(x: float, y: float, seed: int = 1) -> Image.Image:
    """The product, moved so far, on its ground."""
    picture = texture(9, SIZE).point(lambda v: v // 3 + 90)
    product = texture(seed, (80, 80))
    away = (1, 0, -PLACE[0] - x, 0, 1, -PLACE[1] - y)
    moved = product.transform(SIZE, Image.Transform.AFFINE, away, Image.Resampling.BICUBIC)
    cover = Image.new("L", (80, 80), 255).transform(SIZE, Image.Transform.AFFINE, away, Image.Resampling.BILINEAR)
    picture.paste(moved, (0, 0), cover)
    return picture


@pytest.fixture
def packshot(tmp_path: Path) -> dict[str, Path]:
    """The true picture and its mask."""
    picture, mask = tmp_path / "packshot.png", tmp_path / "mask.png"
    scene(0, 0).save(picture)
    cover = Image.new("L", SIZE, 0)
    cover.paste(255, (*PLACE, PLACE[0] + 80, PLACE[1] + 80))
    cover.save(mask)
    return {"packshot": picture, "packshot_mask": mask}


def film(path: Path, scenes: list[Image.Image]) -> Path:
    """The clip: darker than the packshot, as a model might make it."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=24, options={"crf": "10", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number, picture in enumerate(scenes):
            frame = from_picture(picture.point(lambda v: v * 0.8))
            out.mux(stream.encode(stamp(frame, number, stream.average_rate or 24)))  # type: ignore[arg-type]
        out.mux(stream.encode())
    return path


def locked(path: Path, files: dict[str, Any], since: int = 0, more: Any = ()) -> tuple[list[np.ndarray], str]:
    """The frames, and what the lock has to say."""
    edit = timeline.read({"clips": [{"video_id": 1}], "lock": {"mode": "overlay"}, **dict(more)})
    whole = plan(edit, Files((path,), **files))
    lock = lock_of(whole)
    return [frame.to_ndarray(format="rgb24").astype(int) for frame in frames(whole, since, lock)], lock.note


def inside(frame: np.ndarray, x: float, y: float) -> np.ndarray:
    """The middle of the product that has moved so far."""
    left, top = PLACE[0] + round(x) + 10, PLACE[1] + round(y) + 10
    return frame[top : top + 60, left : left + 60]


def test_the_true_product_lies_on_the_moving_one(tmp_path: Path, packshot: dict[str, Path]) -> None:
    path = [(0.5 * n, -0.25 * n) for n in range(24)]
    shown, note = locked(film(tmp_path / "a.mp4", [scene(x, y) for x, y in path]), packshot)
    assert note == ""
    for n in (0, 8, 16, 23):
        x, y = path[n]
        true = np.asarray(scene(x, y)).astype(int)
        assert np.abs(inside(shown[n], x, y) - inside(true, x, y)).mean() < 6, "its own brightness, in its place"
        beside = np.abs(shown[n][:, :80] - np.asarray(scene(x, y)).astype(int)[:, :80] * 0.8).mean()
        assert beside < 6, "the ground is the clip's"


@pytest.mark.parametrize("moved", [(0.0, 0.0), (3.5, -2.25), (-6.3, 4.7), (11.5, 0.5)])
def test_a_move_is_found_to_a_tenth_of_a_pixel(packshot: dict[str, Path], moved: tuple[float, float]) -> None:
    def luma(picture: Image.Image) -> np.ndarray:
        return planes(from_picture(picture))[0]

    tracker = Tracker(luma(scene(0, 0)), np.asarray(Image.open(packshot["packshot_mask"])))
    found = tracker.find(luma(scene(*moved).point(lambda v: v * 0.7)))
    assert np.hypot(found.x - moved[0], found.y - moved[1]) < 0.15
    assert found.likeness > 0.98
    assert tracker.find(luma(scene(0, 0, seed=5))).likeness < 0.5


def test_it_lets_go_for_good_where_it_cannot_follow_and_says_so(tmp_path: Path, packshot: dict[str, Path]) -> None:
    scenes = [scene(0.5 * n, 0) if n < 12 else scene(6, 0, seed=2) for n in range(36)]
    clip = film(tmp_path / "a.mp4", [*scenes, *(scene(2, 0) for _ in range(6))])
    shown, note = locked(clip, packshot)
    plain, _ = locked(clip, {})
    assert note == str(LET_GO)
    changed = [float(np.abs(inside(a, 3, 0) - inside(b, 3, 0)).mean()) for a, b in zip(shown, plain, strict=True)]
    assert min(changed[:12]) > 10
    assert all(before > after for before, after in pairwise(changed[13:20])), "it fades"
    assert max(changed[24:]) == 0, "and stays away, even where the product is back"


def test_a_still_is_that_frame_whatever_came_before(tmp_path: Path, packshot: dict[str, Path]) -> None:
    scenes = [scene(0.5 * n, 0) if n < 12 else scene(6, 0, seed=2) for n in range(30)]
    clip = film(tmp_path / "a.mp4", scenes)
    shown, _ = locked(clip, packshot)
    for number in (5, 15, 28):
        assert (locked(clip, packshot, number)[0][0] == shown[number]).all()


def test_a_product_that_moves_far_is_not_followed(tmp_path: Path, packshot: dict[str, Path]) -> None:
    clip = film(tmp_path / "a.mp4", [scene(2.0 * n, 0) for n in range(24)])
    shown, note = locked(clip, packshot)
    plain, _ = locked(clip, {})
    assert note == str(LET_GO)
    assert (shown[23] == plain[23]).all()


@pytest.mark.parametrize("size", ["720x1280", "1080x1080"])
def test_it_follows_in_another_shape_too(tmp_path: Path, packshot: dict[str, Path], size: str) -> None:
    clip = film(tmp_path / "a.mp4", [scene(0.5 * n, 0) for n in range(6)])
    for framing in ({"mode": "pad-blur"}, {"mode": "crop", "x": 0.5}):
        more = {"size": size, "clips": [{"video_id": 1, "framing": framing}]}
        shown, note = locked(clip, packshot, more=more)
        plain, _ = locked(clip, {}, more=more)
        assert note == ""
        height, width = shown[3].shape[:2]
        middle = slice(height // 2 - 20, height // 2 + 20), slice(width // 2 - 20, width // 2 + 20)
        assert shown[3][middle].mean() > plain[3][middle].mean() * 1.1


def test_without_a_clear_product_it_says_so(tmp_path: Path, packshot: dict[str, Path]) -> None:
    clip = film(tmp_path / "a.mp4", [scene(0, 0)] * 3)
    shown, note = locked(clip, {"packshot": packshot["packshot"]})
    assert note == str(NOT_SEEN)
    assert (shown[1] == locked(clip, {})[0][1]).all()
