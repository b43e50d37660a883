"""No request reaches the inside of a network, however the address is dressed up."""

import socket
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.adapters.nodes.addresses import AddressGuard
from heddle.adapters.nodes.fetch import GuardedClient, Request
from heddle.domain.addresses import parse_target
from heddle.errors import NodeError
from tests.unit.heddle.adapters.nodes.local_server import LocalServer

Names = Callable[..., list[str]]


def code_of(url: str, allowed: str = "") -> str:
    with pytest.raises(NodeError) as caught:
        GuardedClient(allowed).send(Request(url), timeout=5, max_bytes=1000)
    assert not caught.value.retryable
    return caught.value.code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.8.9.1",
        "localhost",
        "localhost.",
        "LOCALHOST",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "169.254.170.2",
        "100.64.0.1",
        "192.0.0.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:8.8.8.8]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[2002:7f00:1::]",
        "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
        "[fc00::1]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "[fec0::1]",
        "[ff02::1]",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "127.1",
        "①②⑦.0.0.1",
        "127。0。0。1",
    ],
)
def test_an_address_inside_a_network_is_refused(host: str) -> None:
    assert code_of(f"http://{host}:8080/") == "http_blocked_address"


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "http://",
        "http:///path",
        "http://user@example.com/",
        "http://user:word@example.com/",
        "http://allowed.example@127.0.0.1/",
        "http://example.com\\@127.0.0.1/",
        "http://exa mple.com/",
        "http://example.com/a b",
        "http://example.com/\r\nHost: x",
        "http://example.com:99999/",
        "http://example.com:0/",
        "http://example.com:22/",
        "http://example.com:x/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://134744072/",
        "http://-.example.com/",
        "http://" + "a" * 300 + ".com/",
    ],
)
def test_a_url_that_two_readers_could_read_differently_is_bad(url: str) -> None:
    assert code_of(url) == "http_bad_url"


def test_a_name_that_leads_inside_is_refused_without_telling_where(names: Names) -> None:
    names("inside.example", "127.0.0.1")

    with pytest.raises(NodeError) as caught:
        GuardedClient().send(Request("http://inside.example/"), timeout=5, max_bytes=10)

    assert caught.value.code == "http_blocked_address"
    assert "127.0.0.1" not in f"{caught.value} {caught.value.details}"


def test_one_private_address_among_public_ones_is_enough_to_refuse(names: Names) -> None:
    names("mixed.example", ["93.184.216.34", "10.0.0.1"])

    assert code_of("http://mixed.example/") == "http_blocked_address"


def test_a_name_is_resolved_once_so_that_changing_it_gains_nothing(
    names: Names, server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first answer is a public address, the second would be this machine. Nothing may leave the machine from a
    # test, so the socket notes where it was sent and refuses.
    asked = names("rebinding.example", "192.88.98.1", "127.0.0.1")
    connected: list[tuple[str, int]] = []

    def connect(_: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(NodeError) as caught:
        GuardedClient().send(Request(f"http://rebinding.example:{server.port}/"), timeout=5, max_bytes=10)

    assert caught.value.code == "http_unreachable"
    assert asked == ["rebinding.example"]
    assert set(connected) == {("192.88.98.1", server.port)}


def test_the_stage_can_allow_a_host_or_a_host_with_a_port(names: Names, server: LocalServer) -> None:
    names("dev.example", "127.0.0.1")
    url = f"http://dev.example:{server.port}/"

    for allowed in ("dev.example", f"other.example, DEV.example:{server.port}"):
        answer = GuardedClient(allowed).send(Request(url), timeout=5, max_bytes=1000)
        assert answer.status == 200
    assert server.seen[0][2]["host"] == f"dev.example:{server.port}"
    assert code_of(url, "dev.example:1") == "http_blocked_address"
    assert code_of(url, "example") == "http_blocked_address"


@pytest.mark.parametrize("target", ["http://127.0.0.1:{port}/", "http://169.254.169.254/latest/meta-data/", "//[::1]/"])
def test_a_redirect_to_the_inside_is_refused(names: Names, server: LocalServer, target: str) -> None:
    names("dev.example", "127.0.0.1")
    to = target.format(port=server.port)

    assert code_of(f"http://dev.example:{server.port}/redirect/302?to={to}", "dev.example") == "http_blocked_address"
    assert len(server.seen) == 1


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_of_urls_fail_otherwise(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.com:{text}/", f"http://[{text}]/"):
        try:
            target = parse_target(url)
        except NodeError as error:
            assert error.code in ("http_bad_url", "http_blocked_address")
        else:
            assert target.host.isascii()
            assert target.path.isascii()


@given(st.ip_addresses(v=6, network="::/3") | st.ip_addresses(v=6, network="fc00::/6"))
def test_every_address_outside_global_unicast_is_refused(address: object) -> None:
    with pytest.raises(NodeError) as caught:
        AddressGuard().addresses(parse_target(f"http://[{address}]/"), timeout=5)

    assert caught.value.code == "http_blocked_address"
