"""The Videos server of bench/inflight.py: every job takes so long, give or take a spread; counts its calls.

Bare ASGI, so that it takes as little as possible from the two sides that are compared. A job's number is in its prompt,
and decides how long it takes, so that both sides get the same jobs.
"""

import argparse
import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn
from standardwebhooks import Webhook
from starlette.types import Receive, Scope, Send

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.servers import clip

PAGE = 100


class Jobs:
    """The application."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.film = clip(320, 192, 2)
        self.jobs: dict[str, dict[str, Any]] = {}
        self.calls: Counter[str] = Counter()
        self.waiting: set[asyncio.Task[None]] = set()
        self.client: httpx.AsyncClient | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._body(receive)
        method, path = scope["method"], scope["path"].removeprefix("/v1")
        query = {k: v[0] for k, v in parse_qs(scope["query_string"].decode()).items()}
        kind = "application/json"
        status, content = 200, b""
        if path == "/models":
            content = json.dumps({"data": [{"id": "sora-2"}]}).encode()
        elif path == "/_times":
            times = {job["prompt"]: (job["made"], job["end"]) for job in self.jobs.values()}
            content = json.dumps({"times": times, "calls": self.calls}).encode()
        elif path == "/_forget":
            self.jobs.clear()
            self.calls.clear()
        elif path == "/videos" and method == "POST":
            content = self._create(body)
        elif path == "/videos":
            status, content = self._list(query)
        elif path.endswith("/content"):
            self.calls["content"] += 1
            await asyncio.sleep(self.given.file_seconds)
            kind, content = "video/mp4", self.film
        else:
            self.calls["look"] += 1
            content = json.dumps(self._shown(self.jobs[path.rpartition("/")[2]])).encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", str(len(content)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _body(self, receive: Receive) -> bytes:
        parts = []
        while True:
            message = await receive()
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                return b"".join(parts)

    def _create(self, body: bytes) -> bytes:
        self.calls["create"] += 1
        start = body.index(b'name="prompt"')
        prompt = body[body.index(b"\r\n\r\n", start) + 4 :].split(b"\r\n", 1)[0].decode()
        spread = random.Random(prompt).uniform(-1, 1) * self.given.spread
        made = time.time()
        job: dict[str, Any] = {"id": f"video_{uuid.uuid4().hex}", "prompt": prompt, "made": made}
        job["end"] = made + self.given.latency + spread
        self.jobs[job["id"]] = job
        if self.given.webhook:
            task = asyncio.get_running_loop().create_task(self._tell(job))
            self.waiting.add(task)
            task.add_done_callback(self.waiting.discard)
        return json.dumps(self._shown(job)).encode()

    async def _tell(self, job: dict[str, Any]) -> None:
        await asyncio.sleep(job["end"] - time.time() + 0.001)
        if self.client is None:
            self.client = httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=16))
        body = json.dumps({"type": "video.completed", "data": {"id": job["id"]}})
        message, at = f"msg_{uuid.uuid4().hex}", datetime.now(UTC)
        headers = {
            "webhook-id": message,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(self.given.webhook_secret).sign(message, at, body),
        }
        try:
            await self.client.post(self.given.webhook, content=body, headers=headers)
        except httpx.HTTPError as error:
            print("webhook:", repr(error), file=sys.stderr)

    def _shown(self, job: dict[str, Any]) -> dict[str, Any]:
        took = (time.time() - job["made"]) / (job["end"] - job["made"])
        return {
            "id": job["id"],
            "object": "video",
            "model": "sora-2",
            "status": "completed" if took >= 1 else "in_progress",
            "progress": min(100, int(took * 100)),
            "created_at": int(job["made"]),
            "size": "1280x720",
            "seconds": "4",
            "prompt": job["prompt"],
            "error": None,
        }

    def _list(self, query: dict[str, str]) -> tuple[int, bytes]:
        self.calls["list"] += 1
        if not self.given.lists:
            return 404, b'{"detail":"Not Found"}'
        ids = list(reversed(self.jobs))
        start = ids.index(query["after"]) + 1 if "after" in query else 0
        page = ids[start : start + min(PAGE, int(query.get("limit", PAGE)))]
        shown = [self._shown(self.jobs[i]) for i in page]
        return 200, json.dumps({"object": "list", "data": shown, "has_more": start + len(page) < len(ids)}).encode()


def main() -> None:
    """Run until stopped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--latency", type=float, default=20)
    parser.add_argument("--spread", type=float, default=5)
    parser.add_argument("--file-seconds", type=float, default=0, help="until a file is handed out")
    parser.add_argument("--lists", action="store_true")
    parser.add_argument("--webhook", default="")
    parser.add_argument("--webhook-secret", default="")
    given = parser.parse_args()
    uvicorn.run(Jobs(given), port=given.port, log_level="error", lifespan="off", ws="none", backlog=4096)


if __name__ == "__main__":
    main()
