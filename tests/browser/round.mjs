// A whole round of a competitive call in real Chromium, everybody at a browser of his or her own at once: guide by two people → applications,
// receipt, organisation, recommendation → formal check → experts proposed and published by another, one declines and the place is filled →
// scores, panel, decision by two, notice → task agreement signed. Each goes from the to-do list by clicking; every page is judged by axe.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person, check, day, end, local, startBrowser, startServer, test } from './kit.mjs';
import { Client, pdf as pdfFile, until } from '../http/kit.mjs';

const pdf = join(mkdtempSync(join(tmpdir(), 'lc-file-')), '正文.pdf');
writeFileSync(pdf, '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');
const shots = process.env.SHOTS;          // a folder for pictures of the pages, to be looked at
if (shots) mkdirSync(shots, { recursive: true });

const guide = '重点研发指南 R1X', title = '铝基材料界面相变 R1X', other = '铝电解节能工艺 R2X', round = '第一轮 R1X', department = '省工业和信息化主管部门（演示）';
const looked = new Set(), people = [];
const server = await startServer();
const browser = await startBrowser();

async function sit(login) {
	const p = await new Person(browser, server.base, { axe: true, looked }).open();
	people.push(p);
	return login ? p.signIn(login) : p;
}
async function shot(p, name) {
	if (shots) await p.page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
}
// The page says the state, who has it and what comes next.
async function stands(p, state, who, next) {
	const facts = (await p.page.locator('main .status-facts').innerText()).replace(/\s+/g, ' ');
	for (const word of [state, who, next]) check(!word || facts.includes(word), `${p.login} at ${p.path()}: “${word}” is not said: ${facts}`);
}
const latin = /[A-Za-z]{4,}( [A-Za-z]{2,}){2,}/;          // three English words on end: nothing of the kind belongs on a Chinese page
async function inChinese(p) {
	const found = latin.exec((await p.text()).replace(/--?\w[^\n]*|lianchuang [^\n]*|openssl[^\n]*|jq [^\n]*/g, ''));
	check(!found, `English at ${p.path()}: ${found}`);
}
// A link of the page, by what it says.
const go = (p, text) => p.press(`main a:text-is("${text}")`);
// A record found in its list by words.
async function find(p, type, words) {
	await p.goto(`/r/${type}?q=${encodeURIComponent(words)}`);
	await p.press(`main table a:has-text("${words}")`);
}
// One part after the other: what comes after a part that failed has nothing to stand on.
let whole = true;
async function part(name, run) {
	if (whole) await test(name, () => run().catch((error) => { whole = false; throw error; }));
}
async function advance(p, days) {
	await p.goto('/admin');
	await p.fill({ days: String(days) });
	await p.press('main form[action$="/clock"] button');
}

let officer, officer2, chief, chief2, lab, unit, dept, experts, late;

await part('guide: drafted with an item, agreed to by two people, published', async () => {
	[officer, officer2, chief, chief2] = await Promise.all(['officer', 'officer2', 'chief', 'chief2'].map(sit));
	await officer.goto('/r/guide/new');
	await officer.fill({
		name: guide, year: '2026', plan: 'key_rd', opens: day(0), deadline: local(45 * 1440), limits: '限项按通则', money: '300万元',
		'item.1.code': 'A1', 'item.1.name': '铝基新材料 R1X', 'item.1.category': 'other', 'item.1.segment': 'al_alloy', 'item.1.money': '200万元',
	});
	await officer.save();
	await stands(officer, '起草', '业务处室', '提请审定');
	await officer.press('main a[href$="/propose"]');
	await officer.page.locator('main [name^="note."]').first().fill('年度重点方向');
	await officer.press('main form[action$="/propose"] button[type="submit"]');
	await stands(officer, '待审定', '审定领导', '发布');
	await chief.todo(guide);
	await chief.move('publish', { document: '云科规〔2026〕5号' });
	await stands(chief, '待审定', '审定领导', '');
	check((await chief.text()).includes('其余各人同意后即办成'), `the first approval is not told: ${await chief.text()}`);
	await chief2.todo(guide);
	await chief2.move('publish');
	await stands(chief2, '已发布', '', '截止');
});

