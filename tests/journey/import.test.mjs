// A spreadsheet of returns in real Chromium: columns guessed, bad rows told by row and column, nothing written; mended,
// tried, imported in one transaction; the same file again is told. And a table goes out as .xlsx. SCREENSHOTS=DIR keeps
// pictures.
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

const settings = { org: "tcm-hospital", period: "2024" };
const read = async (path) => (await fetch(server.base + path)).json();
const columns = ["机构名称", "月份", "业务收入(元)", "其中:医疗收入", "其中:药品收入", "实际开放总床日数", "经手人"];
async function workbook(rows) {
  const answer = await fetch(server.base + "/api/table.xlsx", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ title: "月报", columns, rows }) });
  assert.equal(answer.status, 200);
  return Buffer.from(await answer.arrayBuffer());
}
const choose = (page, name, buffer) => page.locator("#import-file").setInputFiles({ name, mimeType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", buffer });

test("an Excel file with bad rows is told by row and column, mended, and imported whole", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/#/import");
  await page.getByText("先选导入到哪里").waitFor();
  await page.locator("#import-target").click();
  await page.getByText("医疗机构月报(收入与开放床日)").last().click();

  const good = ["市中医院", "2024年2月", "643,000.30", "281000.1", "362000.2", "1333", "李"];
  await choose(page, "月报.xlsx", await workbook([good, ["市中医院", "2024-03", "700", "300", "300", "1400", "李"], ["市中医院", "2024-04", "壹万", "1", "2", "1400", ""], ["中医院", "2024-05", "3", "1", "2", "1400", ""]]));
  await page.getByText("4 行数据,表头在第 1 行").waitFor();
  assert.equal(await page.locator(".means").count(), 7);
  const before = (await read("/api/status")).commit;
  await page.getByRole("button", { name: "试导入" }).click();
  await page.getByText("共 4 行,其中 3 行有问题").waitFor();
  const problems = await page.locator("tbody tr.ant-table-row", { hasText: /之和须|不是数|没有找到/ }).allInnerTexts();
  assert.equal(problems.length, 3);
  assert.ok(problems.some((text) => /^3\s+D\s+医疗收入与药品收入之和须等于业务收入/.test(text)), problems.join("\n"));
  assert.ok(problems.some((text) => /^4\s+C\s+“壹万”不是数/.test(text)), problems.join("\n"));
  assert.ok(problems.some((text) => /^5\s+A\s+没有找到“中医院”/.test(text)), problems.join("\n"));
  assert.equal(await page.getByRole("button", { name: /导入 \d+ 行/ }).count(), 0, "bad rows cannot be imported");
  assert.equal((await read("/api/status")).commit, before, "trying writes nothing");
  await picture(page, "import-bad-rows", { fullPage: true });

  const mended = await workbook([good, ["市中医院", "2024-03", "600", "300", "300", "1400", "李"], ["市中医院", "2024-04", "3", "1", "2", "1400", ""]]);
  await choose(page, "月报-改.xlsx", mended);
  await page.getByText("3 行数据,表头在第 1 行").waitFor();
  await page.getByRole("button", { name: "试导入" }).click();
  await page.getByText("共 3 行,都可以导入").waitFor();
  await page.getByRole("button", { name: "导入 3 行" }).click();
  await page.getByText(/已导入 3 行/).waitFor();
  await picture(page, "import-done");
  assert.equal((await read("/api/status")).commit, before + 1, "one transaction");
  const kept = await read("/api/submissions/hospital-monthly-return-tcm-hospital-2024-02");
  assert.deepEqual([kept.state, kept.answers.business_income], ["submitted", ["643000.3"]]);

  await choose(page, "月报-又一次.xlsx", mended);
  await page.getByText("这张表以前导入过").waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("a table goes out as a spreadsheet; the import page fits a phone", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings: { org: "tcm-hospital", period: "2023" } });
  await page.goto(server.base + "/#/indicators");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "导出 Excel" }).click();
  const file = await download;
  assert.match(file.suggestedFilename(), /\.xlsx$/);
  assert.equal(readFileSync(await file.path()).subarray(0, 2).toString(), "PK");
  assert.deepEqual(troubles, []);
  await close();
  const phone = await openPage(browser, server.base, { width: 390, height: 844, settings });
  await phone.page.goto(server.base + "/#/import?target=hospital_monthly_return");
  await choose(phone.page, "月报.xlsx", await workbook([["市中医院", "2024-06", "3", "1", "2", "1400", ""]]));
  await phone.page.getByText("1 行数据").waitFor();
  await assertFits(phone.page);
  await picture(phone.page, "phone-import");
  assert.deepEqual(phone.troubles, []);
  await phone.close();
});
