// How fast pages are, told and not judged: machines differ. The figures stand in the log.
import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, visit } from "./visitor.js";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

const fleet = async (count) => {
  const services = Array.from({ length: count }, (_, n) => ({
    id: `svc-${n}`, name: `Service ${String(n).padStart(5, "0")}`, auth: { required: false }, stalenessThreshold: 86_400,
  }));
  const server = await Server.start({ "services.json": { services } });
  const heard = services.filter((_, n) => n % 20).map(({ id }) => id);
  for (let at = 0; at < heard.length; at += 500) await server.beats(heard.slice(at, at + 500));
  return server;
};

test("the first drawing of 100 services", async (t) => {
  const server = await fleet(100);
  const times = [];
  for (let round = 0; round < 5; round++) {
    const page = await visit(browser);
    await page.goto(server.url);
    const entry = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
    times.push(Math.round(await (await page.waitForFunction(entry)).jsonValue()));
    await leave(page);
  }
  await server.stop();
  t.diagnostic(`first contentful paint, 100 services: ${times.sort((a, b) => a - b).join(", ")} ms`);
});

test("filtering 10,000 services", async (t) => {
  const server = await fleet(10_000);
  const page = await visit(browser);
  await page.goto(server.url);
  await page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration)))
      .observe({ type: "longtask" });
  });
  const nodes = await page.evaluate(() => document.querySelectorAll("*").length);
  const search = page.getByRole("searchbox", { name: "Search services" });
  await search.pressSequentially("0999", { delay: 100 });
  const count = (expected) => page.waitForFunction((wanted) =>
    [...document.querySelectorAll(".rows li")].filter((row) => !row.hidden).length === wanted, expected);
  await count(11);
  await search.fill("");
  await count(10_000);
  await page.locator(".tile", { hasText: "Unknown" }).click();
  await count(500);
  const longest = await page.evaluate(() => new Promise((done) => setTimeout(() => done(window.tasks), 500)));
  t.diagnostic(`10,000 services: ${nodes} elements; tasks over 50 ms while filtering: ${longest.map(Math.round).join(", ") || "none"} ms`);
  assert.ok(nodes <= 60_000);
  await leave(page);
  await server.stop();
});
