"""What `make` installs into the clone: .venv, Node packages, the pane's libraries, a browser for tests.

Standard library only: it runs before anything is installed.
"""
