// A return in real Chromium: found overdue, filled with a total kept while typing, refused by its rule at the field,
// handed in, sent back with a reason, corrected, accepted, locked. And a form entered on a phone. SCREENSHOTS=DIR keeps
// pictures.
import assert from "node:assert/strict";
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

const settings = { org: "tcm-hospital", period: "2024Q1" };
const read = async (path) => (await fetch(server.base + path)).json();
const field = (page, item) => page.locator(`[data-item="${item}"] input, [data-item="${item}"] textarea`).first();

test("a return is filled, sent back, corrected, accepted and locked", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/#/returns");
  await page.getByRole("link", { name: "医疗机构月报(收入与开放床日)" }).first().waitFor();
  const owed = await page.locator("tbody tr.ant-table-row").allInnerTexts();
  assert.equal(owed.length, 6, "a hospital owes two returns for each of January to March");
  assert.ok(owed.every((text) => /医疗机构月报|诊疗量月报/.test(text)), "what only clinics and townships owe is not listed");
  await page.getByRole("button", { name: /6\s*逾期/ }).click();
  await picture(page, "returns");
  await page.locator("tbody tr", { hasText: "待报" }).first().getByRole("link").click();

  // Typing: the total is kept, the rule is said at the field, the draft is saved by itself.
  await page.locator(".lead").getByText("待报").waitFor();
  await page.getByLabel("经办人").fill("李会计");
  await field(page, "medical_income").fill("281000.10");
  await field(page, "drug_income").fill("362000.2");
  await page.getByText("合计应为 643,000.30").waitFor();
  await field(page, "business_income").fill("6430003");
  await field(page, "open_bed_days").fill("1333");
  await page.locator('[data-item="medical_income"], [data-item="business_income"]').getByText("医疗收入与药品收入之和须等于业务收入").first().waitFor();
  await page.getByText(/已自动保存/).waitFor();
  await picture(page, "return-total");
  const id = "hospital-monthly-return-tcm-hospital-2024-02";
  assert.equal((await read(`/api/submissions/${id}`)).state, "draft");

  // Handing in what the rule refuses: said at the field, and it stays a draft.
  await page.getByRole("button", { name: "上报", exact: true }).click();
  await page.getByRole("alert").waitFor();
  assert.equal((await read(`/api/submissions/${id}`)).state, "draft");
  troubles.length = 0; // the refusal is an HTTP 422, which the browser notes
  await page.getByRole("button", { name: "填入" }).click();
  await page.keyboard.press("Control+Enter");
  await page.getByRole("button", { name: "审核通过" }).waitFor();
  assert.deepEqual((await read(`/api/submissions/${id}`)).answers, { business_income: ["643000.30"], medical_income: ["281000.10"], drug_income: ["362000.2"], open_bed_days: ["1333"] });

  // Sent back, with a reason; without one the button is dead.
  await page.getByRole("button", { name: "退回" }).click();
  const dialog = page.getByRole("dialog");
  assert.ok(await dialog.getByRole("button", { name: /退\s*回/ }).isDisabled());
  await page.getByLabel("经办人").fill("王科长").catch(() => {});
  await dialog.getByRole("textbox").fill("开放床日与床位数不符,请核对");
  await dialog.getByRole("button", { name: /退\s*回/ }).click();
  await page.getByRole("note").filter({ hasText: "开放床日与床位数不符" }).waitFor();
  await picture(page, "return-sent-back");

  // Corrected and handed in again, accepted, locked.
  await field(page, "open_bed_days").fill("1550");
  await page.getByText(/已自动保存/).waitFor();
  await page.getByRole("button", { name: "上报", exact: true }).click();
  await page.getByRole("button", { name: "审核通过" }).click();
  await page.getByRole("button", { name: "锁定" }).click();
  await page.locator(".events").getByText("锁定").waitFor();
  await picture(page, "return-locked");
  const locked = await read(`/api/submissions/${id}`);
  assert.equal(locked.state, "locked");
  assert.deepEqual(locked.answers.open_bed_days, ["1550"]);
  assert.deepEqual(locked.timeline.map((event) => event.what).filter((what) => what !== "edited"), ["draft", "submitted", "returned", "submitted", "accepted", "locked"]);
  assert.equal(locked.timeline.find((event) => event.what === "returned").reason, "开放床日与床位数不符,请核对");
  assert.ok(locked.timeline.find((event) => event.what === "submitted").by, "who handed it in is kept");
  assert.deepEqual(troubles, []);
  await close();
});

test("a return that nobody filed yet is begun by its name", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings: { org: "tcm-hospital", period: "2024-03" } });
  await page.goto(server.base + "/#/returns");
  const begin = page.getByRole("combobox", { name: "开始填报…" });
  await begin.click();
  await begin.fill("家庭医生");
  await page.keyboard.press("Enter");
  await page.waitForURL(/returns\/contract_monthly_return\/tcm-hospital\/2024-03/);
  await page.locator(".lead").getByText("待报").waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("any form is entered on a phone: the resident is found, the server's word stands at its item", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { width: 390, height: 844, settings });
  await page.goto(server.base + "/#/entry");
  await page.getByRole("link", { name: /第2~5次产前随访服务记录表/ }).waitFor();
  await assertFits(page);
  await picture(page, "phone-entry");
  const forms = (await read("/api/forms")).filter((form) => !form.cycle);
  for (const form of forms.slice(0, 6)) {
    await page.goto(`${server.base}/#/entry/${form.id}?subject=Patient/nobody`);
    await page.getByRole("heading", { name: form.title.zh }).waitFor();
    await page.locator(".form-fields, .picker").first().waitFor();
    await assertFits(page);
  }
  await page.goto(server.base + "/#/entry/antenatal_visit");
  const women = (await read("/api/residents?q=" + encodeURIComponent("王"))).filter((r) => r.sex === "female" && r.birth_date < "2005");
  await page.locator("#field-subject").fill(women[0].name);
  await page.getByText(women[0].citizen_id).first().click();
  await field(page, "visited_on").fill("2024-01-15");
  await field(page, "gestation_weeks").fill("20");
  await field(page, "sbp").fill("80");
  await field(page, "dbp").fill("120");
  await page.locator('[data-item="dbp"], [data-item="sbp"]').getByText("舒张压不应高于收缩压").first().or(page.getByText("The diastolic pressure is not below the systolic")).first().waitFor();
  await picture(page, "phone-entry-form");
  await field(page, "sbp").fill("400");
  await page.locator('[data-item="sbp"]').getByText("不应大于300").waitFor();
  await field(page, "sbp").fill("118");
  await field(page, "dbp").fill("76");
  const before = (await read("/api/status")).commit;
  await page.getByRole("button", { name: /保\s*存/ }).first().click();
  await page.getByText("已保存").waitFor();
  assert.equal((await read("/api/status")).commit, before + 1);
  await page.getByRole("link", { name: "打开记录" }).click();
  await page.getByText("118 mm[Hg]").waitFor();
  assert.deepEqual(troubles, []);
  await close();
});
