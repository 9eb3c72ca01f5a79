"""`sign-in`: sign in a service account (E3)."""

from __future__ import annotations

import typer

from shared.cli import show
from shared.cli.arguments import Form, Reference, group
from shared.cli.connection import Connection
from shared.cli.show import Output

commands = group()


@commands.command()
def sign_in_(context: typer.Context, integration: Reference, output: Form = Output.TEXT) -> None:
    """Print a link for signing in an integration's service account (OAUTH).

    The link is valid for one hour and one sign-in, and a newer link invalidates it. Open it in a private window, and
    sign in as that account.
    """
    with context.ensure_object(Connection).open() as management:
        link = management.sign_in(management.integration(integration)["id"])
    if output is Output.JSON:
        return show.as_json(link)
    typer.echo(show.plain(link["sign_in_link"]))
    show.note(
        "Open this in a private window, and sign in as the service account. "
        f"It works only once, and expires at {link['expires']} UTC."
    )
    show.note(f"The app registration must list the redirect URI {link['redirect_uri']}.")
    return None
