"""Options come before words, words before what is usual."""

import pytest

from core.videos.options import Move, Options
from workers.engines.camera.effects import effects
from workers.engines.camera.words import MOVES, plan


@pytest.mark.parametrize(
    ("prompt", "name", "wanted"),
    [
        ("push in", "layers", True),
        ("push in, flat shot", "layers", False),
        ("push in without parallax", "layers", False),
        ("push in", "focus", True),
        ("push in, everything in focus", "focus", False),
        ("推近，背景清晰", "focus", False),
        ("push in", "light", True),
        ("push in, no glare", "light", False),
        ("推近，不要光", "light", False),
        ("push in", "loop", False),
        ("push in, seamless loop", "loop", True),
        ("推近，循环", "loop", True),
    ],
)
def test_words_say_what_a_clip_has(prompt: str, name: str, wanted: bool) -> None:
    assert getattr(effects(prompt, {}, still=False), name) is wanted
    assert getattr(effects(prompt, {name: not wanted}, still=False), name) is not wanted
    assert getattr(effects(prompt, {name: None}, still=False), name) is wanted


def test_a_camera_that_stands_still_leaves_the_ground_as_it_is_unless_told() -> None:
    assert not effects("static shot", {}, still=True).focus
    assert effects("static shot, background goes soft", {}, still=True).focus
    assert effects("static shot", {}, still=True).light


def test_every_move_of_the_api_is_one_of_the_engine() -> None:
    assert set(MOVES) == set(Move.__args__)  # type: ignore[attr-defined]
    for name in MOVES:
        assert Options(move=name).chosen() == {"move": name}


def test_an_option_counts_more_than_the_prompt() -> None:
    for prompt in ("pan left", "orbit", "static shot", "a red apple"):
        assert plan(prompt, 6, "push-in") == plan("push in", 6)
    assert plan("orbit", 6, "still").eases == ()
    assert plan("fast zoom out", 6, "push-in") == plan("fast push in", 6)


@pytest.mark.parametrize("move", ["push-in", "pull-out", "pan-left", "tilt-up", "orbit", "drift"])
def test_stronger_moves_go_farther(move: str) -> None:
    ways = []
    for strength in ("subtle", "normal", "strong"):
        path = plan("", 6, move, strength)
        first, last = path.at(0), path.at(1)
        ways.append(abs(last.zoom - first.zoom) + abs(last.turn - first.turn) + path.zooms[0] - 1)
    assert ways == sorted(ways) and ways[0] < ways[2]


@pytest.mark.parametrize(
    ("prompt", "move"), [("parallax drift", "drift"), ("drifting past the bottle", "drift"), ("镜头飘移", "drift")]
)
def test_a_drift_is_a_move_of_its_own(prompt: str, move: str) -> None:
    path = plan(prompt, 6)
    assert 0 < abs(path.at(1).turn - path.at(0).turn) < abs(plan("orbit", 6).at(1).turn - plan("orbit", 6).at(0).turn)
    assert path.at(1).zoom > path.at(0).zoom
    assert move in MOVES
