"""Integrations whose settings are at their limits."""

from shared.integrations import Integration
from shared.integrations.integration import MANIFEST_FIELDS
from tests.support.integrations import an_integration

SWITCHES = ("enable_addin_auto_open", "enable_addin_mobile_command")
TEXTS = sorted(MANIFEST_FIELDS - {"addin_server_domain", *SWITCHES})
FQDN = "a" * 63 + "." + "b" * 63 + "." + "c" * 60 + ".xy"  # 192 characters, the maximum length
MARKUP = "<b>&\"'amp;]]>--><script>alert(1)</script> %s {{x}} \\"


def worst(text: str) -> Integration:
    """An integration with all features enabled and the given text in every manifest field, even if the settings checks
    would reject it.
    """
    update = {**dict.fromkeys(TEXTS, text), **dict.fromkeys(SWITCHES, True)}
    return an_integration(addin_server_domain=FQDN).model_copy(update=update)


EXTREMES = {
    "as long as allowed": "x" * 250,
    "markup": (MARKUP * 6)[:250],
    "Arabic": "اجتماع " * 35,
    "emoji": "👩‍👩‍👧‍👦" * 35,
    "astral characters": "𝔘" * 250,
    "line breaks and tabs": "a\r\nb\tc " * 30,
    "control characters": "\x00\x01\x0b\x1f\x7f\ufffe\uffff\ud800",
    "white space": " \u00a0\u2003 ",
    "nothing": "",
}
