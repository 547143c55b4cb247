#!/bin/sh
# Draw the README's picture: the report of a demo release, in Debian's Chromium. Usage: scripts/picture.sh demo
set -eu
report=$(realpath "${1:-demo}/releases/v1/report.html")
out=$(realpath "$(dirname "$0")/../docs/pictures")/report.png
chromium --headless --no-sandbox --disable-gpu --disable-background-networking --hide-scrollbars \
  --force-device-scale-factor=1 --window-size=1280,1000 --screenshot="$out" "file://$report"
echo "$out"
