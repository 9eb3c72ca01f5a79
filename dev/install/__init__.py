"""What `make` installs in the clone: .venv, Node packages, the pane's libraries, a browser for tests.

The code only uses the standard library, because it runs before anything is installed.
"""
