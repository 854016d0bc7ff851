#!/bin/sh
# Runs the programs that /save FILE.py and FILE.c write, and compares what they answer and print with udptalk itself.
set -eu

transform=${1:-upper}
program=${UDPTALK:-${builddir:-.}/src/udptalk}
command -v python3 >/dev/null || { echo "code.sh: python3 is missing" >&2; exit 77; }
compiler=
for name in ${CC:-cc} cc gcc clang; do
    command -v "$name" >/dev/null && compiler=$name && break
done
[ -n "$compiler" ] || { echo "code.sh: a C compiler is missing" >&2; exit 77; }

work=$(mktemp -d)
server=
trap 'test -z "$server" || kill "$server" 2>/dev/null || :; rm -rf "$work"' EXIT

fail() {
    echo "code.sh: $*" >&2
    exit 1
}

# A session of both ends: empty, ASCII, what quoting has to escape, letters beyond ASCII, no UTF-8, more than a read takes.
long=$(printf '%03000d' 7)
every=$(awk 'BEGIN { for (i = 0; i < 256; i++) printf " %02x", i }')

# session ARGUMENTS: sends what the session sends, to whatever the arguments name.
session() {
    "$program" --batch "$@" -e 'set read-size 2048' -e 'send hello' -e 'send' -e 'send say "??(" \\ %d' \
        -e 'send straße, 你好 Σ' -e 'hex ff 61 c3 00 62' -e "hex$every" -e "send $long" -e 'send last' -e 'wait 200ms' \
        -e "save $work/session.py" -e "save $work/session.c"
}

session --both 127.0.0.1 0 -e "transform $transform" >"$work/expected" 2>"$work/log" || fail "the session: $(cat "$work/log")"
cp "$work/session.py" "$work/both.py"
port=$(sed -n 's/^HERE = .*, \([0-9]*\))$/\1/p' "$work/both.py")
"$compiler" -Wall -Wextra -Werror -o "$work/both" "$work/session.c" || fail "the C program does not compile"

# begin SERVER: starts it and waits until it is ready.
begin() {
    mkfifo "$work/ready"
    "$@" >"$work/ready" 2>"$work/log" &
    server=$!
    read -r line <"$work/ready" || fail "$* did not begin: $(cat "$work/log")"
    rm "$work/ready"
    case $line in *ready*) ;; *) fail "$* said $line" ;; esac
}

# compare WHO: what the client printed is what udptalk printed of its own session.
compare() {
    kill "$server"
    wait "$server" 2>/dev/null || :
    server=
    cmp "$work/expected" "$work/got" || fail "$1 did not say what udptalk said"
}

for language in "python3 $work/both.py" "$work/both"; do
    begin $language server
    $language client >"$work/got" || fail "$language client failed"
    compare "$language"
    begin $language server
    session 127.0.0.1 "$port" >"$work/got" 2>"$work/log" || fail "udptalk to $language: $(cat "$work/log")"
    compare "$language server"
    begin "$program" -l 127.0.0.1 "$port" --quiet -e 'set read-size 2048' -e "transform $transform"
    $language client >"$work/got" || fail "$language client failed"
    compare "$language client"
done

# With two places the program has what went to the last one, and says so. IPv6 and a client that waits for nothing run as well.
"$program" --batch --both 127.0.0.1 0 -w 100ms -e 'send first' -e 'to 127.0.0.2 9' -e 'set wait 0' -e 'connect' -e 'send one' \
    -e 'send two' -e 'wait 100ms' -e "save $work/two.py" -e "save $work/two.c" >/dev/null 2>"$work/log" || :
for file in "$work/two.py" "$work/two.c"; do
    grep -q 'What went to other places is not here' "$file" || fail "$file is silent about the first place"
    ! grep -q '"first"' "$file" || fail "$file sends to the second place what went to the first"
    grep -q '"two"' "$file" || fail "$file lacks what went to the second place"
done
python3 "$work/two.py" client >"$work/got" 2>&1 || fail "a refused client that does not wait: $(cat "$work/got")"
"$compiler" -Wall -Wextra -Werror -o "$work/two" "$work/two.c" || fail "the C program with two places does not compile"
if [ -e /proc/net/if_inet6 ] && "$program" --batch --both ::1 0 -e 'send hello' -e "save $work/six.py" -e "save $work/six.c" >"$work/expected" 2>"$work/log"; then
    "$compiler" -Wall -Wextra -Werror -o "$work/six" "$work/six.c" || fail "the C program for IPv6 does not compile"
    for language in "python3 $work/six.py" "$work/six"; do
        begin $language server
        $language client >"$work/got" || fail "$language client failed"
        compare "$language"
    done
fi
