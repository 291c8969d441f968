#!/bin/sh
# Sends a heartbeat to Flatline. POSIX sh, with curl or GNU wget; `--help` says the rest.
#
# The key and the extra headers never stand on a command line of ours: curl reads them from its
# standard input, wget from a file that only the owner can read.
set -eu

readonly VERSION=0.1.0
readonly PROGRAM=heartbeat-client.sh
NEWLINE='
'
readonly NEWLINE

usage() {
    cat <<'EOF'
usage: heartbeat-client.sh [options] [-- command argument..]

Where and who
  --url URL           address of Flatline             (FLATLINE_URL, WORKER_URL)
  --key KEY           key; others see it in `ps`, so prefer the next one or the variable
  --key-file FILE     file with the key, or with an `Authorization: Bearer ...` line
                                                      (FLATLINE_API_KEY, FLATLINE_API_KEY_FILE, API_KEY)
  --service ID        service; repeat it or separate with commas for a batch
                                                      (FLATLINE_SERVICE_ID, SERVICE_ID)
  --header 'X: y'     one more request header, for proxies that want one; may be repeated
                                                      (FLATLINE_HEADERS, FLATLINE_HEADERS_FILE, one per line)
What
  --status WORD       up, degraded, down              (default: none, which means up)
  --message TEXT      one line about it
  --metadata JSON     a JSON object
  --duration-ms N     how long the job took, in milliseconds
  -- command ..       run this, and report how it ended (0 is up, all else down), how long it took
                      and its last line
How
  --every SECONDS     go on sending (or running the command) until told to stop by a signal
  --jitter SECONDS    wait a random part of this first (default 0)
  --timeout SECONDS   limit of one try                (default 10)
  --retry-for SECONDS go on trying for this long      (default 90, with --every at most that)
  --dry-run           print what would be sent, without the key; runs no command
  --quiet             print errors only
  --help, --version

Network errors and the answers 408, 429 and 5xx are tried again, with growing pauses or as long as
Retry-After says. Other answers are final.

Exit codes
  0  sent; with --every: stopped
  1  refused by the server (wrong key, unknown service, bad request)
  2  wrong usage
  3  not accepted within the retry time
  4  batch accepted in part
  A command's own exit code is handed on, whatever becomes of the heartbeat.
EOF
}

say() { [ -n "$quiet" ] || printf '%s: %s\n' "$PROGRAM" "$1"; }
note() { say "$1" >&2; }
complain() { printf '%s: %s\n' "$PROGRAM" "$1" >&2; }

misused() {
    complain "$1 (see --help)"
    exit 2
}

# random_ms LIMIT: a number from 0 to LIMIT, different on machines that start in the same second.
random_ms() {
    random_bytes=$(od -An -N3 -tu4 /dev/urandom 2>/dev/null | tr -d ' ') || random_bytes=
    echo $((${random_bytes:-$$} % ($1 + 1)))
}

# pause MS: sleeps, in whole seconds where `sleep` knows no fractions. In the background, because a
# shell looks at signals only between commands, and while it waits.
pause() {
    if [ -z "$fraction" ]; then
        fraction=no
        ! sleep 0.001 2>/dev/null || fraction=yes
    fi
    pause_s=$((($1 + 999) / 1000))
    [ "$fraction" = no ] || pause_s=$(($1 / 1000)).$(printf '%03d' $(($1 % 1000)))
    sleep "$pause_s" &
    sleeper=$!
    wait "$sleeper" || :
    sleeper=
}

