"""The frames of an edit, from any of them on: clips, their transitions, layers, product lock, the card.

No more than a few frames are held at any time, however long the edit is.
"""

from collections.abc import Iterator

from av.video.frame import VideoFrame
from PIL import Image

from core.pictures import framing
from core.pictures.fit import Framing
from workers.edits import clips
from workers.edits.card import card
from workers.edits.fit import Fitter
from workers.edits.lock import Lock, lock_of
from workers.edits.overlays import Subtitles, layers
from workers.edits.plan import Plan, Shot
from workers.edits.planes import TRANSITIONS, blank, copy, from_picture, mixed, planes


def frames(plan: Plan, since: int = 0, lock: Lock | None = None) -> Iterator[VideoFrame]:
    """Frame `since` and all that follow, as they are encoded. Raises Unplayable, TooHeavy, PictureError.

    A frame is good until the next but one is asked for: what is drawn on takes turns in two frames' memory, as memory
    from the system for each costs more than all that is drawn.
    `lock` is the edit's product lock, of whoever wants to know in the end what it has to say.
    """
    drawn = layers(plan)
    spoken = plan.edit.captions if plan.edit.captions and plan.edit.captions.burn else None
    subtitles = Subtitles(plan, plan.edit.cues(), spoken) if spoken else None
    last = from_picture(card(plan, plan.edit.end_card)) if plan.edit.end_card else None
    first_of_card = plan.body - plan.card_overlap
    body = _body(plan, since, lock or lock_of(plan))
    canvases = [blank(plan.width, plan.height) for _ in range(2)]
    for number in range(since, plan.total):
        frame = next(body) if number < plan.body else None
        block = subtitles.at(number) if subtitles else None
        seen = [layer for layer in (*drawn, *([block] if block else [])) if layer.is_seen(number)]
        below = [layer for layer in seen if last is None or layer.stop <= plan.body]
        above = [layer for layer in seen if layer not in below]
        if frame and below:
            frame = copy(frame, canvases[number % 2])
            for layer in below:
                layer.draw(planes(frame), number)
        if last and number >= first_of_card:
            share = (number - first_of_card + 1) / (plan.card_overlap + 1)
            frame = mixed(frame, last, share) if frame else last
        assert frame is not None
        if above:
            frame = copy(frame, canvases[number % 2])
            for layer in above:
                layer.draw(planes(frame), number)
        yield frame


def _body(plan: Plan, since: int, lock: Lock) -> Iterator[VideoFrame]:
    """The clips with their transitions and the product lock."""
    shown: dict[int, Iterator[VideoFrame]] = {}
    for number in range(since, plan.body):
        frame: VideoFrame | None = None
        for index, shot in enumerate(plan.shots):
            if not shot.first <= number < shot.stop:
                shown.pop(index, None)
                continue
            if index not in shown:
                shown[index] = _locked(plan, shot, number, lock if index == lock.index else Lock())
            own = next(shown[index])
            if frame is None or number >= shot.first + shot.overlap:
                frame = own
            else:
                share = (number - shot.first + 1) / (shot.overlap + 1)
                frame = TRANSITIONS[shot.clip.transition](frame, own, share)
        assert frame is not None
        yield frame


def _locked(plan: Plan, shot: Shot, since: int, lock: Lock) -> Iterator[VideoFrame]:
    """One clip's frames from that one of the edit on, with the lock over them."""
    first = shot.first if lock.begins_early else since
    for number, frame in enumerate(_shot(plan, shot, first - shot.first), first):
        over = lock.over(frame, number)
        if number >= since:
            yield over


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