await part('application: draft kept by itself, filed with a receipt, vouched for, recommended', async () => {
	[lab, unit, dept] = await Promise.all(['lab', 'unit', 'department'].map(sit));
	// The other application comes over the interface for programs.
	const second = await new Client(server.base).signIn('university1');
	await find(lab, 'guide', guide);
	await lab.press('main a[href*="/r/application/new"]');
	const copy = lab.page.waitForResponse((r) => r.url().endsWith('/autosave') && decodeURIComponent(r.request().postData()).includes('第三方检测'));
	await lab.fill({
		item: '铝基新材料 R1X', title, recommender: department, place: '530100', discipline: '510', segment: 'al_alloy', keywords: '铝；界面；相变', money: '100万元', full_time: true,
		'team.1.name': '实验室 演示员', 'team.1.unit': '彩云理工大学（演示）', 'team.1.duty': '总体', 'team.1.role': 'leader',
		'budget.1.subject': 'business', 'budget.1.money': '100万元',
		'indicator.1.name': '强度', 'indicator.1.unit': 'MPa', 'indicator.1.base': '400', 'indicator.1.mid': '450', 'indicator.1.goal': '520', 'indicator.1.test': '第三方检测',
	});
	check((await copy).ok(), 'no working copy is kept');
	await lab.page.locator('#autosave', { hasText: '已保存' }).waitFor();
	// At another browser, nothing having been saved: what was typed is there.
	const form = lab.page.url().slice(server.base.length);
	lab = await sit('lab');
	await lab.goto(form);
	await shot(lab, 'form');
	check(await lab.page.locator('[name="title"]').inputValue() === title, 'the working copy is lost');
	await lab.fill({ plan: pdf, pledge: true });
	await lab.save();
	await stands(lab, '草稿', '', '提交单位审核');
	await lab.move('submit');
	await stands(lab, '待单位审核', '单位管理员', '单位审核通过');
	const record = lab.path();
	await lab.press('main .receipts a');
	await shot(lab, 'receipt');
	await inChinese(lab);
	check(/SM3|摘要/.test(await lab.text()), 'no digest on the receipt');
	await lab.press('main .crumbs a[href^="/r/application/"]');
	check(lab.path() === record, 'the receipt does not lead back');

	const values = (await lab.page.request.get(`${server.base}${record}`, { headers: { accept: 'application/json' } }).then((r) => r.json())).values;
	const made = await second.form('/r/application/new', {
		guide: values.guide, item: values.item, title: other, recommender: values.recommender, place: '530100', discipline: '510', segment: 'al_alloy', keywords: '铝；电解；节能',
		money: '80万元', full_time: '1', pledge: '1', plan: pdfFile(), 'team.1.name': '乙', 'team.1.unit': '彩云理工大学（演示）', 'team.1.duty': '总体', 'team.1.role': 'leader',
		'budget.1.subject': 'business', 'budget.1.money': '80万元', 'indicator.1.name': '电耗', 'indicator.1.unit': 'kWh', 'indicator.1.base': '13500', 'indicator.1.goal': '12900',
	}, { accept: 'application/json' });
	check(made.status === 200, made.text.slice(0, 800));
	await second.move('application', made.json.id, 'submit');

	for (const name of [title, other]) {
		await unit.todo(name, '申报书');
		await unit.move('vouch');
		await stands(unit, '待推荐', '省直部门', '推荐');
		await dept.todo(name);
		await dept.move('recommend');
		await stands(dept, '已推荐', '', '');
	}
	const visitor = await sit(null);
	await visitor.goto(record);
	check(!(await visitor.text()).includes(title), 'a visitor reads an application');
});

async function tick(p, name) { await p.page.locator('main tr', { hasText: name }).locator('input[name="id"]').check(); }

