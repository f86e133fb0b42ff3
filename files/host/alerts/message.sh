# A message in the words of each channel.

# Reads a message of the queue. Sets event, subject, time, more, title, and text, with what was left out before it.
# Usage: read_message FILE DROPPED
read_message() {
  { read -r event && IFS= read -r subject && read -r time && read -r more; } <"$1"
  text=$(sed 1,4d "$1")
  host=$(uname -n)
  case $event in
    failed | unit) title="$subject has failed" ;;
    hung | need) title="$subject does not answer" ;;
    recovered) title="$subject has recovered" ;;
    resource) title="$subject is over its limit" ;;
    certificate)
      title="the certificate $subject ends soon"
      case $text in 'cannot be renewed'* | 'does not take up'*) title="the certificate of $subject was not renewed" ;; esac
      ;;
    job) title="the job $subject has failed" ;;
    rollout-failed) title="the rollout of $subject has failed" ;;
    rollout) title="the rollout of $subject is done" ;;
    *) title=$subject ;;
  esac
  title="$host: $title"
  [ "$more" = 0 ] || text="$more more in $((WINDOW / 60)) min, the last of them:$NEWLINE$text"
  [ "$2" = 0 ] || text="$2 alerts before this one were left out, since too many waited.$NEWLINE$text"
}

# Usage: in_json TEXT. A string of JSON, of a text that has no control characters but tabs and line breaks.
in_json() {
  printf '%s' "$1" | sed -e 's/[\\"]/\\&/g' -e 's/\t/\\t/g' | sed -e ':a' -e '$!{N;ba' -e '}' -e 's/\n/\\n/g' -e 's/^/"/' -e 's/$/"/'
  [ -n "$1" ] || printf '""'
}

# Usage: in_markup TEXT. As Slack and HTML want it.
in_markup() { printf '%s' "$1" | sed -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'; }

body_slack() {
  words="*$(in_markup "$title")*"
  # Three of them end what is shown as it is.
  [ -z "$text" ] || words="$words$NEWLINE\`\`\`$NEWLINE$(in_markup "$text" | sed "s/\`\`\`/'''/g")$NEWLINE\`\`\`"
  printf '{"text":%s}\n' "$(in_json "$words")"
}

body_telegram() {
  words="<b>$(in_markup "$title")</b>"
  [ -z "$text" ] || words="$words$NEWLINE<pre>$(in_markup "$text")</pre>"
  printf '{"chat_id":%s,"text":%s,"parse_mode":"HTML","link_preview_options":{"is_disabled":true}}\n' \
    "$(in_json "$(setting chat)")" "$(in_json "$words")"
}

body_webhook() {
  printf '{"version":1,"event":%s,"subject":%s,"host":%s,"time":%s,"title":%s,"text":%s,"more":%s}\n' "$(in_json "$event")" \
    "$(in_json "$subject")" "$(in_json "$host")" "$(in_json "$time")" "$(in_json "$title")" "$(in_json "$text")" "$more"
}

body_mail() {
  printf '%s\r\n' "From: $(setting from)" "To: $(setting to)" "Subject: $title" "Date: $(date -R)" \
    "Message-ID: <$(date +%s).$$.${message##*/}@$host>" 'Auto-Submitted: auto-generated' 'MIME-Version: 1.0' \
    'Content-Type: text/plain; charset=utf-8' 'Content-Transfer-Encoding: base64' ''
  printf '%s\n\n%s\n\n%s\n' "$title" "$text" "$time" | base64 | sed 's/$/\r/'
}
