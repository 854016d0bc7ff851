# One line of the table, from the results of its pairs. Variables: name, title, rate_goal, time_goal ("-": none).
#
# A result is a line: its side (base or other), nanoseconds a datagram, rate, lost, wrong, p50, p99, frames a second,
# and the part of the core's time that server and generator got; 0 stands for what was not measured. The pairs are in
# order, whichever side of each was measured first.

function sort(a, n,    i, j, t) {
    for (i = 2; i <= n; i++) {
        t = a[i]
        for (j = i - 1; j > 0 && a[j] > t; j--)
            a[j + 1] = a[j]
        a[j + 1] = t
    }
}

# Of sorted values, between neighbours where it falls between them.
function at(a, n, part,    x, i) {
    x = 1 + (n - 1) * part
    i = int(x)
    return i < n ? a[i] + (x - i) * (a[i + 1] - a[i]) : a[n]
}

function middle(a, n) {
    sort(a, n)
    return at(a, n, 0.5)
}

function is_wide(a, n) {
    return at(a, n, 0.75) - at(a, n, 0.25) > 0.1 * at(a, n, 0.5)
}

function ratios(a, n) {
    if (middle(a, n) == 0)
        return sprintf("%15s", "-")
    return sprintf("%5.2f %4.2f-%-4.2f", at(a, n, 0.5), at(a, n, 0.25), at(a, n, 0.75))
}

function number(value) {
    return value ? sprintf("%.0f", value) : "-"
}

$1 == "base" {
    base[++k] = $2
    base_rate[k] = $3
}

$1 == "other" {
    own[++n] = $2
    own_rate[n] = $3
    p50[n] = $6
    p99[n] = $7
    frames[n] = $8
}

{
    lost += $4
    bad += $5
    share[NR] = $9
}

END {
    for (i = 1; i <= n; i++) {
        rate[i] = base_rate[i] ? own_rate[i] / base_rate[i] : 0
        cost[i] = base[i] ? own[i] / base[i] : 0
    }
    rates = ratios(rate, n)
    costs = ratios(cost, n)
    got = middle(share, NR)
    missed = (rate_goal != "-" && middle(rate, n) < rate_goal) || (time_goal != "-" && middle(cost, n) > time_goal)
    noisy = is_wide(rate, n) || is_wide(cost, n) || (got && got < 0.9)
    printf "%-9s %-28s %s %4s %s %4s %5s %5s %5s %5s %4d %5d %3s %4s%s%s%s\n", name, title, rates, rate_goal, costs,
        time_goal, number(middle(base, n)), number(middle(own, n)), number(middle(p50, n)), number(middle(p99, n)), lost,
        bad, number(middle(frames, n)), number(100 * got), bad ? " WRONG" : "", missed ? " MISSED" : "",
        noisy ? " NOISY" : ""
}