# json_string: standard input as a JSON string. Bytes that are not UTF-8 become U+FFFD, because a
# heartbeat must not be refused for what its message says.
json_string() {
    LC_ALL=C awk '
        BEGIN {
            for (i = 1; i < 256; i++) ord[sprintf("%c", i)] = i
            for (i = 1; i < 32; i++) escape[sprintf("%c", i)] = sprintf("\\u%04x", i)
            escape["\""] = "\\\""
            escape["\\"] = "\\\\"
            bytewise = length("\303\251") == 2
            printf "\""
        }
        # The length of the UTF-8 sequence at position i, 0 if there is none (RFC 3629).
        function sequence(text, i,    lead, second, size, k) {
            lead = ord[substr(text, i, 1)]
            size = lead < 194 ? 0 : lead < 224 ? 2 : lead < 240 ? 3 : lead < 245 ? 4 : 0
            second = ord[substr(text, i + 1, 1)]
            if (lead == 224 && second < 160 || lead == 237 && second > 159) return 0
            if (lead == 240 && second < 144 || lead == 244 && second > 143) return 0
            for (k = 1; k < size; k++) {
                second = ord[substr(text, i + k, 1)]
                if (second < 128 || second > 191) return 0
            }
            return size
        }
        {
            if (NR > 1) printf "\\n"
            size = length($0)
            for (i = 1; i <= size; i += step) {
                step = 1
                char = substr($0, i, 1)
                if (char in escape) char = escape[char]
                else if (bytewise && ord[char] > 127) {
                    step = sequence($0, i)
                    char = step ? substr($0, i, step) : "\\ufffd"
                    if (!step) step = 1
                }
                printf "%s", char
            }
        }
        END { printf "\"" }'
}

quoted() { printf '%s\n' "$1" | json_string; }

# retry_after_s: seconds that the answer on standard input asks us to wait; nothing if it does not.
# Both forms of RFC 9110, 10.2.3: seconds, or a date (days are counted as in the civil calendar).
retry_after_s() {
    awk -v now="$(date +%s)" '
        tolower($1) == "retry-after:" { gsub(/^ +|\r$/, ""); seconds = $2; date = $0 }
        END {
            if (seconds ~ /^[0-9]+$/) { print substr(seconds, 1, 9) + 0; exit }
            if (split(date, part, /[ :]+/) != 9) exit
            year = part[5]; day = part[3]
            month = (index("JanFebMarAprMayJunJulAugSepOctNovDec", part[4]) + 2) / 3
            if (month < 3) { month += 12; year -= 1 }
            days = 365 * year + int(year / 4) - int(year / 100) + int(year / 400)
            days += int((153 * (month - 3) + 2) / 5) + day - 1 - 719468
            wait = days * 86400 + part[6] * 3600 + part[7] * 60 + part[8] - now
            printf "%d\n", (wait < 0 ? 0 : wait > 999999999 ? 999999999 : wait)
        }'
}

# field NAME: the first string of that name in the JSON on standard input, made safe to print.
field() {
    tr -d '\000-\037' | sed -n "s/.*\"$1\" *: *\"\\([^\"]*\\)\".*/\\1/p" | cut -c 1-300
}

# refused_entries: `  service: why` for the entries of a batch that the answer on standard input refuses.
refused_entries() {
    tr -d '\000-\037' | tr '{' '\n' | awk '
        function value(name,    rest) {
            rest = $0
            if (!sub(".*\"" name "\" *: *\"", "", rest)) return "?"
            sub("\".*", "", rest)
            return rest
        }
        /"serviceId"/ && /"success" *: *false/ { print "  " value("serviceId") ": " value("error") }'
}

