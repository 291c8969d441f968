#!/usr/bin/env python3
"""Sends heartbeats to Flatline. Python 3.8 or newer, nothing but the standard library.

As a command: `--help` says the rest. As a module (copy it as heartbeat_client.py):

    from heartbeat_client import Client, heartbeat

    with heartbeat("backup") as beat:       # reports how it ended, and how long it took
        beat.message = make_backup()

    Client(service="web").send()            # address and key come from the environment
"""
import argparse
import contextlib
import email.utils
import json
import logging
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

VERSION = "0.1.0"
PROGRAM = "heartbeat-client.py"
SENT, REFUSED, MISUSED, NOT_SENT, IN_PART = 0, 1, 2, 3, 4
log = logging.getLogger("flatline")


class HeartbeatError(Exception):
    """A heartbeat that was not accepted. `code` is the exit code of the command."""

    def __init__(self, code, text):
        super().__init__(text)
        self.code = code


class Client:
    """Where heartbeats go, and for whom. What is not given comes from the environment."""

    def __init__(self, service=None, url=None, key=None, key_file=None, headers=(),
                 timeout_s=10, retry_for_s=90):
        self.url = _address(url or _variable("FLATLINE_URL", "WORKER_URL"))
        key = key or _key_of(key_file)
        if re.search(r"[\x00-\x1f\x7f]", key):
            raise HeartbeatError(MISUSED, "the key holds a control character")
        self.headers = [("Content-Type", "application/json")] + _headers(headers)
        if key:
            self.headers.append(("Authorization", "Bearer " + key))
        self.services = _services(service or _variable("FLATLINE_SERVICE_ID", "SERVICE_ID"))
        self.timeout_s, self.retry_for_s = timeout_s, retry_for_s
        self.stopping = False

    def body(self, status=None, message=None, metadata=None, duration_ms=None):
        """The JSON text of one request."""
        given = [("status", _text(status)), ("message", _text(message)),
                 ("durationMs", duration_ms), ("metadata", metadata)]
        content = {name: value for name, value in given if value not in (None, "")}
        if len(self.services) == 1:
            body = {"serviceId": self.services[0], **content}
        elif content:
            body = {"services": [{"serviceId": id, **content} for id in self.services]}
        else:
            body = {"services": self.services}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))

    def send(self, status=None, message=None, metadata=None, duration_ms=None):
        """Sends one heartbeat, again and again within `retry_for_s`.

        Raises HeartbeatError with code 1 (refused), 3 (not accepted in time) or 4 (in part).
        """
        body = self.body(status, message, metadata, duration_ms).encode("utf-8")
        started, backoff_s = time.monotonic(), 1.0
        while True:
            code, retry_after, text = _within(self.timeout_s, lambda: self._post(body))
            trouble = _judge(code, text)
            if not trouble:
                return
            wait_s = random.uniform(backoff_s / 2, backoff_s)
            asked_s = _asked_s(retry_after)
            if asked_s is not None and asked_s >= wait_s:
                wait_s = asked_s + random.uniform(0, 0.5)
            elapsed_s = time.monotonic() - started
            if elapsed_s + wait_s >= self.retry_for_s or self.stopping:
                raise HeartbeatError(NOT_SENT, "not sent: " + trouble)
            log.info("%s; trying again in %.1f s", trouble, int(wait_s * 10) / 10)
            time.sleep(wait_s)
            backoff_s = min(backoff_s * 2, 32)

    def _post(self, body):
        """Status (0 without an answer), Retry-After and text of the answer to one try."""
        headers = {name: value.encode("utf-8") for name, value in self.headers}
        headers["User-Agent"] = PROGRAM + "/" + VERSION
        request = urllib.request.Request(self.url, body, headers, method="POST")
        try:
            answer = urllib.request.build_opener(_NoRedirects).open(request, timeout=self.timeout_s)
        except urllib.error.HTTPError as error:
            answer = error
        except Exception as error:  # Whatever is wrong with the network is tried again.
            return 0, None, str(getattr(error, "reason", "") or error) or type(error).__name__
        try:
            with answer:
                text = answer.read().decode("utf-8", "replace")
            return answer.code, answer.headers.get("Retry-After"), text
        except Exception as error:
            return 0, None, str(error) or type(error).__name__


