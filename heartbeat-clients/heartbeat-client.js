#!/usr/bin/env node
// Sends heartbeats to Flatline. Node 18 or newer, no packages. As a command: `--help` says the rest.
// As a module:
//
//     const { Client, heartbeat } = require('./heartbeat-client.js');
//     await heartbeat('backup', async (beat) => { beat.message = await makeBackup(); });
//     await new Client({ service: 'web' }).send();
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');

const VERSION = '0.1.0';
const PROGRAM = 'heartbeat-client.js';
const SENT = 0, REFUSED = 1, MISUSED = 2, NOT_SENT = 3, IN_PART = 4;

/** A heartbeat that was not accepted; `code` is the exit code of the command. */
class HeartbeatError extends Error {
  constructor(code, text) {
    super(text);
    this.name = 'HeartbeatError';
    this.code = code;
  }
}

/**
 * Where heartbeats go, and for whom. What is not given comes from the environment. `note` gets one
 * line for each try that failed and is followed by another.
 */
class Client {
  constructor({ service, url, key, keyFile, headers = [], timeoutS = 10, retryForS = 90, note } = {}) {
    this.url = address(url || variable('FLATLINE_URL', 'WORKER_URL'));
    const secret = key || keyOf(keyFile);
    if (hasControl(secret)) throw new HeartbeatError(MISUSED, 'the key holds a control character');
    this.headers = [['Content-Type', 'application/json'], ...headersOf(headers)];
    if (secret) this.headers.push(['Authorization', `Bearer ${secret}`]);
    this.services = servicesOf(service || variable('FLATLINE_SERVICE_ID', 'SERVICE_ID'));
    Object.assign(this, { timeoutS, retryForS, note: note || (() => {}), stopping: false });
  }

  /** The JSON text of one request. */
  body({ status, message, metadata, durationMs } = {}) {
    const content = {};
    for (const [name, value] of Object.entries({ status, message, durationMs, metadata })) {
      if (value !== undefined && value !== null && value !== '') content[name] = value;
    }
    const [first, ...others] = this.services;
    if (!others.length) return JSON.stringify({ serviceId: first, ...content });
    if (!Object.keys(content).length) return JSON.stringify({ services: this.services });
    return JSON.stringify({ services: this.services.map((serviceId) => ({ serviceId, ...content })) });
  }

  /**
   * Sends one heartbeat, again and again within `retryForS`. Throws HeartbeatError with code 1
   * (refused), 3 (not accepted in time) or 4 (in part).
   */
  async send(content) {
    const body = this.body(content);
    const started = now();
    for (let backoffMs = 1000; ; backoffMs = Math.min(backoffMs * 2, 32000)) {
      const answer = await this.post(body);
      const trouble = judge(answer);
      if (!trouble) return;
      let waitMs = backoffMs / 2 + Math.random() * (backoffMs / 2);
      const askedMs = retryAfterMs(answer.retryAfter);
      if (askedMs !== undefined && askedMs >= waitMs) waitMs = askedMs + Math.random() * 500;
      if (now() - started + waitMs >= this.retryForS * 1000 || this.stopping) {
        throw new HeartbeatError(NOT_SENT, `not sent: ${trouble}`);
      }
      this.note(`${trouble}; trying again in ${(Math.floor(waitMs / 100) / 10).toFixed(1)} s`);
      await pause(waitMs);
    }
  }

  /** Status (0 without an answer), Retry-After and text of the answer to one try. */
  post(body) {
    const { request } = require(this.url.startsWith('https:') ? 'node:https' : 'node:http');
    // Headers are bytes: this keeps those of UTF-8.
    const headers = this.headers.map(([name, value]) => [name, Buffer.from(value).toString('latin1')]);
    headers.push(['User-Agent', `${PROGRAM}/${VERSION}`], ['Content-Length', Buffer.byteLength(body)]);
    return new Promise((resolve) => {
      const failed = (error) => resolve({ status: 0, text: error.message || error.code || String(error) });
      let sent;
      try {
        sent = request(this.url, { method: 'POST', agent: false, headers: Object.fromEntries(headers) });
      } catch (error) {
        failed(error);
        return;
      }
      const limit = setTimeout(
        () => sent.destroy(new Error(`no answer within ${this.timeoutS} s`)), this.timeoutS * 1000);
      sent.on('close', () => clearTimeout(limit));
      sent.on('error', failed);
      sent.on('response', (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', failed);
        answer.on('end', () => resolve({
          status: answer.statusCode,
          retryAfter: answer.headers['retry-after'],
          text: Buffer.concat(chunks).toString(),
        }));
      });
      sent.end(body);
    });
  }
}

