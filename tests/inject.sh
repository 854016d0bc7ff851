#!/bin/sh
# The program as it is shipped, sandbox and all, with system calls that the kernel refuses: strace makes one of each kind fail, at places spread over a
# session that talks, saves and opens. Whatever fails: no signal, no hang, a message for whoever is told that it failed, and a file that can be opened or is
# not there. (tests/check_failing tries each call at each place in a program that was linked for it.) Exit status 77 where strace can't be used.
# UDPTALK_TEST_PLACES: how many places of each call, 4.
set -eu

# The leak checker of a sanitized build is a tracer itself.
ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
export ASAN_OPTIONS
udptalk=${UDPTALK:?}
places=${UDPTALK_TEST_PLACES:-4}
calls='socket:EMFILE bind:EADDRNOTAVAIL connect:ENETUNREACH sendto:ENOBUFS sendmsg:EPERM sendmmsg:ENOBUFS recvfrom:ENOMEM recvmsg:ENOMEM
    recvmmsg:ENOMEM setsockopt:EINVAL getsockname:ENOBUFS poll:ENOMEM openat:EMFILE read:EIO write:EIO fsync:EIO rename:EIO renameat2:EIO
    clone:EAGAIN socketpair:EMFILE signalfd4:EMFILE pipe2:EMFILE mmap:ENOMEM fcntl:EBADF close:EIO newfstatat:EACCES
    seccomp:EINVAL landlock_create_ruleset:ENOSYS landlock_restrict_self:E2BIG prctl:EINVAL'
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT PIPE TERM
failed=0
runs=0

complain() {
    echo "inject.sh: $*" >&2
    failed=1
}

if ! strace -f -o "$dir/probe" -e inject=sync:error=EIO:when=1 true 2>"$dir/why"; then
    echo "strace can't be used here: $(head -n 1 "$dir/why")" >&2
    exit 77
fi

# session OPTION...: under strace with these; what it prints is in out and err. Its status is the program's.
session() {
    rm -f "$dir"/kept.jsonl "$dir"/whole.jsonl
    printf 'one\ntwo\n' | timeout -k 5 60 strace -f -o "$dir/calls" "$@" "$udptalk" --both 127.0.0.1 0 -w 200ms --window 1 \
        --save "$dir/kept.jsonl" -e 'send zero' -e "save $dir/whole.jsonl" >"$dir/out" 2>"$dir/err"
}

session -e trace=all || { cat "$dir/err" >&2; complain "a session without a fault failed"; exit 1; }
[ "$(cat "$dir/out")" = "$(printf 'ZERO\nONE\nTWO')" ] || { complain "a session without a fault said:"; cat "$dir/out" >&2; exit 1; }
cp "$dir/calls" "$dir/healthy"

# What a run left is sound. Memory that the sanitizer itself lacks is none of ours.
judge() {
    if grep -q 'allocator is out of memory\|failed to allocate' "$dir/err"; then
        return
    fi
    if [ "$1" -ge 124 ]; then
        complain "$2: ended with $1"
    elif [ "$1" -ne 0 ] && [ ! -s "$dir/err" ]; then
        complain "$2: ended with $1, without a word"
    elif grep -aq 'Sanitizer\|runtime error\|Assertion' "$dir/err"; then
        complain "$2: $(head -n 3 "$dir/err")"
    fi
    for file in "$dir"/kept.jsonl "$dir"/whole.jsonl; do
        [ ! -s "$file" ] || "$udptalk" --open "$file" --json >/dev/null 2>"$dir/opened" || complain "$2: $file: $(cat "$dir/opened")"
    done
}

for each in $calls; do
    call=${each%:*}
    count=$(sed -n "s/^\([0-9]*\) *$call(.*/\1/p" "$dir/healthy" | sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }') # each process has a count of its own
    loader=$(sed '/munmap(/q' "$dir/healthy" | grep -c " $call(" || :) # those before main() are not ours
    [ "${count:-0}" -gt "$loader" ] || continue
    count=$((count - loader))
    place=1
    while [ "$place" -le "$places" ] && [ "$place" -le "$count" ]; do
        at=$((loader + (count <= places ? place : 1 + (place - 1) * count / places)))
        status=0
        session -e "trace=$call" -e "inject=$call:error=${each#*:}:when=$at" || status=$?
        if grep -q INJECTED "$dir/calls"; then
            judge "$status" "$call() fails with ${each#*:}, number $at"
            runs=$((runs + 1))
        fi
        place=$((place + 1))
    done
done
[ "$runs" -ge 30 ] || complain "only $runs runs"
echo "$runs runs, each with one failing call"
exit $failed
