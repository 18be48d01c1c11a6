// Runs axe on a page at two widths and prints what it finds as JSON, one line a width; loads nothing from a network.
//   AXE=<folder with node_modules of axe-core and playwright-core> node axe.mjs page.html /usr/bin/chromium
import { readFileSync } from "fs";
import { createRequire } from "module";
const need = createRequire(`${process.env.AXE}/`);
const { chromium } = need("playwright-core");
const axe = readFileSync(need.resolve("axe-core/axe.min.js"), "utf8");
const [, , file, executablePath] = process.argv;
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });
for (const width of [1300, 390]) {
  const page = await (await browser.newContext({ viewport: { width, height: 900 }, bypassCSP: true, offline: true })).newPage();
  const errors = [], requests = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => /^(file|data|blob):/.test(request.url()) || requests.push(request.url()));
  await page.goto(`file://${file}`);
  await page.waitForFunction(() => document.querySelectorAll(".plot .main-svg").length > 0);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  const [download] = await Promise.all([page.waitForEvent("download"), page.locator("button.csv").first().click()]);
  const csv = readFileSync(await download.path(), "utf8");
  await page.evaluate(() => document.querySelectorAll("details").forEach((one) => (one.open = true)));
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const violations = found.violations.map((one) => `${one.id}: ${one.nodes[0].target}`);
  console.log(JSON.stringify({ width, wide, errors, requests, csv: csv.split("\r\n")[0], violations }));
}
await browser.close();
