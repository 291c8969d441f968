// Texts that try to run: nothing of them does, wherever they are shown.
import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, visit } from "./visitor.js";

// Each would call `fired` if a browser took it for more than text.
const PAYLOADS = [
  "<script>fired()</script>", "</script><script>fired()</script>", "<img src=x onerror=fired()>",
  "\"><svg onload=fired()>", "' onmouseover='fired()", "\" autofocus onfocus=\"fired()", "<svg><script>fired()</script></svg>",
  "</title><script>fired()</script>", "</style><script>fired()</script>", "<!--><script>fired()</script>",
  "--><script>fired()</script>", "<iframe srcdoc='<script>parent.fired()</script>'>", "<details open ontoggle=fired()>",
  "<input autofocus onfocus=fired()>", "<a href='javascript:fired()'>x</a>", "<body onload=fired()>",
  "<math><mi xlink:href='javascript:fired()'>x</mi></math>", "<base href='javascript:fired()//'>",
  "<object data='javascript:fired()'>", "<embed src='javascript:fired()'>", "<video><source onerror=fired()></video>",
  "<audio src=x onerror=fired()>", "<marquee onstart=fired()>x</marquee>", "<style>@import 'javascript:fired()'</style>",
  "<style onload=fired()></style>", "<link rel=stylesheet href=x onerror=fired()>", "<meta http-equiv=refresh content='0;url=javascript:fired()'>",
  "<noscript><p title=\"</noscript><img src=x onerror=fired()>\">", "<template><script>fired()</script></template>",
  "<textarea autofocus onfocus=fired()>", "<select autofocus onfocus=fired()>", "<keygen autofocus onfocus=fired()>",
  "<form><button formaction='javascript:fired()'>x</button></form>", "<svg><animate onbegin=fired() attributeName=x dur=1s>",
  "<svg><set onbegin=fired() attributeName=x to=1>", "<img src=x:x onerror\n=fired()>", "<img/src=x/onerror=fired()>",
  "<ScRiPt>fired()</sCrIpT>", "<<script>fired()//<</script>", "<img src=`x` onerror=fired()>", "\u0000<script>fired()</script>",
  "<script\u000b>fired()</script>", "&lt;script&gt;fired()&lt;/script&gt;", "&#60;img src=x onerror=fired()&#62;",
  "{{ fired() }}", "{% raw %}<script>fired()</script>{% endraw %}", "${fired()}", "`;fired();//", "');fired();//", "\\\");fired();//",
  "</textarea><script>fired()</script>", "]]><script>fired()</script>", "<?xml?><script>fired()</script>", "<x onclick=fired() tabindex=1 id=x>",
  "</svg><img src=x onerror=fired()>", "</time><script>fired()</script>", "</q></li></ul><img src=x onerror=fired()>",
];
const usable = (text) => text.replace(/[\u0000-\u001f]/g, " ");
const id = (at) => `${usable(PAYLOADS[at]).replace(/#/g, "")} ${at}`.slice(0, 90);

let browser, server;
before(async () => {
  const services = PAYLOADS.map((text, at) => ({ id: id(at), name: usable(text), description: usable(text), auth: { required: false } }));
  const groups = [{ id: "<b onclick=fired()>", name: "</h2><img src=x onerror=fired()>", services: services.slice(0, 20).map((one) => one.id) }];
  [browser, server] = await Promise.all([
    openBrowser(),
    Server.start({
      "services.json": { groups, services },
      "dashboard.json": {
        header: { title: PAYLOADS[7], subtitle: PAYLOADS[2], logoAlt: PAYLOADS[4], links: [{ text: PAYLOADS[0], url: "https://example.com/\"onclick=fired()" }] },
        branding: { pageTitle: PAYLOADS[7] },
        footer: { text: PAYLOADS[3] },
      },
    }, { DASHBOARD_PASSWORD: "a password of the tests", READ_API_KEY: "a key that opens everything to the tests" }),
  ]);
  for (const [at, text] of PAYLOADS.entries()) {
    await server.beat(id(at), { status: "down", message: text, metadata: { [text]: text } });
    await server.alert(text, { message: text, source: text, severity: at % 2 ? "critical" : text });
  }
});
after(async () => {
  await browser.close();
  await server.stop();
});

test("nothing fires on any page, in the drawer, in toasts, or on the way", async () => {
  const page = await visit(browser);
  const fired = [];
  await page.exposeFunction("fired", () => fired.push(page.url()));
  await page.clock.install();
  await page.addInitScript(() => localStorage.setItem("last-alert-timestamp", "2020-01-01T00:00:00Z"));
  await page.goto(`${server.url}/login`);
  await page.getByLabel("Password").fill("a password of the tests");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(server.url + "/");
  await page.clock.runFor(6_000);
  await page.getByRole("link", { name: "Refresh", exact: true }).click();
  assert.equal(await page.locator(".row h3").count(), PAYLOADS.length);
  const names = await page.locator(".row h3").allTextContents();
  assert.deepEqual(names, PAYLOADS.map(usable), "names are shown as they are written");
  await page.getByRole("link", { name: "Alerts", exact: true }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("link", { name: "Export", exact: true }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.goto(`${server.url}/alerts`);
  for (const at of PAYLOADS.keys()) {
    await page.goto(`${server.url}/services/${encodeURIComponent(id(at))}`);
    assert.equal(await page.locator("h2#state").count(), 1, id(at));
  }
  await page.goto(`${server.url}/?q=${encodeURIComponent(PAYLOADS[3])}&status=${encodeURIComponent(PAYLOADS[5])}`);
  assert.deepEqual(fired, []);
  await leave(page);
});
