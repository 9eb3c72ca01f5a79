"""Everything that the product raises on purpose.

    SchedulingError
    ├── InvalidRequest          the caller sent something that cannot be understood           422
    │   ├── SettingsInvalid     an integration's settings, every fault by field name
    │   ├── TemplateInvalid     one template, where and why
    │   └── TooLarge            a body larger than anything that a caller may have to say     413
    ├── NotAuthenticated        no proof of identity, or a proof that does not hold           401
    ├── NotAllowed              proven, but not entitled                                      403
    ├── NotFound                no such integration, record or route                          404
    ├── Conflict                somebody else changed it, or it is in use                     409
    ├── RateLimited             the other side asks to wait                                   429
    └── Unavailable             storage, Exchange or a provider cannot be used at the moment            503
        └── NumberSpaceFull     no free digits are left for an integration's aliases (A7)

`functions/http.py` maps the tree to HTTP; a test holds that the mapping is complete.
"""

from collections.abc import Mapping, Sequence


class SchedulingError(Exception):
    """Base of all; `str()` is fit for the person who gets it: what is wrong, where, what to do."""

    code = "general_error"


class InvalidRequest(SchedulingError):
    """The caller sent something that cannot be understood."""

    code = "invalid_request"


class SettingsInvalid(InvalidRequest):
    """Settings were refused; `faults` holds every message by field name and nothing was changed (I3)."""

    code = "settings_invalid"

    def __init__(self, faults: Mapping[str, Sequence[str]]) -> None:
        super().__init__("; ".join(f"{field}: {' '.join(messages)}" for field, messages in sorted(faults.items())))
        self.faults = {field: list(messages) for field, messages in faults.items()}


class TemplateInvalid(InvalidRequest):
    """A template was refused, or failed or outgrew its bounds while it was rendered (T1, T2)."""

    code = "template_invalid"


class TooLarge(InvalidRequest):
    """The body is larger than anything that the caller may have to say."""

    code = "too_large"


class NotAuthenticated(SchedulingError):
    """No proof of identity, or one that does not hold. The message never says which check failed."""

    code = "not_authenticated"


class NotAllowed(SchedulingError):
    """The caller is known but not entitled."""

    code = "not_allowed"


class NotFound(SchedulingError):
    """There is no such thing."""

    code = "not_found"


class Conflict(SchedulingError):
    """The state has changed since it was read, or forbids the change."""

    code = "conflict"


class RateLimited(SchedulingError):
    """The other side asks to wait; `retry_after` in seconds."""

    code = "rate_limited"

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(SchedulingError):
    """Something that is needed cannot be reached or used now; trying later may help."""

    code = "unavailable"


AWAY = (Conflict, NotFound, RateLimited, Unavailable, OSError)
"""What is raised when something that is needed is away or not ready: trying again later, perhaps much later, may help.

Of SchedulingErrors, NotFound among them, since a secret that is missing now may be set again.
"""


class NumberSpaceFull(Unavailable):
    """No free digits are left for an integration's aliases (A7)."""

    code = "number_space_full"
