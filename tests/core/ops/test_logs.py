"""Errors reach Sentry where there is a DSN, without what users wrote or who they are."""

import gzip
import os
import subprocess
import sys
from functools import lru_cache

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


ILL = "\r\n2026-11-24T10:00:00Z [error    ] forged\x1b[2J\x00\x07\x85\u2028\u2029\u202e\ud800"
LOGGED = {
    "an argument": "log.warning('said: %s', ILL)",
    "the message": "log.warning('said: ' + ILL)",
    "a value": "log.warning('said', extra={'name_of_somebody': ILL})",
    "a value within a value": "log.warning('said', extra={'headers': {'X-Name' + ILL: [ILL]}})",
    "an object": "log.warning('said', extra={'error': Odd()})",
    "bytes": "log.warning('said', extra={'body': ILL.encode('utf-8', 'replace')})",
    "an error": "log.warning('said: %s', ValueError(ILL))",
    "a traceback": "log.exception('said')",
    "a stack": "log.warning('said: %s', ILL, stack_info=True)",
    "the id of a request": "\nwith log_context.of_request(ILL): log.warning('said')",
    "a logger's name": "logging.getLogger('x' + ILL).warning('said')",
}
"""Every way into a line."""


@lru_cache
def written(style: str) -> dict[str, list[str]]:
    """The lines that each way has led to, of one process that takes them all."""
    script = (
        "import logging, sys\n"
        "from core.ops import log_context\n"
        "from core.ops.logs import set_up_logging\n"
        "set_up_logging('web')\n"
        f"ILL = {ILL!a}\n"
        "class Odd:\n"
        "    __repr__ = lambda self: ILL\n"
        "log = logging.getLogger('x')\n"
    )
    for code in LOGGED.values():
        inside = code.replace("\n", "\n    ")
        script += f"try:\n    raise ValueError(ILL)\nexcept ValueError:\n    {inside}\nsys.stderr.write('\\0')\n"
    variables = {**os.environ, "LOG_FORMAT": style, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=variables, capture_output=True, timeout=120, check=True
    )
    parts = done.stderr.decode().split("\0")
    return {way: part.removesuffix("\n").split("\n") for way, part in zip(LOGGED, parts[:-1], strict=True)}


@pytest.mark.parametrize("style", ["text", "json"])
@pytest.mark.parametrize("way", LOGGED)
def test_nothing_that_is_logged_forges_a_line_or_steers_a_terminal(way: str, style: str) -> None:
    lines = written(style)[way]
    assert "said" in lines[0]
    assert "forged" in "".join(lines)
    assert [line for line in lines if not line.isprintable()] == []
    assert [line for line in lines[1:] if not line.startswith("  ")] == []


def test_what_a_page_of_a_browser_says_is_not_sent_to_sentry() -> None:
    _written, sent = logged(
        "import logging; from core.ops.logs import set_up_logging\n"
        "set_up_logging('web')\n"
        "logging.getLogger('browser').error('my prompt is secret')\n"
        "logging.getLogger('x').error('the disk is full')",
        "the disk is full",
    )
    assert "secret" not in sent
