"""Public ids and signed links: what is ours is read back, and nothing else is."""

import pytest

from core.ids import MAX_ID
from core.security import links
from core.security.public_ids import public_id, video_id
from tests.environment import forget_settings
from tests.waiting import let_pass

pytestmark = pytest.mark.usefixtures("place")


@pytest.mark.parametrize("number", [1, 17, MAX_ID])
def test_an_id_is_read_back(number: int) -> None:
    public = public_id(number)
    assert public == public_id(number)
    assert len(public) == len("video_") + 32
    assert video_id(public) == number


@pytest.mark.parametrize(
    "wrong", ["", "17", "video_", "video_17", "video_" + "A" * 32, "video_" + "é" * 32, "video_====", "\x00"]
)
def test_what_is_no_id_of_ours_is_none(wrong: str) -> None:
    assert video_id(wrong) is None


def test_a_changed_id_or_secret_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    public = public_id(17)
    assert {video_id(public[:at] + ("A" if public[at] != "A" else "B") + public[at + 1 :]) for at in range(6, 38)} == {
        None
    }
    assert video_id(public.removeprefix("video_")) is None
    monkeypatch.setenv("STORAGE_SECRET", "another secret of the same length")
    forget_settings()
    assert video_id(public) is None


def parts(path: str) -> tuple[str, int, str]:
    name, _, query = path.removeprefix("/media/").partition("?")
    values = dict(pair.split("=") for pair in query.split("&"))
    return name, int(values["expires"]), values["signature"]


def test_a_link_leads_to_its_file_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    name, expires, signature = parts(links.path(17, "mp4"))
    assert links.video_behind(name, expires, signature) == 17
    assert links.video_behind(name, expires + 1, signature) is None
    assert links.video_behind(name.replace("mp4", "webp"), expires, signature) is None
    assert links.video_behind(name, expires, signature[:-1] + "x") is None
    assert links.video_behind(name, expires, "é") is None
    let_pass(monkeypatch, links, links.SECONDS + 1)
    assert links.video_behind(name, expires, signature) is None
