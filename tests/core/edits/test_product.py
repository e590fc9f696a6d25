"""Another shape is cut around the product: where it is, by its cut-out, and what a window around it shows."""

import io

import pytest
from PIL import Image

from core.catalog.size import Size
from core.database.session import reading
from core.edits import product
from core.edits.product import Place
from core.models import Picture, User, Video
from core.pictures import cutouts, framing
from tests.people import photo, picture_of

WIDE, TALL, SQUARE = Size(1280, 720), Size(720, 1280), Size(1080, 1080)
SIDE = 0.1
"""Half of the product's side, of its picture's height."""


def scene(size: Size, x: float, y: float) -> bytes:
    """A white square around that place, on black."""
    picture = Image.new("L", (size.width, size.height))
    half = round(SIDE * size.height)
    left, top = round(x * size.width) - half, round(y * size.height) - half
    picture.paste(255, (left, top, left + 2 * half, top + 2 * half))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("own", "wanted", "at", "middle"),
    [
        (WIDE, TALL, (0.5, 0.5), (0.5, 0.5)),
        (WIDE, TALL, (0.7, 0.5), (0.5, 0.5)),
        (WIDE, SQUARE, (0.35, 0.6), (0.5, 0.6)),
        (TALL, WIDE, (0.5, 0.25), (0.5, 0.5)),
        (TALL, SQUARE, (0.4, 0.8), (0.4, 0.645)),  # at the lower edge: as near as the picture goes
        (WIDE, TALL, (0.93, 0.5), (0.78, 0.5)),
        (WIDE, WIDE, (0.8, 0.5), (0.8, 0.5)),  # the same shape: nothing is cut
    ],
)
def test_a_window_of_another_shape_has_the_product_in_its_middle(
    own: Size, wanted: Size, at: tuple[float, float], middle: tuple[float, float]
) -> None:
    framed = product.crop(own, wanted, Place(*at))
    shown = Image.open(io.BytesIO(framing.frame(scene(own, *at), wanted.width, wanted.height, framed))).convert("L")
    box = shown.point(lambda value: 255 if value > 127 else 0).getbbox()
    assert box
    place = (box[0] + box[2]) / 2 / wanted.width, (box[1] + box[3]) / 2 / wanted.height
    assert place == pytest.approx(middle, abs=0.01)
    scale = min(own.width / wanted.width, own.height / wanted.height)
    whole = 2 * SIDE * own.height / scale
    assert (box[2] - box[0], box[3] - box[1]) == pytest.approx((whole, whole), abs=4), "none of it is cut"


async def seen(user: User, source: Video | Picture, mask: bytes, confidence: float) -> Place | None:
    """Where the product is, after a worker has found that mask."""
    picture_id = source.picture_id if isinstance(source, Video) else source.id
    async with reading() as db:
        picture = await db.get(Picture, picture_id)
    assert picture
    await cutouts.keep(picture, mask, confidence)
    return await product.place(user.id, source)


async def test_the_product_is_where_the_cut_out_of_its_picture_has_it(alice: User, bob: User) -> None:
    picture = await picture_of(alice, photo(800, 600))
    mask = scene(Size(800, 600), 0.75, 0.5)
    assert await seen(alice, picture, mask, 1.0) == pytest.approx((0.75, 0.5), abs=0.01)
    about = {"prompt": "x", "model": "camera", "label": "x", "seconds": 4, "cost_credits": 0, "user_id": alice.id}
    framed = {"size": "720x1280", "framing": {"mode": "crop", "x": 1.0}}
    video = Video.model_validate({"picture_id": picture.id, **about, **framed})
    place = await seen(alice, video, mask, 1.0)
    # 337.5 of the 800 columns are shown, the last ones: 600 is at 137.5 of them
    assert place == pytest.approx((137.5 / 337.5, 0.5), abs=0.01)
    assert await seen(alice, await picture_of(alice, photo(801, 600)), mask, 0.2) is None, "not clear"
    assert await product.place(bob.id, picture) is None, "not his"
