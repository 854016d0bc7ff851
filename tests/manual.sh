#!/bin/sh
# Checks that the manual's pages are sound and that they name every option, command, setting, key, transform, flag, fault, view, event, error, case, socket call,
# field of JSON and, of lessons, key, act, command and fact that the program has, and nothing else: errors with the program's own words, fields with their
# types, facts with what they take.
set -eu

folder=${srcdir:-.}/man
manual=$folder/udptalk.1
pages="udptalk.1 udptalk-lesson.5 udptalk.jsonl.5"
tables=${builddir:-.}/tests/tables
program=${UDPTALK:-${builddir:-.}/src/udptalk}

if ! command -v mandoc >/dev/null; then
    echo "manual.sh: mandoc is missing (Debian package mandoc)" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# places: for each kind of row, a tab, and the section of the manual that lists them.
places() {
    printf '%s\t%s\n' option OPTIONS command COMMANDS setting SETTINGS transform TRANSFORMS \
        case CHECK rule RULES filter FILTERS flag FLAGS fault FAULTS event EVENTS fact FACTS call CALLS field FIELDS \
        'lesson key' KEYS act ACTS 'lesson command' 'COMMANDS FOR LESSONS' \
        reason 'DIAGNOSTICS: Not answered' error 'DIAGNOSTICS: Errors' \
        'key everywhere' 'INTERACTIVE: Keys everywhere' \
        'key input line' 'INTERACTIVE: Keys in the input line' \
        'key logs and views' 'INTERACTIVE: Keys in logs and views' \
        'key step mode' 'INTERACTIVE: Keys in step mode'
}

# rows_of_manual FILE: a line for each term that is listed: the section, a tab, and the term as it reads; of an error
# also what is said of it.
rows_of_manual() {
    mandoc -T html -O fragment "$1" 2>/dev/null | tr '\n' ' ' | awk '
    function plain(text) {
        gsub(/<[^>]*>/, "", text)
        gsub(/&lt;/, "<", text)
        gsub(/&gt;/, ">", text)
        gsub(/&quot;/, "\"", text)
        gsub(/&amp;/, "\\&", text)
        gsub(/ +/, " ", text)
        return text
    }
    {
        rest = $0
        while (match(rest, /<(h[1-6] class="S[hs]"|dt)[^>]*>/)) {
            tag = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH)
            match(rest, /<\/(h[1-6]|dt)>/)
            text = plain(substr(rest, 1, RSTART - 1))
            if (tag ~ /class="Sh"/) {
                section = place = text
            } else if (tag ~ /class="Ss"/) {
                # These lists count as a whole, whatever subsections they have.
                place = section ~ /^(OPTIONS|COMMANDS|FIELDS)$/ ? section : section ": " text
            } else if (section ~ /^(RULES|FILTERS)$/) {
                many = split(text, terms, ", ")
                for (i = 1; i <= many; i++) {
                    sub(/ .*/, "", terms[i]) # what stands behind the word differs
                    print place "\t" terms[i]
                }
            } else if (section ~ /^(FIELDS|FLAGS|FAULTS|EVENTS|FACTS|CALLS|KEYS|ACTS|COMMANDS FOR LESSONS)$/) {
                type = "" # of all fields in the term
                if (section == "FIELDS" && match(text, / \([a-z ]*\)$/)) {
                    type = substr(text, RSTART)
                    text = substr(text, 1, RSTART - 1)
                }
                many = split(text, terms, ", ")
                for (i = 1; i <= many; i++)
                    print place "\t" terms[i] type
            } else if (place == "DIAGNOSTICS: Errors") {
                said = substr(rest, index(rest, "<dd>"))
                print place "\t" text ": " plain(substr(said, 1, index(said, "</dd>") - 1))
            } else {
                print place "\t" text
            }
        }
    }'
}

# compare PROGRAM MANUAL: what one listing has and the other has not, a sentence each; its status is 1 if there is such.
compare() {
    places >"$work/places"
    awk -F '\t' '
    FILENAME == ARGV[1] { place[$1] = $2; listed[$2] = 1 }
    FILENAME == ARGV[2] {
        if (!($1 in place)) {
            print "no section is written down for rows of the kind \"" $1 "\""
            failed = 1
        }
        wanted[place[$1] "\t" $2] = 1
    }
    FILENAME == ARGV[3] && $1 in listed { seen[$0] = 1 }
    END {
        for (row in wanted)
            if (!(row in seen)) {
                split(row, part, "\t")
                print part[1] " lacks \"" part[2] "\""
                failed = 1
            }
        for (row in seen)
            if (!(row in wanted)) {
                split(row, part, "\t")
                print part[1] " names \"" part[2] "\", which the program does not have"
                failed = 1
            }
        exit failed
    }' "$work/places" "$1" "$2" | LC_ALL=C sort >"$work/differences"
    cat "$work/differences"
    [ ! -s "$work/differences" ]
}

