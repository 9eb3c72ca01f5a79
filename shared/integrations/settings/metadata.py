"""Where the keys that verify Exchange identity tokens come from."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from shared.integrations.setting import Section, Setting

DOMAIN_MAX_LENGTH = 192
"""Maximum length of an entry, in characters."""


class ExchangeDomain(BaseModel):
    """The FQDN or https URL of Exchange's metadata document. `id` is unique in the deployment and never reused."""

    model_config = ConfigDict(frozen=True)

    id: int
    domain: str
    creation_time: datetime


class MetadataDomains(Section):
    """The Exchange servers whose identity tokens are trusted."""

    title = "Exchange Metadata Domains and URLs"

    domains: Annotated[
        tuple[ExchangeDomain, ...],
        Field(max_length=50),
        Setting(
            "Domain or URL",
            f"FQDNs or URLs (up to {DOMAIN_MAX_LENGTH} characters each) of Exchange's metadata document. An FQDN "
            "stands for https://<FQDN>/autodiscover/metadata/json/1. List every server that signs with its own "
            "certificate. In a hybrid deployment, list outlook.office365.com and an on-premises server. You can add "
            "them once the integration exists. Until then, an alarm reports that no Exchange identity token can be "
            "verified.",
        ),
    ] = ()
