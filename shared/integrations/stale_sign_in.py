"""Ends the sign-in of an OAuth service account when certain settings change (E3, settings marked †)."""

from __future__ import annotations

from shared.integrations.integration import SIGN_IN_FIELDS, Integration
from shared.secrets import SecretReference


def without_stale_sign_in(before: Integration, after: Integration) -> Integration:
    """`after`, without its sign-in if a setting that the sign-in depends on has changed since `before`. A refresh token
    set in the same save is kept.
    """
    kept_token = after.oauth_refresh_token == before.oauth_refresh_token
    if kept_token and any(getattr(before, name) != getattr(after, name) for name in SIGN_IN_FIELDS):
        return after.model_copy(update={"oauth_refresh_token": SecretReference(""), "oauth_state": None})
    return after
