"""Whose a request or socket is, as far as that is plain without the database: for what one may hold of this process.

It opens nothing. An API key counts as its user's once it has opened something here; before that, like all that proves
nothing, as its address's, so that whoever makes keys up gains nothing.
"""

import hashlib
import ipaddress
from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers

HOLDER = "adsvideo.holder"
MOST = 10_000
_owners: OrderedDict[str, int] = OrderedDict()


def of(scope: MutableMapping[str, Any]) -> str:
    """The holder's name: `user 17`, else the client's address; kept in the scope, so that it stays the same."""
    if HOLDER not in scope:
        user_id = _user(scope)
        scope[HOLDER] = _network(scope) if user_id is None else f"user {user_id}"
    return str(scope[HOLDER])


def user_id(holder: str) -> int | None:
    """The holder's user; None if it is an address."""
    kind, _space, number = holder.partition(" ")
    return int(number) if kind == "user" else None


def learn(authorization: str, user_id: int) -> None:
    """That header is this user's."""
    name = _hashed(authorization)
    _owners[name] = user_id
    _owners.move_to_end(name)
    if len(_owners) > MOST:
        _owners.popitem(last=False)


def unlearn(authorization: str) -> None:
    """That header opens nothing, or nothing any more."""
    _owners.pop(_hashed(authorization), None)


def _hashed(authorization: str) -> str:
    return hashlib.sha256(authorization.encode()).hexdigest()


def _user(scope: MutableMapping[str, Any]) -> int | None:
    if authorization := Headers(raw=scope["headers"]).get("authorization"):
        return _owners.get(_hashed(authorization))
    user_id = scope.get("session", {}).get("user")  # signed by us
    return user_id if isinstance(user_id, int) else None


def _network(scope: MutableMapping[str, Any]) -> str:
    """An IPv6 client has a whole network of addresses."""
    client = (scope.get("client") or ("",))[0]
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return f"address {client}"
    if address.version == 6 and not address.ipv4_mapped:
        return f"address {ipaddress.ip_network((address, 64), strict=False)}"
    return f"address {getattr(address, 'ipv4_mapped', None) or address}"
