#!/bin/sh
# Has tshark read a capture of ours: times, addresses, ports, lengths, payloads, and checksums, which it checks.
set -eu

if ! command -v tshark >/dev/null; then
    echo "tshark.sh: tshark is missing (Debian package tshark); nothing is tested" >&2
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$work
export HOME

"${builddir:-.}/tests/capture" >"$work/a.pcap"
"${builddir:-.}/tests/capture" list >"$work/expected"

# read_it FILE: what tshark finds in it, as tests/capture lists it.
read_it() {
    tshark -n -r "$1" -o ip.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.defragment:FALSE \
        -T fields -E 'separator=|' -E occurrence=f -e frame.time_epoch -e ip.src -e ip.dst -e ipv6.src -e ipv6.dst \
        -e udp.srcport -e udp.dstport -e udp.length -e ip.checksum.status -e udp.checksum.status -e udp.payload \
        2>"$work/errors" || { cat "$work/errors" >&2; exit 1; }
}

read_it "$work/a.pcap" >"$work/found"
if ! cmp -s "$work/expected" "$work/found"; then
    echo "tshark.sh: expected (<) and found (>):" >&2
    diff "$work/expected" "$work/found" | cut -c1-200 | head -20 >&2
    exit 1
fi

# A wrong byte has to be seen, or the checksums were not looked at.
head -c 200000 "$work/a.pcap" | tr '\001' '\002' >"$work/b.pcap"
if read_it "$work/b.pcap" 2>/dev/null | head -20 | cmp -s - "$work/expected"; then
    echo "tshark.sh: a damaged capture is read like a good one" >&2
    exit 1
fi
