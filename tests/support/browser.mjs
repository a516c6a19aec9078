// Debian's Chromium driven by playwright-core, against a real `xinglin serve` on a copy of the demo.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const require = createRequire(join(root, "web", "package.json"));
const { chromium } = require("playwright-core");
const binary = process.env.XINGLIN_BIN || join(root, "build", "release", "xinglin");

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** Starts the server on a copy of the demo's data (or of a county's), after `prepare` did something to it; gives {base, stop}. */
export async function serveDemo({ prepare, data: name = "hospital" } = {}) {
  // XINGLIN_DEMO: a demo made before; XINGLIN_WEB: pages that are not built in yet. For working on the pages.
  const demo = process.env.XINGLIN_DEMO || execFileSync("python3", [join(root, "tests", "support", "demo.py"), name], { encoding: "utf8" }).trim();
  const directory = mkdtempSync(join(tmpdir(), "xinglin-pages-"));
  const data = join(directory, "data");
  cpSync(demo, data, { recursive: true });
  prepare?.((...commands) => execFileSync(binary, ["--data", data, ...commands], { cwd: root, encoding: "utf8" }), directory);
  const port = await freePort();
  const pages = process.env.XINGLIN_WEB ? ["--web", process.env.XINGLIN_WEB] : [];
  const server = spawn(binary, ["--data", data, "serve", "--port", String(port), ...pages], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  server.stdout.on("data", (chunk) => (said += chunk));
  server.stderr.on("data", (chunk) => (said += chunk));
  const base = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    try {
      const answer = await fetch(`${base}/api/status`);
      if (answer.ok) {
        const status = await answer.json();
        if (status.commit === status.warehouse_cursor) break;
      }
    } catch {
      /* not listening yet */
    }
    if (server.exitCode !== null || tries > 600) throw new Error(`the server did not start: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    base,
    stop: async () => {
      const gone = new Promise((resolve) => server.once("exit", resolve));
      server.kill("SIGTERM");
      await gone;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Keeps a picture under SCREENSHOTS, when that is said. */
export async function picture(page, name, options = {}) {
  if (!process.env.SCREENSHOTS) return;
  mkdirSync(process.env.SCREENSHOTS, { recursive: true });
  // The head sticks to the top: on a whole page it stands where it was scrolled to.
  if (options.fullPage) await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), ...options });
}

/** Nothing is wider than the screen. */
export async function assertFits(page) {
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  if (inner > outer) throw new Error(`the page ${page.url()} is ${inner} wide on a screen of ${outer}`);
}

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
}

/** A page that fails the test on any script error, and on any request to another address. */
export async function openPage(browser, base, { width = 1280, height = 900, language = "zh", settings = {} } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: language === "zh" ? "zh-CN" : "en-US" });
  await context.addInitScript((chosen) => {
    for (const [name, value] of Object.entries(chosen)) if (!localStorage.getItem(`xinglin.${name}`)) localStorage.setItem(`xinglin.${name}`, value);
  }, { language, ...settings });
  const page = await context.newPage();
  const troubles = [];
  page.on("pageerror", (error) => troubles.push(`script error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && troubles.push(`console: ${message.text()}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith("data:") && !request.url().startsWith("blob:")) troubles.push(`outside address: ${request.url()}`);
  });
  return { page, troubles, close: () => context.close() };
}
