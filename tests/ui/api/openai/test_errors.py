"""Whatever is wrong is said in OpenAI's shape, with the status that makes an SDK raise the right exception, once."""

from typing import Any

import httpx
import pytest

from core.accounts import api_keys
from core.database.session import session
from core.models import User
from tests import people
from tests.environment import forget_settings
from tests.people import photo
from tests.ui.api.openai.programs import client_of

PICTURE = ("a.png", photo(64, 64, "PNG"), "image/png")
GOOD: dict[str, Any] = {"prompt": "Pan", "model": "camera", "input_reference": PICTURE}


def form(**fields: Any) -> dict[str, Any]:
    """A good create call, with these fields changed; None leaves one out."""
    parts = {name: value for name, value in {**GOOD, **fields}.items() if value is not None}
    return {name: value if isinstance(value, tuple) else (None, value) for name, value in parts.items()}


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error, which has all its fields whatever it is."""
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"] and error["type"]
    return error


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no picture": ({"input_reference": None}, "missing_required_parameter", "input_reference"),
    "empty picture": ({"input_reference": ""}, "missing_required_parameter", "input_reference"),
    "no prompt": ({"prompt": None}, "missing_required_parameter", "prompt"),
    "blank prompt": ({"prompt": " \n"}, "missing_required_parameter", "prompt"),
    "long prompt": ({"prompt": "x" * 501}, "string_above_max_length", "prompt"),
    "unknown model": ({"model": "sora-3"}, "model_not_found", "model"),
    "model not ready": ({"model": "sora-2"}, "model_not_found", "model"),
    "seconds not offered": ({"seconds": "12"}, "invalid_value", "seconds"),
    "seconds no number": ({"seconds": "four"}, "invalid_value", "seconds"),
    "seconds infinite": ({"seconds": "inf"}, "invalid_value", "seconds"),
    "size not offered": ({"size": "1024x1792"}, "invalid_value", "size"),
    "size no size": ({"size": "large"}, "invalid_value", "size"),
    "no picture at all": (
        {"input_reference": ("a.png", b"I am text", "image/png")},
        "not_a_picture",
        "input_reference",
    ),
    "half a picture": (
        {"input_reference": ("a.png", PICTURE[1][: len(PICTURE[1]) // 2], "image/png")},
        "broken_picture",
        "input_reference",
    ),
    "a path": ({"input_reference": "/etc/passwd"}, "invalid_value", "input_reference"),
    "an address inside": ({"input_reference": "http://127.0.0.1/x.png"}, "address_refused", "input_reference"),
    "a bad data URL": ({"input_reference": "data:image/png;base64,???"}, "invalid_base64", "input_reference"),
    "a file's id": ({"input_reference": '{"file_id": "file_1"}'}, "unsupported_parameter", "input_reference"),
    "two pictures": ({"reference_url": "https://example.com/a.png"}, "invalid_value", "input_reference"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_a_wrong_field_is_400_and_named(case: str, door: httpx.AsyncClient, alice: User) -> None:
    fields, code, param = WRONG[case]
    answer = await door.post("/videos", files=form(**fields))
    error = error_of(answer)
    assert (answer.status_code, error["code"], error["param"]) == (400, code, param)
    assert error["type"] == "invalid_request_error"
    assert await people.balance(alice) == 100


async def test_what_is_offered_instead_is_named(door: httpx.AsyncClient) -> None:
    assert "camera" in error_of(await door.post("/videos", files=form(model="sora-2")))["message"]
    assert "8 s" in error_of(await door.post("/videos", files=form(seconds="12")))["message"]
    assert "1080x1920" in error_of(await door.post("/videos", files=form(size="9x9")))["message"]


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b'"x"', b"null", b'{"prompt": "\\ud800"}', b'{"seconds": true}', b'{"prompt": ["a"]}', b"\xff"],
)
async def test_a_body_that_is_none_is_400(body: bytes, door: httpx.AsyncClient) -> None:
    answer = await door.post("/videos", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    error_of(answer)


async def test_a_form_that_is_none_is_400(door: httpx.AsyncClient) -> None:
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = await door.post("/videos", content=b"nonsense", headers={"Content-Type": kind})
        assert answer.status_code == 400
        error_of(answer)


async def test_without_a_good_key_nothing_is_told(door: httpx.AsyncClient, alice: User) -> None:
    async with session() as db:
        revoked = await api_keys.make_key(db, alice, "revoked")
    async with session() as db:
        await api_keys.revoke_key(db, alice.id, (await api_keys.keys(db, alice.id))[0].id)
    for key in ("", "Bearer", "Bearer ads_wrong", f"Bearer {revoked}", "Basic YWxhZGRpbjpvcGVuc2VzYW1l"):
        for path in ("/models", "/videos", "/videos/video_x", "/videos/video_x/content"):
            answer = await door.get(path, headers={"Authorization": key})
            assert (answer.status_code, error_of(answer)["code"]) == (401, "invalid_api_key")


async def test_somebody_elses_video_is_not_there(door: httpx.AsyncClient, others: httpx.AsyncClient) -> None:
    video = (await door.post("/videos", files=form())).json()["id"]
    for path in (
        f"/videos/{video}",
        f"/videos/{video}/content",
        "/videos/video_1",
        "/videos/1",
        "/videos/video_" + "x" * 32,
    ):
        assert (await others.get(path)).status_code == 404
        error_of(await others.get(path))
    assert (await others.delete(f"/videos/{video}")).status_code == 404
    assert (await others.get("/videos")).json() == {
        "object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False,
    }  # fmt: skip
    assert (await door.get(f"/videos/{video}")).status_code == 200


async def test_a_file_that_is_not_there_yet_is_404(door: httpx.AsyncClient) -> None:
    video = (await door.post("/videos", files=form())).json()["id"]
    answer = await door.get(f"/videos/{video}/content")
    assert (answer.status_code, error_of(answer)["code"]) == (404, "not_ready")
    assert error_of(await door.get(f"/videos/{video}/content?variant=gif"))["param"] == "variant"


@pytest.mark.parametrize("path", ["/videos/edits", "/videos/extensions", "/videos/characters"])
async def test_what_we_have_not_is_no_missing_video(path: str, door: httpx.AsyncClient) -> None:
    answer = await door.post(path, json={"prompt": "x"})
    assert (answer.status_code, error_of(answer)["code"]) == (400, "unsupported")


async def test_unknown_addresses_and_methods_and_pages(door: httpx.AsyncClient) -> None:
    assert error_of(await door.get("/chat/completions"))["code"] == "unknown_url"
    assert (await door.put("/videos")).status_code == 405
    error_of(await door.put("/videos"))
    for query, param in (
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("order=up", "order"),
        ("after=video_1", "after"),
    ):
        answer = await door.get(f"/videos?{query}")
        assert (answer.status_code, error_of(answer)["param"]) == (400, param)


async def test_credits_and_budgets_that_are_used_up_are_said_once(bob: User, alice: User) -> None:
    async with session() as db:
        row = await db.get(User, alice.id)
        assert row
        row.monthly_budget = 5
    for user in (bob, alice):
        async with await client_of(user) as client:
            answer = await client.post("/videos", files=form())
        assert (answer.status_code, error_of(answer)["code"]) == (429, "insufficient_quota")
        assert answer.headers["x-should-retry"] == "false"


async def test_over_the_hourly_limit_says_when_to_come_back(
    door: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GENERATIONS_PER_HOUR", "1")
    forget_settings()
    assert (await door.post("/videos", files=form())).status_code == 200
    answer = await door.post("/videos", files=form())
    assert (answer.status_code, error_of(answer)["code"]) == (429, "rate_limit_exceeded")
    assert int(answer.headers["retry-after"]) > 3000
    assert answer.headers["x-should-retry"] == "false"  # an SDK waits no hour
