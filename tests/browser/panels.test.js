// Alerts and export beside the page, toasts, notifications.
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, screenshot, visit } from "./visitor.js";

let browser, server, page;
before(async () => {
  [browser, server] = await Promise.all([openBrowser(), Server.start()]);
  await server.beats(["storefront", "checkout", "backup"]);
  await server.beat("checkout", { status: "down" });
  await server.beat("checkout");
  await server.alert("Disk nearly full", { severity: "error", message: "/var has 2 % left" });
  await server.alert("Certificate ends soon", { severity: "warning" });
});
after(async () => {
  await browser.close();
  await server.stop();
});
beforeEach(async () => {
  page = await visit(browser);
  await page.goto(server.url);
});
afterEach(() => leave(page));

const drawer = () => page.getByRole("dialog", { name: "Alerts" });
const titles = (within) => within.locator(".list > li > :is(a, span)").allTextContents();
const sorted = async (list) => (await list).sort();

test("the drawer shows alerts by kind, with links, and closes", async () => {
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  await drawer().waitFor();
  const all = ["Certificate ends soon", "Disk nearly full", "Service Down: Checkout", "Service Recovered: Checkout"];
  const kinds = [
    ["Critical", ["Disk nearly full", "Service Down: Checkout"]],
    ["Warning", ["Certificate ends soon"]],
    ["Info", ["Service Recovered: Checkout"]],
    ["Service status", ["Service Down: Checkout", "Service Recovered: Checkout"]],
    ["External", ["Certificate ends soon", "Disk nearly full"]],
    ["Undelivered", []],
    ["All", all],
  ];
  assert.deepEqual(await sorted(titles(drawer())), all);
  for (const [kind, expected] of kinds) {
    const tile = drawer().getByRole("link", { name: kind, exact: true });
    await tile.click();
    await drawer().locator(".tile[aria-current]", { hasText: kind }).waitFor();
    assert.deepEqual(await sorted(titles(drawer())), expected, kind);
    assert.equal(await tile.evaluate((link) => link === document.activeElement), true, `focus is on ${kind}`);
  }
  assert.equal(new URL(page.url()).pathname, "/", "the page below is the same");
  await page.keyboard.press("Escape");
  await drawer().waitFor({ state: "hidden" });
  assert.equal(await page.evaluate(() => document.activeElement.id), "open-alerts");
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  await drawer().getByRole("link", { name: "Service Down: Checkout" }).click();
  await page.waitForURL("**/services/checkout");
});

test("the kinds are links on the page of alerts as well", async () => {
  await page.goto(`${server.url}/alerts`);
  await page.getByRole("main").getByRole("link", { name: "Warning" }).click();
  await page.waitForURL("**/alerts?kind=warning");
  assert.deepEqual(await titles(page.getByRole("main")), ["Certificate ends soon"]);
});

test("older alerts are added below", async () => {
  for (let n = 0; n < 55; n++) await server.alert(`Alert ${n}`, { severity: "info" });
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  await drawer().waitFor();
  assert.equal((await titles(drawer())).length, 50);
  await drawer().getByRole("link", { name: "Older alerts" }).click();
  await drawer().getByText("Service Down: Checkout").waitFor();
  const all = await titles(drawer());
  assert.equal(all.length, 59);
  assert.equal(new Set(all).size, 59);
  await page.keyboard.press("Escape");
});

const exported = async (choose) => {
  await page.getByRole("link", { name: "Export" }).click();
  const dialog = page.getByRole("dialog", { name: "Export" });
  await dialog.waitFor();
  await choose(dialog);
  const coming = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download CSV" }).click();
  const download = await coming;
  await dialog.getByText("is in your downloads.").waitFor();
  const text = readFileSync(await download.path(), "utf8");
  return [download.suggestedFilename(), text.trimEnd().split("\r\n").map((line) => line.split(","))];
};
const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

test("the export is a file with the days and services that were chosen", async () => {
  const [name, [head, ...lines]] = await exported(async (dialog) => {
    await dialog.getByRole("radio", { name: "Last 7 days" }).check();
    await dialog.getByRole("checkbox", { name: "Checkout" }).check();
    await dialog.getByRole("checkbox", { name: "Storefront" }).check();
  });
  assert.equal(name, `uptime-export-${day(6)}-to-${day(0)}.csv`);
  assert.deepEqual(head.slice(0, 6), ["Date", "Service Name", "Service ID", "Group", "Status", "Uptime %"]);
  assert.equal(lines.length, 14);
  const today = lines.filter(([date]) => date === day(0));
  assert.deepEqual(today.map((line) => line.slice(1, 5)), [
    ["Storefront", "storefront", "Web shop", "Up"],
    ["Checkout", "checkout", "Web shop", "Down"],
  ]);
  assert.ok(lines.filter(([date]) => date !== day(0)).every((line) => line[4] === "No Data"));
});

