#!/bin/sh
# Has one channel send a test message. settings.json: "api": {"enableTestNotificationEndpoint": true}
#   test-notification.sh CHANNEL [EVENT]
# FLATLINE_URL (or WORKER_URL) is the address, ALERT_API_KEY or the file ALERT_API_KEY_FILE the key;
# FLATLINE_HEADERS and the file FLATLINE_HEADERS_FILE have more request headers, one per line.
set -eu

channel=${1:-}
event=${2:-down}
[ -n "$channel" ] || { echo "usage: test-notification.sh CHANNEL [EVENT]" >&2 && exit 2; }
url=${FLATLINE_URL:-${WORKER_URL:-}}
[ -n "$url" ] || { echo "test-notification.sh: no address: set FLATLINE_URL" >&2 && exit 2; }
while [ "${url%/}" != "$url" ]; do url=${url%/}; done
url=${url%/api/heartbeat}
key=${ALERT_API_KEY:-}
[ -n "$key" ] || [ -z "${ALERT_API_KEY_FILE:-}" ] || key=$(cat "$ALERT_API_KEY_FILE")

quoted() { printf '%s' "$1" | tr -d '\000-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&"/'; }

body="{\"channelType\":$(quoted "$channel"),\"eventType\":$(quoted "$event")}"

# curl reads keys from its standard input, so that `ps` does not show them.
escaped() { printf '%s\n' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'; }
config() {
    printf 'header = "Authorization: Bearer %s"\ndata-binary = "%s"\n' "$(escaped "$key")" "$(escaped "$body")"
    {
        printf '%s\n' "${FLATLINE_HEADERS:-}"
        [ -z "${FLATLINE_HEADERS_FILE:-}" ] || cat "$FLATLINE_HEADERS_FILE"
    } | tr -d '\r' | sed -e '/^[[:space:]]*$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/header = "&"/'
}
config |
    curl -q --config - --silent --show-error --max-time 30 --header 'Content-Type: application/json' \
        --write-out '\n%{http_code}\n' --url "$url/api/test-notification" | {
    IFS= read -r answer
    IFS= read -r code
    printf '%s %s\n' "$code" "$answer"
    [ "$code" = 200 ]
}