await part('formal check: begun in bulk after a look, judged by criteria', async () => {
	await advance(officer, 46);
	await until('the applications are taken in', async () => {
		await officer.goto('/todo');
		return (await officer.text()).includes(title) && (await officer.text()).includes(other);
	}, 60);
	await shot(officer, 'todo');
	const group = officer.page.locator('main tbody', { hasText: title }).first();
	for (const box of await group.locator('input[name="id"]').all()) await box.setChecked(false);
	for (const name of [title, other]) await tick(officer, name);
	await Promise.all([officer.page.waitForNavigation(), group.locator('button[type="submit"]').click()]);
	await officer.look();
	await shot(officer, 'bulk');
	await inChinese(officer);
	check((await officer.text()).includes(title), 'the preview does not show the rows');
	await officer.press('main button[name="_step"][value="go"]');
	await officer.page.locator('main h2', { hasText: '结果' }).or(officer.page.locator('main .steps')).first().waitFor();
	for (const name of [title, other]) {
		await until('the check has begun', async () => {
			await officer.goto('/todo');
			return officer.page.locator('main tr', { hasText: name }).filter({ hasText: '形式审查' }).count();
		}, 60);
		await officer.todo(name, '形式审查');
		await officer.edit();
		for (const verdict of await officer.page.locator('main select[name^="formal."][name$=".verdict"]').all()) await verdict.selectOption('met');
		for (const box of await officer.page.locator('main .criterion.bad, main .criterion.wait').all()) {
			const note = box.locator('[name$=".note"]');
			if (await note.count()) await note.fill('已核对材料');
		}
		await shot(officer, 'formal');
		await inChinese(officer);
		await officer.save();
		await shot(officer, 'formal-view');
		await officer.move('pass');
		await stands(officer, '形审通过', '业务处室', '编入评审轮次');
	}
});

await part('experts: proposed, published by another; one declines and the place is filled', async () => {
	const security = await sit('secadmin');
	await security.goto('/accounts');
	await security.press('main a:text-is("incubator")');
	await security.fill({ 'role.expert': true });
	await security.press('main form[action$="/roles"] button[type="submit"]');
	experts = await Promise.all(['expert1', 'expert2', 'expert3', 'incubator'].map(sit));
	for (const [i, name] of ['评审专家 演示员一', '评审专家 演示员二', '评审专家 演示员三', '孵化器 演示员'].entries()) {
		await find(officer, 'person', name);
		const person = officer.path();
		await officer.edit();
		await officer.fill({ is_expert: true, keywords: i < 3 ? '铝、界面、相变、电解、节能' : '管理', 'specialty.1.discipline': '510' });
		await officer.save();
		const me = experts[i];
		await me.goto(person);
		await me.edit();
		await me.fill({ title_rank: 'senior' });
		await me.save();
	}
	await find(officer, 'guide', guide);
	await officer.press('main a[href*="/r/review_round/new"]');
	await officer.fill({ name: round, due: local((46 + 30) * 1440) });
	await officer.save();
	await stands(officer, '编组', '业务处室', '');
	for (const name of [title, other]) {
		await officer.todo(name, '形审通过');
		await officer.move('place_in', { round });
	}
	await officer.todo(round);
	await go(officer, '专家指派');
	await officer.press('main form[action$="/propose"] button[type="submit"]');
	await shot(officer, 'assignment');
	await inChinese(officer);
	await officer2.todo(round, '请核对并公布');
	await officer2.press('main form[action$="/publish"] button[type="submit"]');
	await shot(officer2, 'assignment-published');
	await inChinese(officer2);
	await officer.todo(round);
	await stands(officer, '已指派', '业务处室', '开始评审');
	await officer.move('start');
	late = experts[2];
	for (const name of [title, other]) {
		await late.todo(name);
		await late.move('decline', { reason: '近期没有时间' });
	}
	// The officer hears of it on the to-do list, and another person publishes who takes the place.
	await officer.todo(title, '已谢绝');
	await shot(officer, 'declined');
	await officer.press('main a[href^="/r/review_round/"]');
	await go(officer, '专家指派');
	await officer.press('main form[action$="/propose"] button[type="submit"]');
	await officer2.todo(round, '请核对并公布');
	await officer2.press('main form[action$="/publish"] button[type="submit"]');
});

