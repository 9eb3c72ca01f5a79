"""Restoring links that mail filters have rewritten."""

import pytest

from shared.templates.links import safelinks_decode, urldefense_decode


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.no%2F%23x&data=05%7C02&reserved=0", "https://a.no/#x"),
        ("https://safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.no", "https://a.no"),
        ("https://gcc02.safelinks.protection.outlook.com/ap/x-59584e83/?url=https%3A%2F%2Fa.no", "https://a.no"),
        ("https://x.safelinks.protection.outlook.com/?data=1&amp;url=https%3A%2F%2Fa.no&amp;reserved=0", "https://a.no"),
        (
            'see <a href="https://x.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.no">this</a> and that',
            'see <a href="https://a.no">this</a> and that',
        ),
        ("https://x.safelinks.protection.outlook.com/?nothing=1", "https://x.safelinks.protection.outlook.com/?nothing=1"),
        ("https://safelinks.protection.outlook.com.evil.example/?url=x", "https://safelinks.protection.outlook.com.evil.example/?url=x"),
        ("https://[bad/?url=x", "https://[bad/?url=x"),
        ("text without links", "text without links"),
        ("", ""),
    ],
)  # fmt: skip
def test_safe_links_are_restored(text: str, expected: str) -> None:
    assert safelinks_decode(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://urldefense.proofpoint.com/v1/url?u=http://www.bouncycastle.org/&k=x", "http://www.bouncycastle.org/"),
        (
            "https://urldefense.proofpoint.com/v2/url?u=https-3A__media.mnn.com_assets_a-2Dhero-2D123.jpg&d=DwMF",
            "https://media.mnn.com/assets/a-hero-123.jpg",
        ),
        ("https://urldefense.com/v3/__https://google.com:443/search?q=a*test&gs=ps__;Kw!-612Flbf$", "https://google.com:443/search?q=a+test&gs=ps"),
        ("https://urldefense.com/v3/__https://a.no/**Ax*b__;ICAj!x$", "https://a.no/  x#b"),
        ("https://urldefense.com/v3/__https://a.no/plain__;!!token$", "https://a.no/plain"),
        ("https://urldefense.com/v3/__https://a.no/*__;!!token$", "https://a.no/"),
        ("https://urldefense.com/v3/__https://a.no/*__;_w!!token$", "https://urldefense.com/v3/__https://a.no/*__;_w!!token$"),
        ("https://urldefense.com/v3/nothing", "https://urldefense.com/v3/nothing"),
        ("a https://urldefense.com/v3/__https://a.no__;!!t$ b", "a https://a.no b"),
        ("https://urldefense.proofpoint.com/v2/url?d=x", "https://urldefense.proofpoint.com/v2/url?d=x"),
    ],
)  # fmt: skip
def test_url_defense_links_are_restored(text: str, expected: str) -> None:
    assert urldefense_decode(text) == expected
