"""What an error leaves in the records: enough to find its cause, and nothing of what stood in the meeting (O3)."""

from traceback import walk_tb

from shared.errors import SchedulingError

_OURS = "shared."


def cause_of(error: BaseException) -> str:
    """An error's class with its text where that is our own, and otherwise with the line of ours that it came from.

    Errors raised on purpose hold no personal data; a failing template's says which template and line. The text of any
    other may quote what it stumbled on.
    """
    name = type(error).__name__
    if isinstance(error, SchedulingError):
        return f"{name}: {error}"
    places = [(str(frame.f_globals.get("__name__", "")), line) for frame, line in walk_tb(error.__traceback__)]
    ours = [f"{module}:{line}" for module, line in places if module.startswith(_OURS)]
    return f"{name} at {ours[-1]}" if ours else name
