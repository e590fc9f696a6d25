"""Calls addresses that users give us (pictures, webhooks): only public ones, never the internal network.

The name is resolved here, every address is checked, and the connection goes to exactly the checked address, so that
no spelling, redirect or changing DNS answer leads to the internal network. No proxy is used.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import httpcore
import httpx

from core.errors import AddressRefused, BadAddress, Unreached
from core.settings import settings

PORTS = {"http": 80, "https": 443}
MAX_URL = 2000
MAX_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
REACHABLE_V6 = ipaddress.ip_network("2000::/3")  # mapped, NAT64, local and link-local ones are all outside of it
TUNNELS_V6 = [ipaddress.ip_network(n) for n in ("2001::/23", "2002::/16")]  # Teredo and 6to4 carry an IPv4 address
AGENT = "AdsVideo"

RESOLVE_SECONDS = 10.0
_lookups = ThreadPoolExecutor(
    16, "names"
)  # its own: names without an answer would block all threads of the default pool

Resolver = Callable[[str, int], Awaitable[list[str]]]


async def resolve(host: str, port: int) -> list[str]:
    """All IP addresses of a host, from the system's resolver. Raises OSError (TimeoutError is one)."""
    ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    async with asyncio.timeout(RESOLVE_SECONDS):
        entries = await asyncio.get_running_loop().run_in_executor(_lookups, ask)
    return list(dict.fromkeys(str(entry[4][0]) for entry in entries))


def is_public(address: str) -> bool:
    """Whether it is a public internet address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # with a zone: link-local
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        return ip.is_global and ip in REACHABLE_V6 and not any(ip in tunnel for tunnel in TUNNELS_V6)
    return ip.is_global and not ip.is_multicast


@dataclass(frozen=True)
class Permitted:
    """Hosts and networks that the operator allows although they are not public."""

    hosts: frozenset[str]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

    @classmethod
    @lru_cache(maxsize=4)
    def parse(cls, text: str) -> "Permitted":
        """From a comma-separated list."""
        hosts: set[str] = set()
        networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for entry in filter(None, (part.strip().lower() for part in text.split(","))):
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                hosts.add(entry)
        return cls(frozenset(hosts), tuple(networks))

    def host(self, host: str) -> bool:
        """Whether that name or literal address is permitted, with any port."""
        return host.lower() in self.hosts or self.address(host)

    def address(self, address: str) -> bool:
        """Whether that address is permitted."""
        try:
            return any(ipaddress.ip_address(address) in network for network in self.networks)
        except ValueError:
            return False


def permitted() -> Permitted:
    """What OUTSIDE_ALLOW permits."""
    return Permitted.parse(settings().outside_allow)


def parse(url: str) -> httpx.URL:
    """Parse and check a URL without resolving its host. Raises BadAddress, AddressRefused."""
    try:
        parsed = httpx.URL(url.strip()) if len(url) <= MAX_URL and url.isprintable() else httpx.URL("")
        parsed.host  # noqa: B018 - which reads a name in punycode, or can't
    except (httpx.InvalidURL, ValueError):
        raise BadAddress() from None
    if parsed.scheme not in PORTS or not parsed.host or parsed.userinfo or not 0 < (parsed.port or 80) < 65536:
        raise BadAddress()
    port = parsed.port or PORTS[parsed.scheme]
    if port != PORTS[parsed.scheme] and not permitted().host(parsed.host):
        raise AddressRefused()
    return parsed.copy_with(fragment=None)


async def addresses(host: str, port: int, resolver: Resolver | None = None) -> list[str]:
    """The checked IP addresses of a host. Raises AddressRefused if any is internal or there is none.

    The same error for both, so that nobody can probe which internal names exist.
    """
    try:
        resolved = await (resolver or resolve)(host, port)
    except (OSError, UnicodeError):
        raise AddressRefused() from None
    if permitted().host(host):
        return resolved
    if not resolved or not all(is_public(address) or permitted().address(address) for address in resolved):
        raise AddressRefused()
    return resolved


class _Checked(httpcore.AsyncNetworkBackend):
    """Opens connections only to checked addresses: a host name is resolved and checked here."""

    def __init__(self, resolver: Resolver | None) -> None:
        self._resolver = resolver
        self._plain = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        failed: Exception = Unreached()
        for address in await addresses(host, port, self._resolver):
            try:
                return await self._plain.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise AddressRefused()

    async def sleep(self, seconds: float) -> None:
        await self._plain.sleep(seconds)


@asynccontextmanager
async def request(
    method: str,
    url: httpx.URL,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    resolver: Resolver | None = None,
) -> AsyncIterator[httpcore.Response]:
    """Send one request without following redirects; read the body inside the block. `seconds` limits everything.

    Raises AddressRefused, BadAddress, and Unreached for any network error, inside the block too.
    """
    sent = {"User-Agent": AGENT, "Accept-Encoding": "identity", **(headers or {})}
    try:
        async with (
            asyncio.timeout(seconds),
            httpcore.AsyncConnectionPool(network_backend=_Checked(resolver)) as pool,
            pool.stream(method, str(url), headers=list(sent.items()), content=content) as response,
        ):
            yield response
    except (TimeoutError, OSError, httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise Unreached(error) from None
    except httpcore.UnsupportedProtocol:
        raise BadAddress() from None


def redirected(url: httpx.URL, response: httpcore.Response) -> httpx.URL | None:
    """The checked target of a redirect; None if the response is none. Raises BadAddress, AddressRefused."""
    if response.status not in REDIRECTS:
        return None
    target = next((value for name, value in response.headers if name.lower() == b"location"), b"")
    try:
        return parse(str(url.join(target.decode("latin-1"))))
    except (httpx.InvalidURL, ValueError):
        raise BadAddress() from None


async def get(url: str, *, limit: int, seconds: float, resolver: Resolver | None = None) -> bytes | None:
    """Fetch a URL; None if its content is larger than `limit` bytes.

    At most three redirects, each checked like the first address. Raises BadAddress, AddressRefused, Unreached.
    """
    at = parse(url)
    end = asyncio.get_running_loop().time() + seconds
    for _ in range(1 + MAX_REDIRECTS):
        left = end - asyncio.get_running_loop().time()
        async with request("GET", at, seconds=left, resolver=resolver) as response:
            onward = redirected(at, response)
            if onward is None:
                if response.status != 200:
                    raise Unreached(f"HTTP {response.status}")
                return await _bounded(response, limit)
            at = onward
    raise Unreached("too many redirects")


async def _bounded(response: httpcore.Response, limit: int) -> bytes | None:
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)
