"""Azure's preview API for Sora 1 (`video/generations/jobs`), as a dialect of the Videos API.

Its own service is gone; servers that speak it are chosen by `dialect = "azure-jobs"`, with a base URL that ends in
`/openai/v1`. From Microsoft's quickstart of the preview: a multipart form whose numbers are text, the picture under
`files` and described by `inpaint_items`; the file belongs to a generation, which has an id of its own.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from workers.engines import Job
from workers.engines.videos_api.answers import FilePart, Json
from workers.engines.videos_api.forms import Dialect, Form


class AzureJobs(Dialect):
    """Only the paths and the form differ; states and errors are in the tables of synonyms, the key's header in core."""

    jobs = "/video/generations/jobs"
    query: Mapping[str, str] = {"api-version": "preview"}

    def body(self, form: Form, job: Job) -> tuple[Json, list[FilePart]]:
        whole = {"left_fraction": 0.0, "top_fraction": 0.0, "right_fraction": 1.0, "bottom_fraction": 1.0}
        item = {"frame_index": 0, "type": "image", "file_name": "picture.jpg", "crop_bounds": whole}
        fields = {
            "model": job.model.upstream,
            "prompt": job.prompt,
            "width": str(job.size.width),
            "height": str(job.size.height),
            "n_seconds": str(job.seconds),
            "n_variants": "1",
            "inpaint_items": json.dumps([item]),
        }
        return fields, [("files", ("picture.jpg", job.picture, "image/jpeg"))]

    def content(self, provider_id: str, video: Mapping[str, Any]) -> str | None:
        generations = video.get("generations") or [{}]
        generation_id = (
            generations[0].get("id") if isinstance(generations, list) and isinstance(generations[0], dict) else None
        )
        return f"/video/generations/{quote(str(generation_id), safe='')}/content/video" if generation_id else None