/**
 * A heartbeat around a job: `up` when `job(beat)` is done, `down` with the error if it throws, and how
 * long it took. What the job puts into `beat.message` and `beat.metadata` is sent. A heartbeat that
 * cannot be sent is told on stderr and never breaks the job. Returns what the job returned.
 */
async function heartbeat(service, job, options = {}) {
  const beat = {};
  const started = now();
  let status = 'up';
  try {
    return await job(beat);
  } catch (error) {
    status = 'down';
    beat.message = String(error);
    throw error;
  } finally {
    const { message, metadata } = beat;
    const content = { status, message, metadata, durationMs: Math.floor(now() - started) };
    try {
      await new Client({ service, ...options }).send(content);
    } catch (error) {
      complain(error.message);
    }
  }
}

/** Why to try again; nothing if the heartbeat was accepted. Throws what is final. */
function judge({ status, text }) {
  const answer = objectIn(text) || {};
  const entries = (answer.results || []).filter(Boolean);
  const failed = entries.filter((entry) => !entry.success);
  const lines = failed.map((entry) => `  ${entry.serviceId}: ${entry.error}`);
  if (status >= 200 && status < 300) {
    for (const warning of [answer, ...entries].flatMap((part) => part.warnings || [])) {
      complain(`the server warns: ${printable(String(warning))}`);
    }
  }
  if (status === 207) {
    lines.unshift(`sent in part: ${answer.message}`);
    throw new HeartbeatError(IN_PART, lines.map(printable).join('\n'));
  }
  if (status >= 200 && status < 300) {
    return answer.success === true ? '' : `the answer ${status} is not one of Flatline's: is the address right?`;
  }
  if (status === 0) return printable(text);
  if (status === 408 || status === 429 || status >= 500) return `the server answered ${status}`;
  let reason = answer.error || (status === 401 ? 'the key is wrong or missing' : '');
  if (status < 400) reason = 'a redirect, which is not followed: is the address right?';
  if (failed.length === 1) reason = failed[0].error || reason;
  const shown = [`refused: ${status} ${reason}`, ...(failed.length > 1 ? lines : [])];
  throw new HeartbeatError(REFUSED, shown.map(printable).join('\n'));
}

/** The object in the text, if there is one. */
function objectIn(text) {
  try {
    const value = JSON.parse(text);
    return value && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Milliseconds that Retry-After asks for, in either form of RFC 9110, 10.2.3. */
function retryAfterMs(text) {
  if (!text) return undefined;
  if (/^\s*[0-9]+\s*$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

const now = () => performance.now();
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)));
const isControl = (char) => char < ' ' || char === '\x7f';
const hasControl = (text) => [...text].some(isControl);
const printable = (text) => [...text].filter((char) => !isControl(char)).join('').slice(0, 300);
const complain = (text) => process.stderr.write(`${PROGRAM}: ${text}\n`);
const variable = (...names) => names.map((name) => process.env[name]).find(Boolean) || '';

function fileText(path, what) {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    throw new HeartbeatError(MISUSED, `cannot read the ${what} '${path}': ${error.code}`);
  }
}

/** The key: from the file given, else as the environment says. */
function keyOf(file) {
  let key = file ? '' : variable('FLATLINE_API_KEY');
  const path = file || variable('FLATLINE_API_KEY_FILE');
  if (!key && path) {
    const line = fileText(path, 'key file').split('\n')[0].replace(/\r/g, '');
    key = line.replace(/^[Aa]uthorization: [Bb]earer /, '');
    if (!key) throw new HeartbeatError(MISUSED, `the key file '${path}' is empty`);
  }
  return key || variable('API_KEY');
}

function address(url) {
  if (!url) throw new HeartbeatError(MISUSED, 'no address: give --url or FLATLINE_URL');
  if (!/^https?:\/\/./.test(url)) {
    throw new HeartbeatError(MISUSED, 'the address must start with http:// or https://');
  }
  return `${url.replace(/\/+$/, '').replace(/\/api\/heartbeat$/, '')}/api/heartbeat`;
}

