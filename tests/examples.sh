#!/bin/sh
# The examples of the manual's pages are run as they stand there, in a network namespace of their own, since they name ports. Comments in the manual say how:
# `file NAME` before a block: it is that file; `serve` before a line: it runs meanwhile; `run STATUS [TEXT]` before a line: it ends with that, and TEXT is in what it prints;
# `look` before a line: it needs a screen, and is not run. Each example of EXAMPLES has one of these. A line whose program is not installed is left
# out, and that is said.
# Exit status 77 where a namespace can't be made.
set -eu

udptalk=${UDPTALK:?}
manuals="${srcdir:-.}/man/udptalk.1 ${srcdir:-.}/man/udptalk-lesson.5 ${srcdir:-.}/man/udptalk.jsonl.5"
dir=$(mktemp -d)
ns=udptalk-$$-examples
cleanup() {
    for pid in $(ip netns pids "$ns" 2>/dev/null); do # whatever the servers' shells were, these are the servers
        kill "$pid" 2>/dev/null || :
    done
    ip netns del "$ns" 2>/dev/null || :
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT PIPE TERM

skip() {
    echo "a network of our own can't be had here: $*" >&2
    exit 77
}

[ "$(id -u)" = 0 ] || skip "this takes root"
command -v ip >/dev/null || skip "there is no ip(8)"
ip netns add "$ns" 2>"$dir/why" || skip "$(cat "$dir/why")"
ip -n "$ns" link set lo up 2>"$dir/why" || skip "$(cat "$dir/why")"
ip netns exec "$ns" true 2>"$dir/why" || skip "$(cat "$dir/why")"

# What mdoc writes as it reads, as it is typed.
plain='s/\\(dq/"/g; s/\\e/\\/g'

# Files, servers and lines to run, in order.
awk -v dir="$dir" '
    /^\.\\" file /  { file = dir "/" $3; next }
    file && /^\.Bd/ { inside = 1; next }
    inside && /^\.Ed/ { inside = 0; close(file); file = ""; next }
    inside          { print > file; next }
    /^\.\\" serve/  { what = "serve"; next }
    /^\.\\" run /   { what = "run\t" $3; sub(/^\.\\" run [0-9]+ ?/, ""); what = what "\t" ($0 == "" ? "-" : $0); next }
    what && /^\.Dl / { sub(/^\.Dl /, ""); print what "\t" $0; what = "" }
' $manuals | sed "$plain" >"$dir/lines"
for file in "$dir"/service.* "$dir"/client.py; do
    sed -i "$plain" "$file"
done
cat >"$dir/udptalk" <<END
#!/bin/sh
exec "$udptalk" "\$@"
END
chmod +x "$dir/udptalk"

# in_network LINE: in the namespace, in the directory of the files.
in_network() {
    (cd "$dir" && HOME="$dir" PATH="$dir:$PATH" exec ip netns exec "$ns" sh -c "$1")
}

# Services that the manual names and does not show.
{
    printf "serve\tudptalk -l 514 --quiet --transform discard\n"
    printf "serve\tudptalk -l 8125 --quiet --transform discard\n"
    printf "serve\tudptalk -l 53 --quiet -e 'rule regex (?s)^(..)\\\\x01\\\\x00(.*)$ => reply \\\\1\\\\x81\\\\x80\\\\2'\n"
} >>"$dir/lines"

count=0
grep '^serve' "$dir/lines" | cut -f 2 >"$dir/servers"
while read -r line; do
    count=$((count + 1))
    in_network "exec $line" >"$dir/ready.$count" 2>&1 </dev/null &
done <"$dir/servers"
for i in $(seq "$count"); do
    for _ in $(seq 200); do # until it says so, or has ended
        ! grep -q 'ready to receive' "$dir/ready.$i" || break
        in_network 'ip link show lo' >/dev/null
    done
    grep -q 'ready to receive' "$dir/ready.$i" || { echo "no server: $(sed -n "${i}p" "$dir/servers")" >&2; cat "$dir/ready.$i" >&2; exit 1; }
done

failed=0
awk '
    /^\.Sh / { inside = $2 == "EXAMPLES" }
    inside && /^\.(Dl|Bd)/ && before !~ /^\.\\" (file|serve|run|look)/ { print "this example is not run: " $0 }
    { before = $0 }
' $manuals >"$dir/left"
[ ! -s "$dir/left" ] || { cat "$dir/left" >&2; failed=1; }
grep '^run' "$dir/lines" >"$dir/runs"
[ "$(wc -l <"$dir/runs")" -ge 20 ] || { echo "the manual has lost its examples" >&2; exit 1; }
tab=$(printf '\t')
while IFS=$tab read -r _ status text line; do
    ended=0
    for tool in jq nc socat python3; do
        case " $line" in
        *" $tool "*) command -v $tool >/dev/null || { echo "left out, for want of $tool: $line"; continue 2; } ;;
        esac
    done
    in_network "timeout 30 sh -c '$(printf '%s' "$line" | sed "s/'/'\\\\''/g")'" >"$dir/out" 2>&1 </dev/null || ended=$?
    if [ "$ended" != "$status" ]; then
        echo "ended with $ended, not $status: $line" >&2
        cat "$dir/out" >&2
        failed=1
    elif [ "$text" != - ] && ! tr '\t' ' ' <"$dir/out" | grep -qF -- "$text"; then
        echo "did not print \"$text\": $line" >&2
        cat "$dir/out" >&2
        failed=1
    fi
done <"$dir/runs"
exit $failed
