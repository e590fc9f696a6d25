"""Cut-outs in the life of a picture: made once, kept, given to their owner, told about, gone with their picture."""

import asyncio
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.catalog import entries
from core.database.session import session
from core.errors import Conflict, NotFound
from core.models import Picture, User, Video
from core.pictures import cutouts, network, uploads
from core.pictures.framing import inside
from core.pictures.presets import preset_content
from core.storage import store
from core.videos.options import Options
from core.videos.recipe import Recipe
from core.videos.request import request
from tests.people import ask, picture_of, reread
from tests.waiting import until
from tests.worker import running_worker
from workers.videos import cutouts as finding


def flat() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 360), (120, 160, 90)).save(out, "JPEG")
    return out.getvalue()


async def made(user: User, picture: Picture, prompt: str = "push in", **options: object) -> Video:
    """A video of that picture, once it has been made."""
    recipe = Recipe(picture_id=picture.id, prompt=prompt, seconds=4, options=Options(**options))  # type: ignore[arg-type]
    async with session() as db:
        video = await request(db, user, recipe, entries.get("camera"))

    async def done() -> bool:
        found = await reread(video)
        assert found.status in ("pending", "processing", "completed"), found.error_detail
        return found.status == "completed"

    await until(done, 120)
    return await reread(video)


async def row(picture: Picture) -> Picture:
    async with session() as db:
        found = await db.get(Picture, picture.id)
        assert found
        return found


async def test_a_product_is_cut_out_once_and_given_to_its_owner(alice: User, bob: User) -> None:
    picture = await picture_of(alice, await preset_content("soda"))
    async with running_worker():
        video = await made(alice, picture)
        assert video.note == ""
        kept = await row(picture)
        assert kept.cutout_key and kept.cutout_confidence and kept.cutout_confidence >= network.SURE
        png = await cutouts.product(alice.id, picture.id)
        with pytest.raises(NotFound):
            await cutouts.product(bob.id, picture.id)
    product = Image.open(io.BytesIO(png))
    assert product.mode == "RGBA" and product.size == (picture.width, picture.height)
    alpha = np.asarray(product.getchannel("A"))
    assert alpha[alpha.shape[0] // 2, alpha.shape[1] // 2] == 255 and alpha[5, 5] == 0
    assert 0.1 < (alpha > 127).mean() < 0.25


async def test_a_page_may_ask_before_any_video_is_made(alice: User) -> None:
    picture = await picture_of(alice, await preset_content("cream"))
    async with running_worker():
        both = await asyncio.gather(*(cutouts.product(alice.id, picture.id) for _ in range(2)))
    assert both[0] == both[1] and both[0].startswith(b"\x89PNG")


async def test_where_no_product_is_seen_the_whole_picture_moves_and_says_so(alice: User) -> None:
    picture = await picture_of(alice, flat())
    async with running_worker():
        video = await made(alice, picture)
        with pytest.raises(Conflict):
            await cutouts.product(alice.id, picture.id)
        plain = await made(alice, picture, layers=False)
    assert video.note == str(cutouts.NO_PRODUCT)
    assert plain.note == "", "that was asked for"


async def test_without_the_network_the_whole_picture_moves_and_says_so(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "SHA256", "of another file")
    network.weights.cache_clear()
    try:
        picture = await picture_of(alice, await preset_content("soda"))
        async with running_worker():
            video = await made(alice, picture)
        assert video.note == str(cutouts.NO_NETWORK)
        assert (await row(picture)).cutout_confidence is None, "once there is one it may be asked"
        with pytest.raises(Conflict):
            await cutouts.product(alice.id, picture.id)
    finally:
        network.weights.cache_clear()


async def test_a_pictures_own_transparency_is_its_cut_out(alice: User, place: Path) -> None:
    whole = Image.new("RGBA", (400, 300), (200, 40, 30, 0))
    whole.paste((200, 40, 30, 255), (150, 50, 250, 280))
    out = io.BytesIO()
    whole.save(out, "PNG")
    picture = await picture_of(alice, out.getvalue())
    assert picture.cutout_confidence == 1
    alpha = Image.open(io.BytesIO(await cutouts.product(alice.id, picture.id))).getchannel("A")
    assert alpha.getpixel((200, 150)) == 255 and alpha.getpixel((20, 20)) == 0
    async with session() as db:
        gone = await uploads.delete(db, alice.id, picture.id)
    await store.delete(*uploads.files_of(gone))
    assert not list(place.rglob("*.cutout.png"))


async def test_an_opaque_picture_with_an_alpha_channel_is_no_cut_out(alice: User) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (400, 300), (200, 40, 30, 255)).save(out, "PNG")
    assert (await picture_of(alice, out.getvalue())).cutout_confidence is None


async def test_the_padding_beside_an_opaque_picture_stands_still(alice: User) -> None:
    video = await ask(alice, size="720x1280")
    video.framing, video.options = {"mode": "pad-white"}, {"layers": False}
    window = (await finding.of(video, 1.0)).window
    assert window == inside(640, 480, 720, 1280, video.framing)
    assert window[0] == 0 and 0.25 < window[1] < 0.35


async def test_the_mask_is_framed_as_the_picture_is(alice: User) -> None:
    whole = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    whole.paste((200, 40, 30, 255), (300, 100, 380, 280))
    out = io.BytesIO()
    whole.save(out, "PNG")
    picture = await picture_of(alice, out.getvalue())
    video = Video(
        user_id=alice.id, picture_id=picture.id, prompt="", model="camera", label="", seconds=4, cost_credits=0,
        size="720x1280", framing={"mode": "pad-white"},
    )  # fmt: skip
    padded = await finding.of(video, 1.0)
    assert padded.sure
    assert padded.window == (0, 0, 1, 1), "the ground goes on behind it, so all of it moves"
    mask = np.asarray(Image.open(io.BytesIO(padded.mask))) > 127
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    scale = 720 / 400 * 0.86  # a margin is left beside what has transparency
    assert (columns[0], columns[-1]) == pytest.approx((360 + 100 * scale, 360 + 180 * scale), abs=2)
    assert (rows[0], rows[-1]) == pytest.approx((640 - 50 * scale, 640 + 130 * scale), abs=2)
    video.framing = {"x": 0.0}
    assert (await finding.of(video, 1.0)).mask == b"", "the crop has none of it"
