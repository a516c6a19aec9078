// A document's sections in real Chromium: who answers for each, which township still owes a return, down to that return;
// once it is accepted the section no longer waits for it; the findings of one section. SCREENSHOTS=DIR keeps pictures.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertFits, openBrowser, openPage, picture, serveDemo } from "../support/browser.mjs";

let server, browser;
before(async () => {
  server = await serveDemo({ data: "county" });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const read = async (path) => (await fetch(server.base + path)).json();
const send = async (path, body) => {
  const answer = await fetch(server.base + path, { method: "POST", headers: { "Content-Type": path.startsWith("/fhir") ? "application/fhir+json" : "application/json" }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path}: ${answer.status}`);
};
const february = { org: "bureau", period: "2024-02" }; // nobody has returned anything yet
const year = { org: "bureau", period: "2023" }; // everything is accepted
const section = (page, title) => page.locator(".document-section").filter({ has: page.locator(".section-title", { hasText: new RegExp(`(^|/ )${title}$`) }) });

test("from a section that waits to the return of a township, and back when it is accepted", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings: february });
  const owed = (await read("/api/returns?org=bureau&period=2024-02&form=visit_monthly_return")).returns;
  const township = owed.find((row) => /[镇乡]卫生院$/.test(row.org_name));
  assert.ok(township && owed.every((row) => row.state === "due"));
  await page.goto(server.base + "/#/documents");
  await page.locator(".card", { hasText: "卫生健康工作总结" }).getByRole("link", { name: /卫生健康工作总结/ }).click();
  await page.waitForURL(/documents\/county_year/);
  const medical = section(page, "二、医疗服务");
  assert.match(await medical.locator("summary").innerText(), new RegExp(`医政科[\\s\\S]*9 个数字[\\s\\S]*欠 ${owed.length} 份[\\s\\S]*逾期 ${owed.length}`));
  assert.match(await section(page, "（二）卫生人员").locator("summary").innerText(), /一、资源[\s\S]*人事科[\s\S]*不欠报表/);
  await medical.locator("summary").click();
  const line = medical.locator("li", { hasText: township.org_name });
  assert.match(await line.innerText(), /2024-02\s*逾期/);
  await picture(page, "document-sections");
  await line.getByRole("link").click();
  await page.waitForURL(new RegExp(`returns/visit_monthly_return/${township.org}/2024-02`));
  await page.getByRole("heading", { name: "医疗机构诊疗量月报" }).waitFor();
  await page.locator(".lead", { hasText: township.org_name }).getByText("待报").waitFor();

  // Handed in it waits to be accepted; accepted the section no longer waits for it.
  await send("/api/submissions", { form: "visit_monthly_return", org: township.org, subject: `Organization/${township.org}`, period: "2024-02", state: "submitted", answers: { total_visits: "310" } });
  const open = async () => {
    await page.goto(server.base + "/#/documents");
    await page.goto(server.base + "/#/documents/county_year");
    await medical.locator("summary").click();
  };
  await open();
  assert.match(await line.innerText(), /2024-02\s*已上报/);
  await send(`/fhir/QuestionnaireResponse/${township.id}/$accept`, { resourceType: "Parameters" });
  await open();
  await medical.getByText(`欠 ${owed.length - 1} 份`).waitFor();
  assert.equal(await line.count(), 0);
  assert.deepEqual(troubles, []);
  await close();
});

test("a section with nothing owed says so, and shows what was found about it", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings: year });
  await page.goto(server.base + "/#/documents/county_year");
  const medical = section(page, "二、医疗服务");
  await medical.locator("summary").click();
  await medical.getByText(/所依据的 \d+ 份报表都已审核,不欠报表/).waitFor();
  const staff = section(page, "（二）卫生人员");
  await staff.locator("summary").click();
  await staff.getByText("数字直接取自记录,不依据报表").waitFor();
  const report = await read("/api/documents/county_year?org=bureau&period=2023");
  assert.ok(!report.findings.some((finding) => finding.code === "returned_twice"), "a township hospital and its clinics each return their own part");
  const own = report.sections.find((one) => one.title === "二、医疗服务").findings.length;
  assert.ok(own > 0 && own < report.findings.length);
  assert.equal(await page.locator(".finding").count(), report.findings.length);
  await medical.getByRole("button", { name: `核对 ${own} 条` }).click();
  await page.locator(".findings").getByText("只列“二、医疗服务”的").waitFor();
  assert.equal(await page.locator(".finding").count(), own);
  await page.getByRole("button", { name: "全部列出" }).click();
  assert.equal(await page.locator(".finding").count(), report.findings.length);
  await picture(page, "document-sections-ready", { fullPage: true });
  assert.deepEqual(troubles, []);
  await close();
});

test("last year's returns are asked for where a figure is compared with last year's", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings: { org: "bureau", period: "2025-03" } });
  const owed = (await read("/api/returns?org=bureau&period=2024-03&form=visit_monthly_return")).returns; // nobody has returned any
  await page.goto(server.base + "/#/documents/county_year");
  const medical = section(page, "二、医疗服务");
  assert.match(await medical.locator("summary").innerText(), new RegExp(`欠 ${owed.length} 份[\\s\\S]*对比数据欠 ${owed.length} 份`));
  await medical.locator("summary").click();
  const compared = medical.getByRole("group", { name: "用来对比的数字还欠" });
  await picture(page, "document-compared");
  await page.setViewportSize({ width: 390, height: 844 });
  await assertFits(page);
  await medical.scrollIntoViewIfNeeded();
  await picture(page, "phone-document-compared");
  await compared.getByRole("link", { name: new RegExp(`^${owed[0].org_name} 2024-03`) }).click();
  await page.waitForURL(new RegExp(`returns/visit_monthly_return/${owed[0].org}/2024-03`));
  await page.goto(server.base + "/#/documents/county_year");
  assert.match(await section(page, "（二）卫生人员").locator("summary").innerText(), /不欠报表/);
  assert.deepEqual(troubles, []);
  await close();
});

test("on a phone, in English, on paper, while it loads and when it fails", async () => {
  const phone = await openPage(browser, server.base, { width: 390, height: 844, settings: february });
  for (const [place, name] of [["/#/documents", "phone-documents"], ["/#/documents/county_year", "phone-document"]]) {
    await phone.page.goto(server.base + place);
    await phone.page.locator(".document-section summary", { hasText: "医政科" }).first().click();
    await assertFits(phone.page);
    await picture(phone.page, name);
  }
  await phone.page.emulateMedia({ media: "print" });
  assert.equal(await phone.page.locator(".document-section").first().isVisible(), false, "on paper the document stands alone");
  assert.deepEqual(phone.troubles, []);
  await phone.close();

  const english = await openPage(browser, server.base, { language: "en", settings: february });
  await english.page.goto(server.base + "/#/documents/county_year");
  const medical = section(english.page, "二、医疗服务");
  assert.match(await medical.locator(".section-owner").innerText(), /^Medical affairs$/);
  assert.match(await medical.locator(".section-state").innerText(), /^\d+ owed/);
  await picture(english.page, "en-document-sections");
  await english.close();

  const failing = await openPage(browser, server.base, { settings: february });
  let release;
  await failing.page.route("**/api/returns?**", async (route) => {
    await new Promise((resolve) => (release = resolve));
    await route.abort();
  });
  await failing.page.goto(server.base + "/#/documents/county_year");
  const card = failing.page.getByRole("region", { name: /各节/ });
  await card.getByRole("status").waitFor();
  release();
  await card.getByRole("alert").waitFor();
  await failing.page.unroute("**/api/returns?**");
  await card.getByRole("button", { name: /重\s*试/ }).click();
  await card.locator(".document-section").first().waitFor();
  await failing.close();
});
