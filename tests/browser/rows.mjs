// A path for each row of the mission: one person does a part in the browser, the next finds it on the to-do list and goes on.
// Chinese for every row; English too in a full run. The case of the challenge (C2) is case.mjs.
import { check, day, end, startServer, test } from '../http/kit.mjs';
import { Person, startBrowser } from './kit.mjs';

const full = process.env.LEVEL === 'full';
const pdf = { name: '材料.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') };
const department = '省工业和信息化主管部门（演示）', university = '彩云理工大学（演示）', firm = '滇南铝材科技有限公司（演示）', operator = '春城创业孵化器运营有限公司（演示）';

// [row, title field's name, steps]: a step is [login, what]; the first makes the record.
const paths = (tag) => ({
	A1: ['lab', 'lab', { name: tag, kind: '', level: 'provincial', lead: '', host: university, place: '530100', staff: '30', area: '1500', equipment: '1500万元', goals: '目标', plan: pdf },
		[['lab', 'file'], ['officer', 'recommend'], ['officer', 'propose'], ['chief', 'approve', { document: '云科发〔2026〕1号', build_until: day(700) }]]],
	A2: ['enterprise', 'fund_problem', { name: tag, fund: '铝基新材料企业联合基金（演示）', segment: '', origin: '批次波动', science: '凝固机理', goal: '可验证的模型' },
		[['enterprise', 'file'], ['officer', 'pool']]],
	A3: ['lab', 'station_presence', { station: '高原材料院士工作站（演示）', from: day(-60), to: day(-58), work: tag }, [['lab', 'log']]],
	A4: ['officer', 'supply', { name: tag, kind: '', provider: '省外某院', segment: '', detail: '样机' }, [['officer', 'publish']]],
	B1: ['incubator', 'tenant', { incubator: '春城创业孵化器（演示）', name: tag, founded: day(-400), entered: day(-100) }, [['incubator', 'graduate', { reason: '认定为高新技术企业' }]]],
	B2: ['incubator', 'makerspace', { name: tag, operator, level: 'prefectural', place: '530100', founded: day(-900), area: '600', seats: '40', staff: '5', mentors: '5' },
		[['incubator', 'file']]],
	B3: ['incubator', 'incubator', { name: tag, operator, level: 'provincial', kind: 'comprehensive', place: '530100', founded: day(-2000), area: '9000', firms: '60' },
		[['incubator', 'edit', { 'conditions.1.proof': pdf }], ['incubator', 'file']]],
	C1: ['officer', 'priority', { name: tag, year: '2026', basis: '会议纪要', plan: '', reserved: '300万元' }, [['officer', 'propose'], ['chief', 'approve']]],
	C3: ['officer', 'project', { name: tag, year: '2026', plan: 'basic', category: 'basic_outstanding', host: university, lump_sum: true, money: '80万元' },
		[['lab', 'pledge'], ['officer', 'start']]],
	D1: ['officer', 'budget', { name: tag, year: '2030', plan: '', amount: '500万元' }, [['officer', 'propose'], ['chief', 'approve', { document: '1号' }]]],
	D2: ['officer', 'guide', { name: tag, year: '2026', plan: '', opens: day(10), deadline: `${day(80)} 17:00`, limits: '限项', money: '300万元', 'item.1.code': 'A1', 'item.1.name': '方向', 'item.1.category': '' },
		[['officer', 'propose'], ['chief', 'publish', { document: '2号' }]]],
	E1: ['officer', 'commitment', { text: tag, unit: department, goal: '印发文件', due: day(60) }, [['officer', 'assign'], ['department', 'take']]],
	E2: ['department', 'visit', { name: tag, place: '昆明', day_on: day(-5), who: '两部门', found: '带回需求两项', 'host.1.unit': '某企业' }, [['department', 'file']]],
	F1: ['lab', 'lab', { name: tag, kind: 'industry_centre', level: 'provincial', lead: '', host: university, place: '530100', staff: '60', area: '3000', equipment: '3000万元', goals: '产业链共性技术', plan: pdf },
		[['lab', 'file'], ['officer', 'recommend']]],
	F2: ['university1', 'result', { name: tag, kind: 'applied', stage: '', origin: '', owner_unit: university, segment: '', trl: '', keywords: '铝', summary: '简介', from: day(-900), to: day(-30), secret: true, proof: pdf },
		[['university1', 'file'], ['officer', 'register']]],
	F3: ['enterprise', 'voucher', { use: 'testing', purpose: tag, amount: '1万元' }, [['enterprise', 'file']]],
	F4: ['force', 'key_technology', { name: tag, segment: '', need_text: '问题', trl: '', trl_goal: '', goal_year: '2030', route: '' }, [['force', 'argue', { argument: '必要、可行' }]]],
	F6: ['enterprise', 'force_issue', { text: tag, force: '', detail: '情况', from: firm },
		[['enterprise', 'file'], ['force', 'assign', { level: 'department', unit: department, due: day(20) }], ['department', 'answer', { answer: '已协调' }], ['enterprise', 'close', { rating: 'satisfied' }]]],
	G1: ['officer', 'proposal', { code: '0499', session: '届次', kind: '', title: tag, proposer: '委员', content: '内容', received: day(-3), 'co.1.unit': department },
		[['officer', 'assign']]],
});

const server = await startServer();
const browser = await startBrowser();
const people = new Map();
async function person(login, lang) {
	const key = `${login} ${lang}`;
	if (!people.has(key)) people.set(key, await (await new Person(browser, server.base, { lang }).open()).signIn(login));
	return people.get(key);
}

async function walk(row, lang) {
	const tag = `${row}径${lang}`, [login, type, values, steps] = paths(tag)[row];
	const maker = await person(login, lang);
	await maker.goto(`/r/${type}/new`);
	await maker.fill(values);
	await maker.save();
	const path = maker.path();
	let before = login;
	for (const [who, move, asked] of steps) {
		const p = await person(who, lang);
		if (who !== before && type !== 'project') await p.todo(tag);
		else await p.goto(path);
		if (move === 'edit') {
			await p.edit();
			await p.fill(asked);
			await p.save();
		} else await p.move(move, asked);
		before = who;
	}
	for (const p of people.values()) check(!p.problems.length, [...new Set(p.problems)].slice(0, 5).join('\n    '));
}

try {
	for (const lang of full ? ['zh', 'en'] : ['zh'])
		for (const row of Object.keys(paths('')))
			if (full || ['A1', 'C3', 'F6'].includes(row) || process.env.ONLY === row) await test(`${row} in ${lang === 'zh' ? 'Chinese' : 'English'}`, () => walk(row, lang));
	await test('F5: a cell of the matrix leads to its records', async () => {
		const p = await person('chief', 'zh');
		await p.goto('/matrix/chain');
		const cell = p.page.locator('.matrix td a').first(), number = (await cell.innerText()).trim();
		await Promise.all([p.page.waitForNavigation(), cell.click()]);
		check((await p.text()).includes(number), 'the list does not say the number of the cell');
	});
} finally {
	for (const p of people.values()) await p.close();
	await browser.close();
	await server.stop();
}
end();
