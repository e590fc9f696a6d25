"""An edit: what it may say, what is wrong with it, and how long it becomes. The same for page, API, recipe and ads."""

import math
from collections.abc import Iterator, Sequence
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
    Font,
    Lock,
    Logo,
    Music,
    Part,
    Size,
    Text,
)
from core.errors import BadCaptions, BadEdit
from core.phrase import Phrase

SLACK = 0.1
"""Seconds by which a typed end may lie behind a clip's own: lengths are shown rounded."""

Path = tuple[str | int, ...]

COMPLAINTS = {
    "missing": Phrase("is missing"),
    "extra_forbidden": Phrase("is no field here"),
    "finite_number": Phrase("must be a number"),
    "float_type": Phrase("must be a number"),
    "int_type": Phrase("must be a whole number"),
    "bool_type": Phrase("must be true or false"),
    "string_type": Phrase("must be text"),
    "tuple_type": Phrase("must be a list"),
    "model_type": Phrase("must be an object with fields"),
    "model_attributes_type": Phrase("must be an object with fields"),
    "greater_than_equal": Phrase("must be at least {ge}"),
    "less_than_equal": Phrase("must be at most {le}"),
    "string_too_short": Phrase("must not be empty"),
    "string_too_long": Phrase("may have at most {max_length} characters"),
    "too_short": Phrase("must not be empty"),
    "too_long": Phrase("may have at most {max_length} entries"),
    "literal_error": Phrase("must be {expected}"),
    "string_pattern_mismatch": Phrase("is not written as it should be"),
}
"""What pydantic finds wrong, in our words."""

NAMES = {
    "audio_id": Phrase("audio"),
    "brand_id": Phrase("brand"),
    "captions": Phrase("Captions"),
    "clips": Phrase("Clip"),
    "color": Phrase("colour"),
    "end": Phrase("end"),
    "end_card": Phrase("End card"),
    "fields": Phrase("Words"),
    "file": Phrase("file"),
    "framing": Phrase("framing"),
    "image_id": Phrase("picture"),
    "image_ids": Phrase("Picture"),
    "language": Phrase("language"),
    "lines": Phrase("line"),
    "lock": Phrase("Product lock"),
    "logo": Phrase("Logo"),
    "model": Phrase("model"),
    "music": Phrase("Music"),
    "picture": Phrase("picture"),
    "prompt": Phrase("prompt"),
    "rows": Phrase("Row"),
    "seconds": Phrase("length"),
    "shots": Phrase("Shot"),
    "size": Phrase("Size"),
    "sizes": Phrase("Format"),
    "template": Phrase("template"),
    "speed": Phrase("speed"),
    "start": Phrase("start"),
    "text": Phrase("words"),
    "texts": Phrase("Text"),
    "title": Phrase("title"),
    "track": Phrase("track"),
    "transition": Phrase("transition"),
    "video_id": Phrase("video"),
    "volume": Phrase("volume"),
    "width": Phrase("width"),
    "words": Phrase("words"),
}
"""Fields as people say them; others go by the name that programs use."""


class Problem(NamedTuple):
    """What is wrong with one field. The complaint follows its name: `must be at most 4`."""

    path: Path
    complaint: Phrase

    @property
    def where(self) -> str:
        """The field as a program writes it: `clips[1].end`."""
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part[:40]}" for part in self.path).lstrip(".")

    @property
    def name(self) -> Phrase:
        """The field as people say it: `Clip 2, end`."""
        words: list[Phrase] = []
        for part in self.path:
            if isinstance(part, int):
                words[-1] = Phrase("{thing} {n}", thing=words[-1], n=part + 1)
            else:
                words.append(NAMES.get(part) or Phrase("{name}", name=part[:40].replace("_", " ")))
        return Phrase("{parts}", parts=tuple(words)) if words else Phrase("The edit")

    @property
    def phrase(self) -> Phrase:
        """The whole sentence."""
        if not self.path:
            return Phrase("{name} {complaint}.", name=self.name, complaint=self.complaint)
        named = {"name": self.name, "where": self.where, "complaint": self.complaint}
        return Phrase("{name} ({where}) {complaint}.", **named)


MOST_SAID = 20
"""So many problems are said at once."""


