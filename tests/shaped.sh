#!/bin/sh
# The alarm that overtakes a backlog, over a loopback that the kernel itself holds to 64 kbit/s, both ways together. In a
# network namespace of its own, so that nothing else on this machine becomes slow. Needs root, unshare, ip and tc.

set -eu
cd "$(dirname "$0")/.."

for program in unshare ip tc; do
    command -v "$program" >/dev/null 2>&1 || {
        echo "NOT PROVED on a shaped link: there is no $program. The same runs over a slow proxy in \`make test\`."
        exit 0
    }
done
if ! unshare --net true 2>/dev/null; then
    echo "NOT PROVED on a shaped link: only root may make a network of its own. The same runs over a slow proxy in \`make test\`."
    exit 0
fi

cargo test --quiet "$@" -p strongroom-edge --test uplink --no-run
# As an Ethernet has it: a loopback takes 64 KiB in one piece, and a bucket has to hold a piece.
exec unshare --net sh -c '
    ip link set lo mtu 1500 up
    tc qdisc add dev lo root tbf rate 64kbit burst 3000 latency 3s
    exec cargo test --quiet --offline "$@" -p strongroom-edge --test uplink -- --ignored --nocapture shapes_to_64_kbit
' sh "$@"
