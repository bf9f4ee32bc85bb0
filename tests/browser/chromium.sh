#!/bin/sh
# Sees to a Chromium for the browser tests: one that is there, else the system's package, else Playwright's own.
set -u
bin=$1

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi
if command -v apt-get >/dev/null 2>&1; then
    { $as_root apt-get update -qq && $as_root apt-get install -y -qq chromium; } >/dev/null 2>&1
    if command -v chromium >/dev/null 2>&1; then exit 0; fi
fi
exec "$bin/playwright" install --with-deps chromium
