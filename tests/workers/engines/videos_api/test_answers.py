"""What servers say, read: pure functions, no network."""

import time
from email.utils import formatdate
from typing import Any

import pytest

from core.catalog.entries import DialectName, EngineName, Server
from core.errors import (
    AdsVideoError,
    EngineError,
    JobLost,
    ModerationRefused,
    NotHandedOut,
    OutcomeUnknown,
    OverCapacity,
    PictureRefused,
    ProviderFailed,
    QuotaExhausted,
    RequestRefused,
    TimedOut,
    WrongKey,
)
from tests.servers import a_job, jpeg
from workers.engines import ENGINES, complaints, download
from workers.engines.videos_api import answers
from workers.engines.videos_api.azure_jobs import AzureJobs
from workers.engines.videos_api.engine import DIALECTS
from workers.engines.videos_api.forms import Dialect, Form

SERVER = Server("s", "openai-videos")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        *((w, "queued") for w in ("queued", "queueing", "pending", "preparing", "submitted", "created", "NOT_START")),
        *(
            (w, "running")
            for w in ("in_progress", "In Progress", "running", "processing", "preprocessing", "generating")
        ),
        *((w, "succeeded") for w in ("completed", "complete", "SUCCEEDED", "succeed", "success", "done", "ready")),
        *((w, "failed") for w in ("failed", "fail", "FAILURE", "error", "nsfw", "rejected", "expired", "deleted")),
        *((w, "canceled") for w in ("cancelled", "canceled")),
        ("TASK_STATUS_SUCCEED", "succeeded"),
    ],
)
def test_every_synonym_of_a_status_is_understood(word: str, state: str) -> None:
    look = answers.read_look({"id": "v", "status": word}, "http://videos/v1")
    assert look is not None
    assert look.state == state


@pytest.mark.parametrize("word", ["pondering", "", None, 7])
def test_an_unknown_or_missing_status_is_no_verdict(word: object) -> None:
    assert answers.read_look({"id": "v", "status": word}, "http://videos/v1") is None


@pytest.mark.parametrize(
    ("value", "state", "shown"),
    [
        (None, "running", None),
        (0, "running", None),
        (42, "running", 42.0),
        (0.42, "running", 42.0),
        ("42%", "running", 42.0),
        (1, "running", None),
        (1.0, "running", None),
        (100, "running", None),
        (100, "queued", None),
        (30, "queued", None),
        (-3, "running", None),
        ("soon", "running", None),
        (float("nan"), "running", None),
        (True, "running", None),
        (None, "succeeded", 100.0),
    ],
)
def test_progress_is_a_percentage_or_not_known(value: object, state: Any, shown: float | None) -> None:
    assert answers.progress(value, state) == shown


@pytest.mark.parametrize(
    ("body", "video_id"),
    [
        ({"id": "a"}, "a"),
        ({"task_id": "b"}, "b"),
        ({"id": "", "task_id": "b"}, "b"),
        ({"code": "success", "data": {"task_id": "c"}}, "c"),
        ({"code": 200, "data": {"data": {"id": 17}}}, "17"),
        ({"id": "a", "data": {"id": "inner"}}, "a"),
        ({"error": "no"}, ""),
        ("<html>", ""),
        (None, ""),
    ],
)
def test_the_id_is_found_wherever_it_is(body: object, video_id: str) -> None:
    assert answers.id_of(answers.video_in(body)) == video_id


@pytest.mark.parametrize(
    ("body", "text", "code"),
    [
        ({"error": {"code": "x", "message": "boom"}}, "boom", "x"),
        ({"error": {"code": 500, "message": "boom"}}, "boom", "500"),
        ({"error": {"message": "boom"}}, "boom", ""),
        ({"error": "boom"}, "boom", ""),
        ({"error": None, "message": "boom"}, "boom", ""),
        ({"detail": "boom"}, "boom", ""),
        ({"error": {"detail": "boom"}}, "boom", ""),
        ({"detail": [{"loc": ["body", "seconds"], "msg": "bad"}, {"msg": "odd"}]}, "seconds: bad; odd", ""),
        ({"code": "fail", "message": "boom", "data": None}, "boom", "fail"),
        ({"failure_reason": "input_moderation"}, "input_moderation", ""),
        ({"error": True, "message": "boom"}, "boom", ""),
        ("  boom\n", "boom", ""),
        ({"error": None}, "", ""),
        (None, "", ""),
    ],
)
def test_an_error_is_read_however_it_is_written(body: object, text: str, code: str) -> None:
    assert complaints.complaint(body) == complaints.Complaint(text, code)


@pytest.mark.parametrize(
    ("video", "kind"),
    [
        ({"error": {"code": "moderation_blocked", "message": "no"}}, ModerationRefused),
        ({"error": "Request was blocked by our content policy"}, ModerationRefused),
        ({"failure_reason": "output_moderation"}, ModerationRefused),
        ({"status": "nsfw"}, ModerationRefused),
        ({"error": {"code": "insufficient_quota", "message": "no"}}, QuotaExhausted),
        ({"error": {"message": "CUDA out of memory"}}, ProviderFailed),
        ({"error": None}, ProviderFailed),
        ({"status": "expired"}, TimedOut),
        ({"status": "deleted"}, JobLost),
    ],
)
def test_a_failed_job_tells_why(video: dict[str, Any], kind: type[EngineError]) -> None:
    assert type(answers.failure({"id": "v", "status": "failed", **video})) is kind


