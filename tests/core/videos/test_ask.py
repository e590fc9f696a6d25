"""What may be asked for, and from where the picture comes. The order of the checks: tests/ui/test_ask.py."""

import asyncio
from collections.abc import Callable

import pytest

from core.billing import credits
from core.catalog.size import Size
from core.database.session import reading, session
from core.errors import (
    AdsVideoError,
    IdempotencyConflict,
    NoPicture,
    NotFound,
    NotSignedIn,
    TwoPictures,
    UnknownModel,
    WrongOption,
)
from core.models import User, Video
from core.pictures import uploads
from core.pictures.fit import Framing
from core.videos import states
from core.videos.ask import ask
from core.videos.recipe import Recipe
from tests.people import balance, ledger, picture_of

Change = Callable[[int], dict[str, object]]
"""What is wrong with a recipe, given the number of the user's picture."""


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (lambda mine: {"picture_id": None}, NoPicture),
        (lambda mine: {"picture_id": mine, "preset": "watch"}, TwoPictures),
        (lambda mine: {"picture_id": mine, "picture_url": "https://example.com/a.jpg"}, TwoPictures),
        (lambda mine: {"picture_id": mine + 1}, NotFound),
        (lambda mine: {"picture_id": None, "preset": "../watch"}, NotFound),
        (lambda mine: {"model": "nope"}, UnknownModel),
        (lambda mine: {"model": "camera", "seconds": 7}, WrongOption),
        (lambda mine: {"size": Size(9, 9)}, WrongOption),
    ],
)
async def test_what_can_not_be_made_costs_nothing(alice: User, wrong: Change, error: type[AdsVideoError]) -> None:
    mine = (await picture_of(alice)).id
    asked = {"picture_id": mine, "prompt": "Slow push in", **wrong(mine)}
    with pytest.raises(error):
        await ask(alice, Recipe(**asked))  # type: ignore[arg-type]
    assert await ledger(alice) == [("grant", 100)]


async def test_nobody_and_somebody_erased_are_asked_to_log_in(alice: User) -> None:
    recipe = Recipe(preset="watch", prompt="Slow push in")
    for user in (None, alice.model_copy(update={"id": alice.id + 1})):
        with pytest.raises(NotSignedIn):
            await ask(user, recipe)


async def test_a_preset_becomes_ones_own_picture_and_the_model_fills_in_the_rest(alice: User) -> None:
    video = await ask(alice, Recipe(preset="watch", prompt=" Slow push in ", framing=Framing(zoom=2)))
    assert (video.prompt, video.model, video.seconds, video.size) == ("Slow push in", "camera", 6, "1280x720")
    assert video.framing == {"zoom": 2.0}
    async with reading() as db:
        assert (await uploads.owned(db, alice.id, video.picture_id)).preset == "watch"
    assert await balance(alice) == 90


async def test_the_same_once_more_is_the_same_recipe(alice: User) -> None:
    first = await ask(alice, Recipe(preset="watch", prompt="Orbit", seconds=4, size=Size(720, 1280)))
    second = await ask(alice, Recipe.of(first))
    assert second.id != first.id
    assert Recipe.of(second) == Recipe.of(first)
    assert await balance(alice) == 80


async def test_a_key_makes_one_video_however_often_and_whatever_has_changed(alice: User) -> None:
    picture = await picture_of(alice)
    recipe = Recipe(picture_id=picture.id, prompt="once")
    found = await asyncio.gather(*(ask(alice, recipe, idempotency_key="k") for _ in range(5)))
    assert len({video.id for video in found}) == 1
    async with session() as db:
        await states.cancel(db, alice.id, found[0].id)
        await uploads.delete(db, alice.id, picture.id)
        await credits.take_at_most(db, alice.id, 1000, "test:poor", "")
    again: Video = await ask(alice, recipe, idempotency_key="k")
    assert again.id == found[0].id
    with pytest.raises(IdempotencyConflict):
        await ask(alice, Recipe(prompt=""), idempotency_key="k")


def test_a_key_from_before_an_update_is_recognised() -> None:
    recipe = Recipe(picture_id=3, prompt="once")
    assert recipe.sha256() == "7d91e9b8231a2c321db3f450f1cd6954130c3670c2c41f3edfd6c7bbbfb7e923"
    whole = Recipe(
        picture_url="https://x.y/é.jpg", prompt="Café 咖啡", model="camera", seconds=4, size=Size(1280, 720),
        framing=Framing(zoom=2, x=0.25),
    )  # fmt: skip
    assert whole.sha256(batch=False) == "57e649f92f276483978c803203db48d933c0568601aabaa0ccabc76b3a0ee87c"
