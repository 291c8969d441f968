// What the module adds to a page that is open: refresh, countdown, theme, and that it asks in vain nobody.
import { strict as assert } from "node:assert";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, refreshUntil, screenshot, visit } from "./visitor.js";

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

const row = (name) => page.locator(".row", { hasText: name });
const refresh = () => page.getByRole("link", { name: "Refresh" });
const answered = () => page.waitForResponse((answer) => /\/board|\/services\/.*part/.test(answer.url()));

test("refresh changes a row and reloads nothing", async () => {
  await page.goto(server.url);
  await page.evaluate(() => { window.isSame = true; });
  await server.beat("checkout", { status: "degraded", message: "slow" });
  await refreshUntil(page, row("Checkout").getByText("Degraded"));
  await page.locator(".banner", { hasText: "1 service degraded" }).waitFor();
  assert.match(await page.title(), /^1 service degraded · /);
  await server.beat("checkout");
  await refreshUntil(page, row("Checkout").getByText("Up", { exact: true }));
  assert.match(await page.title(), /^All services operational · /);
  assert.equal(await page.evaluate(() => window.isSame), true, "the document was loaded anew");
});

test("focus, scroll and what is open stay where they are", async () => {
  await page.setViewportSize({ width: 390, height: 400 });
  await page.goto(server.url);
  const link = page.getByRole("link", { name: "Database backup" });
  await link.focus();
  const before = await link.boundingBox();
  await server.beat("storefront", { status: "down" });
  await refreshUntil(page, page.locator(".troubles", { hasText: "Storefront" }));
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Database backup");
  const moved = Math.abs((await link.boundingBox()).y - before.y);
  assert.ok(moved < 2, `what was looked at moved by ${moved} px`);
  await server.beat("storefront");

  await page.goto(`${server.url}/services/backup`);
  await page.getByText("cron", { exact: true }).click();
  await server.beat("backup", { status: "degraded" });
  await refreshUntil(page, page.locator(".banner", { hasText: "Degraded" }));
  await server.beat("backup");
  const open = await page.locator("details").evaluateAll((all) => all.map((one) => one.open));
  // The first is the list of what the last 24 hours were.
  assert.deepEqual(open, [false, true, false, false, true]);
});

test("the interval is chosen, counted down and remembered", async () => {
  await page.clock.install();
  await page.goto(server.url);
  const menu = page.getByRole("combobox", { name: "Refresh automatically" });
  assert.deepEqual(await menu.locator("option").allTextContents(), ["Off", "10 s", "30 s", "1 min", "5 min", "10 min"]);
  assert.equal(await page.locator("#left").textContent(), "");
  await menu.selectOption("10 s");
  await page.clock.runFor(3_000);
  assert.match(await page.locator("#left").textContent(), /^[78] s$/);
  await server.beat("checkout", { status: "degraded" });
  for (let turn = 0; turn < 3; turn++) {
    const done = answered();
    await page.clock.runFor(10_000);
    await done;
  }
  await row("Checkout").getByText("Degraded").waitFor();
  await page.reload();
  assert.equal(await menu.inputValue(), "10");
  await menu.selectOption("Off");
  await page.clock.runFor(2_000);
  assert.equal(await page.locator("#left").textContent(), "");
  await server.beat("checkout");
});

test("what did not change is not sent again, and the page says when it was asked", async () => {
  await page.clock.install();
  await page.goto(server.url);
  await page.route("**/board*", (route) => {
    const known = route.request().headers()["if-none-match"];
    if (known) return route.fulfill({ status: 304 });
    return route.fulfill({ status: 200, headers: { etag: '"a"', "content-type": "text/html" }, body:
      '<section class="banner"><h2 id="state">Kept</h2></section><p class="asof" data-read="2026-11-22T10:00:00.000Z">Updated <time class="at" datetime="2026-11-22T10:00:00.000Z">10:00</time></p>' });
  });
  await refresh().click();
  await page.getByText("Kept").waitFor();
  const first = await page.locator(".asof time").textContent();
  await page.clock.runFor(65_000);
  const done = answered();
  await refresh().click();
  assert.equal((await done).status(), 304);
  await page.waitForFunction((old) => document.querySelector(".asof time").textContent !== old, first);
  assert.equal(await page.locator("#state").textContent(), "Kept");
});

test("who is offline is told so, with the time of what is shown", async () => {
  await page.goto(server.url);
  await page.context().setOffline(true);
  await refresh().click();
  await page.getByText(/^Offline, last data \d+ \w+ \d{4}, \d\d:\d\d:\d\d$/).waitFor();
  assert.equal(await row("Storefront").isVisible(), true);
  await screenshot(page, "offline");
  await page.context().setOffline(false);
  await refresh().click();
  await page.locator("#offline").waitFor({ state: "detached" });
  page.complaints = page.complaints.filter((text) => !text.includes("ERR_INTERNET_DISCONNECTED"));
});

test("a page that nobody looks at asks for nothing", async () => {
  await page.clock.install();
  await page.addInitScript(() => {
    window.isHidden = true;
    Object.defineProperty(Document.prototype, "hidden", { get: () => window.isHidden });
    localStorage["refresh-seconds"] = 10;
  });
  await page.goto(server.url);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.clock.runFor(120_000);
  assert.deepEqual(asked, []);
  const done = answered();
  await page.evaluate(() => {
    window.isHidden = false;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.clock.runFor(1_000);
  await done;
});

test("a theme is chosen, remembered, and there before anything is drawn", async () => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(server.url);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  const theme = page.getByRole("combobox", { name: "Theme" });
  await theme.selectOption("Dark");
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload({ waitUntil: "commit" });
  await page.waitForFunction(() => document.body);
  assert.equal(await ground(), dark);
  await theme.selectOption("Light");
  assert.equal(await ground(), light);
  await theme.selectOption("Auto");
  await page.emulateMedia({ colorScheme: "dark" });
  assert.equal(await ground(), dark, "auto follows the system");
});

test("who has to sign in again is shown the form", async () => {
  await page.goto(server.url);
  await page.route("**/board*", (route) => route.fulfill({ status: 401, body: "" }));
  const again = page.waitForEvent("load");
  await refresh().click();
  await again;
  page.complaints = page.complaints.filter((text) => !text.includes("401"));
});

test("a page that came up without a database mends itself", async () => {
  await page.clock.install();
  await page.route(server.url, (route) => route.fulfill({ status: 503, contentType: "text/html", body: unreadable }), { times: 1 });
  const shown = await (await fetch(server.url)).text();
  const unreadable = shown.replace(/<main[^]*<\/main>/, '<main id="main" tabindex="-1" data-part=""><p class="asof" data-read="2026-11-22T10:00:00.000Z">Tried</p></main>');
  await page.goto(server.url);
  await page.getByText("Tried").waitFor();
  await page.unroute(server.url);
  await refresh().click();
  await row("Storefront").waitFor();
  page.complaints = page.complaints.filter((text) => !text.includes("503"));
});
