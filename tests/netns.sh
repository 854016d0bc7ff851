#!/bin/sh
# Two hosts, each a network namespace, and a cable between them: a client on one, a server on the other, and what goes wrong between hosts. Nothing
# leaves these namespaces. Exit status 77 where they can't be made.
set -eu

udptalk=${UDPTALK:?}
dir=$(mktemp -d)
left=udptalk-$$-left
right=udptalk-$$-right
pids=
cleanup() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || :
    done
    for ns in "$left" "$right"; do
        ip netns del "$ns" 2>/dev/null || :
    done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT PIPE TERM

skip() {
    echo "two hosts can't be had here: $*" >&2
    exit 77
}

[ "$(id -u)" = 0 ] || skip "this takes root"
command -v ip >/dev/null || skip "there is no ip(8)"
{ ip netns add "$left" && ip netns add "$right"; } 2>"$dir/why" || skip "$(cat "$dir/why")"
ip -n "$left" link add cable type veth peer name cable netns "$right" 2>"$dir/why" || skip "$(cat "$dir/why")"
{ ip netns exec "$left" true && ip netns exec "$right" true; } 2>"$dir/why" || skip "$(cat "$dir/why")"

v6=yes
host() {
    ip -n "$1" link set cable addrgenmode none 2>/dev/null || v6=
    ip -n "$1" link set lo up
    ip -n "$1" link set cable up
    ip -n "$1" addr add "10.77.0.$2/24" dev cable
    [ -z "$v6" ] || ip -n "$1" addr add "fd77::$2/64" dev cable nodad 2>/dev/null || v6=
    [ -z "$v6" ] || ip -n "$1" addr add "fe80::$2/64" dev cable nodad 2>/dev/null || v6=
}
host "$left" 1
host "$right" 2

fail() {
    echo "$test: $*" >&2
    for file in "$dir/client.json" "$dir/client.err" "$dir/server.json" "$dir/server.err"; do
        [ ! -s "$file" ] || { echo "--- $(basename "$file")"; tail -n 40 "$file" | cut -c 1-300; } >&2
    done
    exit 1
}

# serve ARGUMENTS: a server on the right. Waits until it is ready; sets port.
serve() {
    rm -f "$dir/server.out"
    mkfifo "$dir/server.out"
    ip netns exec "$right" "$udptalk" --json "$@" >"$dir/server.out" 2>"$dir/server.err" &
    server=$!
    pids="$pids $server"
    exec 3<"$dir/server.out"
    : >"$dir/server.json"
    port=
    while [ -z "$port" ] && IFS= read -r line <&3; do
        printf '%s\n' "$line" >>"$dir/server.json"
        case $line in
        *'"event":"ready"'*) port=${line##*:} port=${port%%\"*} ;;
        esac
    done
    [ -n "$port" ] || fail "the server did not start"
    cat <&3 >>"$dir/server.json" &
    drain=$!
    exec 3<&-
}

# Ends it, with all that it has to say. The process that was started becomes the program: ip(8) and exec.
stop() {
    kill -INT "$server"
    wait "$server" || fail "the server failed"
    wait "$drain"
    pids=
}

# ask ARGUMENTS: a client on the left, which reads the file `input`. Sets status.
ask() {
    status=0
    ip netns exec "$left" "$udptalk" --json "$@" <"$dir/input" >"$dir/client.json" 2>"$dir/client.err" || status=$?
}

# count FILE TEXT...: lines that have all the texts.
count() {
    file=$dir/$1
    shift
    awk 'BEGIN { for (i = 1; i < ARGC - 1; i++) { text[i] = ARGV[i]; ARGV[i] = "" } n = ARGC - 2 }
        { for (i = 1; i <= n; i++) if (!index($0, text[i])) next; count++ }
        END { print count + 0 }' "$@" "$file"
}

# expect NUMBER FILE TEXT...
expect() {
    wanted=$1
    shift
    found=$(count "$@")
    [ "$found" = "$wanted" ] || fail "$found in place of $wanted: $*"
}

expect_status() { [ "$status" = "$1" ] || fail "exit status $status in place of $1"; }

expect_error() {
    for words; do
        grep -qF -- "$words" "$dir/client.err" || fail "standard error does not say: $words"
    done
}

stat_of() { sed -n "s/.*\"kind\":\"stats\".*\"$2\":\\([0-9]*\\).*/\\1/p" "$dir/$1"; }

sent='"dir":"sent"'
received='"dir":"received"'

