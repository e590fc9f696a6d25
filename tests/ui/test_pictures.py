"""Uploads through the API: what is said of them, and that a cut-out is previewed as it is sent."""

import io
from typing import Any

import pytest
from nicegui.testing import User as Visitor
from PIL import Image

from core.database.session import session
from core.models import User, Video
from tests.people import photo
from workers.videos.frames import Frames


def cut_out() -> bytes:
    """A red block on nothing."""
    picture = Image.new("RGBA", (600, 900))
    picture.paste((200, 30, 30, 255), (200, 200, 400, 700))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


async def uploaded(visitor: Visitor, content: bytes, status: int = 201) -> dict[str, Any]:
    files = {"file": ("picture", content, "application/octet-stream")}
    answer = await visitor.http_client.post("/api/v1/images", files=files)
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_upload_says_what_a_video_of_it_will_suffer_from(visitor: Visitor, me: User) -> None:
    assert (await uploaded(visitor, photo(1280, 720))).get("warning") is None
    small = await uploaded(visitor, photo(300, 400))
    assert (small["width"], small["height"]) == (300, 400)
    assert "small (300x400)" in small["warning"]
    assert "very long and narrow" in (await uploaded(visitor, photo(2000, 500)))["warning"]


async def test_what_is_no_picture_for_us_is_refused_in_words(visitor: Visitor, me: User) -> None:
    error = (await uploaded(visitor, photo(1, 1, "PNG"), 422))["error"]
    assert (error["code"], "1x1 pixels" in error["message"]) == ("picture_too_small", True)
    error = (await uploaded(visitor, photo(64, 64, "TIFF"), 415))["error"]
    assert (error["code"], "TIFF" in error["message"]) == ("foreign_picture", True)


async def test_an_opaque_picture_has_no_transparent_file(visitor: Visitor, me: User) -> None:
    url = (await uploaded(visitor, photo(640, 480)))["url"]
    assert (await visitor.http_client.get(url.replace("/content", "/transparent"))).status_code == 404


@pytest.mark.parametrize("mode", ["crop", "pad-blur", "pad-white", "pad-color"])
async def test_a_cut_out_is_sent_as_it_is_previewed(visitor: Visitor, me: User, mode: str) -> None:
    made = await uploaded(visitor, cut_out())
    assert made.get("warning") is None
    transparent = await visitor.http_client.get(made["url"].replace("/content", "/transparent"))
    assert transparent.headers["content-type"] == "image/png"
    assert Image.open(io.BytesIO(transparent.content)).getpixel((5, 5))[3] == 0  # type: ignore[index]
    framing = {"mode": mode, "color": "#2040c0"}
    address = f"/api/v1/images/{made['id']}/framed"
    previewed = await visitor.http_client.get(address, params={"size": "1280x720", **framing})
    video = Video(
        user_id=me.id, picture_id=made["id"], prompt="", model="camera", label="", seconds=4, cost_credits=0,
        size="1280x720", framing={key: value for key, value in framing.items() if mode == "pad-color" or key == "mode"},
    )  # fmt: skip
    async with session() as db:
        db.add(video)
    assert await Frames().of(video) == previewed.content
    shown = Image.open(io.BytesIO(previewed.content))
    red, _, blue = shown.getpixel((640, 360))  # type: ignore[misc]
    assert (red > 190, blue < 50) == (True, True)
    behind = shown.getpixel((490, 100))
    if mode == "pad-color":
        assert all(abs(a - b) <= 4 for a, b in zip(behind, (32, 64, 192), strict=True))  # type: ignore[arg-type]
    elif mode != "crop":
        assert min(behind) > (250 if mode == "pad-white" else 150)  # type: ignore[arg-type]
