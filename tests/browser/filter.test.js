// Tiles and search: with and without JavaScript the same.
import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, refreshUntil, visit } from "./visitor.js";

let browser, server;
before(async () => {
  [browser, server] = await Promise.all([openBrowser(), Server.start()]);
  await server.beats(["storefront", "backup"]);
  await server.beat("checkout", { status: "down" });
});
after(async () => {
  await browser.close();
  await server.stop();
});

const shown = (page) => page.locator(".row:visible h3").allTextContents();

const ROWS = [
  ["all", "/", ["Storefront", "Checkout", "Database backup", "Old billing"]],
  ["a status", "/?status=down", ["Checkout"]],
  ["a text in a name", "/?q=STORE", ["Storefront"]],
  ["a text in a group's name", "/?q=nightly", ["Database backup", "Old billing"]],
  ["a text in an id", "/?q=billing", ["Old billing"]],
  ["both", "/?status=up&q=web", ["Storefront"]],
  ["nothing matches", "/?q=nobody", []],
];

for (const [what, path, expected] of ROWS)
  test(`${what}: a link shows it, also without JavaScript`, async () => {
    const page = await visit(browser, { javaScriptEnabled: false });
    await page.goto(server.url + path);
    assert.deepEqual(await shown(page), expected);
    assert.equal(await page.getByText("No service matches.").isVisible(), expected.length === 0);
    await page.context().close();
  });

test("tiles and text hide rows at once, and the address keeps them", async () => {
  const page = await visit(browser);
  await page.goto(server.url);
  await page.getByRole("link", { name: "1 Down" }).click();
  assert.deepEqual(await shown(page), ["Checkout"]);
  assert.equal(new URL(page.url()).search, "?status=down");
  assert.equal(await page.getByRole("link", { name: "1 Down" }).getAttribute("aria-current"), "true");
  await page.getByRole("link", { name: "4 All" }).click();
  for (const [, path, expected] of ROWS) {
    const wanted = new URL(path, server.url).searchParams;
    if (wanted.has("status")) continue;
    await page.getByRole("searchbox", { name: "Search services" }).fill(wanted.get("q") ?? "");
    await page.waitForFunction((count) => [...document.querySelectorAll(".row")].filter((row) => row.checkVisibility()).length === count, expected.length);
    assert.deepEqual(await shown(page), expected, path);
    assert.equal(new URL(page.url()).searchParams.get("q"), wanted.get("q"));
  }
  await page.getByRole("link", { name: "Show all" }).click();
  assert.equal((await shown(page)).length, 4);
  assert.equal(new URL(page.url()).search, "");
  await leave(page);
});

test("a refresh keeps the filter", async () => {
  const page = await visit(browser);
  await page.goto(`${server.url}/?status=down`);
  await server.beat("storefront", { status: "down" });
  await refreshUntil(page, page.locator(".row:visible", { hasText: "Storefront" }));
  assert.deepEqual(await shown(page), ["Storefront", "Checkout"]);
  await server.beat("storefront");
  await leave(page);
});
