"""The checks before a video is made come in one order, whichever door is used: studio or API.

At first everything is wrong; one thing after another is put right, and each time the next one is told.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest
from nicegui.testing import User as Visitor
from sqlalchemy import update
from sqlmodel import col

from core.accounts import api_keys, users
from core.billing.credits import balance, move
from core.database.session import session
from core.models import Picture, User, now
from core.videos import states
from tests.environment import forget_settings
from tests.people import ask, picture_of
from tests.waiting import until


@dataclass(frozen=True)
class Wish:
    """What is asked for and how things stand; as it is here, everything is wrong."""

    signed_in: bool = False
    picture: str = "none"  # or "gone", "mine"
    prompt: str = " "
    model: str = "runway"
    credits: int = 0
    per_hour: int = 1


LADDER: list[tuple[dict[str, object], str, str]] = [
    ({}, "not_signed_in", "Please log in first."),
    ({"signed_in": True}, "no_picture", "Please choose a picture first."),
    ({"picture": "gone"}, "not_found", "This picture has been deleted."),
    ({"picture": "mine"}, "no_prompt", "Please describe what should happen in the video."),
    ({"prompt": "x" * 501}, "prompt_too_long", "The prompt has 501 characters; at most 500 are allowed."),
    ({"prompt": "Slow push in"}, "not_enough_credits", "Not enough credits: this video costs 10, you have 0."),
    ({"credits": 90}, "model_unavailable", "Runway can't be used now"),
    ({"model": "camera"}, "too_many_requests", "You have reached the limit of 1 videos an hour."),
    ({"per_hour": 2}, "", "Generating…"),
]
"""What is put right next; then the API's code and the studio's sentence, or that it is made."""


async def arrange(wish: Wish, user: User, picture: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it as the wish says. One video has been made in this hour and is over."""
    monkeypatch.setenv("GENERATIONS_PER_HOUR", str(wish.per_hour))
    forget_settings()
    async with session() as db:
        have = await balance(db, user.id)
        await move(db, user.id, wish.credits - have, "adjustment", f"test:{wish.credits}-{have}")
        gone = now() if wish.picture == "gone" else None
        await db.exec(update(Picture).where(col(Picture.id) == picture.id).values(deleted_at=gone))


async def climb(
    user: User, monkeypatch: pytest.MonkeyPatch, press: Callable[[Wish, Picture], Awaitable[str]]
) -> list[str]:
    """What is told on every rung."""
    earlier, picture = await ask(user), await picture_of(user)
    async with session() as db:
        await states.cancel(db, user.id, earlier.id)
    sentences, wish = [], Wish()
    for fix, _code, _sentence in LADDER:
        wish = replace(wish, **fix)  # type: ignore[arg-type]
        await arrange(wish, user, picture, monkeypatch)
        sentences.append(await press(wish, picture))
    return sentences


async def test_at_the_api(visitor: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    async with session() as db:
        key = {"Authorization": f"Bearer {await api_keys.make_key(db, alice, 'test')}"}

    async def press(wish: Wish, picture: Picture) -> str:
        body = {"prompt": wish.prompt, "model": wish.model}
        if wish.picture != "none":
            body["image_id"] = picture.id  # type: ignore[assignment]
        headers = key if wish.signed_in else {}
        answer = await visitor.http_client.post("/api/v1/videos/generate", json=body, headers=headers)
        return "" if answer.status_code == 202 else str(answer.json()["error"]["code"])

    assert await climb(alice, monkeypatch, press) == [code for _fix, code, _sentence in LADDER]


async def test_in_the_studio(visitor: Visitor, place: object, monkeypatch: pytest.MonkeyPatch) -> None:
    async with session() as db:
        user = await users.find_or_create(db, users.LOCAL_EMAIL)
    sentences = iter([sentence for _fix, _code, sentence in LADDER])

    async def press(wish: Wish, picture: Picture) -> str:
        if wish.signed_in:
            await visitor.http_client.get("/auth/login")
        await arrange(replace(wish, picture="mine"), user, picture, monkeypatch)
        await visitor.open("/")
        stored = {"prompt": wish.prompt, "model": wish.model}
        if wish.picture != "none":
            stored["picture_id"] = picture.id  # type: ignore[assignment]
        visitor.find(marker="draft").trigger("restore", {"detail": json.dumps(stored)})
        await until(lambda: next(iter(visitor.find(marker="prompt").elements)).value == wish.prompt)  # type: ignore[attr-defined]
        await arrange(wish, user, picture, monkeypatch)
        visitor.find(marker="generate").click()
        sentence = next(sentences)
        await visitor.should_see(sentence)
        return sentence

    assert len(await climb(user, monkeypatch, press)) == len(LADDER)


@pytest.mark.parametrize("size", ["9x9", "wide", "1280X720"])
async def test_a_size_that_is_none_or_not_offered_has_one_code(visitor: Visitor, alice: User, size: str) -> None:
    async with session() as db:
        key = {"Authorization": f"Bearer {await api_keys.make_key(db, alice, 'test')}"}
    body = {"image_id": (await picture_of(alice)).id, "prompt": "x", "size": size}
    answer = await visitor.http_client.post("/api/v1/videos/generate", json=body, headers=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "wrong_option")
    assert "1280x720" in answer.json()["error"]["message"]
