// Takes the two pictures of the README, on `flatline demo`.
import { fileURLToPath } from "node:url";

import { Server } from "./server.js";
import { DESK, PHONE, openBrowser, visit } from "./visitor.js";

const docs = (name) => fileURLToPath(new URL(`../../docs/${name}.png`, import.meta.url));
const [browser, server] = await Promise.all([openBrowser(), Server.demo()]);
const take = async (name, path, options) => {
  const page = await visit(browser, options);
  await page.goto(server.url + path);
  await page.screenshot({ path: docs(name) });
  await page.context().close();
};
await take("page", "/", { viewport: { ...DESK, width: 1200, height: 820 }, colorScheme: "light" });
await take("service-dark", "/services/badge-readers", { viewport: PHONE, colorScheme: "dark" });
await browser.close();
await server.stop();
