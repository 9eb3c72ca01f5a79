"""Problems in an integrations file, and where they are: `corp.yaml:12: password: …`."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.cli.outcome import CommandFailed, Exit


@dataclass(frozen=True, order=True)
class Fault:
    """One problem. `line` counts from 1; `field` is empty if the problem does not concern a single field."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (f"{self.file}:{self.line}", self.field, self.message)))


class FileRefused(CommandFailed):
    """The file cannot be used; the message has a line for each of `faults`, in file order."""

    code = "file_refused"

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        super().__init__(Exit.REFUSED, "\n".join(map(str, self.faults)))
