// The clerk's morning in real Chromium: the overview, a figure that fell, the organisation, its rows, why a row counts;
// then what does not fit together. SCREENSHOTS=DIR keeps pictures.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertFits, openBrowser, openPage, picture, serveDemo } from "../support/browser.mjs";

const planText = `# 2023年卫生健康工作计划
- plan: health_2023
- org: bureau
- period: 2023

## 一、医院
### 出院人次
- target: hospital_ops.discharges >= 600
- owner: 医政科
- split: tcm-hospital 600
### 入院人次
- target: hospital_ops.admissions >= 500
- owner: 医政科
### 医院迁建
- owner: 规财科
- due: 2023-09-30
- done: 2023-08-01
`;

let server, browser;
before(async () => {
  server = await serveDemo({
    prepare: (xinglin, directory) => {
      const plan = join(directory, "plan.md");
      writeFileSync(plan, planText);
      xinglin("plan", "load", plan);
    },
  });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const settings = { org: "bureau", period: "2023" };

test("from what worsened down to the rows and why they count", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/");
  await page.getByRole("heading", { name: "主要指标" }).waitFor();
  await page.locator(".figure-card .spark").first().waitFor();
  const worse = page.locator("section", { has: page.getByRole("heading", { name: "不及上年,需要关注" }) });
  assert.ok((await worse.locator("li").count()) > 0);
  await page.locator(".figure-card", { hasText: "出院人次" }).first().click();
  await page.waitForURL(/indicators\/hospital_ops\.discharges/);
  await page.locator(".chart svg").waitFor();
  await page.getByText("上期").waitFor();
  const row = page.locator("tr", { hasText: "市中医院" });
  assert.match(await row.innerText(), /^市中医院\s+1\s+547/);
  await picture(page, "indicator-full", { fullPage: true });
  await row.getByRole("link", { name: "记录" }).click();
  await page.getByText(/共 547 行/).waitFor();
  await page.getByRole("link", { name: "为何计入" }).first().click();
  await page.locator("tr.looked-at", { hasText: "出院日期" }).waitFor();
  await page.getByText("定义所看").first().waitFor();
  await picture(page, "why");
  assert.deepEqual(troubles, []);
  await close();
});

test("a target that was missed leads to its organisation and rows", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/");
  await page.getByRole("heading", { name: "2023年卫生健康工作计划" }).waitFor();
  const entry = page.locator(".plan-entry");
  assert.equal(await entry.count(), 1, "what is behind is shown first, alone");
  assert.match(await entry.innerText(), /未完成[\s\S]*出院人次[\s\S]*547[\s\S]*医政科[\s\S]*市中医院/);
  await page.locator(".figure-card .spark").first().waitFor();
  await picture(page, "overview");
  await page.getByRole("button", { name: /2\s*已完成/ }).click();
  assert.equal(await entry.count(), 2);
  await page.getByRole("button", { name: /1\s*未完成/ }).click();
  await entry.locator(".plan-parts").getByRole("link", { name: "547" }).click();
  await page.waitForURL(/#\/trace\/hospital_ops\.discharges.*tcm-hospital/);
  await page.getByText(/共 547 行/).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("what does not fit together opens onto its figures and records", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/#/quality");
  await page.getByRole("heading", { name: /迟报的记录/ }).waitFor();
  await picture(page, "quality");
  await page.locator(".ant-collapse-item", { hasText: "住院" }).first().click();
  await page.getByRole("link", { name: "打开记录" }).first().click();
  await page.getByText("入院日期").waitFor();
  await page.goBack();
  await page.getByRole("button", { name: "核对" }).first().click();
  await page.locator(".document-findings .finding").first().waitFor({ timeout: 60_000 });
  await page.locator(".document-findings .finding a").first().click();
  await page.waitForURL(/#\/trace\//);
  assert.deepEqual(troubles, []);
  await close();
});

test("on a phone, in English, on paper", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { width: 390, height: 844, settings });
  for (const [place, name] of [["/#/", "phone-overview"], ["/#/quality", "phone-quality"], ["/#/returns", "phone-returns"], ["/#/indicators/hospital_ops.discharges", "phone-indicator-full"]]) {
    await page.goto(server.base + place);
    await page.locator("h1").first().waitFor();
    await page.waitForLoadState("networkidle");
    await assertFits(page);
    await picture(page, name);
  }
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("header.top").isVisible(), false, "the head is not printed");
  await close();
  const small = await openPage(browser, server.base, { language: "en", width: 390, height: 844, settings });
  await small.page.goto(server.base + "/");
  await small.page.getByRole("link", { name: "Quality" }).first().waitFor();
  await assertFits(small.page);
  await small.close();
  const english = await openPage(browser, server.base, { language: "en", settings });
  for (const place of ["/#/", "/#/quality", "/#/returns", "/#/entry", "/#/import"]) {
    await english.page.goto(server.base + place);
    await english.page.locator("h1").first().waitFor();
    await english.page.waitForLoadState("networkidle");
    const interface_ = await english.page.locator("h1, header nav, .actions").allInnerTexts();
    assert.doesNotMatch(interface_.join(" "), /[\u4e00-\u9fff]/, `Chinese on the English page ${place}`);
    await picture(english.page, `en${place.replace(/\W+/g, "-")}`);
  }
  assert.deepEqual(troubles, []);
  assert.deepEqual(english.troubles, []);
  await english.close();
});
