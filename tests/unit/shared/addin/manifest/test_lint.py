"""The lint reports every error introduced into a valid manifest."""

from collections.abc import Callable

import pytest

from shared.addin.manifest import contents, xml_manifest
from shared.web.addresses import Addresses
from tests.support.integrations import an_integration
from tests.unit.shared.addin.manifest.lint import MAX_BYTES, lint

FULL = an_integration(enable_addin_mobile_command=True, enable_addin_auto_open=True)
GOOD = xml_manifest(contents(FULL, Addresses("https://vmr.example.com"))).decode()


def swap(old: str, new: str, count: int = -1) -> Callable[[], str]:
    def swapped() -> str:
        assert old in GOOD
        return GOOD.replace(old, new, count)

    return swapped


LONG = "r" * 33
FAULTS = {
    "a dangling resid": swap('<Label resid="groupLabel"/>', '<Label resid="nowhere"/>'),
    "a resource twice": swap('<bt:String id="groupLabel"', '<bt:String id="buttonLabel"'),
    "a resid that is too long": swap("groupLabel", LONG),
    "a control twice": swap('id="vmrButton"', 'id="vmrGroup"'),
    "plain http": swap('DefaultValue="https://', 'DefaultValue="http://', 1),
    "no permissions": swap("<Permissions>ReadWriteItem</Permissions>", ""),
    "an icon missing": swap('<bt:Image size="80" resid="icon80"/>', ""),
    "a requirement set that is too new": swap('DefaultMinVersion="1.5"', 'DefaultMinVersion="1.8"'),
    "1.1 within 1.0": swap("<ExtensionPoint", "<SupportsSharedFolders>true</SupportsSharedFolders><ExtensionPoint", 1),
    "a missing icon for phones": swap('<bt:Image size="48" scale="3" resid="grey128"/>', ""),
    "an event without a runtime": swap('<Runtime resid="commands">', '<Runtime resid="pane">'),
    "a phone command without a function file": swap('<FunctionFile resid="commands"/>', ""),
    "too large": swap("</OfficeApp>", " " * MAX_BYTES + "</OfficeApp>"),
}


def test_lint_accepts_a_valid_manifest() -> None:
    assert lint(GOOD.encode(), ("addin.example.com",), after="1.0.0.0") == []


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_lint_reports_every_error(fault: Callable[[], str]) -> None:
    assert lint(fault().encode())


def test_lint_reports_a_sign_in_host_missing_from_the_app_domains() -> None:
    assert lint(GOOD.encode(), ("fs.example.com",)) == ["AppDomains lack fs.example.com"]


def test_lint_reports_a_version_that_does_not_increase() -> None:
    assert lint(GOOD.encode(), after="1.0.1.0")
