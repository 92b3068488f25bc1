#!/usr/bin/env bash
# Installs what a bare Debian or Ubuntu lacks to build Arclet and to pass its tests.
# Does nothing where all is there; without root it says what is missing and goes on.
set -euo pipefail

# command or file : package
needs="
cc:build-essential
make:make
Xvfb:xvfb
xdotool:xdotool
/usr/share/vulkan/icd.d/lvp_icd.json:mesa-vulkan-drivers
/usr/share/vulkan/icd.d/lvp_icd.x86_64.json:mesa-vulkan-drivers
libxkbcommon-x11.so.0:libxkbcommon-x11-0
"
missing=""
lavapipe=no
for need in $needs; do
  what=${need%%:*} package=${need##*:}
  case $what in
    /*) [ -e "$what" ] && lavapipe=yes ;;
    *.so.*) ldconfig -p 2>/dev/null | grep -q "$what" || missing="$missing $package" ;;
    *) command -v "$what" >/dev/null || missing="$missing $package" ;;
  esac
done
[ $lavapipe = yes ] || missing="$missing mesa-vulkan-drivers"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing:$missing"
  apt-get update -qq >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
  echo "not installed (tests that need them will say so):$missing"
fi
