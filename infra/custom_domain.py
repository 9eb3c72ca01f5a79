"""Binds your own host name to the app, with a certificate that Azure issues and renews. Idempotent.

Not part of infra/bicep: the DNS records can only be created once the app exists, and they must exist before the name is
bound. Flex Consumption requires a CNAME (no bare domains) and supports three certificates per app.
"""

import argparse
import sys

from infra.azure import ARM, ROOT, AzError, az, az_or, fail, rest, say


def bind(group: str, app: str, host: str) -> None:
    """Deploy infra/domain for one host name. Issuing the certificate takes a few minutes."""
    subscription = az_or("you are not logged in", "az login", "account", "show")["id"]
    site = f"{ARM}/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{app}"
    try:
        properties = rest("get", f"{site}?api-version=2024-11-01")["properties"]
        bindings = rest("get", f"{site}/hostNameBindings?api-version=2024-11-01")["value"]
    except AzError as error:
        sys.stderr.write(f"{error}\n")
        fail(f"there is no app {app} in {group}", "run infra/deploy.sh; its last lines name the app")
    # A binding's name is "app/host".
    bound = host in {entry["name"].rpartition("/")[2] for entry in bindings}
    template = ROOT / "infra" / "domain" / "main.bicep"
    given = (f"app={app}", f"host={host}", f"isBound={str(bound).lower()}")
    where = ("--resource-group", group, "--name", "vmr-host-name", "--template-file", str(template))
    try:
        az("deployment", "group", "create", *where, "--parameters", *given)
    except AzError as error:
        sys.stderr.write(f"{error}\n")
        fail(
            f"{host} cannot be bound",
            "see the message above. These two records must be in your public DNS:\n"
            f"        {host}.          CNAME  {properties['defaultHostName']}.\n"
            f"        asuid.{host}.    TXT    {properties['customDomainVerificationId']}\n"
            "        If the domain has a CAA record, it must allow digicert.com. Then run this again.",
        )
    say(f"https://{host} now points to {app}")


def main(argv: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="infra/custom-domain.sh", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--resource-group", required=True, metavar="NAME")
    parser.add_argument("--app", required=True)
    parser.add_argument("--host", required=True, help="as in vmr.example.com")
    given = parser.parse_args(argv)
    bind(given.resource_group, given.app, given.host)


if __name__ == "__main__":
    main()