test='replies come back'
serve -l 0.0.0.0 0
printf 'over\nthe\ncable\n' >"$dir/input"
ask 10.77.0.2 "$port"
expect_status 0
expect 3 client.json "$received" '"match":"content"' "\"peer\":\"10.77.0.2:$port\""
expect 1 client.json '"text":"CABLE"'
expect 1 server.json '"event":"info"' 'Other machines reach it'
stop
expect 3 server.json "$received" "\"local\":\"10.77.0.2:$port\"" '"peer":"10.77.0.1:'
expect 3 server.json "$sent" "\"local\":\"10.77.0.2:$port\""

test='the largest datagram crosses in pieces'
serve -l 10.77.0.2 0
head -c 65507 /dev/zero | tr '\0' z >"$dir/input"
ask --whole 10.77.0.2 "$port"
expect_status 0
expect 1 client.json "$received" '"size":65507' '"match":"content"'

test='nobody listens any more'
stop
printf 'hello\n' >"$dir/input"
ask -w 30 10.77.0.2 "$port"
expect_status 1
expect 1 client.json '"event":"refused"' '"errno":"ECONNREFUSED"' "10.77.0.2:$port"
expect_error 'nobody listens'

test='no route'
printf 'hello\n' >"$dir/input"
ask 10.99.0.1 9
expect_status 1
expect 1 client.json "$sent" '"flags":["unsent"]' '"errno":"ENETUNREACH"'
expect_error ENETUNREACH 'no route' 'ip route'

test='no route, connected'
printf 'hello\n' >"$dir/input"
ask -e connect 10.99.0.1 9
expect_status 1
expect_error 'no route' 'ip route'

test='a route that forbids'
ip -n "$left" route add prohibit 10.98.0.0/24
ip -n "$left" route add unreachable 10.97.0.0/24
printf 'hello\n' >"$dir/input"
ask 10.98.0.1 9
expect_status 1
expect 1 client.json "$sent" '"flags":["unsent"]' '"errno":"EACCES"'
expect_error EACCES
printf 'hello\n' >"$dir/input"
ask 10.97.0.1 9
expect_status 1
expect 1 client.json "$sent" '"flags":["unsent"]' '"errno":"EHOSTUNREACH"'
expect_error EHOSTUNREACH

# No machine has that address. The kernel asks for it three times and gives up; it asks faster where it lets us say so.
test='a host that is down'
ip -n "$left" ntable change name arp_cache dev cable retrans 100 2>/dev/null || :
printf 'hello\n' >"$dir/input"
ask -w 30 10.77.0.9 9
expect_status 1
expect 1 client.json '"event":"unreachable"' '"errno":"EHOSTUNREACH"' '10.77.0.9:9'
expect 0 client.json '"event":"no-answer"'
expect_error '10.77.0.9:9' 'could not be reached'

test='a cable that is unplugged'
ip -n "$right" link set cable down
printf 'hello\n' >"$dir/input"
ask -w 300ms 10.77.0.2 9
expect_status 1
ip -n "$right" link set cable up

if [ -n "$v6" ]; then
    test='IPv6'
    ip -n "$right" addr replace fd77::2/64 dev cable nodad
    ip -n "$right" addr replace fe80::2/64 dev cable nodad
    serve -l :: 0
    printf 'six\n' >"$dir/input"
    ask "[fd77::2]:$port"
    expect_status 0
    expect 1 client.json "$received" "\"peer\":\"[fd77::2]:$port\"" '"match":"content"'
    test='a link-local address with its interface'
    printf 'local\n' >"$dir/input"
    ask "[fe80::2%cable]:$port"
    expect_status 0
    expect 1 client.json "$received" "\"peer\":\"[fe80::2%cable]:$port\"" '"match":"content"'
    stop
fi

# Beyond loopback one source gets so many replies a second, and no more.
test='a bound on the replies to one source'
serve -e 'set reply-rate 5' -l 10.77.0.2 0
seq 60 >"$dir/input"
ask --window 60 -w 300ms 10.77.0.2 "$port"
expect_status 1
stop
answered=$(count client.json "$received")
[ "$answered" -ge 5 ] && [ "$answered" -le 30 ] || fail "$answered replies"
expect $((60 - answered)) server.json '"event":"suppressed"'
expect $((60 - answered)) client.json '"event":"no-answer"'

