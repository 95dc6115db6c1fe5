// Pages beside the case: an annual return whose cross-checks stop an error and ask a note for a warning, the check of a letter, nothing
// typed lost, the switch of language, a list as a link, import with a look first. In real Chromium, judged by axe.
import { readFileSync, writeFileSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Person, check, end, root, startBrowser, startServer, test } from './kit.mjs';

const server = await startServer();
const browser = await startBrowser();
const people = [];
const open = async (login, options = {}) => {
	const p = await new Person(browser, server.base, { axe: true, ...options }).open();
	people.push(p);
	return login ? p.signIn(login) : p;
};

async function annualReturn() {
	const p = await open('incubator');
	await p.goto('/r/incubator_return/new');
	await p.fill({
		incubator: '春城', year: '2022', d00: '10', d10: '12', mentors: '8', e01: '500', e02: '6000', e03: '1500', e04: '0', firms: '40', graduates_cum: '5',
		employees: '9000', ip_valid: '30', financed_cum: '3', finance_cum: '1000', b00: '1000', b01: '500', b04: '300', b02: '100', b03: '50',
	});
	await p.save();
	const path = p.path();
	// Stopped: both sides with their numbers.
	await p.press('main a[href$="/file"], main form[action$="/file"] button');
	if (await p.page.locator('main form[action$="/file"] button[type="submit"]').count()) await p.press('main form[action$="/file"] button[type="submit"]');
	let errors = await p.page.locator('#errors').innerText();
	check(/四项收入之和/.test(errors) && /1,?000/.test(errors) && /950/.test(errors), `the sum is not shown with its numbers: ${errors}`);
	check(/专业技术人员/.test(errors), `the part is not compared: ${errors}`);
	check(/户均从业人员/.test(errors), `the warning does not ask for a note: ${errors}`);
	await p.goto(`${path}/edit`);
	await p.fill({ b03: '100', d10: '9' });
	await p.save();
	// The warning alone: a note is asked, then it goes.
	await p.press('main a[href$="/file"]');
	const notes = p.page.locator('main [name^="note."]');
	check((await notes.count()) === 1, 'one note should be asked');
	await p.press('main form[action$="/file"] button[type="submit"]');
	errors = await p.page.locator('#errors').innerText();
	check(/请说明/.test(errors), `filed without a note: ${errors}`);
	await p.page.locator('main [name^="note."]').first().fill('含季节性用工');
	await p.press('main form[action$="/file"] button[type="submit"]');
	check(/待州市审核/.test(await p.text()), 'not filed');
}

async function rules() {
	const p = await open('officer');
	await p.goto('/r/incubator');
	await p.press('main .head-actions a[href="/types/incubator"]');
	check(await p.page.locator('img.diagram').evaluate((i) => i.naturalWidth > 200), 'the picture of the states does not show');
	check(/已认定/.test(await p.text()) && /131号/.test(await p.text()), 'states or measures are missing');
	await p.press('header a.lang');
	check(/By whom/.test(await p.text()), 'not in English');
}

async function letter() {
	const p = await open('officer');
	await p.goto('/letter');
	await p.fill({ text: readFileSync(join(root, '../shared/letter/reply-0499.txt'), 'utf8') });
	await p.press('main form[action="/letter"] button[type="submit"]');
	const text = await p.text();
	for (const word of ['46家', '81.58', '2018年5月10日']) check(text.includes(word), `the text does not show ${word}`);
	check((await p.page.locator('main .letter-text [data-figure], main mark, main .fig').count()) > 40, 'the figures are not marked');
	const link = p.page.locator('main a[href="/indicator/inc_area"]').first();
	check(await link.count(), 'a figure does not lead to its indicator');
	await p.goto('/indicator/inc_area');
	check(/81\.58/.test(await p.text()) && (await p.page.locator('main tbody tr').count()) >= 46, 'the records behind the figure are missing');
}

async function nothingLost() {
	const p = await open('enterprise');
	await p.goto('/r/need/new');
	await p.fill({ title: '没有保存的标题', money: '还没想好' });
	await p.page.locator('main [name="problem"]').click();
	await p.page.waitForFunction(() => /已保存|Saved/.test(document.querySelector('#autosave')?.textContent || ''), null, { timeout: 15000 });
	await p.context.clearCookies({ name: 'lc_session' });
	await p.signIn('enterprise');
	await p.goto('/r/need/new');
	check((await p.page.locator('[name="title"]').inputValue()) === '没有保存的标题', 'the title is lost');
	check((await p.page.locator('[name="money"]').inputValue()) === '还没想好', 'what was typed wrong is lost too');
	// A bad value: refused at its field, everything else kept.
	await p.press('main form[data-autosave] .bar button[type="submit"]:not([name])');
	check(/应为金额/.test(await p.page.locator('#errors').innerText()), 'the bad amount is not named');
	check((await p.page.locator('[name="title"]').inputValue()) === '没有保存的标题', 'the title is lost by a refusal');
}

async function languages() {
	const p = await open('officer');
	await p.goto('/r/incubator?level=national&sort=title');
	const rows = await p.page.locator('main tbody tr').count();
	check(rows === 15, `15 national incubators, not ${rows}`);
	await p.press('header a.lang');
	const here = new URL(p.page.url());
	check(here.pathname === '/r/incubator' && here.searchParams.get('level') === 'national' && here.searchParams.get('sort') === 'title', `the switch lost the page: ${here}`);
	check((await p.page.getAttribute('html', 'lang')) === 'en' && (await p.page.locator('main tbody tr').count()) === 15, 'the data changed with the language');
}

async function importing() {
	const p = await open('incubator');
	const file = join(mkdtempSync(join(tmpdir(), 'lc-import-')), '在孵企业.csv');
	await p.goto('/r/tenant/import');
	const header = await (await p.page.request.get(`${server.base}/r/tenant/import-template`)).text();
	check(header.includes('企业'), `the template has no header: ${header}`);
	const columns = header.replace(/^\ufeff/, '').trim().split(',');
	writeFileSync(file, `${columns.join(',')}\n${columns.map((c, i) => (i === 0 ? '导入的企业' : 'x')).join(',')}\n`);
	await p.fill({ file });
	await p.press('main form[enctype="multipart/form-data"] button[type="submit"]');
	const text = await p.text();
	check(/导入的企业/.test(text), 'the row is not shown before writing');
	check(!(await p.page.locator('main form[action$="/import/apply"]').count()), 'a bad row could be applied');
	await p.goto('/r/tenant?q=导入的企业');
	check(!(await p.page.locator('main tbody tr a').count()), 'something was written');
}

async function noProblems() {
	const problems = [...new Set(people.flatMap((p) => p.problems))];
	check(!problems.length, problems.slice(0, 12).join('\n    '));
}

try {
	await test('an annual return: errors stop it, a warning asks a note', annualReturn);
	await test('process and rules of a type', rules);
	await test('the letter, its figures marked and led to their records', letter);
	await test('nothing typed is lost', nothingLost);
	await test('the switch of language keeps page and data', languages);
	await test('import shows every row before anything is written', importing);
	await test('no axe violation, no CSP report, no script error on the way', noProblems);
} finally {
	await browser.close();
	await server.stop();
}
end();
