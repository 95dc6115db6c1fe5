// The whole case in real Chromium: need → challenge → sealed bids → opening by two → scores → decision → notice → award →
// agreement → milestone → confirmation. In Chinese and English, at desk and phone width, and with scripts off.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person, check, day, end, local, startBrowser, startServer, test } from './kit.mjs';

const pdf = join(mkdtempSync(join(tmpdir(), 'lc-file-')), '方案.pdf');
writeFileSync(pdf, '%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n');

let clockDays = 0;      // the demonstration clock only moves forward, for all runs together

async function wholeCase(server, browser, name, options) {
	const open = async (login) => {
		const p = await new Person(browser, server.base, options).open();
		people.push(p);
		return p.signIn(login);
	};
	const people = [];
	options = { ...options, looked: new Set() };
	const title = `高纯靶材晶粒控制 ${name}`;

	const enterprise = await open('enterprise');
	await enterprise.goto('/r/need/new');
	await enterprise.fill({
		title, kind: '', industry: '32', segment: '', urgency: '', problem: '晶粒不均', base: '已做三轮试验', money: '200万元', months: '24', contact: '演示联系人',
		phone: '0871-60000000', consent: true, 'target.1.name': '平均晶粒', 'target.1.unit': 'µm', 'target.1.now': '120', 'target.1.goal': '50', 'target.1.test': '金相法',
	});
	await enterprise.save();
	await enterprise.move('file');

	const officer = await open('officer');
	await officer.todo(title);
	await officer.move('accept');
	await officer.todo(title);
	await officer.edit();
	const deadlineMinutes = clockDays * 1440 + 60;
	await officer.fill({ bounty: '300万元', fiscal: '100万元', own: '200万元', months: '24', deadline: local(deadlineMinutes), ip_rule: '' });
	await officer.save();
	const challenge = officer.path();
	await officer.move('submit');

	const chief = await open('chief');
	await chief.todo(title);
	await chief.move('publish');

	const bids = [];
	for (const [login, price] of [['university1', '280万元'], ['university2', '260万元']]) {
		const bidder = await open(login);
		await bidder.goto(challenge);
		await bidder.press('main a[href*="/r/bid/new"]');
		await bidder.fill({
			title: `${login} 的方案 ${name}`, leader: '演示负责人', contact: '演示联系人', phone: '0871-60000000', route: `路线-${login}`, basis: '研究基础', feasibility: '可行',
			price, months: '20', plan: pdf, pledge: true, 'team.1.name': '演示成员', 'team.1.unit': '演示单位', 'team.1.duty': '试验',
			'promise.1.name': '平均晶粒', 'promise.1.unit': 'µm', 'promise.1.goal': '48',
		});
		await bidder.save();
		await bidder.move('file');
		bids.push(bidder.path());
	}

	// Sealed: the officer finds neither bid, and no count of them.
	await officer.goto('/r/bid');
	check(!(await officer.text()).includes(name), 'a sealed bid shows in the list');
	const hidden = await officer.page.request.get(server.base + bids[0]);
	check(hidden.status() === 404, `a sealed bid answers ${hidden.status()}`);

	await officer.goto('/admin');
	await officer.fill({ days: '1' });
	clockDays++;
	await officer.press('main form[action$="/clock"] button');
	for (let i = 0; i < 40; i++) {          // the clock closes the challenge by itself
		await officer.goto(challenge);
		if (await officer.page.locator('main form[action$="/first_open"], main a[href$="/first_open"]').count()) break;
		await new Promise((r) => setTimeout(r, 250));
	}
	await officer.move('first_open');
	const officer2 = await open('officer2');
	await officer2.todo(title);
	await officer2.move('second_open');

	await officer.todo(title);
	await officer.edit();
	await officer.fill({ 'panel.1.expert': '专家 演示员一', 'panel.2.expert': '专家 演示员二' });
	if (!(await officer.page.locator('[name="panel.3.expert"]').count())) await officer.addRows('panel');
	await officer.fill({ 'panel.3.expert': '专家 演示员三' });
	await officer.save();
	await officer.move('assign');

	for (const login of ['expert1', 'expert2', 'expert3']) {
		const expert = await open(login);
		for (let i = 0; i < 2; i++) {
			await expert.todo(name);
			await expert.edit();
			const first = (await expert.text()).includes('university1') || (await expert.page.title()).includes('university1');
			const score = first ? '90' : '75';
			await expert.fill({ s_route: score, s_target: score, s_team: score, s_feasible: score, s_price: score, advice: '', comment: '同意', pledge: true });
			await expert.save();
			await expert.move('submit');
		}
	}

	await officer.goto(bids[0]);
	await officer.move('nominate');
	await officer.goto(challenge);
	await officer.move('propose', { notice_text: '经评审，拟中选' });
	await chief.todo(title);
	await chief.move('decide');
	const university = people.find((p) => p.login === 'university1');
	await university.goto(challenge);

	await officer.goto('/admin');
	await officer.fill({ days: '15' });
	clockDays += 15;
	await officer.press('main form[action$="/clock"] button');
	await officer.todo(title);
	await officer.move('award');

	await university.todo(title, options.lang === 'en' ? 'Agreement' : '任务书');
	await university.edit();
	await university.fill({
		leader: '演示负责人', starts: day(clockDays), ends: day(clockDays + 600), ip_terms: '各自所有', 'target.1.name': '平均晶粒', 'target.1.goal': '48',
		'stage.1.name': `小试 ${name}`, 'stage.1.due': day(clockDays + 200), 'stage.1.deliverable': '样品', 'stage.1.pay': '280万元',
	});
	await university.save();
	await university.move('submit');
	await enterprise.todo(title, options.lang === 'en' ? 'Agreement' : '任务书');
	await enterprise.move('agree');
	await officer.todo(title);
	await officer.move('sign');

	await university.todo(`小试 ${name}`);
	await university.move('report', { progress: '实测 48 µm', report: pdf });
	await enterprise.todo(`小试 ${name}`);
	await enterprise.move('confirm');

	// Who did what when.
	const history = await enterprise.text();
	check(/报告完成|Report/.test(history) && /确认|Confirm/.test(history), 'the history does not tell');
	await university.goto(bids[0]);
	check((await university.text()).includes('90'), 'the winner does not see its score after the decision');
	const problems = people.flatMap((p) => p.problems);
	for (const p of people) await p.close();
	check(!problems.length, `problems on the way:\n    ${[...new Set(problems)].slice(0, 12).join('\n    ')}`);
}

const server = await startServer();
const browser = await startBrowser();
try {
	const only = process.env.ONLY;          // part of a name, for working on one run
	const run = (name, options, tag) => (only && !name.includes(only) ? null : test(name, () => wholeCase(server, browser, tag, options)));
	await run('the whole case in Chinese at desk width, judged by axe', { lang: 'zh', axe: true }, 'Q1X');
	await run('the whole case in English at phone width, judged by axe', { lang: 'en', width: 390, height: 844, axe: true }, 'Q2X');
	await run('the whole case with scripts off', { lang: 'zh', scripts: false }, 'Q3X');
} finally {
	await browser.close();
	await server.stop();
}
end();
