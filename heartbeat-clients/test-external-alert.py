#!/usr/bin/env python3
"""Sends an alert as another tool would, to see which channels get it.

    test-external-alert.py [--keep] [TITLE] [SEVERITY] [CHANNEL,..]

Its end is sent right after it; with --keep it stays open.

FLATLINE_URL (or WORKER_URL) is the address, ALERT_API_KEY or the file ALERT_API_KEY_FILE the key;
FLATLINE_HEADERS and the file FLATLINE_HEADERS_FILE have more request headers, one per line.
"""
import json
import os
import re
import sys
import time
import urllib.error
import urllib.request


def stored(name):
    """The text of the file that a variable names; empty if it names none."""
    path = os.environ.get(name)
    if not path:
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def main():
    arguments = sys.argv[1:]
    keep = arguments[:1] == ["--keep"]
    given = dict(enumerate(arguments[1:] if keep else arguments, 1))
    url = os.environ.get("FLATLINE_URL") or os.environ.get("WORKER_URL")
    if not url:
        print("test-external-alert.py: no address: set FLATLINE_URL", file=sys.stderr)
        return 2
    try:
        key = os.environ.get("ALERT_API_KEY") or stored("ALERT_API_KEY_FILE").strip()
        more = os.environ.get("FLATLINE_HEADERS", "") + "\n" + stored("FLATLINE_HEADERS_FILE")
    except OSError as error:
        why = "cannot read '%s': %s" % (error.filename, error.strerror)
        print("test-external-alert.py: " + why, file=sys.stderr)
        return 2
    body = {
        "title": given.get(1) or "Test alert",
        "message": "Sent by hand, nothing happened",
        "severity": given.get(2) or "warning",
        "source": "test",
        # Each is one of its own: the same again would tell nobody.
        "dedup_key": "%d-%d" % (time.time(), os.getpid()),
    }
    if given.get(3):
        body["channels"] = given[3].split(",")
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
    for line in filter(str.strip, more.splitlines()):
        header, _, value = line.partition(":")
        headers[header.strip()] = value.strip()
    url = re.sub("/api/heartbeat$", "", url.rstrip("/")) + "/api/alert"
    status = send(url, headers, body)
    # With 400 some channels may have been told; whoever was told hears the end, so it names none.
    if keep or status not in (200, 400):
        return 0 if status == 200 else 1
    body.pop("channels", None)
    end = send(url, headers, dict(body, status="resolved"))
    return 0 if status == end == 200 else 1


def send(url, headers, body):
    """The status of the answer, which is printed; None if there was none."""
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    except OSError as error:
        print("test-external-alert.py: %s" % error, file=sys.stderr)
        return None
    with answer:
        print(answer.status, answer.read().decode("utf-8", "replace"))
        return answer.status


if __name__ == "__main__":
    sys.exit(main())
