#!/bin/sh
# Checks that the shells' completions are those that the program's tables make, that bash completes with them, and that zsh can read them.
# What needs a shell that is not here is left out; exit status 77 where both are missing.
set -eu

folder=${srcdir:-.}/completions
write=${builddir:-.}/completions/write
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fails() {
    echo "completions.sh: $*" >&2
    exit 1
}

"$write" bash >"$work/bash"
"$write" zsh >"$work/zsh"
cmp -s "$work/bash" "$folder/udptalk.bash" || fails "udptalk.bash is not what the tables make: make completions"
cmp -s "$work/zsh" "$folder/_udptalk" || fails "_udptalk is not what the tables make: make completions"

if command -v bash >/dev/null; then
    # complete WORD...: what bash proposes for the last of them.
    cat >"$work/complete" <<'END'
. "$1"
shift
compopt() { :; } # it is for a completion that is under way
COMP_WORDS=(udptalk "$@")
COMP_CWORD=$#
_udptalk
printf '%s|' "${COMPREPLY[@]}"
END
    complete() {
        bash "$work/complete" "$folder/udptalk.bash" "$@"
    }
    cd "$work"
    : >session.jsonl
    [ "$(complete --tr)" = "--transform|" ] || fails "bash does not complete --tr: $(complete --tr)"
    [ "$(complete --transform re)" = "reverse|" ] || fails "bash does not complete a transform: $(complete --transform re)"
    [ "$(complete --open se)" = "session.jsonl|" ] || fails "bash does not complete a file: $(complete --open se)"
    [ "$(complete --lesson first)" = "first-datagram|" ] || fails "bash does not complete a lesson: $(complete --lesson first)"
    [ "$(complete -e trans)" = "transform|" ] || fails "bash does not complete a command: $(complete -e trans)"
    [ "$(complete --transform = re)" = "reverse|" ] || fails "bash does not complete --transform=: $(complete --transform = re)"
    [ "$(complete --transform =)" = "$(complete --transform '')" ] || fails "bash does not complete --transform= alone"
    [ "$(complete --fault "'loss 30% del")" = "loss 30% delay|" ] || fails "bash does not complete a fault in quotes"
    : >'a b.jsonl'
    [ "$(complete --open a)" = "a b.jsonl|" ] || fails "bash takes a blank in a file's name for its end"
    [ -z "$(complete -w 1 | tr -d '|')" ] || fails "bash completes a time: $(complete -w 1)"
fi
if command -v zsh >/dev/null; then
    zsh -n "$folder/_udptalk" || fails "zsh cannot read _udptalk"
fi
