#!/usr/bin/env bash
# Runs a command as the image and the manifests run the gateway: on a read-only root, as user 10001, without any privilege but the
# low ports, with nothing writable but an empty /tmp, in a network of its own. Needs root and namespaces.
#   container.sh PROGRAM-FOLDER DATA-FOLDER COMMAND...
# The folders are shown at /tmp/portico and /tmp/data, read-only; the command is run beside the gateway, in its network, when
# its health port answers, and ends it.
set -euo pipefail
if [[ ${INSIDE:-} != yes ]]; then
  exec env INSIDE=yes unshare --mount --net --pid --fork --kill-child --mount-proc "$0" "$@"
fi

program=$1 data=$2
shift 2
runtime=$(dirname "$(readlink -f "$(command -v dotnet)")")
ip link set lo up
stage=$(mktemp -d /run/portico-container.XXXXXX)
trap 'rmdir "$stage" 2>/dev/null || true' EXIT
mount -t tmpfs -o mode=1777,size=64m tmpfs "$stage"
mkdir "$stage/portico" "$stage/data" "$stage/dotnet"
mount --bind "$program" "$stage/portico"
mount --bind "$data" "$stage/data"
mount --bind "$runtime" "$stage/dotnet"
for shown in portico data dotnet; do
  mount -o remount,bind,ro "$stage/$shown"
done
mount --rbind "$stage" /tmp
mount -o remount,bind,ro /
if touch /written-by-a-test 2>/dev/null; then
  echo "the root can be written" >&2
  exit 3
fi

setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs --bounding-set=-all,+net_bind_service \
  --inh-caps=-all,+net_bind_service --ambient-caps=-all,+net_bind_service \
  env -i PATH=/usr/bin:/bin DOTNET_ROOT=/tmp/dotnet DOTNET_EnableDiagnostics=0 \
  /tmp/portico/portico serve --manifests /tmp/data --post-shutdown-grace-period=0 >&2 &
gateway=$!
for ((i = 0; i < 600; i++)); do
  curl -sf -o /dev/null http://127.0.0.1:10254/readyz && break
  kill -0 $gateway || { echo "the gateway has ended" >&2; exit 4; }
  sleep 0.1
done
grep -E '^(Uid|CapEff|NoNewPrivs)' "/proc/$gateway/status"
"$@"
# What of the system's libraries it has open by now.
awk '$6 ~ /\.so/ && $6 !~ /^\/tmp\// { print "library " $6 }' "/proc/$gateway/maps" | sort -u
kill $gateway
wait $gateway
echo "ended with $?"
