"""Hosts, URLs and addresses in settings must have the right syntax, and must not be inside the service's own
network.
"""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.integrations.setting import Format
from shared.integrations.syntax import faults, metadata_domain

GOOD: list[tuple[Format, str]] = [
    (Format.FQDN, "mail.example.com"),
    (Format.FQDN, "a.b"),
    (Format.FQDN, "xn--bcher-kva.example"),
    (Format.FQDN, "exchange-01.corp.local"),
    (Format.FQDN, "3com.example.4x"),
    (Format.SERVER_URL, "https://outlook.office365.com/EWS/Exchange.asmx"),
    (Format.SERVER_URL, "https://mail.example.com:8443/a?b=c&d=%20"),
    (Format.SERVER_URL, "HTTPS://MAIL.EXAMPLE.COM"),
    (Format.URL, "https://intranet/office.js"),
    (Format.URL, "https://10.1.2.3/office.js"),
    (Format.URL, "https://[2001:db8::1]/office.js"),
    (Format.SCRIPT_URLS, "https://a.example/x.js\r\n\r\nhttps://intranet/MicrosoftAjax.js\n"),
    (Format.EMAIL, "vmr@example.com"),
    (Format.EMAIL, "O'Neil+vmr.1@mail.example.co.uk"),
    (Format.GUID, "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0"),
    (Format.GUID, "4189C2B4-92CA-416C-B7EA-BC3CFAB3D0F0"),
    (Format.PREFIX, "meet.A_1-"),
    (Format.LINE, "Grüße 😀"),
    (Format.HTML, "<b>two</b>\r\nlines\t"),
]

BAD: list[tuple[Format, str]] = [
    (Format.FQDN, "localhost"),
    (Format.FQDN, "foo.localhost"),
    (Format.FQDN, "mail"),
    (Format.FQDN, "mail.example.com."),
    (Format.FQDN, "mail..example.com"),
    (Format.FQDN, "-mail.example.com"),
    (Format.FQDN, "mail_1.example.com"),
    (Format.FQDN, "mail.example.com:443"),
    (Format.FQDN, "bücher.example"),
    (Format.FQDN, "10.0.0.1"),
    (Format.FQDN, "127.1"),
    (Format.FQDN, "0x7f.0x1"),
    (Format.FQDN, f"{'a' * 64}.example"),
    (Format.FQDN, " mail.example.com"),
    (Format.FQDN, "mail.example.com\n"),
    (Format.SERVER_URL, "http://mail.example.com/"),
    (Format.SERVER_URL, "//mail.example.com/"),
    (Format.SERVER_URL, "mail.example.com"),
    (Format.SERVER_URL, "ftp://mail.example.com/"),
    (Format.SERVER_URL, "javascript:alert(1)"),
    (Format.SERVER_URL, "https://"),
    (Format.SERVER_URL, "https:///path"),
    (Format.SERVER_URL, "https://user@mail.example.com/"),
    (Format.SERVER_URL, "https://user:word@mail.example.com/"),
    (Format.SERVER_URL, "https://@mail.example.com/"),
    (Format.SERVER_URL, "https://mail.example.com:99999/"),
    (Format.SERVER_URL, "https://mail.example.com:0/"),
    (Format.SERVER_URL, "https://mail.example.com:x/"),
    (Format.SERVER_URL, "https://mail.example.com\\@evil.example/"),
    (Format.SERVER_URL, "https://mail.example.com/\r\nHost: evil"),
    (Format.SERVER_URL, "https://mail.example.com/a b"),
    (Format.SERVER_URL, "https://mail.exa\tmple.com/"),
    (Format.SERVER_URL, "https://ｍail.example.com/"),
    (Format.SERVER_URL, "https://169.254.169.254/metadata"),
    (Format.SERVER_URL, "https://127.0.0.1/"),
    (Format.SERVER_URL, "https://127.1/"),
    (Format.SERVER_URL, "https://2130706433/"),
    (Format.SERVER_URL, "https://0x7f000001/"),
    (Format.SERVER_URL, "https://0177.0.0.1/"),
    (Format.SERVER_URL, "https://[::1]/"),
    (Format.SERVER_URL, "https://[::ffff:10.0.0.1]/"),
    (Format.SERVER_URL, "https://[v1.x]/"),
    (Format.SERVER_URL, "https://[::1/"),
    (Format.SERVER_URL, "https://localhost/"),
    (Format.SERVER_URL, "https://sub.localhost/"),
    (Format.SERVER_URL, "https://intranet/"),
    (Format.URL, "http://intranet/office.js"),
    (Format.URL, "data:text/javascript,alert(1)"),
    (Format.URL, 'https://a.example/"onload=x'),
    (Format.URL, "https://a.example/<script>"),
    (Format.SCRIPT_URLS, "https://a.example/x.js https://b.example/y.js"),
    (Format.EMAIL, "vmr"),
    (Format.EMAIL, "vmr@"),
    (Format.EMAIL, "@example.com"),
    (Format.EMAIL, "a@b@example.com"),
    (Format.EMAIL, "vmr@localhost"),
    (Format.EMAIL, "vmr@10.0.0.1"),
    (Format.EMAIL, "VMR <vmr@example.com>"),
    (Format.EMAIL, ".vmr@example.com"),
    (Format.EMAIL, "vmr@example.com\n"),
    (Format.GUID, "4189c2b492ca416cb7eabc3cfab3d0f0"),
    (Format.GUID, "{4189c2b4-92ca-416c-b7ea-bc3cfab3d0f0}"),
    (Format.GUID, "4189c2b4-92ca-416c-b7ea-bc3cfab3d0f٠"),
    (Format.PREFIX, "me et"),
    (Format.PREFIX, "meet@"),
    (Format.PREFIX, "mée"),
    (Format.PREFIX, "a/b"),
    (Format.PREFIX, "a\n"),
    (Format.LINE, "two\nlines"),
    (Format.LINE, "two\u2028lines"),
    (Format.LINE, "two\x85lines"),
    (Format.LINE, "bell\x07"),
    (Format.HTML, "nul\x00"),
]


