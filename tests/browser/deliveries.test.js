// What channels were told, for who has signed in; and instants in texts, in the visitor's zone.
import { strict as assert } from "node:assert";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, refreshUntil, visit } from "./visitor.js";

const PASSWORD = "a password of the tests";

let browser, server, receiver;
before(async () => {
  receiver = createServer((request, answer) => {
    answer.statusCode = request.url === "/takes" ? 200 : 503;
    answer.end();
  });
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  const url = `http://127.0.0.1:${receiver.address().port}`;
  const channel = (name) => ({ type: "webhook", name, enabled: true, config: { url: `${url}/${name}` }, events: ["down", "up"] });
  [browser, server] = await Promise.all([
    openBrowser(),
    Server.start({
      "notifications.json": { enabled: true, channels: [channel("takes"), channel("refuses")], settings: { allowPrivate: ["127.0.0.0/8"] } },
    }, { DASHBOARD_PASSWORD: PASSWORD }),
  ]);
  await server.beat("storefront");
  await server.beat("storefront", { status: "down" });
});
after(async () => {
  await browser.close();
  await server.stop();
  receiver.close();
});

const signIn = async (page) => {
  await page.goto(`${server.url}/login`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${server.url}/`);
};

test("who has signed in sees what was delivered and what waits, others do not", async () => {
  const page = await visit(browser);
  await page.goto(`${server.url}/services/storefront`);
  assert.equal(await page.getByRole("heading", { name: "Deliveries" }).count(), 0);
  await signIn(page);
  await page.goto(`${server.url}/services/storefront`);
  await refreshUntil(page, page.getByText("Down to takes: delivered"));
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  const drawer = page.getByRole("dialog", { name: "Alerts" });
  await drawer.getByRole("link", { name: "Undelivered" }).click();
  await drawer.locator("li", { hasText: "to refuses" }).first().waitFor();
  assert.match(await drawer.locator("li", { hasText: "to refuses" }).first().textContent(), /Down: Storefront.*503/);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(`${server.url}/services/storefront`);
  assert.equal(await page.getByText("to takes").count(), 0);
  await leave(page);
});

test("instants in texts are told in the visitor's zone, with the exact UTC beside", async () => {
  const abroad = { timezoneId: "Asia/Tokyo" };
  const plain = await visit(browser, { javaScriptEnabled: false, ...abroad });
  await plain.goto(`${server.url}/alerts`);
  assert.match(await plain.locator("q").first().textContent(), /Storefront .*since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  await plain.context().close();

  const page = await visit(browser, abroad);
  await page.addInitScript(() => localStorage.setItem("last-alert-timestamp", new Date().toISOString()));
  await page.goto(`${server.url}/`);
  await server.alert("Window", { message: "from 2026-01-31T20:30:00Z on" });
  const toast = page.locator(".toast", { hasText: "Window" });
  await toast.waitFor();
  assert.equal(await toast.locator("p").textContent(), "from 1 Feb 2026, 05:30:00 on");
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  const text = page.getByRole("dialog").locator("li", { hasText: "Window" }).locator("q");
  await text.waitFor();
  assert.equal(await text.textContent(), "from 1 Feb 2026, 05:30:00 on");
  assert.equal(await text.locator("time").getAttribute("title"), "2026-01-31 20:30:00 UTC");
  await leave(page);
});
