"""The edit that an editor page is about: its body as the API has it, what it is made of, and every step back."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from nicegui import Event

from core.catalog.size import Size
from core.edits import timeline
from core.edits.ask import size_of
from core.edits.fields import TRANSITION_SECONDS, Clip
from core.edits.sources import Sources
from core.edits.timeline import Edit
from core.errors import AdsVideoError
from core.models import Audio, Picture, User, Video

Body = dict[str, Any]
Tool = Literal["trim", "captions", "text", "logo", "card", "music", "format", "lock"]
MERGE_SECONDS = 1.5
"""Changes of the same field within this time are one step back."""
MOST_STEPS = 200


@dataclass(frozen=True)
class Shot:
    """A clip in its place: it begins `first` seconds into the edit, `overlap` of which lie over the one before."""

    clip: Body
    source: Video | Picture
    first: float
    seconds: float
    overlap: float

    @property
    def own(self) -> float | None:
        """How long its video is; None for a picture."""
        return self.source.duration or 0.0 if isinstance(self.source, Video) else None

    @property
    def speed(self) -> float:
        """How many seconds of its video one second shows."""
        return float(self.clip.get("speed", 1.0))


@dataclass
class Shelf:
    """What an edit may be made of, by its numbers, as far as the page knows it."""

    videos: dict[int, Video] = field(default_factory=dict)
    pictures: dict[int, Picture] = field(default_factory=dict)
    music: dict[int, Audio] = field(default_factory=dict)

    def source(self, clip: Mapping[str, Any]) -> Video | Picture | None:
        """What a clip is a part of."""
        if clip.get("video_id"):
            return self.videos.get(clip["video_id"])
        return self.pictures.get(clip.get("image_id", 0))


class Project:
    """`body` is the edit. `changed` is emitted after every change, `redrawn` after those that the panel did not make.

    `part` and `chosen` say what is being worked on: a list (`clips`, `texts`, `captions`) and a place in it.
    """

    def __init__(self, user: User, video: Video, body: Body, shelf: Shelf) -> None:
        self.user, self.video, self.body, self.shelf = user, video, body, shelf
        self.tool: Tool = "trim"
        self.part, self.chosen = "clips", 0
        self.changed: Event[[]] = Event()
        self.redrawn: Event[[]] = Event()
        self.begun = json.dumps(body)
        self._past: list[str] = []
        self._future: list[str] = []
        self._last = ("", 0.0)

    # ----------------------------------------------------------------------------------------------------- changes

    def change(
        self, what: str, apply: Callable[[Body], object], *, typed: bool = False, same_step: bool = False
    ) -> None:
        """Let `apply` change the body; `what` names the field.

        `typed`: the panel shows it already. `same_step`: one step back takes it back with the change before.
        """
        before = json.dumps(self.body)
        apply(self.body)
        if json.dumps(self.body) == before:
            return
        now = time.monotonic()
        if not same_step and (self._last[0] != what or now - self._last[1] > MERGE_SECONDS):
            self._past = [*self._past[-MOST_STEPS:], before]
        self._last = (what, now)
        self._future.clear()
        self._tell(typed)

    def choose(self, part: str, number: int, tool: Tool | None = None) -> None:
        """Work on that one from now on."""
        self.part, self.chosen, self.tool = part, number, tool or self.tool
        self._tell(False)

    @property
    def can_undo(self) -> bool:
        """Whether there is a step back."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """Whether there is a step forward."""
        return bool(self._future)

    def undo(self) -> None:
        """One step back."""
        self._step(self._past, self._future)

    def redo(self) -> None:
        """One step forward."""
        self._step(self._future, self._past)

    def _step(self, source: list[str], target: list[str]) -> None:
        if source:
            target.append(json.dumps(self.body))
            self.replace(json.loads(source.pop()))

    def replace(self, body: Body) -> None:
        """Another body, without a step back."""
        self.body, self._last = body, ("", 0.0)
        self._tell(False)

    def _tell(self, typed: bool) -> None:
        self.chosen = max(min(self.chosen, len(self.listed(self.part)) - 1), 0)
        self.changed.emit()
        if not typed:
            self.redrawn.emit()

    # ----------------------------------------------------------------------------------------------------- reading

    def listed(self, part: str) -> list[Body]:
        """The entries of `clips`, `texts` or `captions`."""
        if part == "captions":
            return list((self.body.get("captions") or {}).get("lines", ()))
        return list(self.body.get(part) or ())

    @property
    def shots(self) -> list[Shot]:
        """The clips in their places; whatever may be wrong with the rest."""
        shots: list[Shot] = []
        end = 0.0
        for raw in self.body["clips"]:
            if (source := self.shelf.source(raw)) is None:
                continue
            own = source.duration or 0.0 if isinstance(source, Video) else None
            seconds = timeline.length(Clip.model_construct(**raw), own)
            comes = raw.get("transition", "cut")
            overlap = min(TRANSITION_SECONDS, seconds, end) if shots and comes != "cut" else 0.0
            shots.append(Shot(raw, source, end - overlap, seconds, overlap))
            end += seconds - overlap
        return shots

    @property
    def clip_seconds(self) -> float:
        """How long the clips last together."""
        last = self.shots[-1]
        return last.first + last.seconds

    @property
    def seconds(self) -> float:
        """How long the edit becomes."""
        card = self.body.get("end_card")
        return self.clip_seconds + (card["seconds"] - TRANSITION_SECONDS if card else 0.0)

    @property
    def size(self) -> Size:
        """What the edit's size is, or will be."""
        if self.body.get("size"):
            return Size.parse(self.body["size"])
        first = self.shots[0]
        clip = Clip.model_construct(**first.clip)
        return size_of(Edit.model_construct(clips=(clip,)), Sources((first.source,)))

    def wanted(self) -> Body:
        """The body as it is asked for: without what has been begun and holds nothing yet."""
        body = {key: value for key, value in self.body.items() if value not in (None, [], {})}
        texts = [text for text in self.listed("texts") if text["text"].strip()]
        lines = [line for line in self.listed("captions") if line["text"].strip()]
        body |= {"texts": texts, "captions": {**(self.body.get("captions") or {}), "lines": lines}}
        empty = {name for name, entries in (("texts", texts), ("captions", lines)) if not entries}
        return {key: value for key, value in body.items() if key not in empty}

    def problem(self) -> AdsVideoError | None:
        """Why it can't be made as it stands."""
        body = self.wanted()
        try:
            edit = timeline.read(body)
            own = [shot.own for shot in self.shots]
            music = self.shelf.music.get((body.get("music") or {}).get("audio_id", 0))
            timeline.check_times(edit, own, music.seconds if music else None)
        except AdsVideoError as error:
            return error
        return None