# warnings: the sentences of every list of that name in the JSON on standard input, one on each line.
warnings() {
    tr -d '\000-\037' | awk '{
        while (match($0, /"warnings" *: *\[/)) {
            $0 = substr($0, RSTART + RLENGTH)
            while (match($0, /^[ ,]*"/)) {
                $0 = substr($0, RLENGTH + 1)
                text = ""
                while ($0 != "" && substr($0, 1, 1) != "\"") {
                    if (substr($0, 1, 1) == "\\") $0 = substr($0, 2)
                    text = text substr($0, 1, 1)
                    $0 = substr($0, 2)
                }
                $0 = substr($0, 2)
                print substr(text, 1, 300)
            }
        }
    }'
}

# --- the command line -----------------------------------------------------------------------

url=${FLATLINE_URL:-${WORKER_URL:-}}
key=${FLATLINE_API_KEY:-}
key_file=${FLATLINE_API_KEY_FILE:-}
services='' headers=${FLATLINE_HEADERS:-} status='' message='' metadata='' duration_ms=''
jitter_s=0 timeout_s=10 retry_for_s=90 every_s='' dry_run='' quiet='' command=''

while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
    --)
        [ $# -gt 0 ] || misused "-- needs a command"
        command=yes
        break
        ;;
    --help | -h) usage && exit 0 ;;
    --version) echo "$PROGRAM $VERSION" && exit 0 ;;
    --dry-run) dry_run=yes && continue ;;
    --quiet | -q) quiet=yes && continue ;;
    --*=*) set -- "${option#*=}" "$@" && option=${option%%=*} ;;
    esac
    case $option in
    --url | --key | --key-file | --service | --status | --message | --metadata) ;;
    --duration-ms | --every | --jitter | --timeout | --retry-for | --header) ;;
    *) misused "unknown argument '$option'" ;;
    esac
    [ $# -gt 0 ] || misused "$option needs a value"
    case $option in
    --url) url=$1 ;;
    --key) key=$1 key_file='' ;;
    --key-file) key_file=$1 key='' ;;
    --service) services=$services,$1 ;;
    --status) status=$1 ;;
    --message) message=$1 ;;
    --metadata) metadata=$1 ;;
    --duration-ms) duration_ms=$1 ;;
    --every) every_s=$1 ;;
    --jitter) jitter_s=$1 ;;
    --timeout) timeout_s=$1 ;;
    --retry-for) retry_for_s=$1 ;;
    --header) headers=$headers$NEWLINE$1 ;;
    esac
    shift
done

# whole OPTION NUMBER: the number without leading zeros, which the shell would read as octal.
whole() {
    case $2 in
    '' | *[!0-9]*) misused "$1 takes a whole number, not '$2'" ;;
    ??????????*) misused "$1 is too large" ;;
    esac
    digits=$2
    while [ "${digits#0}" != "$digits" ] && [ "$digits" != 0 ]; do digits=${digits#0}; done
    echo "$digits"
}
jitter_s=$(whole --jitter "$jitter_s")
timeout_s=$(whole --timeout "$timeout_s")
retry_for_s=$(whole --retry-for "$retry_for_s")
[ "$timeout_s" -gt 0 ] || misused "--timeout must be at least 1"
[ -z "$duration_ms" ] || duration_ms=$(whole --duration-ms "$duration_ms")
if [ -n "$every_s" ]; then
    every_s=$(whole --every "$every_s")
    [ "$every_s" -gt 0 ] || misused "--every must be at least 1"
    [ "$retry_for_s" -lt "$every_s" ] || retry_for_s=$every_s
fi
if [ -n "$command" ] && [ -n "$status$duration_ms" ]; then
    misused "a command decides about --status and --duration-ms itself"
fi

case $url in
http://?* | https://?*) ;;
'') misused "no address: give --url or FLATLINE_URL" ;;
*) misused "the address must start with http:// or https://" ;;
esac
while [ "${url%/}" != "$url" ]; do url=${url%/}; done
url=${url%/api/heartbeat}/api/heartbeat

if [ -n "$key_file" ] && [ -z "$key" ]; then
    [ -r "$key_file" ] || misused "cannot read the key file '$key_file'"
    # `read` says no at the end of a file without a last newline, and has read it all the same.
    IFS= read -r key <"$key_file" || [ -n "$key" ] || misused "the key file '$key_file' is empty"
    key=$(printf '%s' "$key" | tr -d '\r')
    key=${key#[Aa]uthorization: [Bb]earer }
fi
key=${key:-${API_KEY:-}}
case $key in
*[[:cntrl:]]*) misused "the key holds a control character" ;;
esac
if [ -n "${FLATLINE_HEADERS_FILE:-}" ]; then
    [ -r "$FLATLINE_HEADERS_FILE" ] || misused "cannot read the headers file '$FLATLINE_HEADERS_FILE'"
    headers=$headers$NEWLINE$(cat "$FLATLINE_HEADERS_FILE")
