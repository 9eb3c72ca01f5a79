"""Errors from Management Nodes."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from shared.errors import SchedulingError, Unavailable


class NodeFailed(Unavailable):
    """The node cannot be used at the moment. `cause` is for admins, and contains no secrets or personal addresses."""

    code = "management_node_unavailable"

    def __init__(self, cause: str) -> None:
        super().__init__(f"The Management Node cannot be used at the moment: {cause}.")
        self.cause = cause


class NodeRefused(SchedulingError):
    """The node rejects what was sent. `faults` contains its messages, keyed by field, or by "" if a message is not
    about a particular field.
    """

    code = "management_node_refused"

    def __init__(self, faults: Mapping[str, Sequence[str]], status: int = HTTPStatus.BAD_REQUEST) -> None:
        fields = ", ".join(sorted(faults)) or "sent"
        what = f"refused the fields {fields}" if status == HTTPStatus.BAD_REQUEST else f"returned status {status}"
        super().__init__(f"The Management Node {what}.")
        self.faults = {field: list(messages) for field, messages in faults.items()}

    def is_taken(self, field: str) -> bool:
        """Whether the node has refused the value of this unique field because another object already has it."""
        told = " ".join(self.faults.get(field, ())).lower()
        return "already" in told or "unique" in told
