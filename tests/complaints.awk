# The sentences with which source files refuse something, one a line: the strings of statements that call what makes or says a reason; with -v all=1 those of
# all statements. A string in several pieces is one. Comments are left out, and what stands in quotes ends no statement.
function tell(    i, n, strings) {
    if (all || statement ~ /(^|[^a-z_])(app_why(_both)?|complain|fail|fails|fails_with|refuse[a-z_]*|wrong)\(|snprintf\((why|e->why|[a-z]->why), |EVENT_(ERROR|NOT_SENT|SUPPRESSED|REFUSED|UNREACHABLE|NO_ANSWER|DROPPED|TAKEN)/) {
        n = split(found, strings, "\001")
        for (i = 2; i <= n; i++)
            if (length(strings[i]) > 3)
                print strings[i]
    }
    statement = found = ""
    joined = 0
}
{
    line = line $0 " "
    if (substr($0, length($0)) == "\\")
        next
    while (line != "") {
        c = substr(line, 1, 1)
        if (comment) {
            at = index(line, "*/")
            line = at ? substr(line, at + 2) : ""
            comment = !at
        } else if (substr(line, 1, 2) == "/*") {
            comment = 1
            line = substr(line, 3)
        } else if (c == "#") {
            line = ""
        } else if (match(line, /^"([^"\\]|\\.)*"/)) {
            if (!joined)
                found = found "\001"
            text = substr(line, 2, RLENGTH - 2)
            gsub(/\\"/, "\"", text)
            gsub(/\\\\/, "\\", text)
            found = found text
            joined = 1
            line = substr(line, RLENGTH + 1)
        } else if (match(line, /^'([^'\\]|\\.[0-9a-f]*)'/)) {
            line = substr(line, RLENGTH + 1)
        } else {
            if (c ~ /[;{}]/)
                tell()
            else if (c !~ /[ \t]/)
                joined = 0
            statement = statement c
            line = substr(line, 2)
        }
    }
}
