"""Addresses that users give lead to public web servers only, however they are written and wherever they point."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from core import at_once, webhooks
from core.errors import AddressRefused, BadAddress, PictureAtAddress, TooManyFetches, Unreached
from core.models import User
from core.pictures import intake
from core.pictures.framing import Prepared
from core.security import outside
from tests.environment import forget_settings
from tests.servers.pictures import PictureServer
from tests.waiting import until

PUBLIC = "93.184.215.14"


@pytest.fixture
def server() -> Iterator[PictureServer]:
    """On 127.0.0.1, where nobody is let through by default."""
    with PictureServer() as running:
        yield running


@pytest.fixture
def allowed(server: PictureServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[PictureServer]:
    """The operator lets through 127.0.0.1, but not the same machine by its other names and addresses."""
    monkeypatch.setenv("OUTSIDE_ALLOW", "127.0.0.1")
    forget_settings()
    yield server
    forget_settings()


INSIDE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001:db8::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "5f00::1",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_is_known(address: str) -> None:
    assert not outside.is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:4700::1111", "2a00:1450:4001:81b::200e"])
def test_what_is_public_is_known(address: str) -> None:
    assert outside.is_public(address)


SPELLINGS = [
    "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
    "http://017700000001/", "http://0177.0.0.01/", "http://0/", "http://localhost/", "http://localhost./",
    "http://LOCALHOST/", "http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:0:0:1]/", "http://[64:ff9b::127.0.0.1]/", "http://[2002:7f00:1::]/", "http://[fe80::1]/",
    "http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://[fd00:ec2::254]/", "http://10.1/",
    "http://①②⑦.0.0.1/", "http://127。0。0。1/", "https://127.0.0.1/", "http://127.0.0.1:80/",
]  # fmt: skip


@pytest.mark.parametrize("url", SPELLINGS)
async def test_no_spelling_of_an_address_inside_is_opened(url: str) -> None:
    with pytest.raises((AddressRefused, BadAddress)):
        await outside.get(url, limit=1000, seconds=60)


@pytest.mark.parametrize(
    "url",
    [
        *("", "picture.jpg", "//example.com/a.jpg", "file:///etc/passwd", "gopher://example.com/", "data:image/png,x"),
        *(
            "http://",
            "http:///a",
            "http://u:p@example.com/",
            "http://example.com@127.0.0.1/",
            "http://user@example.com/",
        ),
        *("http://exa\nmple.com/", "http://example.com/\x00", "http://[::1/", "http://example.com:99999/"),
        "http://example.com/" + "a" * 3000,
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress):
        outside.parse(url)


@pytest.mark.parametrize("url", ["http://xn--/", "http://xn--a.example.com/", "http://xn--\u00fc.com/"])
async def test_a_host_that_can_not_be_read_is_refused(url: str) -> None:
    with pytest.raises((BadAddress, AddressRefused)):
        await webhooks.reachable(url)


async def test_slow_names_hold_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: release.wait(20) and [])
    asked = [asyncio.create_task(outside.resolve(f"slow{n}.example.com", 80)) for n in range(100)]
    try:
        async with asyncio.timeout(2):
            await asyncio.sleep(0)
            assert await asyncio.to_thread(lambda: "at once") == "at once"
    finally:
        release.set()
        await asyncio.gather(*asked)


async def test_a_name_that_nobody_answers_for_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: release.wait(20) and [])
    monkeypatch.setattr(outside, "RESOLVE_SECONDS", 0.2)
    try:
        async with asyncio.timeout(2):
            with pytest.raises(AddressRefused):
                await outside.addresses("slow.example.com", 80)
    finally:
        release.set()


@pytest.mark.parametrize("url", ["http://example.com:22/", "https://example.com:80/", "http://example.com:6379/"])
def test_other_ports_are_not_opened(url: str) -> None:
    with pytest.raises(AddressRefused):
        outside.parse(url)


async def test_one_address_inside_among_public_ones_is_enough_to_refuse() -> None:
    async def both(_host: str, _port: int) -> list[str]:
        return [PUBLIC, "127.0.0.1"]

    with pytest.raises(AddressRefused):
        await outside.addresses("example.com", 80, both)


async def test_a_name_that_changes_its_mind_is_asked_once_and_never_reached_inside(server: PictureServer) -> None:
    answers = [["127.0.0.1"], [PUBLIC]]
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return answers[-1] if len(asked) % 2 else answers[0]

    # the first answer is public: the connection goes there (and fails, this machine has no network), not to a second
    with pytest.raises(Unreached):
        await outside.get("http://rebind.example/photo.jpg", limit=1000, seconds=1, resolver=rebinding)
    assert asked == ["rebind.example"]
    with pytest.raises(AddressRefused):
        await outside.get("http://rebind.example/photo.jpg", limit=1000, seconds=1, resolver=rebinding)
    assert server.calls == []


async def test_the_operator_may_let_some_through(allowed: PictureServer) -> None:
    content, width, height, *_ = await intake.fetch(f"{allowed.root}/photo.jpg")
    assert (width, height, content[:2]) == (320, 240, b"\xff\xd8")
    assert "authorization" not in allowed.calls[0].headers
    assert "cookie" not in allowed.calls[0].headers
    with pytest.raises(AddressRefused):
        await intake.fetch(f"http://localhost:{allowed.port}/photo.jpg")
    with pytest.raises(AddressRefused):
        await intake.fetch(f"http://127.0.0.2:{allowed.port}/photo.jpg")


async def test_a_permitted_name_may_lead_inside(server: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTSIDE_ALLOW", "localhost, 10.0.0.0/8")
    forget_settings()
    assert (await intake.fetch(f"http://localhost:{server.port}/photo.jpg"))[1] == 320
    forget_settings()


@pytest.mark.parametrize("target", ["http://127.0.0.2/x", "http://10.0.0.1/x", "http://[::1]/x", "http://0x7f000002/x"])
async def test_a_redirect_inside_is_not_followed(allowed: PictureServer, target: str) -> None:
    with pytest.raises(AddressRefused):
        await intake.fetch(f"{allowed.root}/redirect?to={target}")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.com/", "http://u:p@example.com/", ""])
async def test_a_redirect_to_something_else_than_the_web_is_not_followed(allowed: PictureServer, target: str) -> None:
    with pytest.raises((BadAddress, Unreached)):
        await intake.fetch(f"{allowed.root}/redirect?to={target}")


async def test_three_redirects_are_followed_and_no_more(allowed: PictureServer) -> None:
    assert (await intake.fetch(f"{allowed.root}/round/3"))[1] == 320
    with pytest.raises(Unreached):
        await intake.fetch(f"{allowed.root}/round/4")


@pytest.mark.parametrize(
    ("path", "reason"), [("text.png", "not a picture"), ("half.jpg", "damaged"), ("large.jpg", "10 MB")]
)
async def test_what_it_really_is_decides(allowed: PictureServer, path: str, reason: str) -> None:
    with pytest.raises(PictureAtAddress, match=reason) as refused:
        await intake.fetch(f"{allowed.root}/{path}")
    assert refused.value.status == 422


async def test_a_drip_is_given_up(allowed: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.pictures.intake.FETCH_SECONDS", 0.5)
    with pytest.raises(Unreached):
        await asyncio.wait_for(intake.fetch(f"{allowed.root}/drip.jpg"), 60)


async def test_one_user_fetches_two_at_once_and_holds_up_nobody(
    allowed: PictureServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.pictures.intake.FETCH_SECONDS", 3.0)

    async def fetch(user_id: int, path: str) -> Prepared:
        with at_once.FETCHES.of(user_id):
            return await intake.fetch(f"{allowed.root}/{path}")

    slow = [asyncio.create_task(fetch(1, "drip.jpg")) for _ in range(2)]
    await until(lambda: len(allowed.calls) == 2)
    monkeypatch.setattr("core.pictures.intake.FETCH_SECONDS", 60.0)  # the two go by what it was when they began
    with pytest.raises(TooManyFetches, match="2 pictures are being fetched") as refused:
        await fetch(1, "photo.jpg")
    assert (refused.value.status, refused.value.retry_after) == (429, 10)
    assert (await fetch(2, "photo.jpg"))[1] == 320
    assert all(isinstance(end, Unreached) for end in await asyncio.gather(*slow, return_exceptions=True))
    assert (await fetch(1, "photo.jpg"))[1] == 320


async def test_what_is_not_there_is_said(allowed: PictureServer) -> None:
    with pytest.raises(Unreached):
        await intake.fetch(f"{allowed.root}/nothing.jpg")
    allowed.stop()
    with pytest.raises(Unreached):
        await intake.fetch(f"{allowed.root}/photo.jpg")


async def test_a_proxy_of_the_environment_is_not_asked(
    allowed: PictureServer, monkeypatch: pytest.MonkeyPatch, alice: User
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert (await intake.fetch(f"{allowed.root}/photo.jpg"))[1] == 320
