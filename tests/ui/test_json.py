"""Text that no database and no file can hold is refused, in whichever field of a body it stands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from nicegui.testing import User as Visitor

from core.models import User
from ui import api

LONE = '"\\ud800"'
"""Half of a character, as JSON may spell it."""


def _fields() -> Iterator[tuple[str, str, str]]:
    document = api.create().openapi()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            content: dict[str, Any] = operation.get("requestBody", {}).get("content", {})
            if reference := content.get("application/json", {}).get("schema", {}).get("$ref"):
                schema = document["components"]["schemas"][reference.rpartition("/")[2]]
                yield from ((method, path, name) for name in schema["properties"])


FIELDS = list(_fields())


def test_there_are_bodies_to_try() -> None:
    assert {field for _, _, field in FIELDS} >= {"prompt", "title", "url"}


@pytest.mark.parametrize("shape", ["{%s: %s}", '{%s: "a%sb"}', "{%s: [%s]}", '{%s: {"x": %s}}', "{%s: {%s: 1}}"])
async def test_half_a_character_is_refused_in_every_field(visitor: Visitor, me: User, shape: str) -> None:
    wrong = {}
    for method, path, field in FIELDS:
        body = shape % (json.dumps(field), LONE[1:-1] if "a%sb" in shape else LONE)
        answer = await visitor.http_client.request(
            method,
            f"/api/v1{path.replace('{video_id}', '1')}",
            content=body,
            headers={"Content-Type": "application/json"},
        )
        error = answer.json()["error"]
        if answer.status_code != 422 or "half a character" not in error["message"]:
            wrong[method, path, field] = (answer.status_code, error["message"])
    assert wrong == {}


@pytest.mark.parametrize("body", [LONE, f"{{{LONE}: 1}}", f"[{LONE}]"])
async def test_half_a_character_is_refused_as_a_name_and_as_the_whole_body(
    visitor: Visitor, me: User, body: str
) -> None:
    answer = await visitor.http_client.post(
        "/api/v1/videos/generate", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert "half a character" in answer.json()["error"]["message"]