# A name's addresses are tried in order: two are no machine's here, one is.
test='a name with many addresses'
cat >"$dir/hosts" <<'EOF'
127.0.0.1 localhost
10.77.0.9 many
10.77.0.2 many
10.77.0.8 many
EOF
if ip netns exec "$right" unshare -m sh -c 'mount --bind "$1" /etc/hosts' sh "$dir/hosts" 2>/dev/null; then
    : >"$dir/server.json" # that of the server before says that it is ready, too
    ip netns exec "$right" unshare -m sh -c 'mount --bind "$1" /etc/hosts && shift && exec "$@"' sh "$dir/hosts" \
        "$udptalk" --json -c 1 -l many 0 >"$dir/server.json" 2>"$dir/server.err" &
    server=$!
    pids="$pids $server"
    tries=0
    while [ "$(count server.json '"event":"ready"')" = 0 ] && [ $tries -lt 500 ]; do
        kill -0 "$server" 2>/dev/null || fail "the server did not start"
        tries=$((tries + 1))
        ip netns exec "$right" true
    done
    port=$(sed -n 's/.*"event":"ready".*"local":"10.77.0.2:\([0-9]*\)".*/\1/p' "$dir/server.json")
    [ -n "$port" ] || fail "it does not listen on the address that is its own"
    expect 1 server.json '"event":"info"' 'many is 10.77.0.2' 'of 3 addresses'
    printf 'hello\n' >"$dir/input"
    ask 10.77.0.2 "$port"
    expect_status 0
    wait "$server" || fail "the server failed"
    pids=
fi

if ! command -v nft >/dev/null || ! ip netns exec "$right" nft list ruleset >/dev/null 2>&1; then
    echo "loss and firewalls are not tested: nft does not work here" >&2
    nft=
else
    nft=yes
fi

if [ -n "$nft" ]; then
    # Requests are lost, so what the server took is what is answered. Each that is missing is told once.
    test='a cable that loses a third'
    serve -l 10.77.0.2 0
    ip netns exec "$right" nft -f - <<EOF
table inet loss {
    chain input {
        type filter hook input priority 0;
        udp dport $port numgen random mod 100 < 30 drop
    }
}
EOF
    seq 300 >"$dir/input"
    ask --window 50 -w 300ms 10.77.0.2 "$port"
    expect_status 1
    stop
    unanswered=$(stat_of client.json unanswered)
    answered=$(stat_of client.json answered)
    [ $((answered + unanswered)) = 300 ] || fail "$answered answered and $unanswered unanswered of 300"
    [ "$unanswered" -gt 30 ] && [ "$unanswered" -lt 180 ] || fail "$unanswered of 300 are missing"
    expect "$unanswered" client.json '"event":"no-answer"'
    expect "$answered" client.json "$received" '"match":"content"'
    expect "$answered" server.json "$received"
    sed -n 's/.*"reply_to":\([0-9]*\).*/\1/p' "$dir/client.json" >"$dir/told"
    expected=$(count client.json '"event":"port"')
    [ "$(sort -u "$dir/told" | wc -l)" -eq 300 ] || fail "not each datagram has a fate"
    [ "$(wc -l <"$dir/told")" -eq $((300 + expected)) ] || fail "a datagram has two fates"
    ip netns exec "$right" nft flush ruleset

    test='a firewall here'
    ip netns exec "$left" nft -f - <<'EOF'
table inet wall {
    chain output {
        type filter hook output priority 0;
        udp dport 9 drop
    }
}
EOF
    printf 'hello\n' >"$dir/input"
    ask -w 300ms 10.77.0.2 9
    expect_status 1
    expect 1 client.json "$sent" '"flags":["unsent"]' '"errno":"EPERM"'
    expect_error EPERM 'firewall of this machine'
    ip netns exec "$left" nft flush ruleset

    test='a firewall there'
    ip netns exec "$right" nft -f - <<'EOF'
table inet wall {
    chain input {
        type filter hook input priority 0;
        udp dport 9 reject with icmpx type admin-prohibited
        udp dport 10 drop
    }
}
EOF
    printf 'hello\n' >"$dir/input"
    ask -w 30 10.77.0.2 9
    expect_status 1
    expect 1 client.json '"event":"unreachable"' '10.77.0.2:9'
    printf 'hello\n' >"$dir/input"
    ask -w 200ms 10.77.0.2 10
    expect_status 1
    expect 1 client.json '"event":"no-answer"'
fi

# Where the kernel finds the interface by itself, an answer has it in its source, and is an answer all the same; else the kernel's error is explained.
if [ -n "$v6" ]; then
    test='a link-local address without its interface'
    serve -l :: 0
    printf 'local\n' >"$dir/input"
    ask -w 500ms "[fe80::2]:$port"
    expect 0 client.json '"stranger"]'
    [ "$status" = 0 ] || expect_error EINVAL 'fe80::1%eth0'
    stop
fi
