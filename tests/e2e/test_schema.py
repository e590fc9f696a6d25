"""schemathesis against the running app: whatever is sent, no 5xx and no answer that the OpenAPI document lacks."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from tests.people import photo
from tests.running import RunningApp, wait_for_end

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]


HOW_MANY = settings(
    max_examples=20, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture(scope="module")
def headers(app: RunningApp) -> dict[str, str]:
    """Of somebody who has a picture, a video and credits."""
    app.command("grant", "alice@example.com", "100000")
    with app.client("alice@example.com") as alice:
        picture = alice.post("/images", files={"file": photo()}).json()["id"]
        video = alice.post("/videos/generate", json={"image_id": picture, "prompt": "x", "seconds": 4}).json()
        wait_for_end(alice, video["id"])
        return {"Authorization": alice.headers["Authorization"]}


def test_what_is_there_answers_as_described(app: RunningApp, headers: dict[str, str]) -> None:
    """Not left to whether a number that was made up is that of something real."""
    api: Any = schemathesis.openapi.from_url(f"{app.url}/api/v1/openapi.json")
    with app.client("alice@example.com") as alice:
        (video,) = alice.get("/videos").json()["items"]
    real = {"video_id": video["id"], "image_id": video["image_id"]}
    asked = []
    for result in api.get_all_operations():
        operation = result.ok()
        names = {parameter.name for parameter in operation.path_parameters}
        if operation.method == "get" and names and names <= set(real):
            case = operation.Case(path_parameters={name: real[name] for name in names})
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)
            asked.append(operation.label)
    assert "GET /videos/{video_id}/events" in asked


@pytest.mark.parametrize(("door", "least"), [("/api/v1", 50), ("/v1", 30)])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.name.lower())
def test_no_answer_is_a_surprise(
    app: RunningApp, headers: dict[str, str], mode: GenerationMode, door: str, least: int
) -> None:
    api: Any = schemathesis.openapi.from_url(f"{app.url}{door}/openapi.json")
    surprises: dict[str, str] = {}
    requests = 0
    for result in api.get_all_operations():
        operation = result.ok()

        @HOW_MANY
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            nonlocal requests
            requests += 1
            case.call_and_validate(headers=headers, checks=CHECKS, timeout=30)

        try:
            ask()
        except Unsatisfiable:
            continue  # nothing in it can be wrong
        except (Exception, BaseExceptionGroup) as failure:
            surprises[operation.label] = str(failure)
    assert surprises == {}, "\n\n".join(surprises.values())
    assert requests > least
