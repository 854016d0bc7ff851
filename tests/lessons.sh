#!/bin/sh
# The lessons are true on this kernel: each is done without a screen, side by side, and all that it claims has to hold. A claim that is broken, and a file that is wrong, are
# seen; all of it is in English and Chinese. Each server's port is picked by the kernel: nobody else takes it between a server's end and its next beginning.
set -eu

udptalk=${UDPTALK:?}
lessons=${srcdir:-.}/lessons
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

complain() {
    echo "lessons.sh: $*" >&2
    failed=1
}

"$udptalk" --lesson list >"$dir/list"
cut -d ' ' -f 1 "$dir/list" >"$dir/names"
(cd "$lessons" && ls -- *.lesson) | sed 's/\.lesson$//' | sort >"$dir/files"
sort "$dir/names" | cmp -s - "$dir/files" || complain "--lesson list does not name just the files of lessons/"
[ "$(wc -l <"$dir/names")" -ge 17 ] || complain "there are fewer than 17 lessons"

xargs -P 4 -I NAME sh -c 'timeout 60 "$1" --lesson NAME --batch -p 0 >"$2/NAME.out" 2>"$2/NAME.err" || echo "$?" >"$2/NAME.status"' sh "$udptalk" "$dir" <"$dir/names"
while read -r name; do
    file=$lessons/$name.lesson
    if [ -e "$dir/$name.status" ] || [ -s "$dir/$name.err" ] || ! grep -q "^$name: [1-9][0-9]* claims, all hold$" "$dir/$name.out"; then
        complain "$name does not hold:"
        cat "$dir/$name.out" "$dir/$name.err" >&2
    fi
    [ "$(grep -c '^ok ' "$dir/$name.out")" = "$(grep -c '^claim:' "$file")" ] || complain "$name: not each claim was looked at"
    for key in title goal text predict hint why; do
        [ "$(grep -c "^$key:" "$file")" = "$(grep -c "^$key\.zh:" "$file")" ] || complain "$name: not each $key: has its Chinese"
    done
    for key in title goal term read predict hint why claim; do
        grep -q "^$key:" "$file" || complain "$name has no $key:"
    done
done <"$dir/names"

# wrong STATUS SENTENCE NAME: a lesson that must not pass.
wrong() {
    status=0
    timeout 60 "$udptalk" --lesson "$3" --batch -p 0 >"$dir/out" 2>&1 || status=$?
    [ "$status" = "$1" ] || complain "--lesson $3 ended with $status, not $1"
    grep -qF -- "$2" "$dir/out" || { complain "--lesson $3 did not say: $2"; cat "$dir/out" >&2; }
}

sed 's/^claim: sizes server received = 5 5 5$/claim: sizes server received = 15/' "$lessons/one-send-one-receive.lesson" >"$dir/broken.lesson"
wrong 1 'WRONG  sizes server received = 15   but it was 5 5 5' "$dir/broken.lesson"
# A handout has each lesson's texts and what was sent, and nothing of them is markup.
printf 'title: One < two\ngoal: <b>&amp;\nterm: <s> = <em>\nstep:\npredict: <i>?\na: yes\nb: no\nright: b\nrun: send <u>\nclaim: datagrams any sent = 2\n' >"$dir/page.lesson"
timeout 60 "$udptalk" --lesson "$dir/page.lesson" --batch -p 0 --save "$dir/page.html" >"$dir/out" 2>&1 || { complain "the handout"; cat "$dir/out" >&2; }
for text in '<!DOCTYPE html>' '<h2>One &lt; two</h2>' '&lt;b&gt;&amp;amp;' '&lt;s&gt; <span lang="zh">&lt;em&gt;</span>' '&lt;i&gt;?' '&lt;u&gt;' '&lt;U&gt;' 'Answers: 1 b'; do
    grep -qF -- "$text" "$dir/page.html" || complain "the handout lacks $text"
done
! grep -q "<b>\|<i>?\|<u>\|<s>\|<em>" "$dir/page.html" || complain "a lesson's text is markup in the handout"
printf 'title: T\ngoal: G\nstep:\nrun: snd x\n' >"$dir/typo.lesson"
wrong 1 "typo.lesson:4: \"/snd\" is no command" "$dir/typo.lesson"
printf 'title: T\ngoal: G\nstep:\nrun: listen 127.0.0.1 1\nact: other A read\n' >"$dir/unread.lesson"
wrong 1 'FAILED ' "$dir/unread.lesson"
wrong 1 'cannot read ./no-such.lesson: No such file' ./no-such.lesson
wrong 2 'there is no lesson "nonsense"' nonsense
wrong 2 'there is no lesson "0"' 0
timeout 60 "$udptalk" --lesson 1 --batch -p 0 >"$dir/out" 2>&1 && grep -q '^first-datagram: .* all hold' "$dir/out" || { complain "--lesson 1"; cat "$dir/out" >&2; }
exit $failed