class Beat:
    """What a job may say about itself; `message` and `metadata` are sent when it ends."""

    message = None
    metadata = None


@contextlib.contextmanager
def heartbeat(service=None, **options):
    """A heartbeat around a job, as a context manager or a decorator.

    `up` when the block ends, `down` with the exception if it fails, and how long it took. A
    heartbeat that cannot be sent is logged and never breaks the job.
    """
    beat, started, status = Beat(), time.monotonic(), "up"
    try:
        yield beat
    except BaseException as error:
        status, beat.message = "down", "%s: %s" % (type(error).__name__, error)
        raise
    finally:
        duration_ms = int((time.monotonic() - started) * 1000)
        try:
            Client(service, **options).send(status, beat.message, beat.metadata, duration_ms)
        except HeartbeatError as error:
            log.warning("%s", error)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key belongs to one address."""

    def redirect_request(self, *_):
        return None


def _within(limit_s, attempt):
    """What `attempt` answers; the limit holds for the whole, urllib's only for each wait."""
    answers = []
    thread = threading.Thread(target=lambda: answers.append(attempt()), daemon=True)
    thread.start()
    thread.join(limit_s + 1)
    return answers[0] if answers else (0, None, "no answer within %s s" % limit_s)


def _judge(code, text):
    """Why to try again; nothing if the heartbeat was accepted. Raises what is final."""
    answer = _json(text)
    entries = [entry for entry in answer.get("results") or [] if isinstance(entry, dict)]
    failed = [entry for entry in entries if not entry.get("success")]
    lines = ["  %s: %s" % (entry.get("serviceId"), entry.get("error")) for entry in failed]
    if 200 <= code < 300:
        for warning in sum((part.get("warnings") or [] for part in [answer] + entries), []):
            log.warning("the server warns: %s", _printable(str(warning)))
    if code == 207:
        lines.insert(0, "sent in part: %s" % answer.get("message"))
        raise HeartbeatError(IN_PART, "\n".join(map(_printable, lines)))
    if 200 <= code < 300:
        if answer.get("success") is True:
            return None
        return "the answer %s is not one of Flatline's: is the address right?" % code
    if code == 0:
        return _printable(text.strip())
    if code in (408, 429) or code >= 500:
        return "the server answered %s" % code
    if 300 <= code < 400:
        reason = "a redirect, which is not followed: is the address right?"
    else:
        reason = answer.get("error") or (code == 401 and "the key is wrong or missing") or ""
    if len(failed) == 1:
        reason, lines = failed[0].get("error") or reason, []
    lines.insert(0, "refused: %s %s" % (code, reason))
    raise HeartbeatError(REFUSED, "\n".join(map(_printable, lines)))


