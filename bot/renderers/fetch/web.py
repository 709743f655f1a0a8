"""Gets bytes over HTTPS from allowed hosts at public addresses, and from nowhere else."""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from urllib.parse import urljoin

import httpx

from bot.domain.errors import Unavailable

_SECONDS = 20.0
_REDIRECTS = 5
_REFUSED = (401, 403, 404, 410)


class Web:
    """A client for one operator's list of hosts.

    `hosts` are names as they stand in an address (with :port where it has one). `reachable` judges an address: every
    one that a name resolves to must pass, and the connection goes to the judged address itself, so that a name cannot
    change its mind in between (DNS rebinding). Proxies of the environment are not used, as they would hide that.
    `seconds` is the time for everything together.
    """

    def __init__(
        self,
        hosts: tuple[str, ...],
        reachable: "Reachable | None" = None,
        trust: ssl.SSLContext | None = None,
        seconds: float = 60.0,
    ) -> None:
        self._hosts = hosts
        self._until = time.monotonic() + seconds
        transport = _Pinned(reachable or is_public, trust or ssl.create_default_context())
        self._client = httpx.Client(transport=transport, timeout=_SECONDS, trust_env=False, follow_redirects=False)

    def __enter__(self) -> "Web":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, address: str, most: int, headers: Mapping[str, str] | None = None) -> bytes:
        """What an address answers, following redirects among allowed hosts. Raises Unavailable, also over `most` bytes.

        Headers go to the first host only: where a registry redirects to does not get its token.
        """
        first = _host(address)
        for _ in range(_REDIRECTS + 1):
            own = headers if _host(address) == first else None
            code, said, body = self._once(address, most, own)
            if code in (301, 302, 303, 307, 308) and "location" in said:
                address = urljoin(address, said["location"])
                continue
            if code != 200:
                raise Unavailable(f"{_host(address)} answered {code} for {httpx.URL(address).path}", _hint(code))
            return body
        raise Unavailable(f"{_host(address)} redirects more than {_REDIRECTS} times")

    def challenge(self, address: str) -> str:
        """The `WWW-Authenticate` of an address that wants a token (RFC 9110 §11.6.1); empty when it wants none."""
        code, said, _ = self._once(address, 1 << 20, None)
        return said.get("www-authenticate", "") if code == 401 else ""

    def _once(self, address: str, most: int, headers: Mapping[str, str] | None) -> tuple[int, httpx.Headers, bytes]:
        self._allowed(address)
        try:
            with self._client.stream("GET", address, headers=dict(headers or {})) as response:
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if time.monotonic() > self._until:
                        raise Unavailable(f"{_host(address)} takes too long to send {address}", "plan again later")
                    if len(body) > most:
                        raise Unavailable(f"{_host(address)} sends more than {most // 1_000_000} MB for {address}")
                return response.status_code, response.headers, bytes(body)
        except httpx.HTTPError as error:
            raise Unavailable(f"{_host(address)} did not answer: {type(error).__name__}", "plan again later") from error

    def _allowed(self, address: str) -> None:
        host, url = _host(address), httpx.URL(address)
        if url.scheme != "https" or url.userinfo:
            raise Unavailable(f"{url.scheme}://{host} is not fetched from", "use an https:// or oci:// address")
        if host not in self._hosts:
            raise Unavailable(
                f"charts are not fetched from {host}",
                "commit the chart with `helm dependency build`, or let the operator add the host to `chart_hosts`",
            )


Reachable = Callable[[str], bool]


def is_public(address: str) -> bool:
    """Whether an IP address is on the internet: not private, loopback, link-local, multicast, or mapped from one."""
    found = ipaddress.ip_address(address)
    mapped = getattr(found, "ipv4_mapped", None) or getattr(found, "sixtofour", None)
    return found.is_global and not found.is_multicast and (mapped is None or is_public(str(mapped)))


class _Pinned(httpx.HTTPTransport):
    """Connects to an address that was judged, while name and certificate stay those of the host."""

    def __init__(self, reachable: Reachable, trust: ssl.SSLContext) -> None:
        super().__init__(verify=trust, trust_env=False)
        self._reachable = reachable

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        try:
            found = socket.getaddrinfo(host, request.url.port or 443, type=socket.SOCK_STREAM)
        except OSError as error:
            raise Unavailable(f"the name {host} is not known", "correct the repository's address") from error
        addresses = [str(each[4][0]) for each in found]
        if not addresses or not all(map(self._reachable, addresses)):
            raise Unavailable(f"{host} is at an address inside this network, which is not fetched from")
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=addresses[0])
        return super().handle_request(request)


def _host(address: str) -> str:
    """The host, with its port if it has one. Raises Unavailable for what is no address."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise Unavailable(f"{address!r} is not an address", "correct the repository's address") from None
    return url.netloc.decode("ascii", "replace").rpartition("@")[2]


def _hint(code: int) -> str:
    return "correct the repository's address, name or version" if code in _REFUSED else "plan again later"