# differs PLACE KIND: proves that a row too much and a row too few are both seen.
differs() {
    awk -F '\t' -v kind="$2" '$1 == kind && !done { print kind "\tmade-up"; done = 1; next } { print }' \
        "$work/program" >"$work/made_up"
    first=$(awk -F '\t' -v kind="$2" '$1 == kind { print $2; exit }' "$work/program")
    printf '%s lacks "made-up"\n%s names "%s", which the program does not have\n' "$1" "$1" "$first" >"$work/expected"
    if compare "$work/made_up" "$work/manual" >"$work/found" || ! cmp -s "$work/expected" "$work/found"; then
        echo "manual.sh: a row too much and one too few in $1 are not seen as they should be:" >&2
        cat "$work/found" >&2
        exit 1
    fi
}

status=0
# same_shape PAGE: a translation has the headings, lists, blocks and examples of the English page, in its order, with its tags.
shape() {
    awk '
    /^\.Bd -literal/ { inside = 1 }
    inside || /^\.(Sh|Ss|It|Bl|El|Bd|Ed|Dl|Dt)/ || /^\.\\" (run|serve|file|look)/ { print }
    /^\.Ed/ { inside = 0 }' "$1"
}
same_shape() {
    shape "$folder/$(basename "$1")" >"$work/shape"
    shape "$1" | diff "$work/shape" - >"$work/differs" || { echo "$1 is not of the shape of the English page:"; cat "$work/differs"; status=1; }
    if LC_ALL=C grep -n '[^ -~]' "$work/shape" >/dev/null; then echo "the English page is not ASCII"; status=1; fi
}
for page in "$folder"/*/*.[15]; do
    same_shape "$page"
    mandoc -T lint -W warning "$page" || status=1
done
# A heading may begin with a word that is a macro.
headings() {
    sed -n 's/^\.S[hs] //p' "$1" | sed 's/\\&//; s/"//g'
}
for page in "$folder"/*.[15] "$folder"/*/*.[15]; do
    headings "$page" >"$work/written"
    mandoc -T html -O fragment "$page" 2>/dev/null | tr '\n' ' ' | sed 's/<h[12] class="S[hs]"/\n&/g' | sed -n 's/^<h[12][^>]*>//; s/<\/h[12]>.*//; s/<[^>]*>//g; s/&quot;//g; s/  */ /g; s/^ //; 2,$p' >"$work/read"; echo >>"$work/read"
    diff "$work/written" "$work/read" >"$work/differs" || { echo "$page: headings do not read as they are written:"; cat "$work/differs"; status=1; }
done
for page in $pages; do
    mandoc -T lint -W warning "$folder/$page" || status=1
    if command -v groff >/dev/null; then
        groff -ww -mdoc -Tutf8 "$folder/$page" 2>&1 >/dev/null | sed "s/^/$page: /" >"$work/groff"
        [ ! -s "$work/groff" ] || { cat "$work/groff"; status=1; }
    fi
done

"$tables" | grep -v -e '^section' -e '^view' | LC_ALL=C sort -u >"$work/program"
"$tables" | sed -n 's/^section	//p' >"$work/sections" # where /help sends its readers
while read -r section; do
    if ! grep -qx "\.Sh $section" "$manual"; then
        echo "there is no section \"$section\", where /help says that it is"
        status=1
    fi
done <"$work/sections"
[ -s "$work/sections" ]
"$tables" | sed -n 's/^view	//p' | sort >"$work/views"
sed -n '/^\.It Ic \/view /,/^\.It /s/^\.Cm //p' "$manual" | tr -d '.' | tr -s ' ,' '\n' | sed '/^$/d' | sort >"$work/named"
diff "$work/views" "$work/named" || { echo "the views that /view opens (<) are not those that the manual names (>)"; status=1; }
for page in $pages; do
    rows_of_manual "$folder/$page"
done >"$work/manual"
compare "$work/program" "$work/manual" || status=1
if [ $status -eq 0 ]; then
    tab=$(printf '\t')
    places | while IFS=$tab read -r kind place; do
        differs "$place" "$kind"
    done
fi

