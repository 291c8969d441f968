// With the keyboard alone, and without JavaScript.
import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, visit } from "./visitor.js";

let browser, server;
before(async () => {
  [browser, server] = await Promise.all([openBrowser(), Server.start()]);
  await server.beats(["storefront", "checkout"]);
  await server.beat("backup", { status: "degraded" });
});
after(async () => {
  await browser.close();
  await server.stop();
});

/** The role and name of what has the focus, as a screen reader says it. */
const focused = async (page) => {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  await session.detach();
  const on = nodes.filter((node) => node.properties?.some(({ name, value }) => name === "focused" && value.value));
  const { role, name } = on.at(-1) ?? nodes[0];
  return `${role.value}: ${name.value}`;
};

const walk = async (page, steps) => {
  for (const [keys, expected] of steps) {
    for (const key of keys.split(" ")) await page.keyboard.press(key);
    if (expected instanceof RegExp) assert.match(await focused(page), expected, `after ${keys}`);
    else assert.equal(await focused(page), expected, `after ${keys}`);
  }
};

test("every step of the way through the page has a name", async () => {
  const page = await visit(browser);
  await page.goto(server.url);
  await walk(page, [
    ["Tab", "link: Skip to content"],
    ["Tab", "link: Hedgehog status"],
    ["Tab", "link: Help"],
    ["Tab", "link: Call us"],
    ["Tab", "link: Alerts"],
    ["Tab", "link: Export"],
    ["Tab", "link: Refresh"],
    ["Tab", "combobox: Refresh automatically"],
    ["Tab", "combobox: Theme"],
    ["Tab", "button: Notify me"],
    ["Tab", "link: Database backup"],
    ["Tab", "link: 4 All"],
    ["Tab", "link: 1 Degraded"],
    ["Tab", "link: 2 Up"],
    ["Tab", "link: 1 Disabled"],
    ["Tab", "searchbox: Search services"],
    ["Tab", "link: Storefront"],
    ["Tab", "slider: Storefront: No trouble in 1 day"],
    ["Tab", "link: Checkout"],
    ["Shift+Tab", "slider: Storefront: No trouble in 1 day"],
  ]);
  await leave(page);
});

test("a strip tells its days, one after the other", async () => {
  const page = await visit(browser);
  await page.goto(server.url);
  const strip = page.getByRole("slider").first();
  await strip.focus();
  const said = () => strip.getAttribute("aria-valuetext");
  const date = (ago) => new Date(Date.now() - ago * 86_400_000)
    .toLocaleDateString("en-GB", { dateStyle: "full", timeZone: "UTC" });
  assert.equal(await said(), `${date(0)}: 100 %`);
  for (const [key, expected] of [["ArrowLeft", `${date(1)}: no data`], ["PageUp", `${date(0)}: 100 %`], ["Home", `${date(119)}: no data`]]) {
    await page.keyboard.press(key);
    assert.equal(await said(), expected, key);
    assert.equal(await page.getByRole("tooltip").textContent(), expected);
  }
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("tooltip").isVisible(), false);
  await leave(page);
});

test("where there are very many services, the days of the line in focus come next", async () => {
  const services = Array.from({ length: 501 }, (_, n) => ({ id: `svc-${n}`, name: `Service ${n}`, auth: { required: false } }));
  const many = await Server.start({ "services.json": { services } });
  await many.beats(services.map(({ id }) => id).filter((id) => id !== "svc-3"));
  await many.beat("svc-1", { status: "down" });
  const page = await visit(browser);
  await page.goto(many.url);
  await page.getByRole("searchbox").focus();
  await walk(page, [
    ["Tab", "link: Service 0"],
    ["Tab", "slider: Days of Service 0"],
    ["Tab", "link: Service 1"],
    ["Tab", "slider: Days of Service 1"],
  ]);
  const strip = page.getByRole("slider", { name: "Days of Service 1", exact: true });
  assert.match(await strip.getAttribute("aria-valuetext"), /^\w+,? \d+ \w+ \d{4}: \w+ .*%/, "the level of a bad day");
  await page.keyboard.press("ArrowLeft");
  assert.match(await strip.getAttribute("aria-valuetext"), /: no data$/);
  await leave(page);
  await many.stop();
});

test("drawer and dialog take the focus, keep it, and give it back", async () => {
  const page = await visit(browser);
  await page.goto(server.url);
  await page.getByRole("link", { name: "Alerts", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Alerts" }).waitFor();
  await walk(page, [
    ["Shift", "button: Close"],
    ["Tab", "link: All"],
    ["Tab Tab Tab Tab", "link: Service status"],
    ["Escape", "link: Alerts"],
    ["Tab", "link: Export"],
  ]);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Export" }).waitFor();
  await walk(page, [
    ["Shift", "button: Close"],
    ["Tab", "radio: Last 7 days"],
    ["ArrowDown", "radio: Last 30 days"],
    ["Tab", /^(spinbutton|Date): .*|date: from/i],
  ]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  await walk(page, [["Enter", "link: Export"]]);
  await leave(page);
});

test("the skip link leads to what matters", async () => {
  const page = await visit(browser);
  await page.goto(server.url);
  await walk(page, [["Tab", "link: Skip to content"], ["Enter Tab", "link: Database backup"]]);
  await leave(page);
});

test("without JavaScript everything is shown and reachable", async () => {
  const page = await visit(browser, { javaScriptEnabled: false });
  await page.goto(server.url);
  assert.equal(await page.getByRole("heading", { name: "Degraded" }).isVisible(), true);
  assert.equal(await page.locator(".row:visible").count(), 4);
  assert.equal(await page.locator("select:visible, #notify:visible").count(), 0, "controls that do nothing");
  await page.getByRole("searchbox").fill("store");
  await page.getByRole("button", { name: "Search" }).click();
  assert.deepEqual(await page.locator(".row:visible h3").allTextContents(), ["Storefront"]);
  await page.getByRole("link", { name: "Storefront" }).click();
  await page.waitForURL("**/services/storefront");
  assert.equal(await page.getByRole("heading", { name: "Recent heartbeats" }).isVisible(), true);
  assert.equal(await page.locator(".copy:visible").count(), 0, "buttons that do nothing");
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  await page.getByRole("link", { name: "Service status" }).click();
  assert.equal(await page.getByText("Service Degraded: Database backup").isVisible(), true);
  await page.getByRole("link", { name: "Export" }).click();
  await page.getByLabel("Storefront").check();
  const coming = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  assert.match((await coming).suggestedFilename(), /^uptime-export-.*\.csv$/);
  await leave(page);
});

test("commands are copied with a press", async () => {
  const page = await visit(browser, { permissions: ["clipboard-read"] });
  await page.goto(`${server.url}/services/storefront`);
  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(text, `curl -fsS -d '{"serviceId":"storefront"}' '${server.url}/api/heartbeat'`);
  await leave(page);
});
