#!/usr/bin/env python3
"""Puts the secrets of a stack into the Systems Manager Parameter Store.

Reads them from the variables of this shell, under the names that they have everywhere: API_KEYS
(JSON, or that in base64), ALERT_API_KEY, ALERT_SENTRY_SECRET, READ_API_KEY, DASHBOARD_PASSWORD,
NOTIFICATION_*, FLATLINE_WATCHDOG_PING_URL. Each goes to the functions that need it and to no other. The canary's key
is made if there is none. Prints names only.

Usage: secrets.py STACK [--stdin] [--dry-run]

Needs Python 3.8 and the AWS command line, signed in.
"""

import argparse
import base64
import binascii
import json
import os
import subprocess
import sys
import tempfile

# A parameter of the standard tier, which costs nothing, holds 4 KB.
PIECE_BYTES = 4000

FUNCTIONS = {
    "API_KEYS": ["ingest"],
    "ALERT_API_KEY": ["alert", "dashboard"],
    "ALERT_SENTRY_SECRET": ["alert"],
    "READ_API_KEY": ["dashboard"],
    "DASHBOARD_PASSWORD": ["dashboard"],
    "FLATLINE_WATCHDOG_PING_URL": ["checker"],
    "FLATLINE_CANARY_KEY": ["ingest", "checker"],
}


class Refused(Exception):
    """What cannot be done, in a sentence."""


def functions(name):
    """Which functions need a variable; none for those that are no secret of ours."""
    if name.startswith("NOTIFICATION_"):
        return ["notifier"]
    return FUNCTIONS.get(name, [])


def keys(text):
    """API_KEYS as an object."""
    for candidate in (lambda: text, lambda: base64.b64decode(text, validate=True).decode()):
        try:
            found = json.loads(candidate())
        except (ValueError, binascii.Error):
            continue
        if isinstance(found, dict):
            return found
    raise Refused("API_KEYS must be a JSON object, or one in base64")


def pieces(text):
    """API_KEYS as pieces that fit into parameters: {name: value}."""
    found = keys(text)
    whole = json.dumps(found, separators=(",", ":"))
    if len(whole.encode()) <= PIECE_BYTES:
        return {"API_KEYS": whole}
    parts, part = [], {}
    for name, value in found.items():
        more = {**part, name: value}
        if part and len(json.dumps(more, separators=(",", ":")).encode()) > PIECE_BYTES:
            parts.append(part)
            more = {name: value}
        part = more
    parts.append(part)
    texts = [json.dumps(part, separators=(",", ":")) for part in parts]
    return {f"API_KEYS/{number}": text for number, text in enumerate(texts, 1)}


def wanted(environment):
    """What is to be stored: {(function, name): value}."""
    found = {}
    for name, value in sorted(environment.items()):
        if not value:
            continue
        parts = pieces(value) if name == "API_KEYS" else {name: value}
        for function in functions(name):
            found.update({(function, part): text for part, text in parts.items()})
    return found


def aws(operation, **request):
    """One call of the command line. Values go through a file of ours, never its arguments."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(request, file)
        file.flush()
        command = ["aws", "ssm", operation, "--output", "json"]
        command += ["--cli-input-json", f"file://{file.name}"]
        done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise Refused(f"aws ssm {operation}: {done.stderr.strip()}")
    return json.loads(done.stdout or "{}")


def stored(path):
    """The names below a path, as (function, name)."""
    answer = aws("get-parameters-by-path", Path=path, Recursive=True, WithDecryption=False)
    names = [one["Name"][len(path) + 1 :] for one in answer.get("Parameters", [])]
    return {tuple(name.split("/", 1)) for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stack", help="the name of the stack, such as flatline")
    parser.add_argument("--stdin", action="store_true", help="read a JSON object of them instead")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be stored")
    arguments = parser.parse_args()
    path = f"/flatline/{arguments.stack}"
    values = wanted(json.load(sys.stdin) if arguments.stdin else os.environ)
    there = set() if arguments.dry_run else stored(path)
    canary = [("ingest", "FLATLINE_CANARY_KEY"), ("checker", "FLATLINE_CANARY_KEY")]
    if canary[0] not in values and not there.issuperset(canary):
        key = base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("=")
        values.update(dict.fromkeys(canary, f"fl_{key}"))
    for (function, name), value in sorted(values.items()):
        print(f"{path}/{function}/{name}")
        if not arguments.dry_run:
            aws(
                "put-parameter",
                Name=f"{path}/{function}/{name}",
                Value=value,
                Type="SecureString",
                Overwrite=True,
            )
    # Of API_KEYS there is one edition: what is left of the one before goes last.
    if any(name.startswith("API_KEYS") for _, name in values):
        old = [name for _, name in there if name.split("/")[0] == "API_KEYS"]
        for name in sorted(set(old) - {name for _, name in values}):
            print(f"{path}/ingest/{name} (removed)")
            aws("delete-parameter", Name=f"{path}/ingest/{name}")


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"secrets.py: {refused}")
