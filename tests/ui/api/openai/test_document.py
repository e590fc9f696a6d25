"""The front door's OpenAPI document: valid for a strict validator, and every error in OpenAI's shape."""

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ui.api.openai import create


@pytest.fixture
def document(clean_environment: None) -> dict[str, Any]:
    """As it is served."""
    served: dict[str, Any] = json.loads(json.dumps(create().openapi()))
    return served


def test_a_strict_validator_has_nothing_against_it(document: dict[str, Any]) -> None:
    assert [
        (list(error.absolute_path), error.message) for error in OpenAPIV31SpecValidator(document).iter_errors()
    ] == []


def test_every_call_is_there_and_every_error_has_its_shape(document: dict[str, Any]) -> None:
    operations = {
        f"{method.upper()} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert set(operations) == {
        *("POST /videos", "GET /videos", "GET /videos/{video_id}", "DELETE /videos/{video_id}"),
        *("GET /videos/{video_id}/content", "POST /videos/{video_id}/remix", "GET /models", "GET /models/{model_id}"),
        *("POST /videos/edits", "POST /videos/extensions", "POST /videos/characters"),
    }
    for name, operation in operations.items():
        for status, answer in operation["responses"].items():
            if status >= "400" and status != "416":
                schemas = [content["schema"]["$ref"] for content in answer["content"].values()]
                assert schemas == ["#/components/schemas/ErrorOut"], (name, status)
    assert set(operations["POST /videos"]["requestBody"]["content"]) == {"multipart/form-data", "application/json"}