fi
[ -z "$key" ] || headers=$headers$NEWLINE"Authorization: Bearer $key"
headers="Content-Type: application/json$NEWLINE$headers"
headers=$(printf '%s\n' "$headers" | tr -d '\r' | sed '/^[[:space:]]*$/d')
if printf '%s\n' "$headers" | grep -qv '^[A-Za-z0-9_.!#$%&*+^|~-]\{1,\}:'; then
    misused "--header takes 'Name: value'"
fi

# --- the body -------------------------------------------------------------------------------

case $metadata in
'' | [[:space:]]*\{*\}* | \{*\}*) ;;
*) misused "--metadata takes a JSON object" ;;
esac
# Line ends are only white space in JSON; without them the body is one line.
metadata=$(printf '%s' "$metadata" | tr '\n\r\t' '   ')

services=${services#,}
services=${services:-${FLATLINE_SERVICE_ID:-${SERVICE_ID:-}}}
services=$(printf '%s\n' "$services" | tr ',' '\n' | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d')
[ -n "$services" ] || misused "no service: give --service or FLATLINE_SERVICE_ID"

# compose: the body, from status, message, duration_ms and metadata.
compose() {
    content=
    [ -z "$status" ] || content="$content,\"status\":$(quoted "$status")"
    [ -z "$message" ] || content="$content,\"message\":$(quoted "$message")"
    [ -z "$duration_ms" ] || content="$content,\"durationMs\":$duration_ms"
    [ -z "$metadata" ] || content="$content,\"metadata\":$metadata"
    entries=
    count=0
    remaining=$services$NEWLINE
    while [ -n "$remaining" ]; do
        id=$(quoted "${remaining%%"$NEWLINE"*}")
        remaining=${remaining#*"$NEWLINE"}
        count=$((count + 1))
        if [ -n "$content" ]; then entries="$entries,{\"serviceId\":$id$content}"; else entries="$entries,$id"; fi
    done
    if [ "$count" -eq 1 ]; then body="{\"serviceId\":$id$content}"; else body="{\"services\":[${entries#,}]}"; fi
}
names=$(printf '%s' "$services" | tr '\n' ',' | sed 's/,/, /g')

if [ -n "$dry_run" ]; then
    [ -z "$command" ] || status=up
    compose
    printf 'POST %s\n' "$url"
    # A header that we did not write may be a secret too.
    printf '%s\n' "$headers" | sed -e '/^Content-Type:/b' -e 's/^Authorization: Bearer .*/Authorization: Bearer ***/;t' -e 's/:.*/: ***/'
    printf '\n%s\n' "$body"
    exit 0
fi

# --- sending --------------------------------------------------------------------------------

private='' sleeper='' running='' child='' stopping='' fraction=''
private_folder() {
    [ -n "$private" ] || private=$(umask 077 && mktemp -d "${TMPDIR:-/tmp}/flatline.XXXXXX")
}
clean_up() {
    [ -z "$sleeper" ] || kill "$sleeper" 2>/dev/null || :
    [ -z "$private" ] || rm -rf "$private"
}
# stop CODE: ends at once, but for a running command: it is reported how that ends; tried once.
stop() {
    stopping=yes
    if [ -n "$child" ]; then
        kill -TERM "$child" 2>/dev/null || :
    elif [ -z "$running" ]; then
        [ -z "$every_s" ] || exit 0
        exit "$1"
    fi
}
trap clean_up EXIT
trap 'stop 129' HUP
trap 'stop 130' INT
trap 'stop 143' TERM

curl_config() {
    printf '%s\n' "$headers" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/header = "&"/'
    printf '%s\n' "$body" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/data-binary = "&"/'
}

# Each sender leaves the head and body of the answer, or the error, in `answer`, and the status in
# `code` (000 without an answer). Neither follows redirects: the key belongs to one address.
send_with_curl() {
    answer=$(curl_config | curl -q --config - --silent --show-error --include \
        --proto '=http,https' --user-agent "$PROGRAM/$VERSION" --max-time "$timeout_s" \
        --write-out '\n%{http_code}' --url "$url" 2>&1) || :
    code=${answer##*"$NEWLINE"}
    answer=${answer%"$NEWLINE"*}
}

send_with_wget() {
    private_folder
    (
        umask 077
        printf '%s\n' "$headers" | sed 's/^/header = /' >"$private/wgetrc"
        printf '%s' "$body" >"$private/body"
    )
    answer=$($limit wget --config="$private/wgetrc" --no-verbose --server-response \
        --content-on-error --output-document=- --post-file="$private/body" --max-redirect=0 \
        --no-netrc --user-agent="$PROGRAM/$VERSION" --tries=1 --timeout="$timeout_s" "$url" 2>&1) || :
    code=$(printf '%s\n' "$answer" | sed -n 's/^  HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*/\1/p' | tail -n 1)
    code=${code:-000}
}

limit=
if command -v curl >/dev/null 2>&1; then
    sender=send_with_curl
elif wget --version 2>/dev/null | grep -q '^GNU Wget '; then
    sender=send_with_wget
    # wget limits each phase, not the whole.
    if command -v timeout >/dev/null 2>&1; then limit="timeout $((timeout_s + 1))"; fi
else
    misused "needs curl or GNU wget (BusyBox wget would show the key to everybody on the machine)"
fi

# trouble: one line on why this try failed.
trouble() {
    case $code in
    000) printf '%s\n' "$answer" | tr -d '\r' | sed '/^[[:space:]]*$/d' | tail -n 1 | cut -c 1-300 ;;
    200) echo "the answer 200 is not one of Flatline's: is the address right?" ;;
    *) echo "the server answered $code" ;;
    esac
}

# refused WHY: tells that the answer is final.
refused() {
    entries=$(printf '%s\n' "$answer" | refused_entries)
    case $entries in
    *"$NEWLINE"*) reason=$(printf '%s\n' "$answer" | field message) ;;
    *) reason=$(printf '%s\n' "$answer" | field error) entries='' ;;
    esac
    complain "refused: $code ${reason:-$1}"
    [ -z "$entries" ] || printf '%s\n' "$entries" >&2
    return 1
}

