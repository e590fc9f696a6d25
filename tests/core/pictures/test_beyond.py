"""A window that is larger than its picture: what lies beyond goes on from the picture's edges."""

import io
from itertools import pairwise

import pytest
from PIL import Image, ImageStat

from core.pictures import framing, ground


def picture(mode: str = "RGB") -> bytes:
    """Blue above, green below, a red thing in the middle."""
    image = Image.new("RGB", (300, 200), (40, 60, 200))
    image.paste((20, 160, 60), (0, 100, 300, 200))
    image.paste((220, 20, 20), (130, 70, 170, 130))
    out = io.BytesIO()
    image = image.convert(mode)
    image.save(out, "PNG")
    return out.getvalue()


def mean(image: Image.Image, box: tuple[int, int, int, int]) -> list[int]:
    """The mean colour of a part."""
    return [round(value) for value in ImageStat.Stat(image.crop(box)).mean]


def test_the_ground_goes_on_above_and_below() -> None:
    framed = framing.picture(picture(), 180, 320, {"zoom": 0.5, "x": 0.5, "y": 0.5})
    assert framed.size == (180, 320)
    assert mean(framed, (0, 0, 180, 20)) == pytest.approx([40, 60, 200], abs=4)
    assert mean(framed, (0, 300, 180, 320)) == pytest.approx([20, 160, 60], abs=4)
    assert mean(framed, (84, 155, 96, 165)) == pytest.approx([220, 20, 20], abs=8)


def test_there_is_no_seam_where_the_picture_ends() -> None:
    framed = framing.picture(picture(), 180, 320, {"zoom": 0.5, "x": 0.5, "y": 0.5})
    rows = [mean(framed, (0, y, 40, y + 1)) for y in range(60, 110)]  # the picture begins at 80
    assert max(abs(a - b) for above, below in pairwise(rows) for a, b in zip(above, below, strict=True)) <= 3


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_close_up_may_stand_below_the_upper_edge(mode: str) -> None:
    framed = framing.picture(picture(mode), 200, 200, {"zoom": 2, "x": 0.5, "y": -0.5})
    assert mean(framed, (0, 0, 200, 90)) == pytest.approx([40, 60, 200], abs=4)  # as high as half the frame
    assert mean(framed, (95, 170, 105, 200)) == pytest.approx([40, 60, 200], abs=4)  # the red thing is below the frame


def test_what_a_mask_covers_is_not_drawn_out() -> None:
    mask = io.BytesIO()
    Image.new("L", (300, 200), 255).save(mask, "PNG")
    framed = Image.open(io.BytesIO(framing.frame_mask(mask.getvalue(), 180, 320, {"zoom": 0.5})))
    assert framed.getbbox() == (0, 80, 180, 240)


def test_an_ad_looks_at_the_ground_and_the_products_box() -> None:
    mask = Image.new("L", (30, 20), 0)
    mask.paste(255, (13, 7, 17, 13))
    out = io.BytesIO()
    mask.save(out, "PNG")
    color, box = ground.look(picture(), out.getvalue())
    assert color == pytest.approx((40, 60, 200), abs=1) or color == pytest.approx((20, 160, 60), abs=1)
    assert box == pytest.approx((13 / 30, 7 / 20, 17 / 30, 13 / 20))
    assert ground.look(picture(), b"")[1] is None
