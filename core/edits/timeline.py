"""An edit: what it may say, what is wrong with it, and how long it becomes. The same for page, API, recipe and ads."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import Field, ValidationError

from core.edits import captions as captions_file
from core.edits import letters
from core.edits.captions import Cue
from core.edits.fields import (
    MAX_CLIPS,
    MAX_SECONDS,
    PICTURE_SECONDS,
    TRANSITION_SECONDS,
    Captions,
    Clip,
    EndCard,
    Lock,
    Logo,
    Music,
    Part,
    Size,
    Text,
)
from core.errors import BadInput

SLACK = 0.1
"""Seconds by which a typed end may lie behind a clip's own: lengths are shown rounded."""

Path = tuple[str | int, ...]

SENTENCES = {
    "missing": "is missing",
    "extra_forbidden": "is not a field of an edit",
    "finite_number": "must be a number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "tuple_type": "must be a list",
    "model_type": "must be an object with fields",
    "model_attributes_type": "must be an object with fields",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_short": "must not be empty",
    "string_too_long": "may have at most {max_length} characters",
    "too_short": "must not be empty",
    "too_long": "may have at most {max_length} entries",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "is not written as it should be",
}
"""What pydantic finds wrong, in our words."""

NAMES = {
    "clips": "clip",
    "lines": "line",
    "texts": "text",
    "end_card": "end card",
    "video_id": "video",
    "image_id": "picture",
    "audio_id": "audio",
    "fade_out": "fade out",
}


class Problem(NamedTuple):
    """What is wrong with one field. `template` is an English phrase with `{placeholders}` that follows its name."""

    path: Path
    template: str
    values: Mapping[str, Any] = {}

    @property
    def where(self) -> str:
        """The field as a program writes it: `clips[1].end`."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path).lstrip(".")

    @property
    def name(self) -> str:
        """The field as people say it: `Clip 2, end`."""
        words: list[str] = []
        for part in self.path:
            if isinstance(part, int):
                words[-1] += f" {part + 1}"
            else:
                words.append(NAMES.get(part, part.replace("_", " ")))
        return ", ".join(words).capitalize() or "The edit"

    @property
    def sentence(self) -> str:
        """In English, with both."""
        said = self.template.format(**self.values)
        return f"{self.name} ({self.where}) {said}." if self.path else f"{self.name} {said}."


class BadEdit(BadInput):
    """Everything that is wrong with an edit, field by field."""

    code = "bad_edit"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(" ".join(problem.sentence for problem in self.problems[:20]))


class Edit(Part):
    """What is made of clips. Times are in seconds."""

    clips: tuple[Clip, ...] = Field(min_length=1, max_length=MAX_CLIPS)
    size: Size | None = None
    captions: Captions | None = None
    texts: tuple[Text, ...] = Field((), max_length=20)
    logo: Logo | None = None
    end_card: EndCard | None = None
    music: Music | None = None
    lock: Lock | None = None

    def cues(self) -> list[Cue]:
        """The captions, by their start. Raises BadCaptions."""
        if self.captions is None:
            return []
        if self.captions.file is not None:
            return captions_file.read(self.captions.file)
        lines = self.captions.lines or ()
        return sorted(Cue(line.start, line.end, captions_file.plain(line.text)) for line in lines)

    def body(self) -> dict[str, Any]:
        """The edit as it can be posted again."""
        return self.model_dump(mode="json", exclude_unset=True)

    def overlaps(self) -> list[float]:
        """By how many seconds each clip begins before the one before it ends."""
        return [TRANSITION_SECONDS if n and clip.transition != "cut" else 0.0 for n, clip in enumerate(self.clips)]

    def lengths(self, durations: Sequence[float | None]) -> list[float]:
        """How many seconds each clip lasts in the edit; `durations` are the videos' own, None for pictures."""
        return [_length(clip, own) for clip, own in zip(self.clips, durations, strict=True)]

    def seconds(self, durations: Sequence[float | None]) -> float:
        """How long the edit becomes."""
        card = self.end_card.seconds - TRANSITION_SECONDS if self.end_card else 0.0
        return sum(self.lengths(durations)) - sum(self.overlaps()) + card


def _length(clip: Clip, own: float | None) -> float:
    if clip.image_id is not None:
        return clip.seconds or PICTURE_SECONDS
    own = own or 0.0
    return max(min(own if clip.end is None else clip.end, own) - clip.start, 0.0) / clip.speed


def read(body: object) -> Edit:
    """The edit that this JSON describes. Raises BadEdit with everything that is wrong in it."""
    problems = list(_letters(body))
    try:
        edit = Edit.model_validate(body)
    except ValidationError as error:
        raise BadEdit([*_said(error), *problems]) from None
    if problems:
        raise BadEdit(problems)
    return edit