# warn: tells what the server did not take as it was sent.
warn() {
    printf '%s\n' "$answer" | warnings | while IFS= read -r sentence; do
        complain "the server warns: $sentence"
    done
}

# judge: 0 accepted, 1 refused, 4 accepted in part, 9 to be tried again.
judge() {
    case $code in
    207)
        complain "sent in part: $(printf '%s\n' "$answer" | field message)"
        printf '%s\n' "$answer" | refused_entries >&2
        warn
        return 4
        ;;
    2??)
        printf '%s\n' "$answer" | grep -q '"success" *: *true' || return 9
        warn
        say "sent: $names"
        ;;
    408 | 429 | 5?? | 000) return 9 ;;
    3??) refused "a redirect, which is not followed: is the address right?" ;;
    # wget keeps the text of a 401 to itself.
    401) refused "the key is wrong or missing" ;;
    *) refused "" ;;
    esac
}

# send: one heartbeat, again and again within the retry time. 0, 1, 3 or 4, as the exit codes.
send() {
    compose
    started_s=$(date +%s)
    backoff_ms=1000
    while :; do
        $sender
        verdict=0
        judge || verdict=$?
        [ "$verdict" -eq 9 ] || return "$verdict"
        wait_ms=$((backoff_ms / 2 + $(random_ms $((backoff_ms / 2)))))
        asked_s=$(printf '%s\n' "$answer" | retry_after_s)
        if [ -n "$asked_s" ] && [ $((asked_s * 1000)) -ge "$wait_ms" ]; then
            wait_ms=$((asked_s * 1000 + $(random_ms 500)))
        fi
        elapsed_s=$(($(date +%s) - started_s))
        if [ -n "$stopping" ] || [ $((elapsed_s + wait_ms / 1000)) -ge "$retry_for_s" ]; then
            complain "not sent: $(trouble)"
            return 3
        fi
        note "$(trouble); trying again in $((wait_ms / 1000)).$((wait_ms % 1000 / 100)) s"
        pause "$wait_ms"
        [ "$backoff_ms" -ge 30000 ] || backoff_ms=$((backoff_ms * 2))
    done
}

