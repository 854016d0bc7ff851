#!/bin/sh
# Checks that each message of the program is translated, in a form that the formats allow, and that nothing is translated that other
# programs read.
set -eu

program=${UDPTALK:-${builddir:-.}/src/udptalk}
source=${srcdir:-.}
build=${builddir:-.}

for tool in msgfmt msgmerge msgattrib xgettext; do
    if ! command -v $tool >/dev/null; then
        echo "translations.sh: $tool is missing (Debian package gettext): skipped" >&2
        exit 77
    fi
done
if ! [ -f "$build/po/locale/zh_CN/LC_MESSAGES/udptalk.mo" ]; then
    echo "translations.sh: this build has no translations: skipped" >&2
    exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
wrong() {
    echo "translations.sh: $*" >&2
    failed=1
}

# untranslated PO: the messages of the program that it leaves out, marks as doubtful, or translates though there is no such message.
untranslated() {
    msgmerge --quiet --no-fuzzy-matching -o "$work/merged" "$1" "$work/pot"
    msgattrib --untranslated --no-wrap "$work/merged"
    msgattrib --only-fuzzy --no-wrap "$work/merged"
    msgattrib --only-obsolete --no-wrap "$work/merged"
}

make -s -C "$build" po/udptalk.pot
cp "$build/po/udptalk.pot" "$work/pot"
for po in "$source"/po/*.po; do
    language=$(basename "$po" .po)
    msgfmt --check -o "$work/mo" "$po" 2>"$work/said" || wrong "$language: $(cat "$work/said")"
    untranslated "$po" >"$work/left"
    ! [ -s "$work/left" ] || wrong "$language: these messages are not translated, or are no messages any more: $(cat "$work/left")"
done

# Such a check must be able to fail: without one of its messages the file is not complete.
msgattrib --translated --no-wrap "$source/po/zh_CN.po" | awk 'BEGIN { RS = ""; ORS = "\n\n" } NR != 3' >"$work/short.po"
[ -n "$(untranslated "$work/short.po")" ] || wrong "a missing message is not noticed"

# run LANGUAGE ARGUMENT...: the program in that language, as a Chinese user's shell would ask for it.
run() {
    language=$1
    shift
    LC_ALL=C.UTF-8 LANGUAGE=$language timeout 20 "$program" "$@"
}
# As bytes, since a range of characters is an invalid one to grep where the locale has no order.
chinese() {
    LC_ALL=C grep -q "$(printf '[\344-\351][\200-\277]')" "$1"
}
run zh_CN --help >"$work/help"
chinese "$work/help" || wrong "--help is not Chinese where LANGUAGE asks for it"
run en --lang zh_CN --help | cmp -s - "$work/help" || wrong "--lang zh_CN is not what LANGUAGE=zh_CN is"
run en --lang zh --help | cmp -s - "$work/help" || wrong "--lang zh is not zh_CN"
run zh_CN --lang en --help >"$work/english"
! chinese "$work/english" || wrong "--lang en is not English"
LC_ALL=C LANGUAGE=zh_CN "$program" --help | cmp -s - "$work/english" || wrong "a locale that is not UTF-8 gets no English"
LANGUAGE= LC_ALL= LANG=zh_CN.utf8 timeout 20 "$program" --help >"$work/by_locale"
cmp -s "$work/by_locale" "$work/help" || wrong "a Chinese locale that is not installed gets no Chinese"
LANGUAGE= LC_ALL= LANG=fr_FR.UTF-8 timeout 20 "$program" --help | cmp -s - "$work/english" || wrong "a locale without a translation gets no English"
! run en --lang xx --help 2>"$work/said" || wrong "--lang xx is taken"
grep -q 'no translation into "xx"' "$work/said" || wrong "of --lang xx it is not said that there is none: $(cat "$work/said")"
! TEXTDOMAINDIR=$work/none run en --lang zh --help 2>"$work/said" || wrong "a translation is taken that is not there"
grep -q "\"zh_CN\" is not below $work/none" "$work/said" || wrong "a translation that is not installed: $(cat "$work/said")"
! run en --lang zh_CN --no-such 2>"$work/said" || wrong "--no-such is taken"
chinese "$work/said" || wrong "what is wrong with an option is not said in Chinese"

# What other programs read. Times, ports and what is left of a second differ from run to run.
same() {
    sed -E 's/[0-9]{4}-[0-9-]*T[0-9:.]*Z/TIME/g; s/[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?/TIME/g; s/(127\.0\.0\.1:|0\.0\.0\.0 )[0-9]+/PORT/g
        s/"rtt_us":[0-9.]+/"rtt_us":0/g; s/[0-9.]+ ?[mµ]s/RTT/g; s/"mono[a-z_]*":[0-9.]+/"mono":0/g'
}
for language in en zh_CN; do
    cd "$work"
    printf 'hello\n\nworld\n' | run $language --both 0 --json --seed 1 -w 200ms --fault 'client loss 50%' -e 'status' \
        -e 'save s.csv' -e 'save s.jsonl' -e 'save s.txt' -e 'why' 2>"$work/said.$language" | same >"$work/json.$language" || :
    for file in csv jsonl txt; do
        same <s.$file >"$work/$file.$language"
    done
    printf 'hello\n' | run $language --both 0 -e 'transform swap' 2>&1 >/dev/null | same >"$work/lines.$language"
done
for file in json csv jsonl txt; do
    cmp -s "$work/$file.en" "$work/$file.zh_CN" || wrong "$file is translated: $(diff "$work/$file.en" "$work/$file.zh_CN")"
done
chinese "$work/said.zh_CN" || wrong "what the client could not do is not said in Chinese"
grep -h 'ready to receive\|→\|->' "$work/lines.en" >"$work/a"
grep -h 'ready to receive\|→\|->' "$work/lines.zh_CN" >"$work/b"
cmp -s "$work/a" "$work/b" || wrong "the server's lines are translated: $(diff "$work/a" "$work/b")"
exit $failed
