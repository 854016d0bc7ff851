#!/bin/sh
# Checks that no file under src/ includes what its layer must not know. First it proves on made-up files that it sees
# each kind of violation; a check that cannot fail is worth nothing.
set -eu

# check ROOT: prints each violation below ROOT/src as file:line: sentence; its status is 1 if there was one.
check() (
    cd "$1" || exit 1
    find src -name '*.[ch]' | LC_ALL=C sort | xargs awk '
    BEGIN {
        # Folder, and the folders of ours that it may include.
        may["core"] = "core"
        may["loop"] = "loop"
        may["net"] = "net core"
        may["host"] = "host core"
        may["export"] = "export core"
        may["edit"] = "edit core"
        may["ui"] = "ui core"
        may["app"] = "app core loop net host export edit ui"
        may["main.c"] = may["app"]
        curses_file = "src/ui/term_curses.c"
        curses_file_may = "core/base64.h core/error.h core/key.h core/words.h ui/cells.h ui/style.h ui/term.h"

        # core is pure: of libc it includes only what opens nothing, waits for nothing and asks no clock.
        core_system = "assert.h ctype.h endian.h errno.h getopt.h inttypes.h langinfo.h libintl.h limits.h locale.h math.h stdarg.h " \
            "stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h time.h wchar.h wctype.h " \
            "arpa/inet.h net/if.h netinet/in.h netinet/udp.h pcre2.h sys/mman.h sys/socket.h sys/types.h " \
            "unicase.h uniconv.h unictype.h unigbrk.h unilbrk.h uniname.h uninorm.h unistr.h unitypes.h uniwidth.h"
        curses = "^(ncursesw?/.*|n?curses|ncurses_dll|term|term_entry|unctrl|panel|menu|form|eti)(\\.h)?$"
        libedit = "^(histedit\\.h|(editline|readline)/.*)$"
        unistring = "^uni(case|conv|ctype|gbrk|lbrk|name|norm|stdio|str|types|wbrk|width)\\.h$"
        libraries = "^(jansson|pcre2.*|pcap.*)(\\.h|/.*)$"
    }
    function has(list, word) { return index(" " list " ", " " word " ") > 0 }
    function wrong(sentence) {
        print FILENAME ":" FNR ": " sentence "."
        failed = 1
    }
    function in_the_tree(name,    line, seen) {
        seen = (getline line < ("src/" name)) >= 0
        close("src/" name)
        return seen
    }
    function ours(name,    target) {
        target = name
        sub(/\/.*/, "", target)
        if (name == "config.h") {
            if (FILENAME !~ /\.c$/)
                wrong("config.h is included by .c files only")
        } else if (name !~ /\//) {
            wrong("\"" name "\" must be named from src/ on, as in \"core/buffer.h\"")
        } else if (FILENAME == curses_file) {
            if (!has(curses_file_may, name))
                wrong("the curses file may include of ours only " curses_file_may ", not " name)
        } else if (!has(may[folder], target)) {
            wrong(folder " must not include " name "; of ours it may include only: " may[folder])
        }
    }
    function system_header(name) {
        if (name ~ curses && FILENAME != curses_file)
            wrong("curses header <" name "> belongs only into " curses_file)
        else if (name ~ libedit && folder != "edit")
            wrong("libedit header <" name "> belongs only into src/edit")
        else if (folder == "core" && !has(core_system, name))
            wrong("core is pure and must not include <" name ">")
        else if (folder == "loop" && (name ~ unistring || name ~ libraries))
            wrong("loop knows libc only and must not include <" name ">")
    }
    FNR == 1 {
        files++
        folder = FILENAME
        sub(/^src\//, "", folder)
        sub(/\/.*/, "", folder)
        if (!(folder in may))
            wrong("no layer is written down for " folder)
    }
    /^[ \t]*#[ \t]*include[ \t]*["<]/ {
        name = $0
        sub(/^[^"<]*/, "", name)
        quoted = substr(name, 1, 1) == "\""
        name = substr(name, 2)
        sub(/[">].*/, "", name)
        if (quoted || name == "config.h" || in_the_tree(name))
            ours(name)
        else
            system_header(name)
    }
    END {
        if (!files)
            print "src: no .c or .h file found."
        exit failed || !files
    }' || exit 1
)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# made_up FILE LINE...: writes a file of these lines into the made-up tree.
made_up() {
    mkdir -p "$work/$(dirname "$1")"
    to=$work/$1
    shift
    printf '%s\n' "$@" >"$to"
}

made_up src/core/good.c '#include "config.h"' '#include "core/good.h"' '#include <net/if.h>' \
    '#include <unicase.h>' '#include <pcre2.h>'
made_up src/app/good.c '#include "net/a.h"' '#include "ui/b.h"' '#include <poll.h>'
made_up src/ui/term_curses.c '#include <curses.h>' '#include "ui/term.h"' '#include "ui/layout.h"'
made_up src/main.c '#include "app/app.h"' '#include <curses.h>'
made_up src/core/bad.c '#include "net/udp.h"' '  #  include <unistd.h>' '#include "buffer.h"' '#include <ui/bad.h>'
made_up src/core/bad.h '#include "config.h"'
made_up src/net/bad.c '#include "host/helper.h"' '#include <ui/bad.h>'
made_up src/host/bad.c '#include "edit/line.h"'
made_up src/export/bad.c '#include "ui/cells.h"'
made_up src/edit/bad.c '#include <histedit.h>' '#include "ui/cells.h"'
made_up src/ui/bad.c '#include <ncursesw/curses.h>' '#include "edit/line.h"' '#include "ui/cells.h"'
made_up src/ui/bad.h '#include "core/key.h"'
made_up src/app/bad.c '#include <editline/readline.h>' '#include <term.h>'
made_up src/loop/bad.c '#include <poll.h>' '#include "core/buffer.h"' '#include <jansson.h>'
made_up src/attic/bad.c '#include <stdio.h>'

expected='src/app/bad.c:1 src/app/bad.c:2 src/attic/bad.c:1 src/core/bad.c:1 src/core/bad.c:2 src/core/bad.c:3'
expected="$expected src/core/bad.c:4 src/core/bad.h:1 src/edit/bad.c:2 src/export/bad.c:1 src/host/bad.c:1"
expected="$expected src/loop/bad.c:2 src/loop/bad.c:3 src/main.c:2 src/net/bad.c:1 src/net/bad.c:2"
expected="$expected src/ui/bad.c:1 src/ui/bad.c:2 src/ui/term_curses.c:3"
if check "$work" >"$work/seen"; then
    echo "layers.sh: violations do not make the check fail" >&2
    exit 1
fi
seen=$(cut -d: -f1,2 "$work/seen" | tr '\n' ' ')
if [ "$seen" != "$expected " ]; then
    echo "layers.sh: on the made-up files it must find  $expected" >&2
    echo "layers.sh: but it found                       $seen" >&2
    exit 1
fi

check "${srcdir:-.}"
