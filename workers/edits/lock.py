"""Product lock: the true picture of the product keeps its pixels, at the end of the clip or over it all the time."""

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from core.edits.fields import LOCK_SECONDS
from core.phrase import Phrase
from core.pictures import framing
from workers.edits.fit import Fitter
from workers.edits.layers import sprite
from workers.edits.plan import Plan, Shot
from workers.edits.planes import Bytes, copy, from_picture, mixed, planes
from workers.edits.tracking import Moved, Tracker

SURE = 0.88
"""So much the product must be like itself in the packshot; below that it has turned, or another one stands there."""
FARTHEST = 0.06
"""It moves at most by this share of the longer side; a clip in which it moves more is no clip for a lock."""
FADE_SECONDS = 0.35
NOT_SEEN = Phrase("No clear product was seen in the picture: the clip is without product lock.")
LET_GO = Phrase("Product lock let go where the product moved too much to be followed.")


class Lock:
    """None: no frame is touched."""

    index = -1
    """Which clip it is for."""
    begins_early = False
    """Whether a frame depends on those before it."""
    note = ""
    """What is to be said about it in the end."""

    def over(self, frame: VideoFrame, number: int) -> VideoFrame:
        """The clip's frame with the lock's part in frame `number` of the edit."""
        return frame


def lock_of(plan: Plan) -> Lock:
    """The lock that the edit asks for."""
    if plan.edit.lock is None or plan.files.packshot is None:
        return Lock()
    index = max(index for index, shot in enumerate(plan.shots) if shot.source)
    return (EndLock if plan.edit.lock.mode == "end" else OverlayLock)(plan, index)


def _fitted(plan: Plan, shot: Shot, picture: Image.Image) -> VideoFrame:
    return Fitter(plan.width, plan.height, shot.clip.framing)(from_picture(picture))


def _size(shot: Shot) -> tuple[int, int]:
    assert shot.source is not None
    return shot.source.width // 2 * 2, shot.source.height // 2 * 2


def _packshot(plan: Plan, shot: Shot) -> Image.Image:
    assert plan.files.packshot is not None
    return framing.picture(plan.files.packshot.read_bytes(), *_size(shot), {})


class EndLock(Lock):
    """The last seconds of the clip dissolve into the packshot."""

    def __init__(self, plan: Plan, index: int) -> None:
        self.index = index
        shot = plan.shots[index]
        after = plan.shots[index + 1].overlap if index + 1 < len(plan.shots) else plan.card_overlap
        # whole before the next clip or the card begins to cover it
        self._stop = max(shot.stop - after, shot.first + 1)
        self._count = min(plan.frames(LOCK_SECONDS), self._stop - shot.first)
        self._still = _fitted(plan, shot, _packshot(plan, shot))

    def over(self, frame: VideoFrame, number: int) -> VideoFrame:
        """The clip's frame with as much of the packshot as is due."""
        done = (number - (self._stop - self._count) + 1) / self._count
        if done <= 0:
            return frame
        share = min(done, 1.0)
        return self._still if share == 1 else mixed(frame, self._still, share * share * (3 - 2 * share))


class OverlayLock(Lock):
    """The cut-out product lies over the one in the clip, and follows it; it fades out for good rather than drift."""

    begins_early = True

    def __init__(self, plan: Plan, index: int) -> None:
        self.index = index
        shot = plan.shots[index]
        self._fade = max(plan.frames(FADE_SECONDS), 1)
        self._farthest = FARTHEST * max(plan.width, plan.height)
        self._left: int | None = None
        self._last = Moved(0.0, 0.0, 1.0)
        self._seen = 0
        if plan.files.packshot_mask is None:
            self.note, self._left = str(NOT_SEEN), -self._fade
            return
        picture = _fitted(plan, shot, _packshot(plan, shot))
        with Image.open(plan.files.packshot_mask) as mask:
            cover = _cover(plan, shot, mask.convert("L"))
        self._tracker = Tracker(planes(picture)[0], cover)
        self._product = picture.to_image()  # type: ignore[no-untyped-call]
        self._product.putalpha(Image.fromarray(cover))
        if self._tracker.is_blind:
            self.note, self._left = str(NOT_SEEN), -self._fade

    def over(self, frame: VideoFrame, number: int) -> VideoFrame:
        """The clip's frame with the true product over its own. Frames are asked for in their order."""
        if self._left is not None and number >= self._left + self._fade:
            return frame
        moved = self._tracker.find(planes(frame)[0]) if self._left is None else self._last
        if self._left is None and (moved.likeness < SURE or max(abs(moved.x), abs(moved.y)) > self._farthest):
            self.note, self._left = str(LET_GO), number
            if not self._seen:  # it has never been there: nothing is to fade
                self._left = number - self._fade
                return frame
            moved = self._last
        self._last = moved
        self._seen += 1
        share = 1.0 if self._left is None else 1 - (number - self._left + 1) / (self._fade + 1)
        product = sprite(self._product, moved.x, moved.y, frame.width, frame.height)
        if product is None:
            return frame
        frame = copy(frame)
        product.blend(planes(frame), share)
        return frame


def _cover(plan: Plan, shot: Shot, mask: Image.Image) -> Bytes:
    """What of the fitted packshot is the product, 0-255; never what is blurred beside it."""
    sized = mask.resize(_size(shot), Image.Resampling.LANCZOS)
    framed = shot.clip.framing
    plain = framed.model_copy(update={"mode": "pad-color", "color": "#000000"}) if framed else None
    fit = Fitter(plan.width, plan.height, plain if framed and framed.mode != "crop" else framed)
    luma = planes(fit(from_picture(Image.merge("RGB", (sized, sized, sized)))))[0].astype(np.float32)
    cover: Bytes = np.clip((luma - 16) * (255 / 219), 0, 255).astype(np.uint8)
    return cover