@pytest.mark.parametrize(("format_", "text"), GOOD)
def test_valid_values_are_accepted(format_: Format, text: str) -> None:
    assert faults(format_, text) == []


@pytest.mark.parametrize(("format_", "text"), BAD)
def test_invalid_values_are_refused_with_the_reason(format_: Format, text: str) -> None:
    assert all(faults(format_, text))
    assert faults(format_, text)


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        (Format.SERVER_URL, "http://127.0.0.1:7072/EWS/Exchange.asmx"),
        (Format.SERVER_URL, "http://localhost:7072/"),
        (Format.SERVER_URL, "http://[::1]:7072/"),
        (Format.URL, "http://127.0.0.1:7071/office.js"),
        (Format.FQDN, "127.0.0.1:7071"),
        (Format.FQDN, "localhost"),
    ],
)
def test_loopback_is_only_allowed_for_a_local_stack(format_: Format, text: str) -> None:
    assert faults(format_, text, local=True) == []
    assert faults(format_, text, local=False)


@pytest.mark.parametrize(
    "text", ["http://10.0.0.1/", "http://user@127.0.0.1/", "http://mail.example.com/", "https://192.168.0.1/"]
)
def test_a_local_stack_accepts_no_other_plain_http_or_numeric_host(text: str) -> None:
    assert faults(Format.SERVER_URL, text, local=True)


def test_an_invalid_script_url_is_identified_by_its_line() -> None:
    text = "https://a.example/x.js\n\nhttp://b.example/y.js\njunk"
    assert [fault[:7] for fault in faults(Format.SCRIPT_URLS, text)] == ["Line 3:", "Line 4:"]


@pytest.mark.parametrize("text", ["mail.example.com", "https://mail.example.com/autodiscover/metadata/json/1"])
def test_a_metadata_domain_is_an_fqdn_or_a_url(text: str) -> None:
    assert metadata_domain(text, local=False) == []


def test_a_local_stack_may_have_a_metadata_url_on_loopback() -> None:
    assert metadata_domain("http://127.0.0.1:7072/autodiscover/metadata/json/1", local=True) == []


@given(st.ip_addresses())
def test_no_ip_address_is_accepted_as_a_host(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    host = f"[{address}]" if address.version == 6 else str(address)
    assert faults(Format.SERVER_URL, f"https://{host}/")
    assert metadata_domain(str(address), local=False)
    if address.version == 4:
        assert faults(Format.SERVER_URL, f"https://{int(address)}/")
        assert faults(Format.SERVER_URL, f"https://{int(address):#x}/")


@given(st.text(max_size=40))
def test_the_host_of_an_accepted_url_directly_follows_its_scheme(text: str) -> None:
    url = f"https://{text}"
    if not faults(Format.SERVER_URL, url):
        host = text.partition("/")[0].partition("?")[0].partition("#")[0].partition(":")[0]
        assert faults(Format.FQDN, host) == []
