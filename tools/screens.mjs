// The pictures of docs/screens, taken from a fresh demonstration. Not a test.
//   node tools/screens.mjs [NAME…]      LETTER=FILE: the text that is checked (default: tests/golden/letter/reply-0499.txt)
// Where pngquant (Debian package) is at hand the pictures get a palette and become small.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Person, root, startBrowser, startServer } from '../tests/browser/kit.mjs';
import { Client, day, makeBid } from '../tests/http/kit.mjs';

const folder = join(root, 'docs/screens');
const wanted = process.argv.slice(2);
mkdirSync(folder, { recursive: true });

async function shot(person, name, near) {
	await person.page.evaluate(() => document.activeElement?.blur());
	await person.page.evaluate((selector) => {
		document.documentElement.style.scrollBehavior = 'auto';
		const e = selector && document.querySelector(selector);
		window.scrollTo(0, e ? e.getBoundingClientRect().top + window.scrollY - 110 : 0);
	}, near);
	await person.page.waitForTimeout(300);
	const path = join(folder, `${name}.png`);
	await person.page.screenshot({ path });
	try {
		execFileSync('pngquant', ['--force', '--strip', '--output', path, '128', path]);
	} catch { /* as it is */ }
	if (person.problems.length) console.log(`${name}: ${person.problems.join('\n')}`);
	console.log(`docs/screens/${name}.png`);
}

const server = await startServer();
const browser = await startBrowser();
const at = async (login, options = {}) => (await new Person(browser, server.base, { width: 1280, height: 860, ...options }).open()).signIn(login);
const first = async (client, list) => {
	const got = await client.json(list);
	return got.json.list.rows[0].id;
};

const shots = {
	async todo() {
		const officer = await at('officer');
		await officer.goto('/todo');
		await shot(officer, 'todo');
	},
	async 'need-form'() {
		const enterprise = await at('enterprise');
		await enterprise.goto('/r/need/new');
		await enterprise.fill({ title: '高纯铝靶材晶粒控制技术', kind: '', industry: '32', segment: '', problem: '靶材热轧后晶粒粗大且不均匀，溅射镀膜厚度波动大，成品率低于六成。' });
		await shot(enterprise, 'need-form');
	},
	async challenge() {
		const university = await at('university1');
		const id = await first(await new Client(server.base).signIn('university1'), '/r/challenge?state=published');
		await university.goto(`/r/challenge/${id}`);
		await shot(university, 'challenge');
	},
	async 'bids-sealed'() {
		const client = await new Client(server.base).signIn('university1');
		const challenge = await first(client, '/r/challenge?state=published');
		const bid = await makeBid(client, challenge, { title: '熔炼与热处理协同提纯方案（演示）' });
		await client.move('bid', bid, 'file');
		const university = await at('university1');
		await university.goto(`/r/bid/${bid}`);
		await shot(university, 'bids-sealed');
	},
	async return() {
		const manager = await at('incubator');
		const client = await new Client(server.base).signIn('incubator');
		const last = await client.json('/r/incubator_return');
		const incubator = last.json.list.rows[0].values.incubator;
		const made = await client.make('incubator_return', { incubator, year: 2021, b00: '5200', b01: '3000', b04: '1500', b02: '200', b03: '300', b15: '400', b16: '600', d00: '18',
			d10: '9', mentors: '26', e01: '1200', e02: '9800', e03: '1500', e04: '300', firms: '90', entered: '20', graduated: '6', departed: '3', graduates_cum: '61', employees: '1450',
			ip_valid: '310', financed_cum: '22', finance_cum: '186000' });
		await manager.goto(`/r/incubator_return/${made.id}/edit`);
		await manager.save();
		await shot(manager, 'return', '.checks');
	},
	async letter() {
		const officer = await at('officer');
		const golden = join(root, 'tests/golden/letter/reply-0499.txt');
		const path = process.env.LETTER || (existsSync(golden) ? golden : join(root, '../shared/letter/reply-0499.txt'));
		await officer.goto('/letter');
		await officer.fill({ text: readFileSync(path, 'utf8') });
		await officer.press('main form:has([name="text"]) button[type="submit"]');
		await shot(officer, 'letter');
	},
	async matrix() {
		const officer = await at('officer');
		await officer.goto('/matrix/chain');
		await shot(officer, 'matrix');
	},
	async rules() {
		const officer = await at('officer');
		await officer.goto('/types/incubator');
		await shot(officer, 'rules');
	},
	async list() {
		const officer = await at('officer');
		await officer.goto('/r/incubator');
		await shot(officer, 'list');
	},
	async phone() {
		const officer = await at('officer', { width: 390, height: 844 });
		await officer.goto('/todo');
		await officer.press('main tbody a, main li a');
		await shot(officer, 'phone');
	},
};

try {
	for (const [name, take] of Object.entries(shots)) {
		if (wanted.length && !wanted.includes(name)) continue;
		try {
			await take();
		} catch (error) {
			console.log(`${name}: ${error.message}`);
			process.exitCode = 1;
		}
	}
} finally {
	await browser.close();
	await server.stop();
}
