// A `flatline` of its own for a test: configuration, data and port that nobody else uses.
import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BUILD = process.env.FLATLINE_RELEASE ? "release" : "debug";
export const BINARY = join(ROOT, "target", BUILD, "flatline");
export const TARGET = join(ROOT, "target");
const ALERT_KEY = "a-key-for-alerts-of-the-tests";
const PATIENCE_MS = 60_000;

/** The configuration files that a test starts from; those it gives replace them. */
const standard = () => ({
  "services.json": {
    groups: [
      { id: "shop", name: "Web shop", services: ["storefront", "checkout"], auth: { required: false } },
      { id: "jobs", name: "Nightly jobs", services: ["backup", "billing"], auth: { required: false } },
    ],
    services: [
      { id: "storefront", name: "Storefront", description: "The pages that customers see" },
      { id: "checkout", name: "Checkout" },
      { id: "backup", name: "Database backup" },
      { id: "billing", name: "Old billing", enabled: false },
    ],
  },
  "settings.json": {
    features: { autoRefreshSeconds: 0 },
    alertNotifications: { pollingIntervalSeconds: 1, enableBrowserNotifications: true },
  },
  "notifications.json": { enabled: true, channels: [] },
  "dashboard.json": {
    header: {
      title: "Hedgehog status",
      subtitle: "What is up, and what has gone quiet",
      links: [
        { text: "Help", url: "https://help.example.com" },
        { text: "Call us", url: "https://call.example.com", highlight: true },
      ],
    },
    footer: { text: "Questions? Ask the operations team.", links: [{ text: "Imprint", url: "/imprint" }] },
  },
});

const freePort = () => new Promise((resolve, reject) => {
  const probe = createServer();
  probe.once("error", reject);
  probe.listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});

const pause = (ms) => new Promise((next) => setTimeout(next, ms));

const ended = (child) => new Promise((resolve) => {
  if (child.exitCode !== null || child.signalCode !== null) resolve();
  else child.once("exit", resolve);
});

/**
 * Starts the binary with these arguments; its log is kept for whoever wants to know why. With `clock`, a
 * time of faketime, it believes in that one.
 */
const launch = (args, { clock, ...variables }) => {
  const [program, ...rest] = clock ? ["faketime", "-f", clock, BINARY, ...args] : [BINARY, ...args];
  const env = { PATH: process.env.PATH, FAKETIME_DONT_FAKE_MONOTONIC: "1", ...variables };
  // faketime starts the binary as a child of its own: what ends the one must end the other.
  const child = spawn(program, rest, { env, detached: Boolean(clock) });
  const end = () => (clock ? process.kill(-child.pid, "SIGTERM") : child.kill("SIGTERM"));
  const said = [];
  child.stderr.on("data", (data) => said.push(data));
  child.stdout.on("data", (data) => said.push(data));
  return { child, end, log: () => Buffer.concat(said).toString() };
};

const listening = async (url, { child, log }) => {
  for (let waited = 0; waited < PATIENCE_MS; waited += 50) {
    if (child.exitCode !== null) throw new Error(`flatline ended at its start: ${log()}`);
    if (await fetch(`${url}/health`).then(({ ok }) => ok, () => false)) return;
    await pause(50);
  }
  throw new Error(`flatline does not listen: ${log()}`);
};

/** A folder of its own with these configuration files. */
const written = (files) => {
  const home = mkdtempSync(join(tmpdir(), "flatline-")), config = join(home, "config");
  mkdirSync(config);
  for (const [name, content] of Object.entries({ ...standard(), ...files }))
    writeFileSync(join(config, name), JSON.stringify(content));
  return { home, config };
};

/** A running server. `beat` and `alert` are what services and other tools send. */
export class Server {
  static async start(files = {}, variables = {}) {
    const { home, config } = written(files);
    return Server.#on(home, join(home, "data"), config, variables);
  }

  /** What is said of a configuration with these files, and whether it is accepted. */
  static async judged(files) {
    const { home, config } = written(files);
    const { child, log } = launch(["check", "--config", config], {});
    await ended(child);
    rmSync(home, { recursive: true, force: true });
    return { isAccepted: child.exitCode === 0, said: log() };
  }

  /** On the past that `flatline demo` makes. */
  static async demo(variables = {}) {
    const home = mkdtempSync(join(tmpdir(), "flatline-"));
    const data = join(home, "data");
    const made = launch(["demo", "--data", data], {});
    await ended(made.child);
    if (made.child.exitCode !== 0) throw new Error(made.log());
    return Server.#on(home, data, join(data, "config"), variables);
  }

  static async #on(home, data, config, variables) {
    const server = new Server();
    server.home = home;
    server.port = await freePort();
    server.url = `http://127.0.0.1:${server.port}`;
    server.args = ["--listen", `127.0.0.1:${server.port}`, "--data", data, "--config", config];
    server.variables = { ALERT_API_KEY: ALERT_KEY, ...variables };
    await server.resume();
    return server;
  }

  async resume() {
    this.process = launch(this.args, this.variables);
    await listening(this.url, this.process);
  }

  /** Ends the process and leaves its data. */
  async pause() {
    this.process.end();
    await ended(this.process.child);
  }

  async stop() {
    await this.pause();
    rmSync(this.home, { recursive: true, force: true });
  }

  async #post(path, body, key) {
    const headers = key ? { authorization: `Bearer ${key}` } : {};
    const answer = await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  beat(serviceId, more = {}) {
    return this.#post("/api/heartbeat", { serviceId, ...more });
  }

  beats(services) {
    return this.#post("/api/heartbeat", { services });
  }

  alert(title, more = {}) {
    return this.#post("/api/alert", { title, message: title, severity: "warning", source: "tests", ...more }, ALERT_KEY);
  }
}
