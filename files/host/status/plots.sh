# A day of the history as small plots: the mean of each ten minutes, and a gap where nothing was written.

# shellcheck disable=SC2016 # of awk
STATUS_PLOTS='
    function read_history(  line, part, one, n, i, x) {
      while ((getline line < history) > 0) {
        n = split(line, part, "\t")
        # A line may be torn where the host lost its power.
        if (n < 4 || part[1] !~ /^[0-9]+$/ || part[1] > at || part[1] <= at - 86400) continue
        x = int((part[1] - at + 86400 - 1) / 600)
        note("load", x, part[2]); note("cpu", x, part[3]); note("memory", x, part[4])
        for (i = 5; i <= n; i++) if (split(part[i], one, " ") == 3) { note("cpu " one[1], x, one[2]); note("memory " one[1], x, one[3] * 1024) }
      }
      close(history)
    }
    function note(series, x, value) {
      if (value !~ /^[0-9]+(\.[0-9]+)?$/) return
      sum[series " " x] += value; count[series " " x]++
      if (!(series in most) || value + 0 > most[series]) most[series] = value + 0
      if (!(series in least) || value + 0 < least[series]) least[series] = value + 0
    }
    # Usage: plot(SERIES, TOP, UNIT). As high as its highest value, and at least TOP.
    function plot(series, top, unit,  x, y, line, area, begun, words, highest) {
      if (!(series in most)) return "<p class=\"none\">no history yet</p>"
      for (x = 0; x < 144; x++) if ((series " " x) in count && sum[series " " x] / count[series " " x] > highest) highest = sum[series " " x] / count[series " " x]
      if (highest > top) top = highest
      begun = -1
      for (x = 0; x <= 144; x++) {
        if (x < 144 && (series " " x) in count) {
          y = sprintf("%.1f", 31 - 30 * sum[series " " x] / count[series " " x] / top)
          # A single one is a dash.
          if (begun < 0) { begun = x; line = line "M" x " " y "h1"; area = area "M" x " 32V" y "h1" } else { line = line "L" x + 1 " " y; area = area "L" x + 1 " " y }
        } else if (begun >= 0) { area = area "V32z"; begun = -1 }
      }
      words = figure(least[series], unit) " to " figure(most[series], unit) " in the last 24 hours"
      return "<svg class=\"plot\" viewBox=\"0 0 144 32\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"" words "\"><title>" words "</title><path class=\"area\" d=\"" area "\"/><path class=\"line\" d=\"" line "\"/></svg><p class=\"range\">" range(least[series], most[series], unit) "</p>"
    }
    function figure(value, unit) { return unit == "B" ? bytes(value) : unit == "" ? sprintf("%.2f", value) : decimal(value) NB unit }
    # What both have in common is written once.
    function range(from, to, unit,  one, other) {
      sub(/ .*/, "", unit); from = figure(from, unit); to = figure(to, unit)
      one = from; other = to; sub(/.*\302\240/, "", one); sub(/.*\302\240/, "", other)
      if (one == other && index(from, NB)) sub(/\302\240.*/, "", from)
      return from " &ndash; " to
    }
    function bar(share) { return "<svg class=\"bar\" viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect class=\"of\" width=\"100\" height=\"4\"/><rect class=\"" (share >= 90 ? "full" : "part") "\" width=\"" share + 0 "\" height=\"4\"/></svg>" }'
