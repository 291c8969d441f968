#!/usr/bin/env python3
"""Puts the secrets of a stack into the Systems Manager Parameter Store.

Reads them from the variables of this shell, under the names that they have everywhere: API_KEYS
(JSON, or that in base64), ALERT_API_KEY, ALERT_SENTRY_SECRET, READ_API_KEY, DASHBOARD_PASSWORD,
NOTIFICATION_*, FLATLINE_WATCHDOG_PING_URL. Each goes to the functions that need it and to no other. The
canary's key is made if there is none. Prints names only.

Usage: secrets.py STACK [--stdin [--prune]] [--dry-run]

With --stdin the secrets are a JSON object, and all that there are: the names of stored ones that are not
in it are printed, and with --prune these are removed.

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

# What is no secret and is set elsewhere.
ELSEWHERE = {
    "ALERT_SNS_TOPICS": "give the parameter AlertSnsTopics",
    "FLATLINE_CA": "put a file into config/ and give the parameter CaFile",
    "FLATLINE_CANARY_URL": "give the parameter CanaryUrl",
    "FLATLINE_LOG": "give the parameter LogFilter",
    "FLATLINE_PUBLIC_URL": "give the parameter PublicUrl",
    "MAX_LOG_ENTRIES": "say maxLogEntries in config/settings.json",
    "REQUEST_TIMEOUT": "give the parameter RequestTimeout",
}

# What a misspelt secret of ours begins with.
LIKE_OURS = ("ALERT_", "API_KEY", "DASHBOARD_PASS", "NOTIFICATION")


class Refused(Exception):
    """What cannot be done, in a sentence."""


def functions(name):
    """Which functions need a variable; none for those that are no secret of ours."""
    if name.startswith("NOTIFICATION_"):
        return ["notifier"]
    return FUNCTIONS.get(name, [])


def ignored(environment):
    """Variables that look like ours and are not stored: {name: why}."""
    found = {}
    for name, value in sorted(environment.items()):
        whole = name[: -len("_FILE")] if name.endswith("_FILE") else name
        if not value or functions(name) and whole == name:
            continue
        if name in ELSEWHERE:
            found[name] = f"it is no secret; {ELSEWHERE[name]}"
        elif whole != name and (functions(whole) or whole in ELSEWHERE):
            found[name] = f"files are not read here; set {whole} to what is in it"
        elif name.startswith(LIKE_OURS):
            found[name] = "no function knows it; is it misspelt?"
    return found


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


def left_over(values, there, is_whole_set):
    """What is stored and not wanted any more: (names to be removed, names that are only told)."""
    rest = there - set(values)
    # Of API_KEYS there is one edition: what is left of the one before goes.
    has_keys = any(name.startswith("API_KEYS") for _, name in values)
    old = {one for one in rest if has_keys and one[1].split("/")[0] == "API_KEYS"}
    made_here = {one for one in rest if one[1] == "FLATLINE_CANARY_KEY"}
    return old, rest - old - made_here if is_whole_set else set()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stack", help="the name of the stack, such as flatline")
    parser.add_argument("--stdin", action="store_true", help="read a JSON object of them instead")
    parser.add_argument("--prune", action="store_true", help="remove what is not in that object")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be stored")
    arguments = parser.parse_args()
    path = f"/flatline/{arguments.stack}"
    environment = json.load(sys.stdin) if arguments.stdin else os.environ
    values = wanted(environment)
    for name, why in ignored(environment).items():
        print(f"secrets.py: {name} is ignored: {why}", file=sys.stderr)
    if arguments.prune and not arguments.stdin:
        raise Refused("--prune needs --stdin: the variables of a shell are never all secrets")
    if arguments.prune and not values:
        raise Refused("--prune would remove all secrets: none was given")
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
    # New ones first, so that no function ever finds none.
    old, unknown = left_over(values, there, arguments.stdin)
    for function, name in sorted(old | unknown if arguments.prune else old):
        print(f"{path}/{function}/{name} (removed)")
        aws("delete-parameter", Name=f"{path}/{function}/{name}")
    for function, name in [] if arguments.prune else sorted(unknown):
        print(f"{path}/{function}/{name} (not given and kept; --prune removes it)")


if __name__ == "__main__":
    try:
        main()
    except Refused as refused:
        sys.exit(f"secrets.py: {refused}")
