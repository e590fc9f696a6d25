"""What the tests of the worker share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import forget_settings
from tests.servers.videos import VideosServer


@pytest.fixture
def server(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VideosServer]:
    """A Videos server that the app is configured for."""
    with VideosServer() as running:
        monkeypatch.setenv("OPENAI_BASE_URL", running.url)
        forget_settings()
        yield running
