"""The OpenAPI document: valid for a strict validator, and says what a schema can say."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from nicegui.testing import User as Visitor
from openapi_spec_validator import OpenAPIV31SpecValidator

from core.models import User
from tests.people import picture_of
from ui.api import create

STORED = [
    "/audio/{audio_id}/content",
    "/images/{image_id}/content",
    "/images/{image_id}/transparent",
    "/videos/{video_id}/content",
    "/videos/{video_id}/preview",
    "/videos/{video_id}/poster",
    "/videos/{video_id}/filmstrip",
    "/videos/{video_id}/animation.{form}",
    "/videos/{video_id}/anew",
]


@pytest.fixture
def document(clean_environment: None) -> dict[str, Any]:
    """As it is served."""
    served: dict[str, Any] = json.loads(json.dumps(create().openapi()))
    return served


def test_a_strict_validator_has_nothing_against_it(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert [
        (list(error.absolute_path), error.message) for error in OpenAPIV31SpecValidator(document).iter_errors()
    ] == []


def test_a_file_may_be_in_a_bucket_and_the_document_says_so(document: dict[str, Any]) -> None:
    moved = {
        path: operation["responses"]["307"]["headers"]["Location"]["schema"]["format"]
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "307" in operation["responses"]
    }
    assert moved == dict.fromkeys(STORED, "uri")


def test_only_what_is_kept_is_handed_out_in_parts(document: dict[str, Any]) -> None:
    partly = {path for path, found in document["paths"].items() if "206" in found.get("get", {}).get("responses", {})}
    assert partly == set(STORED)


def test_every_event_is_described(document: dict[str, Any]) -> None:
    stream = document["paths"]["/videos/{video_id}/events"]["get"]["responses"]["200"]["content"]["text/event-stream"]
    assert list(stream) == ["x-itemSchema"]
    assert "VideoOut" in json.dumps(stream["x-itemSchema"])


BODIES: list[dict[str, Any]] = [
    {},
    {"prompt": "x"},
    {"prompt": "x", "image_id": 1},
    {"prompt": "x", "image_id": 1, "image_url": None},
    {"prompt": "x", "image_id": None},
    {"prompt": "x", "image_id": "1"},
    {"prompt": "x", "image_id": 0},
    {"prompt": "x", "image_id": 1, "image_url": "https://shop.example/a.jpg"},
    {"prompt": "x", "image_url": ""},
    {"prompt": "x", "image_url": "ftp://shop.example/a.jpg"},
    {"prompt": "x", "image_url": "watch"},
    {"prompt": "", "image_id": 1},
    {"prompt": " \n ", "image_id": 1},
    {"prompt": "x" * 500, "image_id": 1},
    {"prompt": "x" * 501, "image_id": 1},
    {"image_id": 1},
    {"prompt": "x", "image_id": 1, "model": "camera", "seconds": 4, "size": "720x1280"},
    {"prompt": "x", "image_id": 1, "model": None, "seconds": None, "size": None},
    {"prompt": "x", "image_id": 1, "model": "nope"},
    {"prompt": "x", "image_id": 1, "seconds": 999},
    {"prompt": "x", "image_id": 1, "seconds": 4.5},
    {"prompt": "x", "image_id": 1, "size": "big"},
    {"prompt": "x", "image_id": 1, "size": "1x1"},
    {"prompt": "x", "image_id": 1, "framing": {"mode": "crop", "zoom": 5}},
    {"prompt": "x", "image_id": 1, "more": True},
]


async def test_what_the_schema_allows_is_taken_and_what_it_refuses_is_refused(
    document: dict[str, Any], visitor: Visitor, me: User
) -> None:
    schema = {"$ref": "#/components/schemas/GenerateIn", "components": document["components"]}
    picture = await picture_of(me)
    allowed: list[dict[str, Any]] = []
    taken: list[dict[str, Any]] = []
    for body in BODIES:
        if Draft202012Validator(schema).is_valid(body):
            allowed.append(body)
        own = {**body, "image_id": picture.id} if body.get("image_id") == 1 else body
        answer = await visitor.http_client.post("/api/v1/videos/generate", json=own)
        assert answer.status_code in (202, 422), (body, answer.text)
        if answer.status_code == 202:
            taken.append(body)
    assert taken == allowed
    assert len(taken) == 5
