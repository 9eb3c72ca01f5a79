"""What `make` installs into the clone: .venv, Node packages, the pane's libraries, a browser for tests.

It uses only the standard library, since it runs before anything is installed.
"""
