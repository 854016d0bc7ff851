# The output of gcov -t on standard input. Prints "missed FILE:LINE: SOURCE" for each line not reached, then the tables.
# `aimed`: the folders that have an aim; `aim`: per cent of their lines.

function percent(part, whole) {
    return whole ? 100 * part / whole : 100
}

# gcov's fields: how often, the number, the text. Line 0 tells what the rest is about.
{
    count = $0
    sub(/:.*/, "", count)
    gsub(/[ *]/, "", count)
    text = $0
    sub(/^[^:]*:/, "", text)
    number = text + 0
    sub(/^[^:]*:/, "", text)
}

number == 0 {
    if (text ~ /^Source:/) {
        file = text
        sub(/^Source:/, "", file)
        sub(/^.*\/src\//, "src/", file)
        is_ours = file ~ /^src\/.*\.[ch]$/ && file !~ /lesson_texts\.c$/
        folder = file
        sub(/\/[^\/]*$/, "", folder)
    }
    next
}

# What one object file did not reach another may have, of a header's line.
is_ours && count != "-" {
    place = file SUBSEP number
    if (!(place in reached)) {
        reached[place] = 0
        lines[file]++
        all[folder]++
        of[file] = folder
        texts[place] = text
    }
    if (count !~ /^[#=]/ && !reached[place]) {
        reached[place] = 1
        hit[file]++
        good[folder]++
    }
}

END {
    for (place in reached)
        if (!reached[place]) {
            split(place, at, SUBSEP)
            print "missed " at[1] ":" at[2] ":" texts[place] | "sort -t: -k1,1 -k2,2n"
        }
    close("sort -t: -k1,1 -k2,2n")
    print "folder                    lines   reached"
    for (folder in all)
        printf "%-24s %6d %8.1f %%\n", folder, all[folder], percent(good[folder], all[folder]) | "sort"
    close("sort")
    count = split(aimed, wanted, " ")
    for (i = 1; i <= count; i++) {
        if (percent(good[wanted[i]], all[wanted[i]]) < aim) {
            print wanted[i] ": less than " aim " %"
            status = 1
        }
        for (file in lines)
            if (of[file] == wanted[i] && percent(hit[file], lines[file]) < aim)
                printf "%-24s %6d %8.1f %%\n", file, lines[file], percent(hit[file], lines[file]) | "sort"
    }
    close("sort")
    exit status
}
