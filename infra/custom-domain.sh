#!/usr/bin/env bash
# The entry point for a shell; see --help. Everything else is Python, so that it works the same on Linux, macOS and
# Windows (there without a shell: python -m infra.custom_domain).
root=$(cd "$(dirname "$0")/.." && pwd)
python=$(command -v python3 || command -v python)
PYTHONPATH=$root exec "$python" -m infra.custom_domain "$@"