def _said(error: ValidationError) -> Iterator[Problem]:
    details = error.errors(include_url=False)
    places = [detail["loc"] for detail in details]
    for detail in details:
        if detail["type"] == "too_short" and any(
            place[: len(detail["loc"])] == detail["loc"] != place for place in places
        ):
            continue  # pydantic counts only the entries that are right
        values = detail.get("ctx", {})
        kind = detail["type"]
        # a check of our own carries its template as its message
        yield Problem(detail["loc"], _template(kind, detail["msg"]), values)


def _template(kind: str, message: str) -> str:
    return SENTENCES.get(kind) or (message if kind == "edit" else "can't be used")


def _letters(body: object) -> Iterator[Problem]:
    """The characters that would have to be drawn and can't be, and captions that can't be read."""
    if not isinstance(body, dict):
        return
    for path, text in _drawn(body):
        if missing := letters.missing(text):
            yield Problem(path, "has characters that our fonts lack: {characters}", {"characters": missing[:20]})
    captions = body.get("captions")
    if isinstance(captions, dict) and isinstance(captions.get("file"), str) and captions["file"]:
        try:
            text = "".join(cue.text for cue in captions_file.read(captions["file"]))
        except captions_file.BadCaptions as error:
            yield Problem(("captions", "file"), "can't be used: {reason}", {"reason": error.message.rstrip(".")})
            return
        if captions.get("burn", True) and (missing := letters.missing(text)):
            path = ("captions", "file")
            yield Problem(path, "has characters that our fonts lack: {characters}", {"characters": missing[:20]})


def _drawn(body: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """Every text that becomes pixels, with its place; whatever is no text is left to the fields' own checks."""
    texts, card, captions = body.get("texts"), body.get("end_card"), body.get("captions")
    places: list[tuple[Path, object]] = []
    if isinstance(texts, list):
        places += [(("texts", n, "text"), part.get("text")) for n, part in enumerate(texts) if isinstance(part, dict)]
    if isinstance(card, dict):
        places += [(("end_card", name), card.get(name)) for name in ("title", "subtitle", "price", "button")]
    if isinstance(captions, dict) and captions.get("burn", True) and isinstance(captions.get("lines"), list):
        lines = [(n, part) for n, part in enumerate(captions["lines"][: captions_file.MAX_CUES])]
        places += [(("captions", "lines", n, "text"), part.get("text")) for n, part in lines if isinstance(part, dict)]
    yield from ((path, text) for path, text in places if isinstance(text, str))


def check_times(edit: Edit, durations: Sequence[float | None], music_seconds: float | None = None) -> None:
    """What can be said only with the clips at hand: their lengths in seconds, None for pictures. Raises BadEdit."""
    problems = [*_clip_times(edit, durations)]
    if not problems:
        problems = [*_whole_times(edit, edit.seconds(durations), music_seconds)]
    if problems:
        raise BadEdit(problems)


def _clip_times(edit: Edit, durations: Sequence[float | None]) -> Iterator[Problem]:
    for n, (clip, own) in enumerate(zip(edit.clips, durations, strict=True)):
        if own is None:
            continue
        if clip.start >= own:
            yield Problem(("clips", n, "start"), "lies behind the clip's end ({own} s)", {"own": round(own, 2)})
        elif clip.end is not None and clip.end > own + SLACK:
            yield Problem(("clips", n, "end"), "lies behind the clip's end ({own} s)", {"own": round(own, 2)})


def _whole_times(edit: Edit, seconds: float, music_seconds: float | None) -> Iterator[Problem]:
    if seconds > MAX_SECONDS + 1e-6:
        values = {"seconds": math.ceil(seconds * 10) / 10, "limit": int(MAX_SECONDS)}
        yield Problem(("clips",), "make {seconds} s together; at most {limit} s are possible", values)
    late = "lies behind the end of the edit ({seconds} s)"
    said = {"seconds": round(seconds, 2)}
    starts: list[tuple[Path, float]] = [(("texts", n, "start"), text.start) for n, text in enumerate(edit.texts)]
    if edit.logo:
        starts.append((("logo", "start"), edit.logo.start))
    if edit.captions:
        lines = enumerate(edit.captions.lines or ())
        starts += [(("captions", "lines", n, "start"), line.start) for n, line in lines]
        if edit.captions.file is not None:
            starts.append((("captions", "file"), edit.cues()[0].start))
    yield from (Problem(path, late, said) for path, start in starts if start >= seconds)
    if music_seconds is not None and edit.music and edit.music.start >= music_seconds:
        yield Problem(
            ("music", "start"), "lies behind the end of the music ({own} s)", {"own": round(music_seconds, 2)}
        )
    if edit.lock and all(clip.video_id is None for clip in edit.clips):
        yield Problem(("lock",), "needs a video; these are pictures only")
