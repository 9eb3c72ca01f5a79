"""All errors that the product itself raises.

    SchedulingError
    ├── InvalidRequest          the caller sent something that cannot be understood           422
    │   ├── SettingsInvalid     an integration's settings; all problems, keyed by field
    │   ├── TemplateInvalid     one template, where and why
    │   └── TooLarge            a body larger than any caller may send                        413
    ├── NotAuthenticated        no proof of identity, or an invalid one                       401
    ├── NotAllowed              authenticated, but not entitled                               403
    ├── NotFound                no such integration, record or route                          404
    ├── Conflict                somebody else changed it, or it is in use                     409
    │   └── StaleObject         a save was based on an outdated state; 412 in the management API
    ├── RateLimited             the other side asks us to wait                                429
    └── Unavailable             storage, Exchange or a provider cannot be used at the moment  503
        └── NumberSpaceFull     no free digits are left for an integration's aliases (A7)

`functions/http.py` maps the tree to HTTP; a test checks that the mapping is complete.
"""

from collections.abc import Iterable, Mapping, Sequence


class SchedulingError(Exception):
    """The base of all errors; `str()` tells the person who receives it what is wrong, where, and what to do."""

    code = "general_error"


class InvalidRequest(SchedulingError):
    """The caller sent something that cannot be understood."""

    code = "invalid_request"


class SettingsInvalid(InvalidRequest):
    """Settings were rejected, and nothing was changed; `faults` contains every message, keyed by field name (I3)."""

    code = "settings_invalid"

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(messages)}" for field, messages in sorted(faults.items())))
        self.faults = {field: list(messages) for field, messages in faults.items()}


class TemplateInvalid(InvalidRequest):
    """A template was rejected, or it failed or exceeded its limits while being rendered (T1, T2)."""

    code = "template_invalid"


class TooLarge(InvalidRequest):
    """The body is larger than any caller may send."""

    code = "too_large"


class NotAuthenticated(SchedulingError):
    """No proof of identity, or an invalid one. The message never says which check failed."""

    code = "not_authenticated"


class NotAllowed(SchedulingError):
    """The caller is known but not entitled."""

    code = "not_allowed"


class NotFound(SchedulingError):
    """The requested object does not exist."""

    code = "not_found"


class Conflict(SchedulingError):
    """The state has changed since it was read, or forbids the change."""

    code = "conflict"


class StaleObject(Conflict):
    """A save was based on an outdated state of an object; `changed` names the fields that differ now, if known."""

    def __init__(self, what: str, changed: Iterable[str] = ()) -> None:
        self.changed = list(changed)
        super().__init__(
            f"This {what} has changed since you read it (changed: {', '.join(self.changed) or 'all'}). Nothing "
            "was saved. Reload it and make your change again."
        )


class RateLimited(SchedulingError):
    """There were too many requests; `retry_after` is the number of seconds to wait."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(SchedulingError):
    """Something that is required cannot be reached or used at the moment. Retrying later may help."""

    code = "unavailable"


AWAY = (Conflict, NotFound, RateLimited, Unavailable, OSError)
"""Errors that mean that something required is unavailable or not ready. Retrying later, perhaps much later, may help.

NotFound is included, because a missing secret may be set again.
"""


class NumberSpaceFull(Unavailable):
    """No free digits are left for an integration's aliases (A7)."""

    code = "number_space_full"