test("days of one's own are chosen by their dates, and all services by none", async () => {
  const [name, [, ...lines]] = await exported(async (dialog) => {
    await dialog.getByLabel("from", { exact: true }).fill(day(2));
    await dialog.getByLabel("to", { exact: true }).fill(day(1));
    assert.equal(await dialog.getByRole("radio", { name: "Days of your own" }).isChecked(), true);
  });
  assert.equal(name, `uptime-export-${day(2)}-to-${day(1)}.csv`);
  assert.deepEqual(new Set(lines.map((line) => line[2])), new Set(["storefront", "checkout", "backup", "billing"]));
  assert.deepEqual([...new Set(lines.map((line) => line[0]))], [day(2), day(1)]);
});

test("an export of several parts is one file", async () => {
  await page.route("**/api/export.csv*", (route) => {
    const isSecond = route.request().url().includes("cursor=1");
    const link = isSecond ? {} : { link: '<?days=7&cursor=1>; rel="next"' };
    const headers = { ...link, "content-disposition": 'attachment; filename="all.csv"' };
    route.fulfill({ status: 200, headers, body: `Date,Name\r\n${isSecond ? "2,b" : "1,a"}\r\n` });
  });
  const [name, lines] = await exported(() => {});
  assert.equal(name, "all.csv");
  assert.deepEqual(lines, [["Date", "Name"], ["1", "a"], ["2", "b"]]);
});

test("an export that is refused says why", async () => {
  await page.route("**/api/export.csv*", (route) => route.fulfill({ status: 400, json: { error: "days must be a number" } }));
  await page.getByRole("link", { name: "Export" }).click();
  await page.getByRole("button", { name: "Download CSV" }).click();
  await page.getByRole("status").getByText("days must be a number").waitFor();
  page.complaints = page.complaints.filter((text) => !text.includes("400"));
});

/** A page that has asked for alerts once. */
const attentive = async (options = {}, prepare = () => {}) => {
  const fresh = await visit(browser, options);
  await fresh.clock.install();
  await fresh.addInitScript(prepare);
  await fresh.goto(server.url);
  await fresh.waitForFunction(() => localStorage["last-alert-timestamp"]);
  return fresh;
};

test("only new alerts become toasts, which leave by themselves", async () => {
  const fresh = await attentive();
  assert.equal(await fresh.locator(".toast").count(), 0, "old alerts on the first visit");
  await server.alert("Line broken", { severity: "critical", message: "north" });
  const toast = fresh.locator(".toast", { hasText: "Line broken" });
  await toast.waitFor();
  assert.match(await toast.textContent(), /critical Line brokennorth/i);
  await screenshot(fresh, "toast");
  await fresh.clock.runFor(11_000);
  await toast.waitFor({ state: "detached" });
  await fresh.clock.runFor(12_000);
  assert.equal(await fresh.locator(".toast").count(), 0, "told twice");
  await leave(fresh);
});

test("what is over is a green toast, however bad it was", async () => {
  const more = { severity: "critical", message: "north", dedup_key: "line" };
  await server.alert("Line cut", more);
  const fresh = await attentive();
  await server.alert("Line cut", { ...more, status: "resolved" });
  const toast = fresh.locator(".toast.s-up", { hasText: "Line cut" });
  await toast.waitFor();
  assert.match(await toast.textContent(), /resolved Line cutnorth/i);
  await leave(fresh);
});

test("notifications come after a click, and not before", async () => {
  const fresh = await attentive({ permissions: ["notifications"] }, () => {
    const Real = window.Notification;
    window.told = [];
    window.Notification = class extends Real {
      constructor(title, options) {
        super(title, options);
        window.told.push([title, options.body]);
      }
    };
  });
  const bell = fresh.getByRole("button", { name: "Notify me" });
  assert.equal(await bell.getAttribute("aria-pressed"), "false");
  await server.alert("Before the click", { severity: "critical" });
  await fresh.locator(".toast", { hasText: "Before the click" }).waitFor();
  assert.deepEqual(await fresh.evaluate(() => window.told), []);
  await bell.click();
  await fresh.locator("#notify[aria-pressed=true]").waitFor();
  await server.alert("After the click", { severity: "critical", message: "now" });
  await fresh.waitForFunction(() => window.told.length);
  assert.deepEqual(await fresh.evaluate(() => window.told), [["After the click", "now"]]);
  await bell.click();
  await fresh.locator("#notify[aria-pressed=false]").waitFor();
  await leave(fresh);
});