# Each sentence with which the program refuses something is in DIAGNOSTICS, by its words or by its form, where words in capitals stand for one word and "..."
# for anything; and each entry there has its words from the program.
diagnostics() {
    awk -F '\t' '
    function pattern(entry,    out) {
        gsub(/[][\\.*+?(){}|^$\/]/, "\\\\&", entry)
        gsub(/\\\.\\\.\\\./, "\001", entry)
        out = ""
        while (match(entry, /[A-Z][A-Z]+|[A-Z]/)) {
            before = RSTART > 1 ? substr(entry, RSTART - 1, 1) : ""
            behind = substr(entry, RSTART + RLENGTH, 1)
            if (RLENGTH > 1 || (before !~ /[A-Za-z]/ && behind !~ /[a-z]/))
                out = out substr(entry, 1, RSTART - 1) "(\002+|[A-Za-z0-9-]+)"
            else
                out = out substr(entry, 1, RSTART + RLENGTH - 1)
            entry = substr(entry, RSTART + RLENGTH)
        }
        out = out entry
        gsub(/\001/, ".*", out)
        return "^" out "$"
    }
    function longest(entry,    parts, n, i, best) {
        n = split(entry, parts, /\.\.\.|[A-Z][A-Z]+|[0-9NMCX]/)
        for (i = 1; i <= n; i++) {
            gsub(/^[^A-Za-z]+|[^A-Za-z]+$/, "", parts[i])
            if (length(parts[i]) > length(best))
                best = parts[i]
        }
        return best
    }
    FILENAME == ARGV[1] && $1 ~ /^DIAGNOSTICS: / && $1 !~ /: (Errors|Not answered)$/ { entry[++entries] = $2; form[entries] = pattern($2) }
    FILENAME == ARGV[2] { said = said $0 "\n" }
    FILENAME == ARGV[3] { part[++parts] = $0 }
    FILENAME == ARGV[4] {
        sentence = $0
        gsub(/%%/, "\003", sentence)
        gsub(/%[-+ #0-9.*$]*(hh|h|ll|l|z|j)?[a-zA-Z]/, "\002", sentence)
        gsub(/\003/, "%", sentence)
        for (i = 1; i <= entries && sentence !~ form[i]; i++)
            continue
        for (k = 1; i > entries && k <= parts && $0 !~ part[k]; k++)
            continue
        if (i > entries && k > parts && !told[$0]++)
            print "DIAGNOSTICS lacks \"" $0 "\""
    }
    END {
        for (i = 1; i <= entries; i++)
            if (index(said, longest(entry[i])) == 0)
                print "DIAGNOSTICS names \"" entry[i] "\", which the program does not say"
        if (entries < 100)
            print "DIAGNOSTICS has lost its entries"
    }' "$1" "$work/strings" "$work/parts" "$2"
}
# What stands within another sentence, and what is no refusal.
cat >"$work/parts" <<'END'
^%[.0-9]*s$
^what is in it cannot be read$
^it(s last packet| is (there|no regular|more than|standard input))
^there are a thousand names
^this kind of terminal has no
^(is not an?|is too|names an|lacks its|goes on behind|has a port) .*
^an? (time|whole|numeric|port|size)
^an address, or a port
^\[ADDRESS:\]PORT, where
^--(relay|transform|size|seed|max-log)$
^ICMP (port unreachable|error)$
^ \(/why
^HOME names no directory$
^(, SIG| lesson)$
END
sources=${srcdir:-.}/src
find "$sources" -name '*.c' | LC_ALL=C sort >"$work/files"
xargs awk -v all=1 -f "${srcdir:-.}/tests/complaints.awk" <"$work/files" >"$work/strings"
grep -vE '/(judge|jsonl_read|lesson)\.c$' "$work/files" | xargs awk -f "${srcdir:-.}/tests/complaints.awk" >"$work/complaints"
diagnostics "$work/manual" "$work/complaints" >"$work/missing"
[ ! -s "$work/missing" ] || { cat "$work/missing"; status=1; }
echo 'nobody ever said this' >"$work/made_up"
{ cat "$work/manual"; printf 'DIAGNOSTICS: Files\tNAME is nothing that is said: ...\n'; } >"$work/too_much"
[ "$(diagnostics "$work/too_much" "$work/made_up" | grep -cE 'lacks "nobody ever said this"|names "NAME is nothing')" = 2 ] || {
    echo "a sentence that DIAGNOSTICS lacks, and one too many, are not seen"
    status=1
}

# What the program really writes: a datagram of text, one that is not UTF-8 and one that nobody answers, with the calls.
printf 'a\n\377\n' | "$program" --both 0 --json -v >"$work/json" 2>/dev/null
printf 'b\n' | "$program" --both 0 --json --transform discard -w 1ms >>"$work/json" 2>/dev/null || :
grep -o '"[a-z_]*":' "$work/json" | tr -d '":' | LC_ALL=C sort -u >"$work/fields"
if [ ! -s "$work/fields" ]; then
    echo "manual.sh: $program --json wrote no object" >&2
    exit 1
fi
while read -r field; do
    if ! grep -q "^FIELDS	$field (" "$work/manual"; then
        echo "FIELDS lacks \"$field\""
        status=1
    fi
done <"$work/fields"
exit $status
