#!/bin/sh
# Sends an alert as another tool would, to see which channels get it.
#   test-external-alert.sh [--keep] [TITLE] [SEVERITY] [CHANNEL,..]
# Its end is sent right after it; with --keep it stays open.
# FLATLINE_URL (or WORKER_URL) is the address, ALERT_API_KEY or the file ALERT_API_KEY_FILE the key;
# FLATLINE_HEADERS and the file FLATLINE_HEADERS_FILE have more request headers, one per line.
set -eu

keep=
if [ "${1:-}" = --keep ]; then keep=1 && shift; fi
title=${1:-Test alert}
severity=${2:-warning}
channels=${3:-}
url=${FLATLINE_URL:-${WORKER_URL:-}}
[ -n "$url" ] || { echo "test-external-alert.sh: no address: set FLATLINE_URL" >&2 && exit 2; }
while [ "${url%/}" != "$url" ]; do url=${url%/}; done
url=${url%/api/heartbeat}
key=${ALERT_API_KEY:-}
[ -n "$key" ] || [ -z "${ALERT_API_KEY_FILE:-}" ] || key=$(cat "$ALERT_API_KEY_FILE")

quoted() { printf '%s' "$1" | tr -d '\000-\037' | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/"&"/'; }

list=
if [ -n "$channels" ]; then
    list=",\"channels\":[$(printf '%s\n' "$channels" | tr ',' '\n' | while IFS= read -r name; do
        printf ',%s' "$(quoted "$name")"
    done | cut -c 2-)]"
fi
alert="\"title\":$(quoted "$title"),\"message\":\"Sent by hand, nothing happened\",\"severity\":$(quoted "$severity"),\"source\":\"test\",\"dedup_key\":\"$(date +%s)-$$\""

# curl reads keys from its standard input, so that `ps` does not show them.
escaped() { printf '%s\n' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g'; }
config() {
    printf 'header = "Authorization: Bearer %s"\ndata-binary = "%s"\n' "$(escaped "$key")" "$(escaped "$1")"
    {
        printf '%s\n' "${FLATLINE_HEADERS:-}"
        [ -z "${FLATLINE_HEADERS_FILE:-}" ] || cat "$FLATLINE_HEADERS_FILE"
    } | tr -d '\r' | sed -e '/^[[:space:]]*$/d' -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/header = "&"/'
}
# Says what was answered: 0 for 200, 3 for 400 (some channels may have been told), else 1.
send() {
    config "$1" |
        curl -q --config - --silent --show-error --max-time 30 --header 'Content-Type: application/json' \
            --write-out '\n%{http_code}\n' --url "$url/api/alert" | {
        IFS= read -r answer
        IFS= read -r code
        printf '%s %s\n' "$code" "$answer"
        case $code in 200) ;; 400) return 3 ;; *) return 1 ;; esac
    }
}

result=0
send "{$alert$list}" || result=$?
[ "$result" != 1 ] || exit 1
# Whoever was told hears the end, so it names no channels.
[ -n "$keep" ] || send "{$alert,\"status\":\"resolved\"}" || result=1
[ "$result" = 0 ]
