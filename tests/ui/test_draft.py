"""What is in the form: it always fits the model, and what a browser kept is not trusted."""

import json

import pytest

from core.catalog import entries
from core.catalog.asking import State
from core.catalog.availability import Offer
from core.pictures.presets import Preset, presets
from core.prompts.camera_moves import MOVES, Move, find_move, toggle_move
from core.videos.options import Options
from core.videos.recipe import Recipe
from ui.components.studio.draft import Choices, Draft


def draft() -> Draft:
    """With the shipped models, of which only the camera is ready."""
    form = Draft()
    ready = {"camera"}
    form.set_offers(
        [
            Offer(m, State("ready" if m.id in ready else "no_key"), default=m.id == "camera")
            for m in entries.models().values()
        ]
    )
    return form


def test_length_and_size_follow_the_model(place: object) -> None:
    form = draft()
    assert (form.choices.model, form.choices.seconds, form.choices.size) == ("camera", 6, "1280x720")
    form.update(seconds=10, size="1080x1080")
    form.update(model="runway")
    assert (form.choices.seconds, form.choices.size) == (10, "960x960")
    form.update(model="sora-2")
    assert (form.choices.seconds, form.choices.size) == (4, "1280x720")
    assert form.price == 10


def test_the_default_is_followed_until_the_visitor_has_chosen(place: object) -> None:
    form = draft()
    sora = [Offer(o.model, State("ready"), default=o.model.id == "sora-2") for o in form.offers]
    form.set_offers(sora)
    assert form.choices.model == "sora-2"
    form.update(model="camera")
    form.set_offers(sora)
    assert form.choices.model == "camera"


def test_the_studio_cameras_options_are_asked_for_only_of_it(place: object) -> None:
    made = draft()
    assert made.recipe.options is None, "all as usual is left to the prompt"
    made.update(strength="strong", focus=False, loop=True)
    assert made.recipe.options == Options(strength="strong", focus=False, loop=True)
    made.update(model="runway")
    assert made.recipe.options is None


def test_a_model_that_makes_sound_may_be_told_not_to(place: object) -> None:
    made = draft()
    made.update(audio=False)
    assert made.recipe.options is None, "the studio camera makes none"
    made.update(model=next(model.id for model in entries.models().values() if "audio" in model.options))
    assert made.recipe.options == Options(audio=False)
    made.update(audio=True)
    assert made.recipe.options is None


def test_a_video_that_is_used_once_more_brings_its_options(place: object) -> None:
    made = draft()
    made.update(strength="strong", loop=True)
    made.fill(Recipe(prompt="x", model="camera", options=Options(move="orbit", light=False)), None)
    assert made.recipe.options == Options(move="orbit", light=False)
    other = draft()
    other.restore(made.to_json())
    assert other.recipe.options == made.recipe.options
    other.restore(json.dumps({"move": "fly", "strength": "very", "layers": "no"}))
    assert other.recipe.options is None


def test_sound_is_an_option_of_the_models_that_have_it(place: object) -> None:
    made = draft()
    made.update(audio=False)
    assert made.recipe.options is None  # the studio camera makes no sound
    made.update(model="kling-3")
    assert made.recipe.options == Options(audio=False)
    other = draft()
    other.restore(made.to_json())
    other.update(model="kling-3")
    assert other.recipe.options == Options(audio=False)
    other.fill(Recipe(prompt="x", model="kling-3"), None)
    assert other.recipe.options is None


def test_a_draft_comes_back(place: object) -> None:
    form, other = draft(), draft()
    form.update(preset="watch", prompt="Mine", seconds=8, mode="pad-blur")
    other.restore(form.to_json())
    assert other.choices == form.choices


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "nonsense",
        "[]",
        '{"unknown": 1}',
        json.dumps({"prompt": 5, "seconds": "x"}),
        json.dumps({"preset": "../../etc", "picture_id": 99, "model": "other", "mode": "evil", "size": "x"}),
    ],
)
def test_what_was_tampered_with_does_no_harm(place: object, stored: str) -> None:
    form = draft()
    form.restore(stored)
    assert form.choices == Choices(model="camera", seconds=6, size="1280x720")
    assert Draft.picture_id_in(stored) in (0, 99)


@pytest.mark.parametrize(
    ("before", "move", "after"),
    [
        ("", "push-in", "Push in"),
        ("Warm light.", "orbit", "Warm light. Orbit"),
        ("Warm light", "pan-left", "Warm light, pan left"),
        ("Warm light, pan left", "pan-left", "Warm light"),
        ("Warm light. Orbit", "orbit", "Warm light."),
        ("Warm light. Orbit. Then rain", "orbit", "Warm light. Then rain"),
        ("Push in, warm light", "push-in", "warm light"),
        ("Slow push-in on the bottle", "push-in", "Slow push-in on the bottle"),  # somebody's own sentence stays whole
        ("Slow orbit around the watch. Dark", "orbit", "Slow orbit around the watch. Dark"),
    ],
)
def test_a_camera_move_is_a_switch(before: str, move: str, after: str) -> None:
    assert toggle_move(before, next(m for m in MOVES if m.name == move)) == after


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name)
def test_a_move_recognises_its_own_words(move: Move) -> None:
    assert toggle_move(toggle_move("Light", move), move) == "Light"


@pytest.mark.parametrize(
    ("before", "move", "after"),
    [
        ("Slow orbit around the watch. Dark", "push-in", "Slow push-in on the watch. Dark"),
        ("Slow push-in on the jar; light glides over it", "orbit", "Slow orbit around the jar; light glides over it"),
        ("Warm light, pan left", "tilt-up", "Warm light, tilt up"),
        ("Warm light glides over the frying pan", "push-in", "Warm light glides over the frying pan, push in"),
        ("Gentle dolly from left to right past the serum; sun", "push-in", "Gentle push-in on the serum; sun"),
        ("Crane up from the base to the tip of the lipstick; red", "orbit", "Orbit around the lipstick; red"),
        ("Slow tilt up the tower from the stand to the top; sun", "drift", "Slow parallax drift past the tower; sun"),
        ("It turns as the camera orbits; light", "pan-left", "It turns as the camera pans left; light"),
        ("The camera zooms in, dark", "still", "The camera stays still, dark"),
        ("镜头缓缓推近香水瓶，阳光掠过", "orbit", "镜头环绕香水瓶，阳光掠过"),
        ("暖光。", "orbit", "暖光。镜头环绕"),
        ("暖光。镜头环绕", "orbit", "暖光。"),
        ("暖光，镜头推近", "push-in", "暖光"),
    ],
)
def test_a_camera_move_takes_the_place_of_another(before: str, move: str, after: str) -> None:
    assert toggle_move(before, next(m for m in MOVES if m.name == move)) == after


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.name)
@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_of_every_preset_one_move_is_left(preset: Preset, move: Move) -> None:
    for prompt in (preset.prompt, preset.prompt_zh):
        changed = prompt if find_move(prompt, move) else toggle_move(prompt, move)
        assert [other.name for other in MOVES if find_move(changed, other)] == [move.name]