# --- running a command ----------------------------------------------------------------------

# now_ms: milliseconds, or the full second where `date` knows no fractions.
now_ms() {
    now=$(date +%s%3N)
    case $now in
    *[!0-9]* | ??????????) now=$(date +%s)000 ;;
    esac
    echo "$now"
}

# keep NAME: hands standard input on, and leaves its last line that is not blank in a file.
keep() {
    tail -n 20 <"$private/$1.copy" | tr -d '\000' | tr '\r' '\n' |
        sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d' |
        tail -n 1 | cut -c 1-1000 >"$private/$1.last" &
    tee "$private/$1.copy" <"$private/$1" || :
    wait
    : >"$private/$1.done"
}

# run COMMAND..: runs it with our own input and outputs; its exit code is left in `code_of_command`,
# and what is to be told in status, message and duration_ms.
run() {
    private_folder
    # Who opens one end of a pipe waits for the other: what begins here is not left half done.
    running=yes
    rm -f "$private"/*.done "$private"/*.last
    for name in out err; do
        [ -p "$private/$name" ] || mkfifo "$private/$name" "$private/$name.copy"
    done
    keep out &
    keep err >&2 &
    begun_ms=$(now_ms)
    "$@" <&3 3<&- >"$private/out" 2>"$private/err" &
    child=$!
    [ -z "$stopping" ] || kill -TERM "$child" 2>/dev/null || :
    while :; do
        code_of_command=0
        wait "$child" || code_of_command=$?
        # A signal ends the waiting, not the command.
        kill -0 "$child" 2>/dev/null || break
    done
    child='' running=''
    duration_ms=$(($(now_ms) - begun_ms))
    [ "$duration_ms" -ge 0 ] || duration_ms=0
    # What the command left behind may hold its outputs open for ever.
    looks=0
    until [ -e "$private/out.done" ] && [ -e "$private/err.done" ] || [ "$looks" -ge 10 ]; do
        looks=$((looks + 1))
        pause 100
    done
    status=up order='out err'
    [ "$code_of_command" -eq 0 ] || status=down order='err out'
    message=$message_given
    for name in $order; do
        [ -n "$message" ] || message=$(cat "$private/$name.last" 2>/dev/null) || :
    done
}

# round [COMMAND..]: one heartbeat, or one run of the command. The exit code.
round() {
    if [ -z "$command" ]; then
        send
    else
        run "$@"
        send || :
        return "$code_of_command"
    fi
}

exec 3<&0
message_given=$message
[ "$jitter_s" -eq 0 ] || pause "$(random_ms $((jitter_s * 1000)))"
if [ -z "$every_s" ]; then
    outcome=0
    round "$@" || outcome=$?
    exit "$outcome"
fi
due_s=$(date +%s)
while [ -z "$stopping" ]; do
    round "$@" || :
    due_s=$((due_s + every_s))
    now_s=$(date +%s)
    [ "$due_s" -ge "$now_s" ] || due_s=$now_s
    [ -n "$stopping" ] || [ "$due_s" -eq "$now_s" ] || pause $(((due_s - now_s) * 1000))
done
