# Makes C of lesson files: their names and texts, one string a line, for src/app/lessons.h.
function text_of(line) {
    gsub(/\\/, "\\\\&", line)
    gsub(/"/, "\\\"", line)
    return "    \"" line "\\n\""
}
BEGIN {
    print "/* Made from lessons/ by lessons/embed.awk. */"
    print "#include \"config.h\"\n"
    print "#include \"app/lessons.h\"\n"
}
FNR == 1 {
    if (NR > 1)
        print "    ;\n"
    name = FILENAME
    sub(/^.*\//, "", name)
    sub(/\.lesson$/, "", name)
    names[++count] = name
    printf "static const char text_%d[] =\n", count
}
{ print text_of($0) }
END {
    print "    ;\n\nstatic const struct lesson_source sources[] = {"
    for (i = 1; i <= count; i++)
        printf "    {\"%s\", text_%d, sizeof text_%d - 1},\n", names[i], i, i
    print "};\n"
    print "const struct lesson_source *lesson_source_at(size_t index)\n{"
    print "    return index < sizeof sources / sizeof *sources ? &sources[index] : NULL;\n}"
}
