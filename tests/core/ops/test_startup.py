"""What a machine or its variables make impossible is said in one sentence at the start."""

import gc
import socket
import subprocess
import sys

import httpx
import httpx2
import pytest

from core.errors import Misconfigured
from core.ops import proxies, startup
from core.settings import ROOT, settings
from tests.environment import forget_settings
from tests.running import free_port


def _set(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    forget_settings()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]", "0:0:0:0:0:0:0:1"])
def test_loopback_in_every_spelling_needs_no_provider(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    _set(monkeypatch, HOST=host, REDIS_URL="redis://127.0.0.1")
    startup.check_settings()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "[::]", "fd00::1", "192.0.2.1", "localhost.example.com"])
def test_every_other_host_needs_one(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    _set(monkeypatch, HOST=host)
    with pytest.raises(Misconfigured, match="no identity provider"):
        startup.check_settings()


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:{}"), ("::1", "http://[::1]:{}"), ("[::]", "http://[::]:{}")],
)
def test_a_free_port_is_free_and_its_address_can_be_opened(
    monkeypatch: pytest.MonkeyPatch, host: str, url: str
) -> None:
    port = free_port()
    _set(monkeypatch, HOST=host, PORT=str(port))
    startup.check_port()
    assert startup.address(settings()) == url.format(port)


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("192.0.2.1", "HOST=192.0.2.1 is no address of this machine"),
        ("2001:db8::1", "HOST=2001:db8::1 is no address of this machine"),
        ("no-such-name.invalid", "HOST=no-such-name.invalid is no address of this machine"),
    ],
)
def test_an_address_that_the_machine_lacks_is_no_taken_port(
    monkeypatch: pytest.MonkeyPatch, host: str, words: str
) -> None:
    _set(monkeypatch, HOST=host, PORT=str(free_port()))
    with pytest.raises(Misconfigured, match=words):
        startup.check_port()


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_taken_port_is_one(monkeypatch: pytest.MonkeyPatch, host: str, family: socket.AddressFamily) -> None:
    with socket.socket(family) as other:
        other.bind((host, 0))
        other.listen()
        _set(monkeypatch, HOST=host, PORT=str(other.getsockname()[1]))
        with pytest.raises(Misconfigured, match="is taken"):
            startup.check_port()


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY", "http_proxy"])
@pytest.mark.parametrize("value", ["socks5://user:secret@127.0.0.1:1080", "socks5h://[::1]:1080", "ftp://proxy", "a b"])
def test_a_proxy_that_we_cannot_use_is_said_without_its_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(Misconfigured, match=rf"^{name.upper()}.*http://") as refused:
        proxies.check()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("network", ["fd00::/8", "localhost, 2001:db8::/32", "[fd00::/8]", "[fd00::]/8"])
def test_a_network_of_ipv6_is_refused(monkeypatch: pytest.MonkeyPatch, network: str) -> None:
    monkeypatch.setenv("NO_PROXY", network)
    with pytest.raises(Misconfigured, match=r"^NO_PROXY.*network"):
        proxies.check()


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize(
    "value", ["[::1]", "::1", "[::1], .example.com", "localhost,127.0.0.1,[fd00::1]", "*", "", "10.0.0.0/8"]
)
def test_what_passes_the_check_is_taken_by_both_clients(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("https_proxy", "proxy.example.com:3128")
    monkeypatch.setenv(name, value)
    proxies.check()
    httpx.Client().close()
    httpx2.Client().close()


def test_an_address_in_brackets_is_asked_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET6) as server:
        server.bind(("::1", 0))
        server.listen()
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("NO_PROXY", "[::1]")
        proxies.check()
        with httpx.Client(timeout=0.2) as client, pytest.raises(httpx.ReadTimeout):
            client.get(f"http://[::1]:{server.getsockname()[1]}/")


def test_garbage_is_looked_for_again_once_a_part_has_loaded() -> None:
    startup.begin_loading()
    assert not gc.isenabled()
    startup.end_loading()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


LEAN = """
import sys
from core.ops.startup import begin_loading, import_without
begin_loading()
import_without("socketio", "aiohttp", "requests", "valkey")
import workers.main
print([name for name in ("aiohttp", "click", "pygments", "requests", "rich", "valkey") if name in sys.modules])
import aiohttp, rich, valkey
"""


def test_a_part_does_without_what_its_libraries_offer_beside_and_may_still_load_it_later() -> None:
    told = subprocess.run([sys.executable, "-c", LEAN], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.stdout, told.stderr) == ("[]\n", "")
