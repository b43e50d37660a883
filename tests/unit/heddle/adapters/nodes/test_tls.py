"""https goes to the checked address, while certificate and SNI are about the name."""

import datetime as dt
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from heddle.adapters.nodes.fetch import GuardedClient, Request
from heddle.errors import NodeError
from tests.unit.heddle.adapters.nodes.local_server import LocalServer, running

Names = Callable[..., list[str]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for secure.example that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "secure.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("secure.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def asked_names() -> list[str | None]:
    return []


@pytest.fixture
def secure(certificate: Path, asked_names: list[str | None]) -> Iterator[LocalServer]:
    server = LocalServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: asked_names.append(name)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    with running(server, server.ended):
        yield server


def test_the_name_is_shown_and_checked_at_the_address_that_was_checked(
    secure: LocalServer, certificate: Path, names: Names, asked_names: list[str | None]
) -> None:
    asked = names("secure.example", "127.0.0.1")
    client = GuardedClient("secure.example", tls=ssl.create_default_context(cafile=str(certificate)))

    answer = client.send(Request(f"https://secure.example:{secure.port}/x"), timeout=5, max_bytes=1000)

    assert answer.status == 200
    assert asked_names == ["secure.example"]
    assert asked == ["secure.example"]


def test_a_certificate_for_another_name_is_not_accepted(secure: LocalServer, certificate: Path, names: Names) -> None:
    names("other.example", "127.0.0.1")
    client = GuardedClient("other.example", tls=ssl.create_default_context(cafile=str(certificate)))

    with pytest.raises(NodeError) as caught:
        client.send(Request(f"https://other.example:{secure.port}/"), timeout=5, max_bytes=1000)

    assert (caught.value.code, caught.value.retryable) == ("http_tls", False)
    assert secure.seen == []


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(secure: LocalServer, names: Names) -> None:
    names("secure.example", "127.0.0.1")

    with pytest.raises(NodeError) as caught:
        GuardedClient("secure.example").send(
            Request(f"https://secure.example:{secure.port}/"), timeout=5, max_bytes=1000
        )

    assert caught.value.code == "http_tls"
    assert secure.seen == []
