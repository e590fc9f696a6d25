"""How a job is written onto the queue: JSON, which can name a step and its numbers and do nothing else.

arq's own way is pickle: whoever can write into Redis then runs code as our user.
"""

import json
from typing import Any

_LATEST = 253_402_300_799_000  # ms; the end of the year 9999, after which no clock goes


def write(job: dict[str, Any]) -> bytes:
    """A job or a result; what JSON has no form for, an error say, becomes its text."""
    return json.dumps(job, default=repr).encode()


def read(content: bytes) -> dict[str, Any]:
    """Raises ValueError for what `write` has not written, a pickle of a former version say; arq then drops that job."""
    job = json.loads(content.decode())
    if not isinstance(job, dict):
        raise ValueError("no job")
    name, arguments, options, attempt, queued = (job.get(key) for key in ("f", "a", "k", "t", "et"))
    right = isinstance(name, str) and isinstance(arguments, list) and isinstance(options, dict)
    if not right or not _is_number(queued) or not (attempt is None or _is_number(attempt)):
        raise ValueError("no job")
    return job


def _is_number(value: object) -> bool:
    return isinstance(value, int) and 0 <= value <= _LATEST
