# How figures, times and states are written on the page, for awk.

# shellcheck disable=SC2016 # of awk
STATUS_WORDS='
    # Whatever others wrote passes through here before it is HTML.
    function esc(text) {
      gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text); gsub(/"/, "\\&quot;", text); gsub(/\047/, "\\&#39;", text)
      return text
    }
    function none() { return "<span class=\"nothing\" title=\"not known\">&ndash;</span>" }
    function decimal(value) { return value >= 10 ? sprintf("%.0f", value) : sprintf("%.1f", value) }
    function bytes(value,  i, unit) {
      split("B KB MB GB TB PB", unit, " ")
      for (i = 1; value >= 999.5 && i < 6; i++) value /= 1000
      return (i > 1 && value < 9.95 ? sprintf("%.1f", value) : sprintf("%.0f", value)) NB unit[i]
    }
    # A figure and its unit stay on one line.
    function percent(value) { return decimal(value) NB "%" }
    # The two largest units of a time.
    function span(seconds) {
      if (seconds < 60) return sprintf("%d%ss", seconds, NB)
      if (seconds < 3600) return sprintf("%d%smin", int(seconds / 60), NB)
      if (seconds < 86400) return sprintf("%d%sh %d%smin", int(seconds / 3600), NB, int(seconds / 60) % 60, NB)
      return sprintf("%d%sd %d%sh", int(seconds / 86400), NB, int(seconds / 3600) % 24, NB)
    }
    function clock(time,  text) { text = iso(time); return substr(text, 1, 10) " " substr(text, 12, 8) " UTC" }
    function moment(time,  text) { text = iso(time); return "<time datetime=\"" text "\">" (substr(text, 1, 10) == substr(iso(at), 1, 10) ? "today" : substr(text, 1, 10)) " " substr(text, 12, 5) "</time>" }
    # A state has a shape beside its word: a disc, a triangle, a cross, a ring.
    function shape(sign) {
      return "<svg class=\"shape " sign "\" viewBox=\"0 0 16 16\" aria-hidden=\"true\">" \
        (sign == "ok" ? "<circle cx=\"8\" cy=\"8\" r=\"5\"/>" : \
         sign == "warn" ? "<path d=\"M8 2l6.5 12h-13z\"/>" : \
         sign == "bad" ? "<path d=\"M3.5 3.5l9 9m0-9l-9 9\"/>" : "<circle cx=\"8\" cy=\"8\" r=\"4.5\"/>") "</svg>"
    }'
