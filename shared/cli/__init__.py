"""The command line for admins: settings as code, templates, alarms. `vmr --help`; docs/cli.md.

__main__.py     combines all commands
connection.py   where the deployment is, and how the caller authenticates
management.py   the management API over HTTP
reading.py      an integrations file, YAML or JSON, with line numbers
environment.py  secrets from environment variables
faults.py       problems in a file, by file, line and field
changes.py      what applying a file would change
writing.py      an integration as YAML that can be applied again
meeting_files.py  meeting messages from files; mail_files.py  e-mails that contain them
explanation.py  the reasons for decisions
outcome.py      exit codes and the errors that end a command
vmr_files.py    personal VMRs in CSV or JSON, with line numbers
show.py         output for terminals
questions.py    prompts for settings
arguments.py    arguments shared by several commands
document.py     generates the list of commands in docs/cli.md

Each of the other modules defines a command or a group of commands.

Not part of the functions app: typer, rich and ruamel.yaml are not in its package, and nothing outside this package
imports it.
"""
