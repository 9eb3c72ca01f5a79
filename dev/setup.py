"""Sets up the clone: `python3 -m dev.setup [run|test]` in the project's root, with the machine's own Python.

It only uses the standard library. Any Python 3 can parse this file, so users with an old Python get a clear message. If
nothing has changed since the last run, it finishes within a few hundredths of a second.
"""

import sys

OLDEST_PYTHON = (3, 11)


def main(arguments: "list[str]") -> None:
    """Install the missing parts for `run` (the default) or `test`. On failure, exit with an explanation."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            "Python {}.{} or newer is needed, but this is {}: try `make PYTHON=python3.12 …`.".format(
                *OLDEST_PYTHON, sys.version.split()[0]
            )
        )
    from dev.install.session import installing

    installing(arguments[0] if arguments else "run")


if __name__ == "__main__":
    main(sys.argv[1:])
