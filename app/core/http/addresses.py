"""The addresses that requests come from, behind proxies too, and what of them is counted."""

from collections.abc import Hashable, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.datastructures import Headers
from starlette.types import Scope

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]

# By IP version: what one household or office is assigned, so that changing addresses within it gains nothing.
NETWORK_PREFIX_BITS = {4: 24, 6: 56}
HOST_PREFIX_BITS = {4: 32, 6: 64}  # the last 64 bits of an IPv6 address are chosen by the host


def client_network(scope: Scope, trusted_proxies: Networks) -> Hashable:
    """Return the network (IP version, prefix) to count a request for, or None if it is not to be counted.

    Not counted are requests without an address, and those from the loopback address if no proxy is trusted.
    """
    address = client_address(scope, trusted_proxies)
    if address is None or (address.is_loopback and not trusted_proxies):
        return None
    return _prefix(address, NETWORK_PREFIX_BITS)


def caller_key(scope: Scope, trusted_proxies: Networks) -> Hashable:
    """Return whom a request is counted for that occupies the service: its client, or the address without a token."""
    caller = scope.get("state", {}).get("caller")
    return address_key(scope, trusted_proxies) if caller is None else caller.client_id


def address_key(scope: Scope, trusted_proxies: Networks) -> Hashable:
    """Return the address of a request as far as it identifies a host: of IPv6 the first 64 bits; None if unknown.

    Unlike `client_network`, it counts the loopback address too: without a trusted proxy, those behind one share it.
    """
    address = client_address(scope, trusted_proxies)
    return None if address is None else _prefix(address, HOST_PREFIX_BITS)


def _prefix(address: Address, bits: Mapping[int, int]) -> tuple[int, int]:
    """Return an address's version and its first bits, as many as are given for its version."""
    return address.version, int(address) >> (address.max_prefixlen - bits[address.version])


def is_allowed(scope: Scope, allowed: Networks, trusted_proxies: Networks) -> bool:
    """Return whether a request comes from one of the allowed networks.

    A request that a proxy passed on which is not trusted is not allowed: its own address is not known.
    """
    peer = _parse_address((scope.get("client") or ("",))[0])
    is_forwarded = bool({"x-forwarded-for", "forwarded"} & set(Headers(scope=scope)))
    if peer is None or (is_forwarded and not any(peer in network for network in trusted_proxies)):
        return False
    address = client_address(scope, trusted_proxies)
    return any(address in network for network in allowed)


def client_address(scope: Scope, trusted_proxies: Networks) -> Address | None:
    """Return a request's client address, from X-Forwarded-For if a trusted proxy sent it; None if there is none.

    Each trusted proxy appends the address of its peer to X-Forwarded-For: reading from the right, the first address
    that is not a trusted proxy counts. Entries further left can be forged.
    """
    address = _parse_address((scope.get("client") or ("",))[0])
    forwarded = [entry for value in Headers(scope=scope).getlist("x-forwarded-for") for entry in value.split(",")]
    while forwarded and address is not None and any(address in network for network in trusted_proxies):
        previous = _parse_address(forwarded.pop())
        if previous is None:
            break
        address = previous
    return address


def _parse_address(text: str) -> Address | None:
    """Parse an IP address with or without a port; an IPv4-mapped IPv6 address becomes IPv4. None if it is invalid."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
