"""Errors: one code each, the same in every process, and rebuilt from what the database keeps of them."""

import inspect
import pickle
import re

import pytest

from core import errors
from core.errors import (
    AdsVideoError,
    EngineError,
    Misconfigured,
    NoAnswer,
    NoRoom,
    OverCapacity,
    ProviderFailed,
    Retryable,
    WrongKey,
)
from core.models import Video
from core.notes import from_code, from_note, to_note
from core.phrase import Phrase
from core.video_json import VideoOut
from tests.samples import RAISED, kinds, sample


@pytest.mark.parametrize("kind", RAISED, ids=lambda kind: kind.__name__)
def test_an_error_travels_between_processes_whole(kind: type[AdsVideoError]) -> None:
    error = sample(kind)
    arrived = pickle.loads(pickle.dumps(error))
    assert (type(arrived), arrived.message, arrived.phrase) == (kind, error.message, error.phrase)
    assert "{" not in error.message


def test_no_error_undoes_its_base() -> None:
    """Naming a constructor, instead of `super()`, would pass over those between."""
    assert re.findall(r"(?<!super\(\))\.__init__\(", inspect.getsource(errors)) == []


def test_a_phrase_says_its_phrases_and_lists() -> None:
    lengths = (Phrase("{n} s", n=4), Phrase("{n} s", n=8))
    nested = Phrase("{label} offers {offered}", label="{n}", offered=lengths)
    assert str(nested) == "{n} offers 4 s, 8 s"
    assert nested.translated(lambda template: template.replace("s", "秒")) == "{n} offer秒 4 秒, 8 秒"


@pytest.mark.parametrize("kind", [k for k in kinds(EngineError) if "code" in vars(k)], ids=lambda kind: kind.__name__)
def test_a_failure_is_rebuilt_from_its_code_and_detail(kind: type[EngineError]) -> None:
    error = from_code(kind.code, "CUDA out of memory")
    assert (type(error), error.message) == (kind, kind("CUDA out of memory").message)


WAITING = [
    (OverCapacity("slow: down", retry_after=7), "over_capacity"),
    (Retryable("x" * 1000), "retryable"),
    (NoAnswer(Phrase("The storage")), "not_available: The storage"),
    (NoRoom(), "no_room"),
    (WrongKey(), "wrong_key"),
    (ProviderFailed(), "provider_failed"),
    (ProviderFailed("CUDA: {no} memory"), "provider_failed: CUDA: {no} memory"),
    (Misconfigured("Server “x” names the dialect “y”: z."), "misconfigured: Server “x” names the dialect “y”: z."),
]


@pytest.mark.parametrize(("error", "note"), WAITING, ids=lambda value: str(value)[:20])
def test_a_note_keeps_code_and_value_of_why_a_video_waits(error: AdsVideoError, note: str) -> None:
    assert to_note(error) == note
    assert str(from_note(note)) == error.message


def test_a_note_of_an_earlier_version_says_what_it_says() -> None:
    for note in ("", "started", "The model's server is busy. It is asked again by itself.", "a {brace}: here"):
        assert str(from_note(note)) == note


def test_the_api_says_a_note_in_english() -> None:
    video = Video(id=1, user_id=1, model="sora-2", label="Sora 2", prompt="A cup", seconds=4, size="1280x720",
                  picture_id=1, cost_credits=10, note=to_note(OverCapacity()))  # fmt: skip
    assert VideoOut.of(video).note == "The model's server is busy. It is asked again by itself."


def test_the_drawing_of_the_tree_has_every_class() -> None:
    names = {kind.__name__ for kind in kinds() if kind.__module__ == errors.__name__}
    drawn = set(re.findall(r"[A-Z]\w+", str(errors.__doc__)))
    assert sorted(names - drawn) == []
