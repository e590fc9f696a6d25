"""How a create call is written: the forms that servers accept, and the dialects that send them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote

from workers.engines import Job
from workers.engines.complaints import complaint, data_uri
from workers.engines.videos_api.answers import FilePart, Json

_WANTS_JSON = re.compile(r"json|invalid character '-'|prompt.{0,20}(required|missing)", re.IGNORECASE)
_WANTS_MULTIPART = re.compile(r"multipart|form-?data|prompt.{0,20}(required|missing)", re.IGNORECASE)
_WANTS_INT = re.compile(r"(valid |\ban? |type |must be )(int|number)", re.IGNORECASE)
_WANTS_STRING = re.compile(r"(valid |\ba |type |must be )str", re.IGNORECASE)


@dataclass(frozen=True)
class Form:
    """How a create call is written: multipart with the picture as a file part, or JSON with it as a data URI.

    In JSON `seconds` is a string (OpenAI) or an int (SGLang), and `input_reference` an object with `image_url`
    (OpenAI) or the data URI itself (LiteLLM in front of Runway).
    """

    encoding: Literal["multipart", "json"] = "multipart"
    seconds: Literal["string", "int"] = "string"
    picture: Literal["object", "text"] = "object"

    def fields(self, job: Job) -> Json:
        """The text fields; multipart has no numbers."""
        seconds = job.seconds if self.encoding == "json" and self.seconds == "int" else str(job.seconds)
        return {"model": job.model.upstream, "prompt": job.prompt, "seconds": seconds, "size": str(job.size)}

    def reference(self, jpeg: bytes) -> object:
        """The picture inside a JSON body."""
        uri = data_uri(jpeg)
        return {"image_url": uri} if self.picture == "object" else uri

    def instead(self, status: int, body: object) -> "Form | None":
        """The form to try after this refusal, or None if another form would not help."""
        if status not in (400, 415, 422):
            return None
        text, unread = complaint(body).text, status == 415 or _unread(body)
        about_length = re.search(r"seconds|duration", text)
        other: Form | None = None
        if self.encoding == "multipart":
            if unread or _WANTS_JSON.search(text):
                other = replace(self, encoding="json")
        elif about_length and self.seconds == "string" and _WANTS_INT.search(text):
            other = replace(self, seconds="int")
        elif about_length and self.seconds == "int" and _WANTS_STRING.search(text):
            other = replace(self, seconds="string")
        elif self.picture == "object" and "input_reference" in text and _WANTS_STRING.search(text):
            other = replace(self, picture="text")
        elif unread or _WANTS_MULTIPART.search(text):
            other = replace(self, encoding="multipart")
        return other


def _unread(body: object) -> bool:
    """Whether FastAPI could not read the body at all: it misses the prompt or the whole body."""
    entries = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(entries, list):
        return False
    return any(isinstance(e, dict) and e.get("loc") in (["body"], ["body", "prompt"]) for e in entries)


class Dialect:
    """The Videos API. With `adapts` other forms are tried after a refusal; else `form` is the only one."""

    jobs = "/videos"
    query: Mapping[str, str] = {}

    def __init__(self, form: Form, adapts: bool = False) -> None:
        self.form = form
        self.adapts = adapts

    def body(self, form: Form, job: Job) -> tuple[Json, list[FilePart]]:
        """The fields and the file parts of a create call."""
        if form.encoding == "json":
            return {**form.fields(job), "input_reference": form.reference(job.picture)}, []
        return form.fields(job), [("input_reference", ("picture.jpg", job.picture, "image/jpeg"))]

    def job(self, provider_id: str) -> str:
        """The path of one job; ids may hold `+`, `/` and `=` (LiteLLM's are base64)."""
        return f"{self.jobs}/{quote(provider_id, safe='')}"

    def content(self, provider_id: str, video: Mapping[str, Any]) -> str | None:
        """The path of the finished file, or None if the video object has to be read first."""
        return f"{self.job(provider_id)}/content"
