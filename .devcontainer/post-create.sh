#!/usr/bin/env bash
# What a new container needs: everything that `make setup` brings.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
make setup
