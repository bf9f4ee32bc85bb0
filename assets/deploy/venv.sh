#!/bin/sh
# Creates the virtual environment $1 with the first Python of 3.11 to 3.13 that is found.
set -eu
venv=$1

usable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

python=
for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
    if usable "$candidate"; then python=$candidate; break; fi
done
if [ -z "$python" ]; then
    echo "Python 3.11, 3.12 or 3.13 is needed and none was found; set PYTHON= to one." >&2
    exit 1
fi

if ! "$python" -c 'import ensurepip' >/dev/null 2>&1; then # Debian keeps it in a package of its own
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi
    if ! { $as_root apt-get update -qq && $as_root apt-get install -y -qq "python$version-venv"; } >/dev/null 2>&1; then
        echo "Python's venv module is missing; install it with: sudo apt install python$version-venv" >&2
        exit 1
    fi
fi
"$python" -m venv "$venv"
