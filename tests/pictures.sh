#!/bin/sh
# Pictures as a teacher makes them: of a saved session, so that each run has the same. An XML parser reads the SVG.
# Exit status 77 where there is none; what needs none was tested then.
set -eu

udptalk=${UDPTALK:?}
here=$(cd "${srcdir:-.}" && pwd)
screens=$(cd "${srcdir:-.}" && pwd)/tests/all/screens
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
HOME=$work
export HOME
unset NO_COLOR XDG_CONFIG_HOME XDG_STATE_HOME || :
cd "$work"

fails() {
    echo "pictures.sh: $*" >&2
    exit 1
}

# run ARGUMENT...: without a screen, and bounded.
run() {
    timeout 60 "$udptalk" --batch "$@" </dev/null
}

# same FILE EXPECTED WHAT
same() {
    cmp -s "$1" "$2" && return
    diff "$2" "$1" >&2 || :
    fails "$3 is not as it was expected (<)"
}

# refused STATUS WORDS ARGUMENT...
refused() {
    wanted=$1 words=$2
    shift 2
    status=0
    run "$@" >/dev/null 2>"$work/said" || status=$?
    [ $status -eq "$wanted" ] || fails "exit status $status and not $wanted of: $*"
    grep -qF -- "$words" "$work/said" || fails "\"$words\" is not said of: $*: $(cat "$work/said")"
}

cat >session.jsonl <<'END'
{"n":1,"time":"2026-11-22T15:31:10.000000000Z","kind":"notice","endpoint":"server","event":"ready","text":"The server is ready to receive on 127.0.0.1:12000","local":"127.0.0.1:12000"}
{"n":2,"time":"2026-11-22T15:31:11.000000000Z","kind":"datagram","endpoint":"client","dir":"sent","local":"0.0.0.0:45831","peer":"127.0.0.1:12000","size":11,"text":"hello world"}
{"n":3,"time":"2026-11-22T15:31:11.000100000Z","kind":"datagram","endpoint":"server","dir":"received","local":"127.0.0.1:12000","peer":"127.0.0.1:45831","size":11,"text":"hello world"}
{"n":4,"time":"2026-11-22T15:31:11.000200000Z","kind":"datagram","endpoint":"server","dir":"sent","local":"127.0.0.1:12000","peer":"127.0.0.1:45831","size":11,"text":"HELLO WORLD","reply_to":3}
{"n":5,"time":"2026-11-22T15:31:11.000300000Z","kind":"datagram","endpoint":"client","dir":"received","local":"0.0.0.0:45831","peer":"127.0.0.1:12000","size":11,"text":"HELLO WORLD","reply_to":2,"match":"content","rtt_us":81}
{"n":6,"time":"2026-11-22T15:31:12.000000000Z","kind":"datagram","endpoint":"client","dir":"sent","local":"0.0.0.0:45831","peer":"127.0.0.1:12000","size":14,"text":"测试 <&>\u001b[1m"}
{"n":7,"time":"2026-11-22T15:31:13.000000000Z","kind":"call","endpoint":"client","call":"sendto","args":["5","\"hello world\"","11","0","127.0.0.1:12000"],"result":11}
END

