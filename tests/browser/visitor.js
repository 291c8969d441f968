// A visitor: one Chromium, pages whose complaints are collected, screenshots.
import { strict as assert } from "node:assert";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { TARGET } from "./server.js";

const require = createRequire(join(TARGET, "browser/"));
const { chromium } = require("playwright-core");
const AXE = require("axe-core").source;
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const CHROMIUM = process.env.PATH.split(":").flatMap((folder) => NAMES.map((name) => join(folder, name))).find(existsSync);
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
  "--disable-sync", "--no-first-run",
];
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const SCREENSHOTS = join(TARGET, "screenshots");
mkdirSync(SCREENSHOTS, { recursive: true });

/** Sizes in CSS pixels. */
export const DESK = { width: 1280, height: 900 };
export const PHONE = { width: 390, height: 844 };
export const NARROW = { width: 320, height: 640 };

export const openBrowser = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A page in a profile of its own. What it complains of is in `page.complaints`. */
export const visit = async (browser, options = {}) => {
  const context = await browser.newContext({
    viewport: DESK, locale: "en-GB", timezoneId: "Europe/Berlin", reducedMotion: "reduce", ...options,
  });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error") page.complaints.push(message.text());
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  await page.exposeBinding("reportViolation", (_, text) => page.complaints.push(text));
  await page.addInitScript(() => document.addEventListener("securitypolicyviolation", (event) =>
    window.reportViolation(`${event.violatedDirective} refused ${event.blockedURI}`)));
  return page;
};

/** Ends the visit; nothing may have been complained of. */
export const leave = async (page) => {
  await page.context().close();
  assert.deepEqual(page.complaints, []);
};

/** Asks for the page anew until this is there: a reading is handed out for a moment. */
export const refreshUntil = async (page, wanted) => {
  for (let tries = 0; tries < 15; tries++) {
    await page.evaluate(() => document.querySelector("#refresh")
      .dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })));
    if (await wanted.waitFor({ state: "attached", timeout: 2_000 }).then(() => true, () => false)) return;
  }
  await wanted.waitFor({ state: "attached" });
};

export const screenshot = (page, name, options = {}) =>
  page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), ...options });

/** Fails with each rule of WCAG 2.2 AA, and of good practice, that the page breaks. */
export const assertAccessible = async (page, what) => {
  await page.evaluate(AXE);
  const found = await page.evaluate((values) =>
    window.axe.run({ runOnly: { type: "tag", values }, preload: false }), RULES);
  const places = ({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`);
  assert.deepEqual(found.violations.flatMap(places), [], what);
};

/** Fails if the page can be scrolled sideways, or something to press lies beside it. */
export const assertFits = async (page, what) => {
  const beside = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const seen = (element) => element.checkVisibility({ visibilityProperty: true });
    const out = [...document.querySelectorAll("a, button, input, select, summary")].filter(seen).filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return left < -0.5 && !element.matches(".skip") || right > width + 0.5;
    });
    const wide = document.documentElement.scrollWidth - width;
    const cut = [...document.querySelectorAll("dialog[open]")].filter((one) => one.getBoundingClientRect().top < 0);
    return [...out.concat(cut).map((element) => element.outerHTML.slice(0, 120)), ...(wide > 0 ? [`${wide} px too wide`] : [])];
  });
  assert.deepEqual(beside, [], what);
};
