// What an open page says stays true: without an answer, with somebody else's, after Back, after a 304, over
// midnight, under a finger.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Server } from "./server.js";
import { PHONE, leave, openBrowser, refreshUntil, visit } from "./visitor.js";

let browser, server, page;
before(async () => {
  [browser, server] = await Promise.all([openBrowser(), Server.start()]);
  await server.beats(["storefront", "checkout", "backup"]);
});
after(async () => {
  await browser.close();
  await server.stop();
});
beforeEach(async () => {
  page = await visit(browser);
});
afterEach(() => leave(page));

const refresh = () => page.getByRole("link", { name: "Refresh" }).click();
const offline = () => page.getByText(/^Offline, last data/);
const dateOf = (at) => new Date(at).toLocaleDateString("en-GB", { dateStyle: "full", timeZone: "UTC" });

test("a server that never answers counts as none, and is asked again", async () => {
  await page.addInitScript(() => {
    const { timeout } = AbortSignal;
    AbortSignal.timeout = (ms) => timeout.call(AbortSignal, ms / 50);
  });
  await page.goto(server.url);
  await page.route("**/board*", () => {});
  await refresh();
  await offline().waitFor();
  await page.unroute("**/board*");
  await refresh();
  await offline().waitFor({ state: "detached" });
});

test("an answer of somebody else is not taken for ours", async () => {
  await page.goto(server.url);
  const foreign = { contentType: "text/html", body: "<main><form action=/join>Hotel</form></main>" };
  await page.route("**/board*", (route) => route.fulfill(foreign));
  await refresh();
  await offline().waitFor();
  assert.equal(await page.getByText("Hotel").count(), 0);
  assert.equal(await page.locator(".row").count(), 4);
  await page.unroute("**/board*");
  await refresh();
  await offline().waitFor({ state: "detached" });
});

test("who comes back sees what is, not what was", async () => {
  await page.goto(server.url);
  await page.getByRole("link", { name: "Storefront" }).click();
  await page.waitForURL("**/services/storefront");
  await server.beat("storefront", { status: "down" });
  const asked = page.waitForResponse((answer) => answer.url().endsWith("/board"));
  await page.goBack({ waitUntil: "commit" });
  await asked;
  await page.locator(".banner", { hasText: "1 service down" }).waitFor();
  await server.beat("storefront");
});

test("the age of the last check goes on after an answer that nothing changed", async () => {
  await page.clock.install();
  await page.goto(server.url);
  await page.locator(".asof .ago").waitFor();
  const age = async () => Number(/^(\d+) s/.exec(await page.locator(".asof .ago").textContent())?.[1] ?? 0);
  const answered = async () => {
    const answer = page.waitForResponse((one) => one.url().endsWith("/board"));
    await refresh();
    return (await answer).status();
  };
  // A check that falls between the two is told at once.
  let status = 200;
  for (let tries = 0; tries < 4 && status !== 304; tries++) status = await answered();
  assert.equal(status, 304);
  await page.clock.runFor(1_000);
  const before = await age();
  await page.clock.runFor(20_000);
  assert.ok(Math.abs(await age() - before - 20) <= 2, `${before} s, and 20 s later ${await age()} s`);
});

test("the day that a finger taps is the day that is told", async () => {
  const phone = await visit(browser, { viewport: PHONE, isMobile: true, hasTouch: true });
  await phone.goto(server.url);
  for (const share of [0.25, 0.5]) {
    const box = await phone.locator(".strip").first().boundingBox();
    await phone.touchscreen.tap(box.x + (Math.floor(share * 120) + 0.5) / 120 * box.width, box.y + box.height / 2);
    const day = dateOf(Date.now() - (119 - Math.floor(share * 120)) * 86_400_000);
    await phone.getByRole("tooltip").getByText(day).waitFor();
  }
  await phone.touchscreen.tap(20, 400);
  await leave(phone);
});

test("the focus stays on the service that it is on", async () => {
  await server.beat("backup", { status: "degraded" });
  await page.goto(server.url);
  const link = page.locator(".troubles a", { hasText: "Database backup" });
  await link.focus();
  await server.beat("checkout", { status: "down" });
  await refreshUntil(page, page.locator(".troubles", { hasText: "Checkout" }));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Database backup");
  await server.beats(["checkout", "backup"]);
});

test("the title of the window says how it is, whatever is in names", async () => {
  const own = await Server.start({
    "services.json": { services: [{ id: "web", name: "EU · web", auth: { required: false } }] },
    "dashboard.json": { header: { title: "Ours · all" } },
  });
  await own.beat("web");
  await page.goto(`${own.url}/services/web`);
  assert.equal(await page.title(), "EU · web: Up · Ours · all");
  await own.beat("web", { status: "degraded" });
  await refreshUntil(page, page.locator(".banner", { hasText: "Degraded" }));
  assert.equal(await page.title(), "EU · web: Degraded · Ours · all");
  await own.stop();
});

test("auto is a theme of its own, and remembered where another is configured", async () => {
  const own = await Server.start({ "dashboard.json": { theme: { defaultMode: "dark" } } });
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(own.url);
  const theme = page.getByRole("combobox", { name: "Theme" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await theme.inputValue(), "dark");
  const dark = await ground();
  await theme.selectOption("Auto");
  assert.notEqual(await ground(), dark);
  await page.reload();
  assert.equal(await theme.inputValue(), "auto");
  assert.notEqual(await ground(), dark);
  await own.stop();
});

test("over midnight UTC the days move on", async () => {
  const own = await Server.start({}, { clock: "@2026-03-01 23:59:35" });
  await own.beat("storefront", { status: "down" });
  const abroad = await visit(browser, { timezoneId: "America/New_York" });
  await abroad.clock.install({ time: new Date("2026-03-01T23:59:40Z") });
  await abroad.goto(own.url);
  const strip = abroad.locator(".row", { hasText: "Storefront" }).locator(".strip");
  const day = async (key) => {
    await strip.press(key);
    return strip.getAttribute("aria-valuetext");
  };
  assert.match(await day("End"), /^Sunday,? 1 March 2026: /);
  await abroad.clock.runFor(30_000);
  await refreshUntil(abroad, abroad.locator(".asof[data-read^='2026-03-02']"));
  assert.match(await day("End"), /^Monday,? 2 March 2026: 0 %/);
  assert.match(await day("ArrowLeft"), /^Sunday,? 1 March 2026: /);
  assert.match(await abroad.locator(".asof time").first().textContent(), /^1 Mar 2026, 19:0/, "in the zone of the visitor");
  assert.match(await abroad.locator(".asof time").first().getAttribute("title"), /^2026-03-02 00:0\d:\d\d UTC$/);
  await leave(abroad);
  await own.stop();
});
