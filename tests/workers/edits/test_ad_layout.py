"""No words of an ad stand on its product: every template, every shape of format, every preset, at every moment."""

from functools import cache

import pytest

from core.ads import layout
from core.ads.sight import Box, Sight
from core.ads.storyboard import Shot, Storyboard
from core.ads.templates import LENGTHS, Template
from core.catalog.size import Size
from core.pictures.fit import Framing
from tests.core.ads.test_templates import ALL, board
from workers.engines.camera import words as camera
from workers.engines.camera.stage import Stage, Thing, fitted
from workers.media.regions import Box as Region

PICTURE = Size(1920, 1280)
PRODUCTS = {
    "candle": Box(0.351, 0.287, 0.646, 0.833),
    "earbuds": Box(0.337, 0.216, 0.67, 0.722),
    "lipstick": Box(0.422, 0.128, 0.579, 0.89),
    "macarons": Box(0.052, 0.13, 0.912, 0.935),
    "perfume": Box(0.369, 0.109, 0.631, 0.74),
    "watch": Box(0.332, 0.156, 0.666, 0.902),
}
"""Products of the presets, as the network sees them: the widest, the narrowest, the highest, the lowest."""
SIZES = ["720x1280", "1080x1080", "1280x720"]
MOST = 0.02
"""Of the words' block: at most so much of it may have the product behind it."""
MOMENTS = 12


def placed(product: Box, picture: Size, size: Size, framing: Framing) -> Box:
    """The product's box in the frame of that framing; it may reach beyond the frame."""
    scale = max(size.width / picture.width, size.height / picture.height) * framing.zoom
    across, down = picture.width * scale / size.width, picture.height * scale / size.height
    left, top = (1 - across) * framing.x, (1 - down) * framing.y
    return Box(
        left + product.left * across,
        top + product.top * down,
        left + product.right * across,
        top + product.bottom * down,
    )


@cache
def _stage(box: Region, prompt: str, move: str | None, strength: str | None) -> Stage:
    path = camera.plan(prompt, 4, move, strength)
    thing = Thing(box, (box.left + box.right) / 2, box.bottom)
    path, apart = fitted(path, thing)
    return Stage(path, thing, apart)


def seen(made: Storyboard, position: int, product: Box) -> list[Box]:
    """Where the studio camera shows a product that is framed there, during the shot."""
    shot: Shot = made.shots[position]
    inside = Region(*(min(max(edge, 0.0), 1.0) for edge in product))
    stage = _stage(inside, shot.prompt, shot.move, shot.strength)
    until = shot.seconds / (4 if layout.clip_seconds(made, position) <= 4 else 8)
    views = [stage.at(n / MOMENTS * until).product for n in range(MOMENTS + 1)]
    return [Box(*view.place(*inside[:2]), *view.place(*inside[2:])) for view in views]


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)
def test_no_words_stand_on_the_product(template: Template) -> None:
    wrong = []
    made = board(template, LENGTHS[-1], fill="温暖琥珀香气，整夜留香")
    for size in map(Size.parse, SIZES):
        for position, shot in enumerate(made.shots):
            block = layout.block(made, shot, size)
            assert block is not None
            for name, product in PRODUCTS.items():
                framing = layout.framing(made, shot, size, Sight(PICTURE, product))
                still = placed(product, PICTURE, size, framing)
                share = max(block.shared(box) for box in seen(made, position, still))
                if share > MOST:
                    wrong.append(f"{size}, shot {position}, {name}: {share:.0%}")
    assert wrong == []


@pytest.mark.parametrize("template", ALL, ids=lambda template: template.id)
def test_a_product_that_is_not_a_close_up_is_shown_whole_and_large(template: Template) -> None:
    made = board(template)
    for size in map(Size.parse, SIZES):
        for shot in made.shots:
            for name, product in PRODUCTS.items():
                framing = layout.framing(made, shot, size, Sight(PICTURE, product))
                box = placed(product, PICTURE, size, framing)
                if shot.zoom >= 1.6 or name == "macarons":  # half the picture: it may be cut at its sides
                    continue
                assert min(box.left, box.top, 1 - box.right, 1 - box.bottom) >= 0.0, (size, shot.words, name)
                assert (box.bottom - box.top) >= 0.3, (size, shot.words, name)
