#!/usr/bin/env python3
"""Has one channel send a test message; settings.json has to allow it:
`"api": {"enableTestNotificationEndpoint": true}`

    test-notification.py CHANNEL [EVENT]

FLATLINE_URL (or WORKER_URL) is the address, ALERT_API_KEY or the file ALERT_API_KEY_FILE the key.
"""
import json
import os
import sys
import urllib.error
import urllib.request


def main():
    given = dict(enumerate(sys.argv))
    if not given.get(1):
        print("usage: test-notification.py CHANNEL [EVENT]", file=sys.stderr)
        return 2
    url = os.environ.get("FLATLINE_URL") or os.environ.get("WORKER_URL")
    if not url:
        print("test-notification.py: no address: set FLATLINE_URL", file=sys.stderr)
        return 2
    key = os.environ.get("ALERT_API_KEY", "")
    if not key and os.environ.get("ALERT_API_KEY_FILE"):
        with open(os.environ["ALERT_API_KEY_FILE"], encoding="utf-8") as file:
            key = file.read().strip()
    body = {"channelType": given[1], "eventType": given.get(2) or "down"}
    headers = {"Authorization": "Bearer " + key, "Content-Type": "application/json"}
    request = urllib.request.Request(
        url.rstrip("/") + "/api/test-notification", json.dumps(body).encode(), headers, method="POST")
    try:
        answer = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        answer = error
    except OSError as error:
        print("test-notification.py: %s" % error, file=sys.stderr)
        return 1
    with answer:
        print(answer.status, answer.read().decode("utf-8", "replace"))
    return 0 if answer.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main())