/** Pairs of name and value: the variable's, the file's, and those given as `Name: value`. */
function headersOf(given) {
  const path = variable('FLATLINE_HEADERS_FILE');
  const stored = `${variable('FLATLINE_HEADERS')}\n${path ? fileText(path, 'headers file') : ''}`;
  const lines = [...stored.split('\n'), ...given].map((line) => line.replace(/\r/g, '').trim());
  return lines.filter(Boolean).map((line) => {
    if (!/^[A-Za-z0-9_.!#$%&*+^|~-]+:[^\n]*$/.test(line)) {
      throw new HeartbeatError(MISUSED, "--header takes 'Name: value'");
    }
    const at = line.indexOf(':');
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
}

function servicesOf(given) {
  const ids = [given].flat().flatMap((part) => part.split(/[,\n]/)).map((id) => id.trim()).filter(Boolean);
  if (!ids.length) throw new HeartbeatError(MISUSED, 'no service: give --service or FLATLINE_SERVICE_ID');
  return ids;
}

// --- the command ----------------------------------------------------------------------------

const HELP = `\
usage: heartbeat-client.js [options] [-- command argument..]

Where and who
  --url URL           address of Flatline             (FLATLINE_URL, WORKER_URL)
  --key KEY           key; others see it in \`ps\`, so prefer the next one or the variable
  --key-file FILE     file with the key, or with an \`Authorization: Bearer ...\` line
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
  A command's own exit code is handed on, whatever becomes of the heartbeat.`;

const FLAGS = { '--dry-run': 'dryRun', '--quiet': 'quiet', '-q': 'quiet', '--help': 'help', '-h': 'help', '--version': 'version' };
const VALUES = ['--url', '--key', '--key-file', '--service', '--header', '--status', '--message', '--metadata',
  '--duration-ms', '--every', '--jitter', '--timeout', '--retry-for'];

const misused = (text) => { throw new HeartbeatError(MISUSED, text); };

function whole(option, text, least = 0) {
  if (text === undefined) return undefined;
  if (!/^[0-9]+$/.test(text)) misused(`${option} takes a whole number, not '${text}'`);
  if (text.length > 9) misused(`${option} is too large`);
  if (Number(text) < least) misused(`${option} must be at least ${least}`);
  return Number(text);
}

/** Flags, and lists of the values of options, by their names; the command after `--`. */
function parsed(words) {
  const given = Object.fromEntries(VALUES.map((name) => [name, []]));
  const rest = [...words];
  while (rest.length) {
    let word = rest.shift();
    if (word === '--') {
      if (!rest.length) misused('-- needs a command');
      return { ...given, command: rest };
    }
    if (FLAGS[word]) {
      given[FLAGS[word]] = true;
      continue;
    }
    const at = word.startsWith('--') ? word.indexOf('=') : -1;
    if (at > 0) {
      rest.unshift(word.slice(at + 1));
      word = word.slice(0, at);
    }
    if (!VALUES.includes(word)) misused(`unknown argument '${word}'`);
    if (!rest.length) misused(`${word} needs a value`);
    given[word].push(rest.shift());
  }
  return given;
}

/** What the command line means. */
function options(given) {
  const last = (name) => given[name].at(-1);
  const durationMs = whole('--duration-ms', last('--duration-ms'));
  const everyS = whole('--every', last('--every'), 1);
  const retryForS = whole('--retry-for', last('--retry-for') ?? '90');
  const metadata = last('--metadata') ? objectIn(last('--metadata')) : undefined;
  if (last('--metadata') && !metadata) misused('--metadata takes a JSON object');
  if (given.command && (last('--status') || durationMs !== undefined)) {
    misused('a command decides about --status and --duration-ms itself');
  }
  return {
    command: given.command,
    content: { status: last('--status'), message: last('--message'), metadata, durationMs },
    everyMs: everyS && everyS * 1000,
    jitterMs: whole('--jitter', last('--jitter') ?? '0') * 1000,
    quiet: given.quiet,
    client: {
      service: given['--service'].length ? given['--service'] : undefined,
      url: last('--url'), key: last('--key'), keyFile: last('--key-file'), headers: given['--header'],
      timeoutS: whole('--timeout', last('--timeout') ?? '10', 1),
      retryForS: everyS ? Math.min(everyS, retryForS) : retryForS,
      note: given.quiet ? undefined : complain,
    },
  };
}

/** A command, run with our own input and outputs; the last line of each is kept. */
class Job {
  /** Exit code (128 + n for signal n), last line, milliseconds. */
  async run([program, ...words]) {
    const started = now();
    const child = spawn(program, words, { stdio: ['inherit', 'pipe', 'pipe'] });
    this.child = child;
    const lines = {};
    const ended = [passOn(child.stdout, process.stdout, 'out', lines), passOn(child.stderr, process.stderr, 'err', lines)];
    const [code, line] = await new Promise((resolve) => {
      child.on('exit', (status, name) => resolve([name ? 128 + os.constants.signals[name] : status]));
      child.on('error', (error) => resolve([error.code === 'ENOENT' ? 127 : 126, `${program}: ${error.code}`]));
    });
    const durationMs = Math.floor(now() - started);
    this.child = undefined;
    if (line) complain(line);
    // What the command left behind may hold its outputs open for ever.
    else await Promise.race([Promise.all(ended), pause(1000)]);
    const wanted = code === 0 ? lines.out || lines.err : lines.err || lines.out;
    return { code, line: line || wanted, durationMs };
  }
}

function passOn(from, to, name, lines) {
  let tail = Buffer.alloc(0);
  from.on('data', (chunk) => {
    to.write(chunk);
    tail = Buffer.concat([tail, chunk]).subarray(-8192);
    lines[name] = tail.toString().split(/[\r\n]/).filter((line) => line.trim()).at(-1)?.trim() || lines[name];
  });
  return new Promise((resolve) => from.on('close', resolve));
}

function dryRun(client, { content, command }) {
  const shown = { 'Content-Type': 'application/json', Authorization: 'Bearer ***' };
  const headers = client.headers.map(([name]) => `${name}: ${shown[name] || '***'}\n`).join('');
  const body = client.body(command ? { ...content, status: 'up' } : content);
  process.stdout.write(`POST ${client.url}\n${headers}\n${body}\n`);
}

/** One heartbeat, or one run of the command. The exit code. */
async function round(client, { content, command, quiet }, job) {
  const ran = command && await job.run(command);
  const told = ran
    ? { ...content, status: ran.code === 0 ? 'up' : 'down', message: content.message || ran.line, durationMs: ran.durationMs }
    : content;
  try {
    await client.send(told);
  } catch (error) {
    if (!(error instanceof HeartbeatError)) throw error;
    complain(error.message);
    return ran ? ran.code : error.code;
  }
  if (!quiet) process.stdout.write(`${PROGRAM}: sent: ${client.services.join(', ')}\n`);
  return ran ? ran.code : SENT;
}

function stopOnSignals(client, job, { everyMs }) {
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    process.on(name, () => {
      client.stopping = true;
      // It is reported how the command ends; that is tried once.
      if (job.child) job.child.kill('SIGTERM');
      else process.exit(everyMs ? SENT : 128 + os.constants.signals[name]);
    });
  }
}

/** Runs the command line; the exit code. */
async function main(words) {
  const given = parsed(words);
  if (given.help) process.stdout.write(`${HELP}\n`);
  else if (given.version) process.stdout.write(`${PROGRAM} ${VERSION}\n`);
  if (given.help || given.version) return SENT;
  const how = options(given);
  const client = new Client(how.client);
  if (given.dryRun) {
    dryRun(client, how);
    return SENT;
  }
  const job = new Job();
  stopOnSignals(client, job, how);
  if (how.jitterMs) await pause(Math.random() * how.jitterMs);
  if (!how.everyMs) return round(client, how, job);
  for (let due = now(); !client.stopping;) {
    await round(client, how, job);
    due = Math.max(due + how.everyMs, now());
    if (!client.stopping) await pause(due - now());
  }
  return SENT;
}

module.exports = { Client, HeartbeatError, heartbeat };

if (require.main === module) {
  main(process.argv.slice(2)).then((code) => process.exit(code), (error) => {
    if (!(error instanceof HeartbeatError)) throw error;
    complain(error.code === MISUSED ? `${error.message} (see --help)` : error.message);
    process.exit(error.code);
  });
}
