#!/bin/sh
# Compares the calls that the program says it made (-v --json) with those that strace saw, line by line: on the sockets of its endpoints, without
# getsockopt, polls that told nothing of them, and EAGAIN. Exit status 77 where strace can't be used.
set -eu

# The leak checker of a sanitized build is a tracer itself.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
udptalk=${UDPTALK:?}
dir=$(mktemp -d)
pids=
cleanup() {
    for pid in $pids; do
        kill "$pid" 2>/dev/null || :
    done
    rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' HUP INT PIPE TERM

if ! strace -o "$dir/probe" -e 'trace=%network,?poll,?ppoll' true 2>"$dir/why"; then
    echo "strace can't be used here: $(head -n 1 "$dir/why")" >&2
    exit 77
fi

# What both sides become: NAME FD WHAT = RESULT [ERRNO]. Flags are sorted, addresses written as HOST:PORT, payloads left out.
common='
function sorted(flags,    bits, n, i, k, swap, out) {
    n = split(flags, bits, "|")
    for (i = 2; i <= n; i++)
        for (k = i; k > 1 && bits[k] < bits[k - 1]; k--) {
            swap = bits[k]; bits[k] = bits[k - 1]; bits[k - 1] = swap
        }
    out = bits[1]
    for (i = 2; i <= n; i++)
        out = out "|" bits[i]
    return out
}
function show(name, fd, what, result, error) {
    print name, fd, what, "=", result (error == "" ? "" : " " error)
}
'

# The journal: {"kind":"call","call":NAME,"args":[...],"result":N,"errno":E}. The payloads sent here hold no quotes, so that "," parts the arguments.
# close() is none of the network: strace does not show it.
told() {
    awk "$common"'
    function field(name,    at, rest) {
        at = index($0, "\"" name "\":")
        if (!at)
            return ""
        rest = substr($0, at + length(name) + 3)
        sub(/^"/, "", rest)
        sub(/[",}].*/, "", rest)
        return rest
    }
    function polled(list,    items, n, i, parts, out) {
        n = split(substr(list, 2, length(list) - 2), items, "}")
        out = ""
        for (i = 1; i < n; i++) {
            sub(/^(, )?[{]/, "", items[i])
            if (split(items[i], parts, /, |: /) == 3)
                out = out " " parts[1] ":" sorted(parts[3])
        }
        return out
    }
    /"kind":"call"/ {
        call = field("call")
        args = $0
        sub(/.*"args":\["/, "", args)
        sub(/"\],"result":.*/, "", args)
        n = split(args, a, "\",\"")
        what = "-"
        if (call == "close")
            next
        if (call == "socket") { what = a[1] " " sorted(a[2]); a[1] = "-" }
        if (call == "bind" || call == "connect" || call == "getsockname") what = a[2]
        if (call == "setsockopt") what = a[2] " " a[3] (a[3] ~ /MEMBERSHIP/ ? "" : " " a[4])
        if (call == "sendto" || call == "recvfrom") what = a[3] " " sorted(a[4]) " " a[5]
        if (call == "send") what = a[3] " " sorted(a[4])
        if (call == "sendmsg" || call == "recvmsg") what = sorted(a[3]) " " a[4]
        if (call == "poll") { what = a[2] " " a[3] polled(a[1]); a[1] = "-" }
        if (field("result") < 0 && (call == "recvfrom" || call == "recvmsg")) sub(/ [^ ]*$/, " -", what)
        show(call, a[1], what, field("result"), field("errno"))
    }' "$1"
}

# strace: NAME(ARGUMENTS) = RESULT [ERRNO (WORDS)]. send() is sendto() without an address to the kernel.
seen() {
    awk "$common"'
    function address(text,    host, port) {
        if (text !~ /sa_family=AF_INET/)
            return "-"
        port = text
        sub(/.*sin6?_port=htons\(/, "", port)
        sub(/\).*/, "", port)
        host = text
        if (text ~ /AF_INET6/) {
            sub(/.*inet_pton\(AF_INET6, "/, "", host)
            sub(/".*/, "", host)
            return "[" host "]:" port
        }
        sub(/.*inet_addr\("/, "", host)
        sub(/".*/, "", host)
        return host ":" port
    }
    # What follows the payload of sendto() and recvfrom(): LENGTH, FLAGS, ...
    function behind_payload(text) {
        sub(/^[0-9]+, (NULL|0x[0-9a-f]+|"([^"\\]|\\.)*"(\.\.\.)?), /, "", text)
        return text
    }
    function polled(text,    items, n, i, fd, bits, out) {
        out = ""
        n = split(text, items, "}")
        for (i = 1; i < n; i++) {
            fd = bits = items[i]
            sub(/.*fd=/, "", fd)
            sub(/,.*/, "", fd)
            sub(/.*revents=/, "", bits)
            out = out " " fd ":" sorted(bits)
            told_of_ours += fd in ours
        }
        return out
    }
    match($0, /^[a-z0-9_]+\(/) && / = -?[0-9]+/ {
        call = substr($0, 1, RLENGTH - 1)
        args = substr($0, RLENGTH + 1)
        result = $0
        sub(/.*\) += /, "", result)
        told = result
        sub(/^-?[0-9]+ ?/, "", told)
        error = result ~ /^-1/ ? told : ""
        sub(/ .*/, "", error)
        sub(/ .*/, "", result)
        if (error == "EAGAIN" || call == "getsockopt")
            next
        fd = args
        sub(/[,)].*/, "", fd)
        if (call == "poll" || call == "ppoll") {
            told_of_ours = 0
            list = polled(told)
            count = args
            sub(/^\[.*\], /, "", count)
            split(count, parts, /[,)] ?/)
            if (told_of_ours)
                show("poll", "-", parts[1] " " parts[2] list, result, "")
            next
        }
        if (call == "socket") {
            if (args !~ /^AF_INET6?, SOCK_DGRAM/)
                next
            split(args, parts, ", ")
            if (result >= 0)
                ours[result] = 1
            show(call, "-", parts[1] " " sorted(parts[2]), result, error)
            next
        }
        if (!(fd in ours))
            next
        what = "-"
        if (call == "bind" || call == "connect" || call == "getsockname") what = address(args)
        if (call == "setsockopt") {
            split(args, parts, ", ")
            sub(/^SOL_IP/, "IPPROTO_IP", parts[2])
            value = parts[4]
            gsub(/[\[\]]/, "", value)
            what = parts[2] " " parts[3] (parts[3] ~ /MEMBERSHIP/ ? "" : " " value)
        }
        if (call == "sendto" || call == "recvfrom") {
            rest = behind_payload(args)
            split(rest, parts, ", ")
            what = parts[1] " " sorted(parts[2])
            if (call == "sendto" && parts[3] == "NULL")
                call = "send"
            else
                what = what " " (result < 0 && call == "recvfrom" ? "-" : address(rest))
        }
        if (call == "sendmsg" || call == "recvmsg") {
            flags = args
            sub(/\) += .*/, "", flags)
            sub(/.*[}], /, "", flags)
            name = args
            sub(/msg_namelen=.*/, "", name)
            what = sorted(flags) " " (result < 0 && call == "recvmsg" ? "-" : address(name))
        }
        show(call, fd, what, result, error)
    }' "$1"
}

# compare NAME CALL...: both sides of NAME are the same, and each CALL is among them.
compare() {
    name=$1
    shift
    told "$dir/$name.json" >"$dir/$name.told"
    seen "$dir/$name.strace" >"$dir/$name.seen"
    if ! diff "$dir/$name.told" "$dir/$name.seen" >"$dir/diff"; then
        echo "$name: the journal (<) and strace (>) differ:" >&2
        cat "$dir/diff" >&2
        exit 1
    fi
    for call; do
        if ! grep -q "^$call " "$dir/$name.told"; then
            echo "$name: there is no $call:" >&2
            cat "$dir/$name.told" >&2
            exit 1
        fi
    done
}

trace() {
    name=$1
    shift
    strace -o "$dir/$name.strace" -s 16 -e 'trace=%network,?poll,?ppoll' "$udptalk" --json -v "$@" >"$dir/$name.json" 2>"$dir/$name.err"
}

# A server under strace on ADDRESS that ends after COUNT datagrams. Waits until it is ready; sets port and server.
serve() {
    name=$1 address=$2 count=$3
    shift 3
    mkfifo "$dir/$name.out"
    strace -o "$dir/$name.strace" -s 16 -e 'trace=%network,?poll,?ppoll' "$udptalk" --json -v -c "$count" "$@" -l "$address" 0 \
        >"$dir/$name.out" 2>"$dir/$name.err" &
    server=$!
    pids="$pids $server"
    exec 3<"$dir/$name.out"
    : >"$dir/$name.json"
    port=
    while [ -z "$port" ] && IFS= read -r line <&3; do
        printf '%s\n' "$line" >>"$dir/$name.json"
        case $line in
        *'"event":"ready"'*) port=${line##*:} port=${port%%\"*} ;;
        esac
    done
    [ -n "$port" ] || { echo "$name: it did not start:" >&2; cat "$dir/$name.err" >&2; exit 1; }
    cat <&3 >>"$dir/$name.json" &
    drain=$!
    exec 3<&-
}

ended() {
    wait "$server" || { echo "the server failed" >&2; exit 1; }
    wait "$drain"
    pids=
}

serve plain-server 127.0.0.1 4
printf 'one\ntwo\n\nfour\n' | trace plain-client -M 9 -e 'set tos 8' 127.0.0.1 "$port"
ended
compare plain-server socket setsockopt bind getsockname poll recvfrom sendto
compare plain-client socket setsockopt getsockname poll recvfrom sendto

# Nobody is there any more: what was refused comes by the error queue.
printf 'gone\n' | trace refused-client -w 5 127.0.0.1 "$port" && { echo "refused, and exit status 0" >&2; exit 1; }
compare refused-client sendto recvmsg
printf 'gone\ngone\n' | trace refused-connected -w 5 -e connect 127.0.0.1 "$port" && { echo "refused, and exit status 0" >&2; exit 1; }
compare refused-connected connect send recvmsg

serve wildcard-server 0.0.0.0 3
printf 'one\ntwo\nthree\n' | trace connected-client -s 127.0.0.1 -e connect -e disconnect -e connect 127.0.0.1 "$port"
ended
compare wildcard-server setsockopt recvmsg sendmsg
compare connected-client bind connect send recvfrom

serve group-server 0.0.0.0 1 --join 239.255.77.4%lo -e 'set rcvbuf 64K'
printf 'one\n' | trace late-client -b -e 'set sndbuf 64K' -e 'bind 127.0.0.1 0' 127.0.0.1 "$port"
ended
compare group-server setsockopt
compare late-client bind setsockopt

printf 'one\n' | trace both --both 127.0.0.1 0
compare both socket sendto recvfrom poll

# What the kernel refuses.
printf 'all\n' | trace broadcast -w 0 127.255.255.255 9 && { echo "sent to all without -b" >&2; exit 1; }
compare broadcast sendto
grep -q EACCES "$dir/broadcast.told"

if [ -e /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6; then
    serve v6-server :: 2
    printf 'one\ntwo\n' | trace v6-client -M 9 ::1 "$port"
    ended
    compare v6-server setsockopt recvmsg sendmsg
    compare v6-client sendto recvfrom
fi
