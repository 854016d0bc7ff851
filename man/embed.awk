# Makes C of manuals as mandoc prints them, for src/core/manual.h: each is one text, and where its lines begin. What stands on each page of such a
# manual, its first line and its last, is left out. The files are man/NAME.txt, in English, and man/LANGUAGE/NAME.txt.
function language_of(path) {
    sub(/\/[^\/]*$/, "", path)
    sub(/^.*\//, "", path)
    return path == "man" ? "en" : path
}
function begin(path) {
    languages[++count] = language_of(path)
    lines = blanks = bytes = 0
    starts = ""
    held = ""
    printf "static const char text_%d[] =\n", count
}
function put(line) {
    starts = starts (lines % 12 ? ", " : ",\n    ") bytes
    bytes += length(line) + 1
    lines++
    gsub(/\\/, "\\\\&", line)
    gsub(/"/, "\\\"", line)
    gsub(/\010/, "\\b", line)
    print "    \"" line "\\n\""
}
# The last line of all is known only once the text has ended.
function hold(line) {
    if (line == "") {
        blanks++
        return
    }
    if (held != "")
        put(held)
    for (; blanks; blanks--)
        if (lines)
            put("")
    held = line
}
function finish() {
    sub(/^,/, "", starts)
    printf "    ;\nstatic const uint32_t starts_%d[] = {%s, %d};\n\n", count, starts, bytes
    total[count] = lines
}
BEGIN {
    print "/* Made from man/ by man/embed.awk. */"
    print "#include \"config.h\"\n"
    print "#include \"core/manual.h\"\n"
}
FNR == 1 {
    if (count)
        finish()
    begin(FILENAME)
    next
}
{ hold($0) }
END {
    if (count)
        finish()
    if (count)
        print "static const struct manual manuals[] = {"
    for (i = 1; i <= count; i++)
        printf "    {\"%s\", text_%d, starts_%d, %d},\n", languages[i], i, i, total[i]
    if (count)
        print "};\n"
    print "const struct manual *manual_at(size_t index)\n{"
    print (count ? "    return index < sizeof manuals / sizeof *manuals ? &manuals[index] : NULL;" : "    (void)index;\n    return NULL;") "\n}"
}