def _json(text):
    """The object in the text; an empty one if there is none."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}


def _printable(text):
    return re.sub(r"[\x00-\x1f\x7f]", "", text)[:300]


def _asked_s(retry_after):
    """Seconds that Retry-After asks for, in either form of RFC 9110, 10.2.3."""
    if not retry_after:
        return None
    if re.fullmatch(r"\s*[0-9]+\s*", retry_after):
        return int(retry_after)
    try:
        return max(0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except (TypeError, ValueError, IndexError):
        return None


def _variable(*names):
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _file(path, what):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError as error:
        reason = "cannot read the %s '%s': %s" % (what, path, error.strerror)
        raise HeartbeatError(MISUSED, reason) from None


def _key_of(path):
    """The key: from the file given, else as the environment says."""
    key = "" if path else _variable("FLATLINE_API_KEY")
    path = path or _variable("FLATLINE_API_KEY_FILE")
    if not key and path:
        key = _file(path, "key file").split("\n")[0].replace("\r", "")
        key = re.sub(r"^[Aa]uthorization: [Bb]earer ", "", key)
        if not key:
            raise HeartbeatError(MISUSED, "the key file '%s' is empty" % path)
    return key or _variable("API_KEY")


def _address(url):
    if not url:
        raise HeartbeatError(MISUSED, "no address: give --url or FLATLINE_URL")
    if not re.match(r"https?://.", url):
        raise HeartbeatError(MISUSED, "the address must start with http:// or https://")
    return re.sub(r"/api/heartbeat$", "", url.rstrip("/")) + "/api/heartbeat"


def _headers(given):
    """Pairs of name and value: the variable's, the file's, and those given as `Name: value`."""
    lines = _variable("FLATLINE_HEADERS").split("\n")
    path = _variable("FLATLINE_HEADERS_FILE")
    lines += (_file(path, "headers file") if path else "").split("\n")
    pairs = []
    for line in lines + list(given):
        line = line.replace("\r", "").strip()
        if not line:
            continue
        if not re.match(r"[A-Za-z0-9_.!#$%&*+^|~-]+:", line) or "\n" in line:
            raise HeartbeatError(MISUSED, "--header takes 'Name: value'")
        name, value = line.split(":", 1)
        pairs.append((name, value.strip()))
    return pairs


def _services(given):
    parts = given if isinstance(given, (list, tuple)) else [given]
    ids = [id.strip() for part in parts for id in re.split("[,\n]", part or "")]
    ids = [_text(id) for id in ids if id]
    if not ids:
        raise HeartbeatError(MISUSED, "no service: give --service or FLATLINE_SERVICE_ID")
    return ids


def _text(text):
    """Bytes that are not UTF-8 become U+FFFD: a heartbeat must not be refused for its message."""
    return text and str(text).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


# --- the command ----------------------------------------------------------------------------

HELP = """\
usage: heartbeat-client.py [options] [-- command argument..]

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
  A command's own exit code is handed on, whatever becomes of the heartbeat."""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        message = re.sub(r"^argument (--[a-z-]+).*: expected one argument$", r"\1 needs a value", message)
        raise HeartbeatError(MISUSED, message.replace("unrecognized arguments:", "unknown argument"))


def _whole(option, text, least=0):
    if text is None:
        return None
    if not re.fullmatch("[0-9]+", text):
        raise HeartbeatError(MISUSED, "%s takes a whole number, not '%s'" % (option, text))
    if len(text) > 9:
        raise HeartbeatError(MISUSED, "%s is too large" % option)
    if int(text) < least:
        raise HeartbeatError(MISUSED, "%s must be at least %s" % (option, least))
    return int(text)


def _object(text):
    if not text:
        return None
    try:
        value = json.loads(_text(text), parse_constant=_no_json)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise HeartbeatError(MISUSED, "--metadata takes a JSON object")
    return value


def _no_json(word):
    raise ValueError(word)


def _options(arguments):
    """The options, and the command after `--` if there is one."""
    command = None
    if "--" in arguments:
        at = arguments.index("--")
        arguments, command = arguments[:at], arguments[at + 1:]
        if not command:
            raise HeartbeatError(MISUSED, "-- needs a command")
    parser = _Parser(add_help=False, allow_abbrev=False, prog=PROGRAM)
    for name in ("url", "key", "key-file", "status", "message", "metadata", "duration-ms", "every"):
        parser.add_argument("--" + name)
    parser.add_argument("--service", action="append")
    parser.add_argument("--header", action="append", default=[])
    for name, default in (("jitter", "0"), ("timeout", "10"), ("retry-for", "90")):
        parser.add_argument("--" + name, default=default)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--quiet", "-q", action="store_true")
    options = parser.parse_args(arguments)
    options.every = _whole("--every", options.every, 1)
    options.duration_ms = _whole("--duration-ms", options.duration_ms)
    options.jitter = _whole("--jitter", options.jitter)
    options.timeout = _whole("--timeout", options.timeout, 1)
    options.retry_for = _whole("--retry-for", options.retry_for)
    options.metadata = _object(options.metadata)
    if command and (options.status or options.duration_ms is not None):
        raise HeartbeatError(MISUSED, "a command decides about --status and --duration-ms itself")
    if options.every:
        options.retry_for = min(options.retry_for, options.every)
    return options, command


