// Every page and panel on `flatline demo`, in light, dark and on a phone: WCAG 2.2 AA by axe-core,
// nothing beside the screen, a screenshot of each.
import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";

import { Server } from "./server.js";
import { DESK, NARROW, PHONE, assertAccessible, assertFits, leave, openBrowser, screenshot, visit } from "./visitor.js";

const many = Array.from({ length: 600 }, (_, n) => ({ id: `svc-${n}`, name: `Service ${n}`, auth: { required: false } }));

let browser, server, first, crowd;
before(async () => {
  [browser, server, first, crowd] = await Promise.all([
    openBrowser(),
    Server.demo({ DASHBOARD_PASSWORD: "a password of the tests" }),
    Server.start(),
    Server.start({ "services.json": { services: many } }),
  ]);
  await crowd.beats(many.slice(40).map(({ id }) => id));
  await crowd.beat("svc-41", { status: "down" });
});
after(async () => {
  await browser.close();
  await Promise.all([server, first, crowd].map((one) => one.stop()));
});

const LOOKS = [
  ["light", { viewport: DESK, colorScheme: "light" }],
  ["dark", { viewport: DESK, colorScheme: "dark" }],
  ["phone", { viewport: PHONE, colorScheme: "light", isMobile: true, hasTouch: true }],
  ["phone-dark", { viewport: PHONE, colorScheme: "dark", isMobile: true, hasTouch: true }],
  ["narrow", { viewport: NARROW, colorScheme: "light" }],
];

const panel = (opener) => async (page) => {
  await page.goto(server.url);
  await page.getByRole("link", { name: opener, exact: true }).click();
  await page.getByRole("dialog", { name: opener }).waitFor();
};

const PLACES = [
  ["page", (page) => page.goto(server.url)],
  ["service", (page) => page.goto(`${server.url}/services/badge-readers`)],
  ["service-down", (page) => page.goto(`${server.url}/?status=down`).then(() => page.locator(".row:visible a").click())],
  ["drawer", panel("Alerts")],
  ["dialog", panel("Export")],
  ["alerts", (page) => page.goto(`${server.url}/alerts`)],
  ["undelivered", async (page) => {
    await panel("Alerts")(page);
    await page.getByRole("dialog").getByRole("link", { name: "Undelivered" }).click();
    await page.getByText("Deliveries are shown after signing in.").waitFor();
  }],
  ["login", (page) => page.goto(`${server.url}/login`)],
  ["first", (page) => page.goto(first.url)],
  ["crowd", (page) => page.goto(crowd.url)],
  ["filtered", (page) => page.goto(`${server.url}/?status=degraded`)],
];

for (const [look, options] of LOOKS)
  for (const [place, go] of PLACES)
    test(`${place}, ${look}`, async () => {
      const page = await visit(browser, options);
      await go(page);
      await screenshot(page, `${place}-${look}`);
      if (["page", "service"].includes(place)) await screenshot(page, `${place}-${look}-whole`, { fullPage: true });
      await assertFits(page, `${place}, ${look}`);
      await assertAccessible(page, `${place}, ${look}`);
      await leave(page);
    });

test("nothing moves for who asked for that", async () => {
  const page = await visit(browser, { reducedMotion: "reduce" });
  await page.goto(server.url);
  const moving = await page.evaluate(() => [...document.querySelectorAll("*")].filter((element) => {
    const { transitionDuration, animationName } = getComputedStyle(element);
    return transitionDuration !== "0s" || animationName !== "none";
  }).length);
  assert.equal(moving, 0);
  await leave(page);
});

test("a finger meets what it aims at", async () => {
  const page = await visit(browser, { viewport: PHONE, isMobile: true, hasTouch: true });
  await page.goto(server.url);
  const small = await page.locator("header :is(a.btn, button, select):visible, .tile, #q").evaluateAll((all) =>
    all.map((one) => [one.outerHTML.slice(0, 60), one.getBoundingClientRect()]).filter(([, box]) => Math.min(box.width, box.height) < 36));
  assert.deepEqual(small, []);
  await leave(page);
});
