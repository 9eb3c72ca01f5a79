"""The cause of an error, as recorded: enough to track it down, without any of the meeting's content (O3)."""

from traceback import walk_tb

from shared.errors import SchedulingError

_OURS = "shared."


def cause_of(error: BaseException) -> str:
    """An error's class, followed by its text if we wrote it, or otherwise by the line of our code that raised it.
    Errors that we raise ourselves contain no personal data. The error for a failing template names the template and the
    line. The text of any other error may quote the data that caused it.
    """
    name = type(error).__name__
    if isinstance(error, SchedulingError):
        return f"{name}: {error}"
    places = [(str(frame.f_globals.get("__name__", "")), line) for frame, line in walk_tb(error.__traceback__)]
    ours = [f"{module}:{line}" for module, line in places if module.startswith(_OURS)]
    return f"{name} at {ours[-1]}" if ours else name