def test_the_providers_text_reaches_the_user_cleaned_and_bounded() -> None:
    error = answers.failure({"status": "failed", "error": "<b>Boom</b>\n\x07 with sk-abcdefghijklmnop " + "x" * 500})
    assert error.message.startswith("The model could not make this video: Boom with [key] xxx")
    assert len(error.message) < 250


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": {"message": "Unknown parameter: 'fps'"}}, RequestRefused),
        (400, {"error": {"message": "no", "code": "moderation_blocked"}}, ModerationRefused),
        (403, {"error": {"message": "violates our usage policies"}}, ModerationRefused),
        (400, {"error": {"message": "Inpaint image must match the requested width and height"}}, PictureRefused),
        (422, {"detail": [{"loc": ["body", "input_reference"], "msg": "not decodable"}]}, PictureRefused),
        (413, "", PictureRefused),
        (400, {"detail": "This model does not support image input"}, RequestRefused),
        (401, {"error": {"message": "Incorrect API key"}}, WrongKey),
        (403, {}, WrongKey),
        (402, {}, QuotaExhausted),
        (400, {"error": {"code": "billing_hard_limit_reached", "message": "no"}}, QuotaExhausted),
        (429, {"error": {"code": "insufficient_quota", "message": "no"}}, QuotaExhausted),
        (429, {"error": {"message": "slow down"}}, OverCapacity),
        (503, "<html>", OverCapacity),
        (404, {"detail": "Not Found"}, RequestRefused),
        (409, {"detail": "more than one API worker"}, RequestRefused),
        (501, {}, RequestRefused),
        (500, {"error": {"message": "boom"}}, RequestRefused),
        (500, {}, OutcomeUnknown),
        (502, "<html>", OutcomeUnknown),
        (504, "", OutcomeUnknown),
    ],
)
def test_a_refused_create_call_becomes_one_of_our_errors(status: int, body: object, kind: type[EngineError]) -> None:
    assert type(complaints.refusal(status, body)) is kind


def test_a_rate_limit_that_calls_itself_a_quota_is_waited_for_if_it_says_how_long() -> None:
    body = {"error": {"message": "You exceeded your current quota, please check your plan and billing details"}}
    error = complaints.refusal(429, body, 7.0)
    assert isinstance(error, OverCapacity)
    assert error.retry_after == 7.0
    assert isinstance(complaints.refusal(429, body), QuotaExhausted)


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [
        (404, "Generation is still in-progress", NotHandedOut),
        (400, "Video is not ready (status: queued)", NotHandedOut),
        (400, "Video has been uploaded to cloud storage. Please use the cloud URL", NotHandedOut),
        (409, "", NotHandedOut),
        (202, "", NotHandedOut),
        (429, "", OverCapacity),
        (503, "", OverCapacity),
        (500, "", NotHandedOut),
        (401, "", NotHandedOut),
        (422, "Video failed", ProviderFailed),
    ],
)
def test_a_file_that_is_not_handed_out_is_asked_for_again_where_that_helps(
    status: int, text: str, kind: type[EngineError]
) -> None:
    assert type(download.content_refusal(status, {"detail": text})) is kind


def test_retry_after_is_seconds_or_a_date_and_never_absurd() -> None:
    assert complaints.retry_after({"retry-after": "7"}) == 7
    assert complaints.retry_after({"retry-after": "1.5"}) == 1.5
    at = int(time.time()) + 30
    wait = complaints.retry_after({"retry-after": formatdate(at, usegmt=True)})
    assert wait is not None
    assert at - time.time() - 0.01 <= wait <= 30
    assert complaints.retry_after({"retry-after": "-4"}) == 0
    assert complaints.retry_after({"retry-after": "1e12"}) == 3600
    assert complaints.retry_after({"retry-after": "nan"}) is None
    assert complaints.retry_after({"retry-after": "soon"}) is None
    assert complaints.retry_after({}) is None


MULTIPART, JSON, JSON_INT = Form(), Form("json"), Form("json", "int")


