"""A chart repository and an OCI registry over HTTPS on loopback, for tests that fetch charts."""

import datetime
import hashlib
import io
import ipaddress
import json
import ssl
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

TOKEN = "token-of-the-registry"


def packed(name: str, version: str, template: str) -> bytes:
    """A chart as `helm package` makes it, with one template."""
    out = io.BytesIO()
    files = {"Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n", "templates/all.yaml": template}
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"{name}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return out.getvalue()


class ChartHost:
    """Serves what is put into `answers` (path → body, or status and headers); `asked` are the paths in order."""

    def __init__(self, port: int, trust: ssl.SSLContext) -> None:
        self.name = f"localhost:{port}"
        self.trust = trust
        self.answers: dict[str, bytes | tuple[int, dict[str, str]]] = {}
        self.locked: set[str] = set()
        self.asked: list[str] = []

    def repository(self, charts: dict[tuple[str, str], bytes], digests: bool = True) -> str:
        """Serve charts, by name and version, as a repository with an index; its address."""
        lines = ["apiVersion: v1", "entries:"]
        for (name, version), data in charts.items():
            digest = hashlib.sha256(data).hexdigest() if digests else ""
            entry = {"name": name, "version": version, "urls": [f"packed/{name}.tgz"], "digest": digest}
            lines.append(f"  {name}: [{json.dumps(entry)}]")
            self.answers[f"/charts/packed/{name}.tgz"] = data
        self.answers["/charts/index.yaml"] = "\n".join(lines).encode()
        return f"https://{self.name}/charts"

    def registry(self, name: str, version: str, data: bytes) -> str:
        """Serve one chart as an OCI registry that wants an anonymous token; the repository's address."""
        digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
        layer = {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip", "digest": digest}
        manifest, blob = f"/v2/acme/{name}/manifests/{version}", f"/v2/acme/{name}/blobs/{digest}"
        self.answers |= {manifest: json.dumps({"layers": [layer]}).encode(), blob: data}
        self.answers["/token?service=registry&scope=pull"] = json.dumps({"token": TOKEN}).encode()
        self.locked |= {manifest, blob}
        return f"oci://{self.name}/acme"


@contextmanager
def chart_host(folder: Path) -> Iterator[ChartHost]:
    """A host that answers until the context ends."""
    certificate = _certificate(folder)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.socket = serving.wrap_socket(server.socket, server_side=True)
    host = ChartHost(server.server_address[1], ssl.create_default_context(cafile=str(certificate)))
    server.host = host  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        host: ChartHost = self.server.host  # type: ignore[attr-defined]
        host.asked.append(self.path)
        if self.path in host.locked and self.headers["Authorization"] != f"Bearer {TOKEN}":
            realm = f'Bearer realm="https://{host.name}/token",service="registry",scope="pull"'
            return self._answer(401, {"WWW-Authenticate": realm}, b"")
        answer = host.answers.get(self.path, (404, {}))
        if isinstance(answer, tuple):
            return self._answer(*answer, b"")
        return self._answer(200, {}, answer)

    def _answer(self, code: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test's output is its own."""


def _certificate(folder: Path) -> Path:
    """A certificate for localhost that signs itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "host.pem"
    path.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
    return path
