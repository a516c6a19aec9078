// The pages in real Chromium, as a clerk uses them: a figure down to its record, the summary and its numbers, a resident.
// SCREENSHOTS=DIR keeps pictures.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertFits, openBrowser, openPage, picture, serveDemo } from "../support/browser.mjs";

let server, browser;
before(async () => {
  server = await serveDemo();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

test("a figure opens onto its rows and the record beneath", async () => {
  const { page, troubles, close } = await openPage(browser, server.base);
  await page.goto(server.base + "/#/indicators");
  await page.getByRole("link", { name: "出院人次" }).first().click();
  await page.waitForURL(/indicators\/hospital_ops\.discharges/);
  await page.getByText("547").first().waitFor();
  await page.locator(".chart svg").waitFor();
  await picture(page, "indicator");
  await page.getByRole("button", { name: "查看记录" }).click();
  await page.getByText(/共 547 行/).waitFor();
  await picture(page, "trace");
  await page.getByRole("link", { name: "打开记录" }).first().click();
  await page.getByText("入院日期").waitFor();
  await page.getByText("FHIR 原文").click();
  await page.getByText('"resourceType": "QuestionnaireResponse"').waitFor();
  await picture(page, "record");
  assert.deepEqual(troubles, []);
  await close();
});

test("the list shows value, last year and change", async () => {
  const { page, troubles, close } = await openPage(browser, server.base);
  await page.goto(server.base + "/#/indicators");
  const row = page.locator("tr", { hasText: "门急诊" }).or(page.locator("tr", { hasText: "门诊人次" })).first();
  await row.waitFor();
  const text = await row.innerText();
  assert.match(text, /62,236/);
  assert.match(text, /53,193/);
  assert.match(text, /▲ 17/);
  await picture(page, "indicators");
  assert.deepEqual(troubles, []);
  await close();
});

test("the summary's numbers open their trace, and it downloads as .docx", async () => {
  const { page, troubles, close } = await openPage(browser, server.base);
  await page.goto(server.base + "/#/documents");
  await page.locator('main a[href$="/documents/hospital_year"]').click();
  const sheet = page.locator(".sheet");
  await sheet.waitFor();
  const text = await sheet.innerText();
  for (const said of ["772万元", "62236", "547", "929.8公斤"]) assert.ok(text.includes(said), `${said} is not in the summary`);
  await page.locator(".finding").first().waitFor();
  await picture(page, "document");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: /\.docx/ }).or(page.getByRole("button", { name: /\.docx/ })).first().click();
  const bytes = readFileSync(await (await download).path());
  assert.equal(bytes.subarray(0, 2).toString(), "PK");
  await sheet.locator("a.figure", { hasText: "62236" }).first().click();
  await page.waitForURL(/#\/trace\/hospital_ops\.outpatient_visits/);
  await page.getByText(/共 62236 行/).waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("a resident is found by name and the timeline opens the record", async () => {
  const { page, troubles, close } = await openPage(browser, server.base);
  await page.goto(server.base + "/#/residents");
  await page.getByText("输入姓名或身份证号开始查找").waitFor();
  await picture(page, "residents-empty");
  await page.getByRole("searchbox").or(page.getByPlaceholder(/姓名或身份证号/)).first().fill("王");
  await page.keyboard.press("Enter");
  await page.locator("tbody tr.ant-table-row").first().waitFor();
  const masked = await page.locator("tbody tr.ant-table-row").first().innerText();
  assert.doesNotMatch(masked, /\d{17}[\dX]/, "a citizen ID stands in a list unmasked");
  await page.locator("tbody tr.ant-table-row a").first().click();
  await page.getByText("健康记录").waitFor();
  await picture(page, "resident");
  assert.deepEqual(troubles, []);
  await close();
});

test("phone width: nothing is cut off, the keyboard reaches the figures", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { width: 390, height: 844 });
  for (const [place, name] of [["/#/indicators", "phone-indicators"], ["/#/indicators/hospital_ops.discharges", "phone-indicator"], ["/#/documents/hospital_year", "phone-document"], ["/#/residents?q=%E7%8E%8B", "phone-residents"]]) {
    await page.goto(server.base + place);
    await page.locator("h1, .sheet").first().waitFor();
    await page.waitForLoadState("networkidle");
    await assertFits(page);
    await picture(page, name);
  }
  await page.goto(server.base + "/#/indicators");
  await page.getByRole("link", { name: "出院人次" }).first().waitFor();
  let reached = false;
  for (let i = 0; i < 60 && !reached; i++) {
    await page.keyboard.press("Tab");
    reached = await page.evaluate(() => location.hash === "#/indicators" && !!document.activeElement?.closest("td a"));
  }
  assert.ok(reached, "Tab does not reach a figure's link");
  await page.keyboard.press("Enter");
  await page.waitForURL(/indicators\//);
  assert.deepEqual(troubles, []);
  await close();
});

test("English is one press away and stays", async () => {
  const { page, troubles, close } = await openPage(browser, server.base);
  await page.goto(server.base + "/");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("link", { name: "Residents" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await picture(page, "overview-en");
  assert.deepEqual(troubles, []);
  await close();
});

test("the notice that there are no accounts is on every page, and a wrong address says so", async () => {
  const { page, close } = await openPage(browser, server.base);
  for (const place of ["/#/", "/#/documents", "/#/residents"]) {
    await page.goto(server.base + place);
    await page.getByRole("note").first().waitFor();
  }
  await page.goto(server.base + "/#/indicators/hospital_ops.nothing");
  await page.getByRole("alert").first().waitFor();
  await close();
});