def refuse(problems: Sequence[Problem]) -> None:
    """Raises BadEdit if there are any."""
    if problems:
        raise BadEdit([problem.phrase for problem in problems[:MOST_SAID]])


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
    font: Font = "inter"

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
        return [length(clip, own) for clip, own in zip(self.clips, durations, strict=True)]

    def seconds(self, durations: Sequence[float | None]) -> float:
        """How long the edit becomes."""
        card = self.end_card.seconds - TRANSITION_SECONDS if self.end_card else 0.0
        return sum(self.lengths(durations)) - sum(self.overlaps()) + card


def length(clip: Clip, own: float | None) -> float:
    """How many seconds a clip lasts in an edit; `own` are those of its video, None for a picture."""
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
        raise BadEdit([problem.phrase for problem in [*problems_of(error), *problems][:MOST_SAID]]) from None
    refuse(problems)
    return edit


def problems_of(error: ValidationError) -> Iterator[Problem]:
    """What pydantic has found wrong, each with its place."""
    details = error.errors(include_url=False)
    places = [detail["loc"] for detail in details]
    for detail in details:
        place, kind = detail["loc"], detail["type"]
        if kind == "too_short" and any(other[: len(place)] == place != other for other in places):
            continue  # pydantic counts only the entries that are right
        values = detail.get("ctx", {})
        # a check of our own has its complaint's template as its kind of message, already filled in
        complaint = COMPLAINTS.get(kind) or Phrase(str(values.pop("template", "can't be used")))
        yield Problem(place, Phrase(complaint.template, **values))


def _letters(body: object) -> Iterator[Problem]:
    """The characters that would have to be drawn and can't be, and captions that can't be read."""
    if not isinstance(body, dict):
        return
    for path, text in _drawn(body):
        if missing := letters.missing(text):
            yield Problem(path, _lacking(missing))
    captions = body.get("captions")
    if isinstance(captions, dict) and isinstance(captions.get("file"), str) and captions["file"]:
        try:
            text = "".join(cue.text for cue in captions_file.read(captions["file"]))
        except BadCaptions as error:
            yield Problem(("captions", "file"), Phrase("can't be used: {reason}", reason=error.phrase))
            return
        if captions.get("burn", True) and (missing := letters.missing(text)):
            yield Problem(("captions", "file"), _lacking(missing))


def _lacking(characters: str) -> Phrase:
    return Phrase("has characters that our fonts lack: {characters}", characters=characters[:20])


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
    refuse([*_clip_times(edit, durations)])
    refuse([*_whole_times(edit, edit.seconds(durations), music_seconds)])


def _clip_times(edit: Edit, durations: Sequence[float | None]) -> Iterator[Problem]:
    for n, (clip, own) in enumerate(zip(edit.clips, durations, strict=True)):
        if own is None:
            continue
        late = Phrase("lies behind the clip's end ({own} s)", own=round(own, 2))
        if clip.start >= own:
            yield Problem(("clips", n, "start"), late)
        elif clip.end is not None and clip.end > own + SLACK:
            yield Problem(("clips", n, "end"), late)


def _whole_times(edit: Edit, seconds: float, music_seconds: float | None) -> Iterator[Problem]:
    if seconds > MAX_SECONDS + 1e-6:
        values = {"seconds": math.ceil(seconds * 10) / 10, "limit": int(MAX_SECONDS)}
        complaint = Phrase("make {seconds} s together; at most {limit} s are possible", **values)
        yield Problem(("clips",), complaint)
    late = Phrase("lies behind the end of the edit ({seconds} s)", seconds=round(seconds, 2))
    yield from (Problem(path, late) for path, start in _starts(edit) if start >= seconds)
    if music_seconds is not None and edit.music and edit.music.start >= music_seconds:
        own = round(music_seconds, 2)
        yield Problem(("music", "start"), Phrase("lies behind the end of the music ({own} s)", own=own))
    if edit.lock and all(clip.video_id is None for clip in edit.clips):
        yield Problem(("lock",), Phrase("needs a video; these are pictures only"))


def _starts(edit: Edit) -> Iterator[tuple[Path, float]]:
    """What begins somewhere in the edit, and when."""
    yield from ((("texts", n, "start"), text.start) for n, text in enumerate(edit.texts))
    if edit.logo:
        yield ("logo", "start"), edit.logo.start
    if edit.captions:
        lines = enumerate(edit.captions.lines or ())
        yield from ((("captions", "lines", n, "start"), line.start) for n, line in lines)
        if edit.captions.file is not None:
            yield ("captions", "file"), edit.cues()[0].start
