# Channels: what is asked of curl to send a message, and what its answer means. Nothing secret is in the arguments of a
# process: curl reads it from a file of root's, in memory.

TELEGRAM=https://api.telegram.org

# Usage: setting NAME. Of the channel at hand.
setting() { sed -n "s/^$1=//p" "$CHANNELS/$channel"; }

# Usage: quoted TEXT. As a configuration of curl has it.
quoted() { printf '"%s"' "$(printf '%s' "$1" | sed 's/["\\]/\\&/g')"; }

# Sends the message that was read. Sets outcome, sent, later or refused, said, what came of it, and wait, seconds that
# the receiver asked for.
send_message() {
  own=$SENDING/$channel
  mkdir -p "$own"
  rm -f "$own/answer"
  "body_$channel" >"$own/body"
  {
    printf '%s\n' silent show-error globoff 'connect-timeout = 10' 'max-time = 30' \
      "output = $(quoted "$own/answer")" 'write-out = "%{response_code} %header{retry-after}"'
    "request_$channel"
  } >"$own/request"
  told=$(
    ulimit -f 2048
    curl -q --config "$own/request" 2>"$own/complaint"
  )
  status=$? code=${told%% *} wait=${told#* }
  rm -f "$own/request" "$own/body"
  judge "$status" "$code"
}

post() {
  printf '%s\n' "url = $(quoted "$1")" 'proto = "=http,https"' 'header = "Content-Type: application/json; charset=utf-8"' \
    "data-binary = $(quoted "@$own/body")"
}

request_slack() { post "$(setting secret.slack)"; }

request_telegram() {
  server=$(setting server)
  post "${server:-$TELEGRAM}/bot$(setting secret.telegram)/sendMessage"
}

request_webhook() {
  post "$(setting secret.webhook)"
  token=$(setting secret.webhookToken)
  [ -z "$token" ] || printf '%s\n' "header = $(quoted "Authorization: Bearer $token")"
}

request_mail() {
  server=$(setting server) scheme=smtps
  case $server in *:*) server="[$server]" ;; esac
  [ "$(setting tls)" != starttls ] || scheme=smtp
  printf '%s\n' "url = $(quoted "$scheme://$server:$(setting port)/$host")" 'proto = "=smtp,smtps"' ssl-reqd \
    "mail-from = $(quoted "$(setting from)")" "mail-rcpt = $(quoted "$(setting to)")" \
    "user = $(quoted "$(setting user):$(setting secret.mail)")" "upload-file = $(quoted "$own/body")"
}

# Usage: judge STATUS-OF-CURL CODE-OF-ANSWER
judge() {
  said=$(head -c 300 "$own/answer" 2>/dev/null | tr -c ' -~' ' ')
  [ "$2" = 000 ] || said="$2 $said"
  [ ! -s "$own/complaint" ] || said="$said $(head -c 300 "$own/complaint" | tr -c ' -~' ' ' | sed 's/^curl: ([0-9]*) //')"
  said=$(printf '%s' "$said" | cut_secrets '' | sed 's/  */ /g; s/^ //; s/ $//')
  case $channel/$1/$2 in
    mail/0/* | */0/2?? | */23/2??) outcome=sent ;;
    mail/67/* | mail/*/5??) outcome=refused ;;
    mail/* | */*/000 | */*/408 | */*/429 | */*/5??) outcome=later ;;
    *) outcome=refused ;;
  esac
  # Telegram says it in its answer.
  case $wait in '' | *[!0-9]*) wait=$(sed -n 's/.*"retry_after": *\([0-9]*\).*/\1/p' "$own/answer" 2>/dev/null | head -n 1) ;; esac
  case $wait in '' | *[!0-9]* | ?????*) wait=0 ;; esac
}

# Usage: remedy_of STATUS-OF-CURL CODE-OF-ANSWER. What to do where the channel at hand did not take a message.
remedy_of() {
  case $channel/$1/$2 in
    */6/*) echo "no name server knows its name: is it right, and does the host reach a name server?" ;;
    */7/* | */28/*) echo "it does not answer: does the network let the host go there, and is it up?" ;;
    */60/*) echo "its certificate is not trusted: of an authority of your own, put it into /usr/local/share/ca-certificates" ;;
    */35/* | */64/*) echo "there is no TLS as it was asked for: check tls and port" ;;
    */*/429) echo "it takes no more for now, and will" ;;
    slack/*/4??) echo "make a new incoming webhook there, and set serverSecrets.slack" ;;
    telegram/*/401 | telegram/*/404) echo "the token is no bot's: ask @BotFather, and set serverSecrets.telegram" ;;
    telegram/*/403) echo "the bot may not write there: add it to the chat, or start it from there" ;;
    telegram/*/400) echo "check alerts.telegram.chat, and write to the bot from there once" ;;
    webhook/*/401 | webhook/*/403) echo "set serverSecrets.webhookToken to what the receiver asks for" ;;
    webhook/*) echo "check serverSecrets.webhook, and the log of the receiver" ;;
    mail/67/*) echo "check alerts.mail.user, and set serverSecrets.mail to its password" ;;
    mail/*/5??) echo "may this user send as alerts.mail.from, and to alerts.mail.to?" ;;
    *) echo "look there for what is wrong" ;;
  esac
}
