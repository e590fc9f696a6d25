"""The variables of the proxy (`HTTP_PROXY`, `NO_PROXY`...), which our HTTP clients read by themselves."""

import ipaddress
import os
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from core.errors import Misconfigured

SCHEMES = ("http", "https")


def check() -> None:
    """Refuse what no client of ours can use, which would else end every call; take `[::1]` in NO_PROXY for `::1`.

    Changes NO_PROXY in this process and those that it starts. Raises Misconfigured.
    """
    for scheme, address in getproxies_environment().items():
        if scheme in ("http", "https", "all") and not _is_usable(address):
            raise Misconfigured(
                f"{scheme.upper()}_PROXY is no proxy that AdsVideo can use: it must start with http:// or https:// "
                "(not socks5://) and name a host. Change it, or unset it for AdsVideo."
            )
    for name in ("NO_PROXY", "no_proxy"):
        if name in os.environ:
            os.environ[name] = ",".join(_without_brackets(host.strip()) for host in os.environ[name].split(","))


def _is_usable(address: str) -> bool:
    try:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        return parts.scheme in SCHEMES and bool(parts.hostname) and " " not in parts.netloc and parts.port != 0
    except ValueError:
        return False


def _without_brackets(host: str) -> str:
    plain = host.replace("[", "").replace("]", "")
    try:
        network = ipaddress.ip_network(plain, strict=False)
    except ValueError:
        return host
    if network.version == 6 and "/" in plain:
        raise Misconfigured(f"NO_PROXY: {host} is a network of IPv6; AdsVideo needs its addresses or names one by one.")
    return plain
