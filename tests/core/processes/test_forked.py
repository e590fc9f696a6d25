"""Processes that are forked from one that has loaded what they need: whoever asks is a program of its own here."""

import json
import subprocess
import sys

import psutil
import pytest

from core.settings import ROOT
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is forked")


def done(what: str, error: str = "") -> str:
    """What the script has said."""
    script = [sys.executable, "-m", "tests.core.processes.forks", what]
    told = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert error in told.stderr
    assert error or not told.stderr
    return told.stdout


def test_a_process_has_what_it_was_given_and_what_was_loaded_for_it() -> None:
    assert json.loads(done("what_it_has")) == {
        "name": "adsvideo-told",
        "last": "told",
        "session": True,
        "stdin": "",
        "wave": True,
        "files": ["pipe", "pipe"],  # its own and that of its life
    }


def test_it_is_known_how_each_has_ended() -> None:
    assert done("ends") == "-9 -9 7 8"


def test_none_outlives_whoever_asked_for_it() -> None:
    process = int(done("parent_dies"))
    wait_until(lambda: not psutil.pid_exists(process))


def test_without_the_server_everybody_begins_processes_anew() -> None:
    assert done("server_dies", "has ended") == "255 None 4 True"


def test_decoders_are_forked_and_held_to_their_bounds() -> None:
    assert done("decoders") == "4 True Crashed OutOfBounds"