# The size that is asked for; 80x24 when none is.
run --open session.jsonl -e 'save a.screen' --size 60x9
cat >expected <<'END'
═ Client ═ session.jsonl ═════ 2 sent · 1 answered · 0 not ═
 15:31:11.000  1 → hello world                         11 B
               1 ← HELLO WORLD             0.081 ms    11 B
 15:31:12.000  2 → 测试 <&>\e[1m                       14 B

─ Server ─ session.jsonl ──────────── 1 in · 1 out · 0 not ─
 15:31:10.000  · The server is ready to receive on
                 127.0.0.1:12000
 15:31:11.000  127.0.0.1:45831  hello world → HELLO WORLD
END
same a.screen expected "a picture of both logs"
for size in 80x24 120x36; do
    rows=${size#*x}
    run --open session.jsonl -e 'save a.screen' --size $size
    [ "$(wc -l <a.screen)" -eq "$rows" ] || fails "--size $size makes $(wc -l <a.screen) rows"
done
run --open session.jsonl -e 'save b.screen'
run --open session.jsonl -e 'save a.screen' --size 80x24
same b.screen a.screen "what is saved without --size"

# A filter, side by side.
run --open session.jsonl -e 'filter received' -e 'save a.screen' --size 120x4
cat >expected <<'END'
═ Client ═══════════════════════════════════════ & 1 of 3 ═── Server ─ session.jsonl ──────────────────────── & 1 of 2 ─
               1 ← HELLO WORLD            0.081 ms    11 B │ 15:31:11.000  127.0.0.1:45831  hello world → HELLO WORLD
                                                           │
                                                           │
END
same a.screen expected "a picture of filtered logs"

# Views: the one that was opened last, as it was when the picture was asked for.
run --open session.jsonl -e 'view help' -e calls -e 'save calls.screen' -e 'inspect 2' -e 'save inspect.screen' \
    -e 'view figure' -e 'save figure.screen' -e ladder -e 'save ladder.screen' -e 'view stats' -e 'save stats.screen' --size 100x12
has() {
    grep -qF -- "$2" "$1" || fails "nothing of \"$2\" is in $1: $(cat "$1")"
}
has calls.screen ' 15:31:13.000000  client  sendto(5, "hello world", 11, 0, 127.0.0.1:12000) = 11'
has inspect.screen '═ Inspect ═ exchange 2 ═'
has inspect.screen ' size   14 bytes'
has figure.screen '═ Figure ═'
has ladder.screen 'hello world ─'
has stats.screen ' client 2 sent · 1 answered'

# Colours, or none; a terminal's sequences are colours alone.
escape=$(printf '\033')
run --open session.jsonl -e 'save a.ansi'
has a.ansi "${escape}[0;36m→ hello world${escape}[0m"
run --open session.jsonl -e 'save b.ansi' --no-color
NO_COLOR=1 run --open session.jsonl -e 'save c.ansi'
same c.ansi b.ansi "what NO_COLOR makes"
has b.ansi "${escape}[0;2m"
grep -q ';3[0-7]m' b.ansi && fails "there are colours with --no-color"
sed "s/$escape\[[0-9;]*m//g; s/ *\$//" a.ansi >c.ansi
run --open session.jsonl -e 'save a.screen'
same c.ansi a.screen "the text between the colours"
[ -z "$(sed "s/$escape\[[0-9;]*m//g" a.ansi | tr -d '[:print:][:space:]\200-\377')" ] || fails "a control character is in a.ansi"

# Of what goes on, at the end, with the calls that the textbook has.
printf 'one\ntwo\n' | timeout 60 "$udptalk" --both 0 --batch -e 'save a.screen' -e calls -e 'save b.screen' \
    -e figure -e 'save c.screen' --size 100x30 >/dev/null 2>&1 || fails "two lines are not answered"
has a.screen '2 ← TWO'
has b.screen 'sendto('
has c.screen '"TWO", 3'
seq 200 | timeout 60 "$udptalk" --both 0 --batch --window 50 -e calls -e 'save a.screen' --size 80x500 >/dev/null 2>&1
has a.screen 'server  recvfrom('
grep -q 'mmsg(' a.screen && fails "the calls are not the textbook's: $(grep -m 1 'mmsg(' a.screen)"

# As other files are written, and not where they cannot be.
printf old >link-to.svg
ln -s link-to.svg a.svg
run --open session.jsonl -e 'save a.svg'
[ -L a.svg ] || fails "a link was replaced by what it led to"
has link-to.svg '</svg>'
run --open session.jsonl -e 'save A.SVG'
same A.SVG link-to.svg "a picture with an ending in capitals"
refused 1 'cannot save to /nonexistent/a.svg: No such file or directory' --open session.jsonl -e 'save /nonexistent/a.svg'
refused 1 'a picture of the view as it stands' --open session.jsonl -e 'filter sent' -e 'save b.svg filtered'
refused 1 'there is no exchange 9' --open session.jsonl -e 'inspect 9' -e 'save b.svg'
refused 1 '/lesson needs the screen' --open session.jsonl -e 'lesson first-datagram'
refused 1 '/view lesson needs the screen' --open session.jsonl -e 'view lesson'
refused 1 'that cannot be written as the log grows' --both 0 --save b.html
refused 2 '--size: "80" is wrong' --size 80 --open session.jsonl
[ ! -e b.svg ] && [ ! -e b.html ] || fails "a picture was made that was refused"

# Those of make screens, which are the same in each environment.
"$screens" here 80x24
TZ=Asia/Tokyo LC_ALL=C LANGUAGE=zh_CN NO_COLOR=1 "$screens" there 80x24
for view in logs help ladder inspect calls stats; do
    same there/$view-80x24.svg here/$view-80x24.svg "the $view of make screens, elsewhere,"
done
has here/logs-80x24.svg 'there?'

# XML, of each view, and what an XML parser finds in it.
if command -v xmllint >/dev/null; then
    text_of() { xmllint --nonet --xpath 'string(/*)' "$1"; }
elif python3 -c 'import xml.dom.minidom' 2>/dev/null; then
    text_of() { python3 -c 'import sys, xml.etree.ElementTree as e; print("".join(e.parse(sys.argv[1]).getroot().itertext()))' "$1"; }
else
    echo "pictures.sh: neither xmllint nor python3 is here: the XML was not parsed" >&2
    exit 77
fi
run --open session.jsonl -e 'save logs.svg' -e 'view help' -e 'save help.svg' -e figure -e 'save figure.svg' -e calls \
    -e 'save calls.svg' -e 'inspect 2' -e 'save inspect.svg' -e stats -e 'save stats.svg' --size 120x36
for picture in logs help figure calls inspect stats; do
    text_of $picture.svg >text || fails "$picture.svg is no XML"
    [ -s text ] || fails "$picture.svg has no text"
done
text_of logs.svg >text
has text '<&>'
has text 'udptalk: both logs, session.jsonl'
sed 's/&lt;/</' logs.svg >broken.svg
if text_of broken.svg >/dev/null 2>&1; then
    fails "broken XML is taken for good"
fi

# README's picture is what the program makes today.
UDPTALK=$udptalk "$here/tests/all/screens" "$work/screens" 100x24
same "$work/screens/logs-100x24.svg" "$here/screen.svg" "screen.svg (make screens SIZES=100x24)"
