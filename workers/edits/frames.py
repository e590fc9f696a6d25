"""The frames of an edit, from any of them on: clips, their transitions, layers, the locked end, the card.

No more than a few frames are held at any time, however long the edit is.
"""

from collections.abc import Iterator

from av.video.frame import VideoFrame
from PIL import Image

from core.edits.fields import LOCK_SECONDS
from core.pictures import framing
from core.pictures.intake import Framing
from workers.edits import clips
from workers.edits.card import card
from workers.edits.fit import Fitter
from workers.edits.overlays import Subtitles, layers
from workers.edits.plan import Plan, Shot
from workers.edits.planes import TRANSITIONS, copy, from_picture, mixed, planes


def frames(plan: Plan, since: int = 0) -> Iterator[VideoFrame]:
    """Frame `since` and all that follow, as they are encoded. Raises Unplayable, TooHeavy, PictureError."""
    drawn = layers(plan)
    spoken = plan.edit.captions if plan.edit.captions and plan.edit.captions.burn else None
    subtitles = Subtitles(plan, plan.edit.cues(), spoken) if spoken else None
    last = from_picture(card(plan, plan.edit.end_card)) if plan.edit.end_card else None
    first_of_card = plan.body - plan.card_overlap
    body = _body(plan, since)
    for number in range(since, plan.total):
        frame = next(body) if number < plan.body else None
        block = subtitles.at(number) if subtitles else None
        seen = [layer for layer in (*drawn, *([block] if block else [])) if layer.is_seen(number)]
        below = [layer for layer in seen if last is None or layer.stop <= plan.body]
        above = [layer for layer in seen if layer not in below]
        if frame and below:
            frame = copy(frame)
            for layer in below:
                layer.draw(planes(frame), number)
        if last and number >= first_of_card:
            share = (number - first_of_card + 1) / (plan.card_overlap + 1)
            frame = mixed(frame, last, share) if frame else last
        assert frame is not None
        if above:
            frame = copy(frame)
            for layer in above:
                layer.draw(planes(frame), number)
        yield frame


def _body(plan: Plan, since: int) -> Iterator[VideoFrame]:
    """The clips with their transitions and the locked end."""
    shown: dict[int, Iterator[VideoFrame]] = {}
    lock = _EndLock(plan)
    for number in range(since, plan.body):
        frame: VideoFrame | None = None
        for index, shot in enumerate(plan.shots):
            if not shot.first <= number < shot.stop:
                shown.pop(index, None)
                continue
            if index not in shown:
                shown[index] = _shot(plan, shot, number - shot.first)
            own = lock.over(next(shown[index]), number) if index == lock.index else next(shown[index])
            if frame is None or number >= shot.first + shot.overlap:
                frame = own
            else:
                share = (number - shot.first + 1) / (shot.overlap + 1)
                frame = TRANSITIONS[shot.clip.transition](frame, own, share)
        assert frame is not None
        yield frame


def _shot(plan: Plan, shot: Shot, skip: int) -> Iterator[VideoFrame]:
    """One clip in the edit's size, without end."""
    if shot.source is None:
        still = from_picture(_framed(plan, shot))
        while True:
            yield still
    fit = Fitter(plan.width, plan.height, shot.clip.framing)
    before, fitted = None, None
    for frame in clips.frames(shot.path, shot.source, shot.clip, plan.rate, skip, most=plan.files.most):
        if frame is not before or fitted is None:  # slowed down or at the end, one frame is shown more than once
            before, fitted = frame, fit(frame)
        yield fitted


def _framed(plan: Plan, shot: Shot) -> Image.Image:
    return framing.picture(shot.path.read_bytes(), plan.width, plan.height, (shot.clip.framing or Framing()).brief())


class _EndLock:
    """The last seconds of the last video dissolve into the picture that it was made from."""

    def __init__(self, plan: Plan) -> None:
        self.index = -1
        if plan.edit.lock is None or plan.edit.lock.mode != "end" or plan.files.packshot is None:
            return
        self.index = max(index for index, shot in enumerate(plan.shots) if shot.source)
        shot = plan.shots[self.index]
        after = plan.shots[self.index + 1].overlap if self.index + 1 < len(plan.shots) else plan.card_overlap
        # whole before the next clip or the card begins to cover it
        self._stop = max(shot.stop - after, shot.first + 1)
        self._count = min(plan.frames(LOCK_SECONDS), self._stop - shot.first)
        assert shot.source is not None
        size = shot.source.width // 2 * 2, shot.source.height // 2 * 2
        packshot = from_picture(framing.picture(plan.files.packshot.read_bytes(), *size, {}))
        self._still = Fitter(plan.width, plan.height, shot.clip.framing)(packshot)

    def over(self, frame: VideoFrame, number: int) -> VideoFrame:
        """The clip's frame with as much of the picture as is due."""
        done = (number - (self._stop - self._count) + 1) / self._count
        if done <= 0:
            return frame
        share = min(done, 1.0)
        return self._still if share == 1 else mixed(frame, self._still, share * share * (3 - 2 * share))
