"""Errors reach Sentry where there is a DSN, without what users wrote or who they are."""

import gzip
import os
import subprocess
import sys

import brotli
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from core.settings import ROOT
from tests.servers import Call, LocalServer


class SentryServer(LocalServer):
    """Keeps the envelopes it is sent."""

    def app(self) -> ASGIApp:
        """The one route."""

        async def envelope(request: Request) -> JSONResponse:
            body = await request.body()
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress}[request.headers["content-encoding"]]
            text = unpack(body)
            self.calls.append(Call("POST", request.url.path, dict(request.headers), fields={"text": text.decode()}))
            return JSONResponse({})

        return Starlette(routes=[Route("/api/1/envelope/", envelope, methods=["POST"])])


def logged(script: str, words: str, **variables: str) -> tuple[str, str]:
    """What a process that runs the script has written, and what it has sent to Sentry that has these words in it."""
    with SentryServer() as server:
        done = subprocess.run(
            [sys.executable, "-c", f"{script}\nimport sentry_sdk; sentry_sdk.flush(60)"],
            cwd=ROOT,
            env={**os.environ, "SENTRY_DSN": f"http://key@127.0.0.1:{server.port}/1", **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        (sent,) = [call.fields["text"] for call in server.calls if words in call.fields["text"]]
    return done.stderr, sent


def test_an_error_in_the_log_reaches_sentry_with_its_part() -> None:
    written, sent = logged(
        "import logging; from core.ops import log_context; from core.ops.logs import set_up_logging\n"
        "set_up_logging('worker')\n"
        "with log_context.of_request('click-42'), log_context.about(17):\n"
        "    logging.getLogger('x').error('the disk is full')",
        "the disk is full",
    )
    for tag in ('"part":"worker"', '"request":"click-42"', '"video":"17"'):
        assert tag in sent.replace(" ", "")
    assert "video=17" in written
    assert "key@127" not in written


@pytest.mark.parametrize("style", ["text", "json"])
def test_what_an_error_had_at_hand_is_in_no_log_and_not_at_sentry(style: str) -> None:
    written, sent = logged(
        "import logging; from core.ops.logs import set_up_logging\n"
        "set_up_logging('web')\n"
        "def open_with(key):\n"
        "    raise OverflowError('too large')\n"
        "try:\n"
        "    open_with('ads_' + 'very' + 'secret')\n"
        "except OverflowError:\n"
        "    logging.getLogger('x').exception('it broke')",
        "it broke",
        LOG_FORMAT=style,
    )
    assert "OverflowError: too large" in written
    assert "ads_verysecret" not in written + sent