await part('scores on their own, closed, looked at', async () => {
	for (const [i, p] of [experts[0], experts[1], experts[3]].entries()) {
		for (const name of [title, other]) {
			await p.todo(name);
			await stands(p, '待评审', '评审专家', '提交评审');
			await p.edit();
			const s = String((name === title ? 88 : 72) + 2 * i);
			await p.fill({ s_innovation: s, s_route: s, s_team: s, s_output: s, s_money: s, advice: name === title ? 'support' : 'reject', comment: '思路清楚，指标可考核', pledge: true });
			await p.save();
			await p.move('submit');
			await stands(p, '已提交', '', '');
		}
	}
	await officer.todo(round);
	await shot(officer, 'round');
	await officer.move('close');
	await stands(officer, '评分结束', '业务处室', '进入会评');
	await go(officer, '申报评分');
	await shot(officer, 'scoring');
	await inChinese(officer);
	check((await officer.text()).indexOf(title) < (await officer.text()).lastIndexOf(other), 'the better one is not first');
	await officer.goto('/cockpit');
	await shot(officer, 'cockpit');
	await officer.press('main a[href="/cockpit/application"]');
	await shot(officer, 'cockpit-application');
	await inChinese(officer);
});

await part('panel, nomination, decision by two, notice', async () => {
	await officer.todo(round);
	await officer.edit();
	for (let n = 1; n <= 7; n++) {
		if (!(await officer.page.locator(`[name="member.${n}.expert"]`).count())) await officer.addRows('member');
		await officer.fill({ [`member.${n}.expert`]: `演示专家库成员${String(n).padStart(2, '0')}` });
	}
	await officer.fill({ 'member.1.chair': true });
	await officer.save();
	await officer.move('convene', { panel_on: day(48) });
	await stands(officer, '会评', '', '审定并公示');
	await officer.move('minute', { minutes: '一致同意 R1X，建议不支持 R2X。' });
	await officer.todo(title, '评审结束');
	await officer.move('nominate', { granted: '100万元' });
	await stands(officer, '拟立项', '', '');
	await officer.todo(other, '评审结束');
	await officer.move('give_reason', { decision_reason: '创新性不足' });
	await chief.todo(round);
	await shot(chief, 'decide');
	await chief.move('decide');
	await chief2.todo(round);
	await chief2.move('decide');
	await stands(chief2, '已审定', '', '');
	await chief2.press(`main .related a:has-text("${title}")`);
	await stands(chief2, '公示中', '业务处室', '立项');
	await shot(chief2, 'noticed');
	const record = chief2.path();
	const visitor = people.find((p) => !p.login);
	await visitor.goto(record);
	check((await visitor.text()).includes(title) && (await visitor.text()).includes('公示中'), 'the public notice is not public');
	check(!(await visitor.text()).includes('100万元'), 'a visitor reads the money');
	await shot(visitor, 'public');
});

await part('approved after the notice; task agreement drawn up, vouched for, signed', async () => {
	await advance(officer, 15);
	await officer.todo(title, '公示中');
	await officer.move('approve', { document: '云科发〔2026〕9号' });
	await stands(officer, '已立项', '', '');
	await lab.todo(title, '任务书');
	await lab.edit();
	await lab.fill({
		starts: day(62), ends: day(62 + 700), ip_terms: '按份额共有', 'stage.1.name': '小试 R1X', 'stage.1.due': day(62 + 200), 'stage.1.deliverable': '样品',
		'payment.1.year': day(62).slice(0, 4), 'payment.1.unit': '彩云理工大学（演示）', 'payment.1.money': '100万元', 'ip.1.kind': 'patent', 'ip.1.own': '100',
	});
	await lab.save();
	await lab.move('submit');
	await stands(lab, '待单位审核', '单位管理员', '单位审核通过');
	await unit.todo(title, '任务书');
	await unit.move('vouch');
	await officer.todo(title, '任务书');
	await stands(officer, '待签订', '业务处室', '签订');
	await officer.edit();
	await officer.fill({ signed_file: pdf });
	await officer.save();
	await officer.move('sign');
	await stands(officer, '已签订', '', '');
	await shot(officer, 'task');
	const supervisor = await sit('supervisor');
	await supervisor.goto(officer.path());
	check((await supervisor.text()).includes('已签订'), 'the supervision does not see the agreement');
	await lab.todo(`小试 R1X`);
});

await part('nothing on the way: no fault of a page, no report of the content policy', async () => {
	const problems = people.flatMap((p) => p.problems.map((x) => `${p.login}: ${x}`));
	check(!problems.length, [...new Set(problems)].slice(0, 12).join('\n    '));
});
await browser.close();
await server.stop();
end();
