// The year's plan in real Chromium: prose becomes targets that a person binds or drops, looked at and kept; on a day in
// June it is late, and the clerk goes from there to the township, the village clinic and the rows; a milestone is
// confirmed, a target revised, and what someone else kept meanwhile is not overwritten. SCREENSHOTS=DIR keeps pictures.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertFits, openBrowser, openPage, picture, serveDemo } from "../support/browser.mjs";

const organization = (id, name, above) => ({ resourceType: "Organization", id, name, partOf: { reference: `Organization/${above}` } });
const stay = (number, org, day) => ({
  resourceType: "QuestionnaireResponse",
  id: `town-stay-${number}`,
  extension: [{ url: "urn:xinglin:organization", valueReference: { reference: `Organization/${org}` } }],
  questionnaire: "urn:xinglin:form:inpatient_stay|1",
  status: "completed",
  subject: { reference: "Patient/villager" },
  authored: `${day}T08:00:00+08:00`,
  item: [
    { linkId: "admission_no", answer: [{ valueString: `T${number}` }] },
    { linkId: "admission_diagnosis", answer: [{ valueString: "肺炎" }] },
    { linkId: "admitted_on", answer: [{ valueDate: day }] },
  ],
});
const records = [
  organization("town-1", "河东卫生院", "bureau"),
  organization("clinic-1", "新建村卫生室", "town-1"),
  organization("town-2", "河西卫生院", "bureau"),
  { resourceType: "Patient", id: "villager", name: [{ text: "赵小满" }], gender: "female", birthDate: "1980-05-01", managingOrganization: { reference: "Organization/town-1" } },
  stay(1, "clinic-1", "2024-05-06"),
  stay(2, "town-2", "2024-04-11"),
];

