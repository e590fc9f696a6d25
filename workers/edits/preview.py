"""What lies over the clips of an edit, as pictures with their places: the editor lays them over its player.

They are the very pictures that the renderer blends in, so they stand where they will be. Blocking.
"""

import base64
import io
import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from PIL import Image

from core.edits.fields import TRANSITION_SECONDS
from core.edits.timeline import Edit
from workers.edits.card import card
from workers.edits.files import Files
from workers.edits.layers import Layer
from workers.edits.overlays import Subtitles, layers
from workers.edits.plan import PICTURE_RATE, Plan

MOST_CAPTIONS = 200
"""So many captions are drawn; nobody sees more in a minute."""


@dataclass(frozen=True)
class Outline:
    """What has to be known of the clips: the edit's size in pixels, and how long they last together, in seconds."""

    width: int
    height: int
    seconds: float


def sketch(edit: Edit, files: Files, outline: Outline) -> Plan:
    """A plan without the clips, counted at the rate of pictures."""
    body = max(round(Fraction(outline.seconds).limit_denominator(90_000) * PICTURE_RATE), 1)
    card = round(Fraction(edit.end_card.seconds).limit_denominator(1000) * PICTURE_RATE) if edit.end_card else 0
    overlap = min(round(Fraction(TRANSITION_SECONDS) * PICTURE_RATE), body, card)
    width, height = outline.width, outline.height
    return Plan(edit, files, width, height, PICTURE_RATE, (), body, overlap, body + card - overlap)


def preview(edit: Edit, files: Files, outline: Outline) -> bytes:
    """JSON: `width`, `height`, `rate` and `total` of the edit, its `layers` from the lowest up, its `card`.

    A layer has its place in pixels, its first frame and the one after its last, and how it comes and goes.
    """
    plan = sketch(edit, files, outline)
    parts = [*(f"texts.{n}" for n in range(len(edit.texts))), "logo"]
    found = list(zip(parts, layers(plan), strict=False))  # not every edit has a logo
    if edit.captions and edit.captions.burn:
        blocks = Subtitles(plan, edit.cues(), edit.captions).blocks(MOST_CAPTIONS)
        found += [("captions", block) for block in blocks]
    drawn = {
        "width": plan.width,
        "height": plan.height,
        "rate": float(plan.rate),
        "total": plan.total,
        "layers": [_layer(part, layer, plan) for part, layer in found],
        "card": _card(plan),
    }
    return json.dumps(drawn).encode()


def _layer(part: str, layer: Layer, plan: Plan) -> dict[str, Any]:
    box = layer.image.getchannel("A").getbbox() or (0, 0, 1, 1)
    return {
        "part": part,
        "first": layer.first,
        "stop": layer.stop,
        "left": layer.place[0] + box[0],
        "top": layer.place[1] + box[1],
        "width": box[2] - box[0],
        "height": box[3] - box[1],
        "rise": layer.rise,
        "enter": layer.enter,
        "leave": layer.leave,
        "opacity": layer.opacity,
        "above": layer.stop > plan.body,
        "image": _address(layer.image.crop(box)),
    }


def _card(plan: Plan) -> dict[str, Any] | None:
    if plan.edit.end_card is None:
        return None
    picture = _address(card(plan, plan.edit.end_card))
    return {"first": plan.body - plan.card_overlap, "overlap": plan.card_overlap, "image": picture}


def _address(image: Image.Image) -> str:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=88, method=2)
    return f"data:image/webp;base64,{base64.b64encode(out.getvalue()).decode()}"
