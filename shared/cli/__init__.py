"""The command line for admins: settings as code, templates, alarms. `vmr --help`; docs/cli.md.

__main__.py combines all commands connection.py where the deployment is, and how the caller authenticates management.py
the management API over HTTP reading.py an integrations file, YAML or JSON, with line numbers environment.py secrets
from environment variables faults.py problems in a file, by file, line and field changes.py what applying a file would
change writing.py an integration as YAML that can be applied again meeting_files.py meeting messages from files;
explanation.py the reasons for decisions outcome.py exit codes and the errors that end a command vmr_files.py personal
VMRs in CSV or JSON, with line numbers show.py output for terminals integrations.py, personal.py, operations.py,
data.py, passwords.py, doctor.py, explain.py, sign_in.py the commands document.py generates the list of commands in
docs/cli.md

Not part of the functions app: typer, rich and ruamel.yaml are not in its package, and nothing outside this package
imports it.
"""
