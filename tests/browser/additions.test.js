// customHtml, customCss, colours and links of dashboard.json: what would run is refused at the start, and
// what is accepted never fires.
import { strict as assert } from "node:assert";
import { after, before, test } from "node:test";

import { Server } from "./server.js";
import { leave, openBrowser, visit } from "./visitor.js";

let browser;
before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

const html = (headerExtra) => ({ customHtml: { headerExtra } });
const link = (url) => ({ header: { title: "x", links: [{ text: "x", url }] } });
const REFUSED = [
  ["a script", html("<script>fired()</script>")],
  ["a handler", html("<b onclick=fired()>x</b>")],
  ["a handler behind a slash", html("<img/src='/x'/onerror=fired()>")],
  ["a link that runs", html("<a href='javascript:fired()'>x</a>")],
  ["the same with references", html("<a href='java&Tab;script&colon;fired()'>x</a>")],
  ["a page in the page", html("<iframe srcdoc='<script>parent.fired()</script>'></iframe>")],
  ["a picture with handlers", html("<svg onload=fired()></svg>")],
  ["what swallows the rest", html("<b title='")],
  ["an end of the sheet", { customCss: "</style><script>fired()</script>" }],
  ["the same in other letters", { customCss: "a{}</STYLE ><img src=x onerror=fired()>" }],
  ["a link of the header", link("javascript:fired()")],
  ["a link of the footer", { footer: { text: "x", links: [{ text: "x", url: " JavaScript:fired()" }] } }],
  ["a logo", { header: { title: "x", logoUrl: "javascript:fired()" } }],
  ["an icon", { branding: { favicon: "data:text/html,<script>fired()</script>" } }],
  ["a colour", { branding: { primaryColor: "red}</style><script>fired()</script>" } }],
  ["a colour of a status", { theme: { colors: { dark: { statusUp: "url(javascript:fired())" } } } }],
];
for (const [what, dashboard] of REFUSED)
  test(`refused at the start: ${what}`, async () => {
    const { isAccepted, said } = await Server.judged({ "dashboard.json": dashboard });
    assert.equal(isAccepted, false, said);
    assert.match(said, /dashboard\.json/);
  });

const ACCEPTED = [
  "<b id=moved style=\"color:rgb(1, 2, 3)\">moved</b>",
  "<i style='color:red}</style><script>fired()</script>'>a style that tries to end the sheet</i>",
  "<i style='background:url(javascript:fired())'>a picture that runs</i>",
  "<img title='x style=\"' alt=\"' src=x onerror=fired() '\">",
  "<b title=\"<script>fired()</script>\">a script in a title</b>",
  "<p>&lt;script&gt;fired()&lt;/script&gt;</p>",
  "<a href=\"https://example.com/#javascript:fired()\">a link</a>",
];
const STYLES = [
  "@import 'javascript:fired()';", "a{behavior:url(#default#time2);-moz-binding:url(javascript:fired())}",
  "footer{background:url(javascript:fired())}", "p::after{content:'<img src=x onerror=fired()>'}", "/*",
];

test("what is accepted never fires, and styles move into the sheet", async () => {
  const server = await Server.start({
    "dashboard.json": {
      header: { title: "x", links: [{ text: "x", url: "https://example.com/?a=\"onclick=fired()//" }] },
      branding: { primaryColor: "hsl(120 50% 40%)" },
      customHtml: { headerExtra: ACCEPTED.join("\n"), footerExtra: ACCEPTED.join("\n").replace(/ id=moved/, "") },
      customCss: STYLES.join("\n"),
    },
  });
  await server.beats(["storefront"]);
  const page = await visit(browser);
  const fired = [];
  await page.exposeFunction("fired", () => fired.push(page.url()));
  for (const path of ["/", "/services/storefront", "/alerts", "/login"]) {
    await page.goto(server.url + path, { waitUntil: "networkidle" });
    for (const part of await page.locator("header :is(b, i, img), footer :is(b, i, img)").all())
      await part.dispatchEvent("click");
    assert.equal(await page.locator("[style], [onerror], [onclick], main script").count(), 0, path);
  }
  await page.goto(server.url);
  assert.equal(await page.locator("#moved").evaluate((one) => getComputedStyle(one).color), "rgb(1, 2, 3)");
  assert.equal(await page.locator("header img").first().getAttribute("title"), "x style=\"");
  assert.deepEqual(fired, []);
  // Pictures that cannot be had are complained of.
  page.complaints = page.complaints.filter((text) => !/Failed to load resource|img-src|style-src-elem.*javascript/.test(text));
  await leave(page);
  await server.stop();
});
