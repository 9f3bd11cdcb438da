#!/usr/bin/env bash
# Debian packages that the tests and the demo need: installed as root, named otherwise. Touches nothing that is there.
set -euo pipefail

missing=()
have() { command -v "$1" >/dev/null 2>&1 || [ -x "$1" ]; }
have_any() { for one in "$@"; do have "$one" && return 0; done; return 1; }

python=${PYTHON:-python3}
if ! have "$python" || ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'; then
  echo "Voltdock needs Python 3.11, 3.12 or 3.13 (found: $("$python" --version 2>/dev/null || echo none); set PYTHON=…)." >&2
  exit 1
fi
if ! have node || [ "$(node -p 'Number(process.versions.node.split(".")[0])')" -lt 20 ]; then
  echo "Voltdock needs Node.js 20 or newer (found: $(node --version 2>/dev/null || echo none))." >&2
  exit 1
fi
"$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
have_any chromium-headless-shell chromium || missing+=(chromium-headless-shell)
have_any mosquitto /usr/sbin/mosquitto || missing+=(mosquitto)
have_any haproxy /usr/sbin/haproxy || missing+=(haproxy)
have_any initdb /usr/lib/postgresql/*/bin/initdb || missing+=(postgresql)
have faketime || missing+=(faketime)
have_any ip /usr/sbin/ip /sbin/ip || missing+=(iproute2)
# Invoices are set in it; without it letters lose their marks.
[ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)
[ ${#missing[@]} -eq 0 ] && exit 0

install="apt-get install -y --no-install-recommends ${missing[*]}"
if [ "$(id -u)" -ne 0 ]; then
  printf 'Some Debian packages are missing. Please type:\n\n  sudo apt-get update && sudo %s\n\nand call make again.\n' "$install" >&2
  exit 1
fi
echo "Installing ${missing[*]} …"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A cluster of the system's own is not wanted: the tests make theirs in a temporary folder.
mkdir -p /etc/postgresql-common
[ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
if ! { apt-get update && $install; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  exit 1
fi