@pytest.mark.parametrize(
    ("form", "status", "body", "other"),
    [
        (MULTIPART, 415, "", JSON),
        (MULTIPART, 422, {"detail": [{"loc": ["body"], "msg": "Input should be a valid dictionary"}]}, JSON),
        (MULTIPART, 422, {"detail": [{"loc": ["body", "prompt"], "msg": "Field required"}]}, JSON),
        (MULTIPART, 400, {"error": "invalid character '-' in numeric literal"}, JSON),
        (MULTIPART, 400, {"error": {"message": "Request body must be JSON"}}, JSON),
        (MULTIPART, 400, {"error": {"message": "Unsupported value: '5'"}}, None),
        (MULTIPART, 401, {"error": "json"}, None),
        (MULTIPART, 500, {"error": "json"}, None),
        (JSON, 422, {"detail": [{"loc": ["body", "seconds"], "msg": "Input should be a valid integer"}]}, JSON_INT),
        (JSON, 400, {"error": "cannot unmarshal string into Go struct field .seconds of type int"}, JSON_INT),
        (JSON_INT, 400, {"error": "cannot unmarshal number into Go struct field .seconds of type string"}, JSON),
        (JSON_INT, 422, {"detail": [{"loc": ["body", "seconds"], "msg": "Input should be a valid string"}]}, JSON),
        (JSON, 400, {"error": "input_reference: Input should be a valid string"}, Form("json", picture="text")),
        (JSON, 415, {"error": "multipart/form-data only"}, MULTIPART),
        (JSON, 400, {"error": "seconds must be one of 4, 8, 12"}, None),
    ],
)
def test_a_refusal_tells_which_other_form_to_try(form: Form, status: int, body: object, other: Form | None) -> None:
    assert form.instead(status, body) == other


def test_a_create_call_holds_the_picture_as_bytes_with_its_type_or_as_a_data_uri() -> None:
    picture = jpeg(320, 192)
    job = a_job(SERVER, picture=picture)
    speaks = Dialect(MULTIPART)
    fields, files = speaks.body(MULTIPART, job)
    assert fields == {"model": "sora-2", "prompt": "A cup turns", "seconds": "2", "size": "320x192"}
    assert files == [("input_reference", ("picture.jpg", picture, "image/jpeg"))]
    fields, files = speaks.body(JSON_INT, job)
    assert (fields["seconds"], files) == (2, [])
    assert fields["input_reference"]["image_url"].startswith("data:image/jpeg;base64,/9j/")


def test_ids_are_escaped_in_paths() -> None:
    assert Dialect(MULTIPART).job("video_a+/b==") == "/videos/video_a%2B%2Fb%3D%3D"
    assert Dialect(MULTIPART).content("../x", {}) == "/videos/..%2Fx/content"


def test_azures_file_belongs_to_a_generation() -> None:
    azure = AzureJobs(MULTIPART)
    assert azure.content("task_1", {}) is None
    assert azure.content("task_1", {"generations": []}) is None
    assert azure.content("task_1", {"generations": [{"id": "gen_1"}]}) == "/video/generations/gen_1/content/video"


@pytest.mark.parametrize(
    ("listed", "verdict"),
    [
        ({}, True),
        ({"seconds": 2, "size": None}, True),
        ({"created_at": 1_000.0 * 1_700_000_000}, True),
        ({"created_at": "2023-11-14T22:13:20Z"}, True),
        ({"created_at": 1_600_000_000}, False),
        ({"prompt": "Another cup"}, False),
        ({"prompt": None}, None),
        ({"created_at": None}, None),
        ({"model": "wan"}, None),
        ({"seconds": "5"}, None),
        ({"size": "1x1"}, None),
    ],
)
def test_a_listed_job_is_ours_only_if_everything_fits(listed: dict[str, Any], verdict: bool | None) -> None:
    whole = {"id": "v", "prompt": "A  cup turns", "model": "sora-2", "seconds": "2", "size": "320x192"}
    video = {**whole, "created_at": 1_700_000_000, **listed}
    assert answers.same_job(video, a_job(SERVER), since=1_699_999_990) is verdict


@pytest.mark.parametrize(
    "body", [{"data": "no"}, {"data": [1]}, {"data": [{"name": "x"}]}, {}, "<html>", None, {"error": 1}]
)
def test_what_is_not_a_list_of_jobs_is_not_taken_for_one(body: object) -> None:
    assert answers.items_in(body) is None


@pytest.mark.parametrize(
    ("body", "no"),
    [
        ({"error": "quota"}, True),
        ({"detail": "no such model"}, True),
        ({"code": "fail_to_fetch_task", "message": "upstream said no", "data": None}, True),
        ({"code": "success", "message": "ok", "data": {}}, False),
        ({"code": 200, "message": "accepted"}, False),
        ({"message": "accepted"}, False),
        ({"code": 1001, "msg": "no balance"}, True),
        ({"code": 0, "msg": "success"}, False),
        ({"success": False, "message": "no"}, True),
        ({"base_resp": {"status_code": 1004, "status_msg": "no"}}, True),
        ({"base_resp": {"status_code": 0, "status_msg": "success"}}, False),
        ({"object": "video"}, False),
        ("<html>", False),
    ],
)
def test_only_an_error_counts_as_a_refusal_in_an_answer_that_calls_itself_a_success(body: object, no: bool) -> None:
    assert complaints.is_error(body) is no


def test_every_error_of_an_engine_has_a_sentence() -> None:
    for status in (400, 401, 402, 403, 404, 413, 415, 422, 429, 500, 501, 503):
        assert isinstance(complaints.refusal(status, None), AdsVideoError)
        assert complaints.refusal(status, None).message


def test_every_name_a_catalogue_may_use_is_known_to_the_workers() -> None:
    assert set(ENGINES) == set(EngineName)
    assert set(DIALECTS) == set(DialectName)
