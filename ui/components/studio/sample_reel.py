"""Sample videos in rotation, before there is one of one's own; a click puts picture and prompt into the form."""

import json
from dataclasses import dataclass
from functools import lru_cache
from itertools import count

from markupsafe import Markup

from core.pictures import presets

from ... import theme
from ...i18n import _, language
from ...kit.block import html
from ..video.preset_picture import find_preset, preset_title, thumbnail
from .draft import Draft

THUMBS = "sample-thumbs"
STILLS = ("perfume", "watch", "macarons")


@dataclass(frozen=True)
class Sample:
    """A video that was made from a preset; `video` and `poster` are files below static/samples, empty for a still."""

    preset: presets.Preset
    prompt: str
    prompt_zh: str
    video: str = ""
    poster: str = ""
    label: str = ""

    @property
    def words(self) -> str:
        """The prompt, in the visitor's language."""
        return self.prompt_zh if language() == "zh" else self.prompt


@lru_cache
def samples() -> tuple[Sample, ...]:
    """The samples that were rendered, else a few presets as stills."""
    folder = theme.STATIC / "samples"
    path = folder / "samples.json"
    samples = []
    for entry in json.loads(path.read_text()) if path.is_file() else []:
        preset = find_preset(entry["preset"])
        if preset and (folder / entry["video"]).is_file() and (folder / entry["poster"]).is_file():
            label = entry.get("model_label", "")
            samples.append(Sample(preset, entry["prompt"], entry["prompt_zh"], entry["video"], entry["poster"], label))
    stills = (find_preset(name) for name in STILLS)
    return tuple(samples) or tuple(Sample(preset, preset.prompt, preset.prompt_zh) for preset in stills if preset)


FIGURE = Markup(
    '<figure class="reel-item"><img class="reel-picture" data-src="{poster}" alt="{alt}">{clip}'
    '<figcaption class="reel-caption"><strong>{title}</strong><span>{prompt}</span>'
    '<button type="button" class="button button-media has-icon icon-arrow-right" data-do="use {at}">{use}</button>'
    "</figcaption></figure>"
)
CLIP = Markup('<video class="reel-picture" data-src="{}" preload="none" muted playsinline aria-hidden="true"></video>')
THUMB = Markup('<button class="thumb" type="button" aria-label="{title}" title="{title}">{picture}</button>')


class SampleReel:
    """What the video panel shows before there is a video: nothing in it changes on the server."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        figures = map(_figure, count(), samples())
        thumbs = (
            THUMB.format(title=preset_title(sample.preset), picture=thumbnail(sample.preset)) for sample in samples()
        )
        self.stage = html("ads-reel", "reel", *figures, thumbs=THUMBS)
        self.below = html("div", "shelf", *thumbs, role="group", aria_label=_("Samples"), id=THUMBS)

    def use(self, key: str) -> None:
        """Put that sample into the form."""
        sample = samples()[int(key)]
        self._draft.update(preset=sample.preset.name, picture_id=0, prompt=sample.words)


def _figure(at: int, sample: Sample) -> Markup:
    poster = f"samples/{sample.poster}" if sample.poster else f"presets/{sample.preset.name}-1280.webp"
    return FIGURE.format(
        poster=theme.asset(poster),
        alt=_(sample.preset.alt),
        clip=CLIP.format(theme.asset(f"samples/{sample.video}")) if sample.video else "",
        title=preset_title(sample.preset),
        prompt=sample.words,
        at=at,
        use=_("Use it"),
    )
