"""Makes the clone ready: `python3 -m dev.setup [run|test]` in the project's root, by the machine's own Python.

Standard library only, and any Python 3 can read this file, so that an old one is told so. It does nothing when nothing
has changed since the last time, which takes a few hundredths of a second.
"""

import sys

OLDEST_PYTHON = (3, 11)


def main(arguments: "list[str]") -> None:
    """Install what is missing for `run` (the default) or `test`; ends the program with one sentence when it cannot."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            "Python {}.{} or newer is needed, this is {}: try `make PYTHON=python3.12 …`.".format(
                *OLDEST_PYTHON, sys.version.split()[0]
            )
        )
    from dev.install.session import installing

    installing(arguments[0] if arguments else "run")


if __name__ == "__main__":
    main(sys.argv[1:])