let server, browser;
before(async () => {
  server = await serveDemo({
    prepare: (xinglin, directory) => {
      const file = join(directory, "towns.ndjson");
      writeFileSync(file, records.map((record) => JSON.stringify(record)).join("\n") + "\n");
      xinglin("load", file);
    },
  });
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const settings = { org: "bureau", period: "2024" };
const inJune = "/#/plan?today=2024-06-30";
const read = async (path) => (await fetch(server.base + path)).json();

test("prose becomes a plan: targets bound or dropped, looked at, kept", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/");
  await page.getByText("本期还没有工作计划").waitFor();
  await page.getByRole("link", { name: "计划", exact: true }).click();
  await page.getByText("把计划、工作要点或责任书的文字粘贴进来").waitFor();
  await picture(page, "plan-empty");
  await page.getByRole("link", { name: "新建计划" }).click();

  // Found: two sentences ask for numbers; one is bound, one dropped by leaving it.
  await page.locator("#plan-prose").fill("全年入院人次达到6人次；药占比控制在30%以内；加强组织领导。");
  await page.getByRole("button", { name: "找出目标" }).click();
  await page.getByText("找到 2 条").waitFor();
  await page.getByRole("checkbox", { name: "全年入院人次达到6人次" }).check();
  await page.getByLabel("绑定指标 全年入院人次达到6人次").waitFor();
  await page.locator(".proposal.taken").getByText("hospital_ops.admissions").waitFor();
  await page.getByLabel("责任科室 全年入院人次达到6人次").fill("医政科");
  await picture(page, "plan-propose", { fullPage: true });
  await page.getByRole("button", { name: "把勾选的 1 条写入计划" }).click();
  const text = page.locator("#plan-text");
  const written = await text.inputValue();
  assert.match(written, /## 重点任务\n\n### 全年入院人次达到6人次\n- target: hospital_ops\.admissions >= 6\n- owner: 医政科\n$/);
  assert.ok(!written.includes("药占比"), "what is not ticked is dropped");

  // A slip is told by its line, and nothing can be kept until it is mended and looked at again.
  const whole = written + "- split: town-1 4, town-2 2\n\n### 医院迁建\n- milestone: 2024-03 启动招标\n- due: 2024-09-30\n";
  await text.fill(whole.replace("town-2 2", "town-9 2"));
  const save = page.getByRole("button", { name: "保存为修订" });
  assert.ok(await save.isDisabled());
  await page.getByRole("button", { name: /^核\s*对$/ }).click();
  await page.getByRole("alert").getByText("没有机构“town-9”").waitFor();
  assert.ok(await save.isDisabled());
  await text.fill(whole);
  await page.getByText("文字已改,请再核对一次").waitFor();
  await page.getByLabel("经办人").fill("王科长");
  await page.getByRole("button", { name: /^核\s*对$/ }).click();
  await page.getByText("共 2 处改动").waitFor();
  assert.deepEqual(await read("/api/plans?org=bureau&period=2024"), [], "looking keeps nothing");
  await save.click();
  await page.getByRole("heading", { name: "2024年卫生健康工作计划" }).waitFor();
  const [kept] = await read("/api/plans?org=bureau&period=2024&today=2024-06-30");
  assert.deepEqual([kept.version, kept.entries.map((entry) => entry.state)], [1, ["late", "late"]]);
  assert.deepEqual(troubles, []);
  await close();
});

test("the clerk's morning: a late target, its township, the village clinic, the rows", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/");
  await page.getByRole("link", { name: "打开计划" }).click();
  await page.waitForURL(/#\/plan$/);
  await page.goto(server.base + inJune);
  const entry = page.locator(".plan-entry", { hasText: "全年入院人次" });
  await entry.getByText("滞后").first().waitFor();
  assert.match(await entry.innerText(), /不低于 6[\s\S]*去年同期[\s\S]*医政科[\s\S]*滞后\s*河东卫生院 1[\s\S]*进度正常\s*河西卫生院 1/);
  await picture(page, "plan", { fullPage: true });

  // By township: the one that is behind, and its own rows.
  await page.locator(".plan-orgs").getByRole("link", { name: "河东卫生院" }).click();
  await page.locator(".plan-parts li").first().waitFor();
  assert.equal(await page.locator(".plan-parts li").count(), 1, "only that township's parts");
  assert.equal(await page.locator(".plan-entry").count(), 1);

  // The indicator by the tree of organisations, down to the village clinic.
  await page.locator(".plan-entry").getByRole("link", { name: "全年入院人次达到6人次" }).click();
  await page.waitForURL(/#\/indicators\/hospital_ops\.admissions/);
  await page.getByRole("button", { name: "展开下级 河东卫生院" }).click();
  const clinic = page.locator("tr", { hasText: "新建村卫生室" });
  await clinic.waitFor();
  await picture(page, "indicator-tree", { fullPage: true });
  await clinic.getByRole("link", { name: "记录" }).click();
  await page.getByText(/共 1 行/).waitFor();
  await page.getByRole("link", { name: "打开记录" }).click();
  await page.getByText("2024-05-06").first().waitFor();
  assert.deepEqual(troubles, []);
  await close();
});

test("a milestone is confirmed, a target revised with a note, and each version told", async () => {
  const { page, troubles, close } = await openPage(browser, server.base, { settings });
  await page.goto(server.base + "/#/plan");
  await page.getByRole("button", { name: "确认 启动招标" }).click();
  await page.getByText("√ 已确认").waitFor();
  const after = await read("/api/plans/plan_2024_bureau?today=2024-06-30");
  assert.deepEqual([after.version, after.entries[1].state], [2, "on_course"]);

  await page.getByRole("link", { name: "修订计划" }).click();
  const text = page.locator("#plan-text");
  await text.waitFor();
  await text.fill((await text.inputValue()).replace(">= 6", ">= 8").replace("town-1 4", "town-1 6"));
  await page.locator("#plan-note").fill("调整入院目标");
  await page.getByRole("button", { name: /^核\s*对$/ }).click();
  await page.locator("tr", { hasText: "≥6" }).getByText("≥8").waitFor();
  await picture(page, "plan-review", { fullPage: true });

  // Someone else keeps a version meanwhile: it is said, and theirs stands.
  const theirs = await read("/api/plans/plan_2024_bureau");
  const answer = await fetch(server.base + "/api/plans", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ text: theirs.text.replace("医政科", "医政科、规财科"), version: theirs.version }) });
  assert.equal(answer.status, 200);
  await page.getByRole("button", { name: "保存为修订" }).click();
  await page.getByRole("alert").getByText("刚被别人改过").waitFor();
  assert.equal((await read("/api/plans/plan_2024_bureau")).version, 3);
  troubles.length = 0; // the refusal is an HTTP 412, which the browser notes

  await page.reload();
  await text.waitFor();
  await text.fill((await text.inputValue()).replace(">= 6", ">= 8").replace("town-1 4", "town-1 6"));
  await page.locator("#plan-note").fill("调整入院目标");
  await page.getByRole("button", { name: /^核\s*对$/ }).click();
  await page.getByText("共 2 处改动").waitFor();
  await page.getByRole("button", { name: "保存为修订" }).click();
  await page.getByText("调整入院目标").first().waitFor();
  await page.getByText("修订记录").click();
  await page.locator(".plan-version").first().getByText("≥8").waitFor();
  assert.equal(await page.locator(".plan-version").count(), 4);
  assert.deepEqual(troubles, []);
  await close();
});

test("on a phone, in English, on paper", async () => {
  const phone = await openPage(browser, server.base, { width: 390, height: 844, settings });
  for (const [place, name] of [[inJune, "phone-plan"], ["/#/plan/revise?plan=plan_2024_bureau", "phone-plan-revise"], ["/#/indicators/hospital_ops.admissions", "phone-indicator-tree"]]) {
    await phone.page.goto(server.base + place);
    await phone.page.locator("h1").first().waitFor();
    await phone.page.waitForLoadState("networkidle");
    await assertFits(phone.page);
    await picture(phone.page, name);
  }
  assert.deepEqual(phone.troubles, []);
  await phone.close();
  const english = await openPage(browser, server.base, { language: "en", settings });
  for (const place of [inJune, "/#/plan/revise?plan=plan_2024_bureau", "/#/plan/revise"]) {
    await english.page.goto(server.base + place);
    await english.page.locator("h1").first().waitFor();
    await english.page.waitForLoadState("networkidle");
    const words = await english.page.locator("h1, header nav, .actions, .tile, .ant-tag, .card > h2 label").allInnerTexts();
    assert.doesNotMatch(words.join(" "), /[\u4e00-\u9fff]/, `Chinese on the English page ${place}`);
  }
  await english.page.goto(server.base + inJune);
  await english.page.locator(".plan-entry").first().waitFor();
  await english.page.emulateMedia({ media: "print" });
  assert.equal(await english.page.getByRole("link", { name: "Revise the plan" }).isVisible(), false, "buttons are not printed");
  assert.ok(await english.page.locator(".plan-entry").first().isVisible());
  assert.deepEqual(english.troubles, []);
  await english.close();
});
