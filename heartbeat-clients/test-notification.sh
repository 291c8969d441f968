#!/bin/sh
# Has one channel send a test message. settings.json: "api": {"enableTestNotificationEndpoint": true}
#   test-notification.sh CHANNEL [EVENT]
# FLATLINE_URL (or WORKER_URL) is the address, ALERT_API_KEY or the file ALERT_API_KEY_FILE the key.
set -eu

channel=${1:-}
event=${2:-down}
[ -n "$channel" ] || { echo "usage: test-notification.sh CHANNEL [EVENT]" >&2 && exit 2; }
url=${FLATLINE_URL:-${WORKER_URL:-}}
[ -n "$url" ] || { echo "test-notification.sh: no address: set FLATLINE_URL" >&2 && exit 2; }
key=${ALERT_API_KEY:-}
[ -n "$key" ] || [ -z "${ALERT_API_KEY_FILE:-}" ] || key=$(cat "$ALERT_API_KEY_FILE")

quoted() { printf '%s' "$1" | tr -d '\000-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&"/'; }

body="{\"channelType\":$(quoted "$channel"),\"eventType\":$(quoted "$event")}"

# curl reads the key from its standard input, so that `ps` does not show it.
escaped() { printf '%s\n' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'; }
printf 'header = "Authorization: Bearer %s"\ndata-binary = "%s"\n' "$(escaped "$key")" "$(escaped "$body")" |
    curl -q --config - --silent --show-error --max-time 30 --header 'Content-Type: application/json' \
        --write-out '\n%{http_code}\n' --url "${url%/}/api/test-notification" | {
    IFS= read -r answer
    IFS= read -r code
    printf '%s %s\n' "$code" "$answer"
    [ "$code" = 200 ]
}