class _Job:
    """A command, run with our own input and outputs; each last line is kept."""

    def __init__(self):
        self.process, self.running, self.stopped = None, False, False

    def stop(self):
        """Ends the command; one that is just being started, as soon as it is."""
        self.stopped = True
        if self.process:
            self.process.terminate()

    def run(self, command):
        """Exit code (128 + n for signal n), last line or None, milliseconds."""
        started, self.running = time.monotonic(), True
        try:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        except OSError as error:
            self.running = False
            line = "%s: %s" % (command[0], error.strerror)
            _complain(line)
            return (127 if isinstance(error, FileNotFoundError) else 126), line, 0
        if self.stopped:
            self.process.terminate()
        lines = {}
        pipes = [("out", self.process.stdout, sys.stdout), ("err", self.process.stderr, sys.stderr)]
        readers = [threading.Thread(target=self._pass_on, args=pipe + (lines,), daemon=True) for pipe in pipes]
        for reader in readers:
            reader.start()
        code = self.process.wait()
        duration_ms = int((time.monotonic() - started) * 1000)
        # What the command left behind may hold its outputs open for ever.
        for reader in readers:
            reader.join(1)
        self.process, self.running = None, False
        code = 128 - code if code < 0 else code
        wanted = ("out", "err") if code == 0 else ("err", "out")
        return code, next((lines[name] for name in wanted if name in lines), None), duration_ms

    @staticmethod
    def _pass_on(name, pipe, target, lines):
        tail = b""
        for chunk in iter(lambda: pipe.read1(65536), b""):
            with contextlib.suppress(OSError):
                target.buffer.write(chunk)
                target.flush()
            tail = (tail + chunk)[-8192:]
            filled = [line for line in re.split(b"[\r\n]", tail) if line.strip()]
            if filled:
                lines[name] = filled[-1].decode("utf-8", "replace").strip()


def _complain(text):
    print("%s: %s" % (PROGRAM, text), file=sys.stderr, flush=True)


class _Stderr(logging.Handler):
    def emit(self, record):
        _complain(record.getMessage())


def _dry_run(client, options, command):
    print("POST " + client.url)
    for name, value in client.headers:
        shown = {"Content-Type": value, "Authorization": "Bearer ***"}.get(name, "***")
        print("%s: %s" % (name, shown))
    status = "up" if command else options.status
    print("\n" + client.body(status, options.message, options.metadata, options.duration_ms))


def _round(client, options, command, job):
    """One heartbeat, or one run of the command. The exit code."""
    status, message, duration_ms = options.status, options.message, options.duration_ms
    code = 0
    if command:
        code, line, duration_ms = job.run(command)
        status, message = ("down" if code else "up"), message or line
    try:
        client.send(status, message, options.metadata, duration_ms)
    except HeartbeatError as error:
        _complain(error)
        return code if command else error.code
    if not options.quiet:
        print("%s: sent: %s" % (PROGRAM, ", ".join(client.services)), flush=True)
    return code


def _stop_on_signals(client, job, options):
    def stop(number, _frame):
        client.stopping = True
        if not job.running:
            raise SystemExit(SENT if options.every else 128 + number)
        # It is reported how the command ends; that is tried once.
        job.stop()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)


def main(arguments):
    """Runs the command line; the exit code."""
    before = arguments[:arguments.index("--")] if "--" in arguments else arguments
    if "--help" in before or "-h" in before:
        print(HELP)
        return SENT
    if "--version" in before:
        print(PROGRAM, VERSION)
        return SENT
    options, command = _options(arguments)
    client = Client(options.service, options.url, options.key, options.key_file, options.header,
                    options.timeout, options.retry_for)
    if options.dry_run:
        _dry_run(client, options, command)
        return SENT
    log.addHandler(_Stderr())
    log.setLevel(logging.WARNING if options.quiet else logging.INFO)
    job = _Job()
    _stop_on_signals(client, job, options)
    if options.jitter:
        time.sleep(random.uniform(0, options.jitter))
    if not options.every:
        return _round(client, options, command, job)
    due = time.monotonic()
    while not client.stopping:
        _round(client, options, command, job)
        due = max(due + options.every, time.monotonic())
        if not client.stopping:
            time.sleep(max(0, due - time.monotonic()))
    return SENT


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except HeartbeatError as error:
        _complain("%s (see --help)" % error if error.code == MISUSED else error)
        sys.exit(error.code)
