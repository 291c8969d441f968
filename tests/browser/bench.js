// Figures of a browser, for the benchmark: `node bench.js loads|filter <address of a board>` tells JSON.
import { record } from "./trace.js";
import { openBrowser, visit } from "./visitor.js";

const LOADS = 12;

/** Milliseconds to the first drawing, each with a profile of its own, so that nothing is kept. */
const loads = async (browser, url) => {
  const times = [];
  for (let load = 0; load < LOADS; load++) {
    const page = await visit(browser);
    await page.goto(url);
    const entry = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime;
    times.push(await (await page.waitForFunction(entry)).jsonValue());
    await page.context().close();
  }
  times.sort((one, other) => one - other);
  return { median_ms: times[LOADS / 2], worst_ms: times.at(-1) };
};

/** The longest task, and the most work in one, while a filter is typed, cleared and chosen. */
const filter = async (browser, url) => {
  const page = await visit(browser);
  await page.goto(url);
  const search = page.getByRole("searchbox", { name: "Search services" });
  const settled = () => page.waitForTimeout(1_500);
  await settled();
  const tasks = await record(page, async () => {
    await search.pressSequentially("0999", { delay: 150 });
    await settled();
    await search.fill("");
    await settled();
    await page.locator(".tile", { hasText: "Down" }).click();
    await settled();
    await page.locator(".tile", { hasText: "All" }).click();
    await settled();
  });
  const most = (what) => Math.max(...tasks.map((task) => task[what]));
  return { longest_ms: most("ms"), styled: most("styled"), laid: most("laid") };
};

const [what, url] = process.argv.slice(2);
const browser = await openBrowser();
console.log(JSON.stringify(await { loads, filter }[what](browser, url)));
await browser.close();
