"""X7: the scripts that may run in the pane, and the pages that may show it."""

from shared.integrations import Integration
from shared.web.headers import OUTLOOK, page_headers
from tests.support.integrations import an_integration, full_fields
from tests.unit.shared.web.internal_addresses import INTERNAL


def directives(integration: Integration, **more: list[str]) -> dict[str, list[str]]:
    policy = page_headers(integration, **more)["Content-Security-Policy"]
    return {name: values for name, *values in (directive.split() for directive in policy.split("; "))}


def test_the_policy_allows_only_what_the_pane_needs() -> None:
    policy = directives(an_integration())
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'", "https://appsforoffice.microsoft.com", "https://ajax.aspnetcdn.com"]
    assert policy["style-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'"]
    assert policy["base-uri"] == policy["form-action"] == ["'none'"]
    everything = {value for name, values in policy.items() if name != "style-src-attr" for value in values}
    assert not everything & {"'unsafe-inline'", "'unsafe-eval'", "*", "https:"}


def test_custom_sources_replace_microsofts_hosts() -> None:
    policy = directives(an_integration(**INTERNAL))
    assert policy["script-src"] == ["'self'", "https://files.example.com"]
    assert policy["style-src"] == ["'self'", "https://styles.example.com"]
    assert policy["font-src"] == ["https://styles.example.com"]


def test_every_host_of_outlook_may_show_the_pane() -> None:
    fields = full_fields(
        url="https://ews.example.com:444/EWS/Exchange.asmx",
        domains=[
            {"domain": "outlook.office365.com"},
            {"domain": "mail.example.com"},
            {"domain": "https://mail2.example.com/autodiscover/metadata/json/1"},
        ],
    )
    shown_by = directives(an_integration(**fields))["frame-ancestors"]
    assert shown_by == [
        *OUTLOOK,
        "https://mail.example.com",
        "https://mail2.example.com",
        "https://ews.example.com:444",
    ]


def test_without_on_premises_addresses_only_outlook_may_show_the_pane() -> None:
    integration = an_integration(
        enable_dynamic_vmrs=False, domains=[{"domain": "outlook.office365.com"}], authentication_method="GRAPH"
    )
    assert directives(integration)["frame-ancestors"] == list(OUTLOOK)


def test_the_pane_may_call_the_given_hosts_and_be_shown_by_the_given_pages() -> None:
    policy = directives(an_integration(), connect=["https://login.example.com"], ancestors=["'self'"])
    assert policy["connect-src"] == ["'self'", "https://login.example.com"]
    assert policy["frame-ancestors"][-1] == "'self'"


def test_the_other_security_headers_are_set() -> None:
    headers = page_headers(an_integration())
    assert "X-Frame-Options" not in headers
    assert headers["Cross-Origin-Opener-Policy"] == "unsafe-none", "a sign-in dialog needs access to its opener"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
