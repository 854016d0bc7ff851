# Findings on standard input, one a line: FILE:LINE: SENTENCE [ID]. Prints those that are open, each once, and the comments that
# suppress nothing. A finding is suppressed by a comment in its line or the one above: no finding (ID): REASON.
# `files` names the sources, to look for comments whose ID matches the regular expression `ids`.

function read_file(file,    line, n, id) {
    if (file in known)
        return
    known[file] = 1
    while ((getline line < file) > 0) {
        n++
        if (!match(line, /no finding \([^)]+\): ./))
            continue
        id = substr(line, RSTART + 12)
        sub(/\).*/, "", id)
        suppressed[file, n] = id
        if (id ~ ids)
            unused[file, n] = id
    }
    close(file)
}

function is_suppressed(file, line, id,    n) {
    read_file(file)
    for (n = line; n >= line - 1; n--)
        if (suppressed[file, n] == id) {
            delete unused[file, n]
            return 1
        }
    return 0
}

{
    split($0, at, ":")
    id = $0
    sub(/.*\[/, "", id)
    sub(/\].*/, "", id)
    if (!seen[$0]++ && !is_suppressed(at[1], at[2] + 0, id)) {
        print
        status = 1
    }
}

END {
    count = split(files, names, " ")
    for (i = 1; i <= count; i++)
        read_file(names[i])
    for (place in unused) {
        split(place, at, SUBSEP)
        print at[1] ":" at[2] ": nothing is found here that this comment could suppress [" unused[place] "]"
        status = 1
    }
    exit status
}
