"""`python -m shared.operations export FILE --tables URL`, and `import`: all tables as a file, and back."""

import argparse
import asyncio
import sys
from pathlib import Path

from azure.core.exceptions import AzureError

from shared.errors import SchedulingError
from shared.operations.files import export_file, import_file, open_tables


async def run(action: str, file: Path, where: str) -> str:
    """Do it; one sentence about what was done."""
    async with open_tables(where) as tables:
        if action == "export":
            return f"{await export_file(tables, file)} rows are in {file}."
        restored = await import_file(tables, file)
        return f"{restored.written} rows were written; {restored.kept} were there already and stayed as they are."


def main(arguments: list[str]) -> None:
    """The command line; ends the program with one sentence when something is wrong."""
    parser = argparse.ArgumentParser(prog="python -m shared.operations", description="All tables as a file, and back.")
    parser.add_argument("action", choices=["export", "import"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--tables", required=True, help="https://ACCOUNT.table.core.windows.net")
    options = parser.parse_args(arguments)
    try:
        print(asyncio.run(run(options.action, options.file, options.tables)))  # noqa: T201  # it talks to a person
    except (SchedulingError, OSError) as error:
        sys.exit(str(error))
    except AzureError as error:
        sys.exit(
            f"The tables cannot be used ({type(error).__name__}). Check the address, `az login`, your role Storage "
            "Table Data Contributor on the account, and its network rules."
        )


if __name__ == "__main__":
    main(sys.argv[1:])
