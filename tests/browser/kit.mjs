// What the browser tests share: a server of their own, people who sign in, forms filled in by field name, axe, CSP reports.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { check, password } from '../http/kit.mjs';

export { check, day, end, local, password, root, startServer, test } from '../http/kit.mjs';
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function startBrowser() {
	return chromium.launch({
		executablePath: '/usr/bin/chromium',
		args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
	});
}

// A person at a browser of his or her own.
export class Person {
	constructor(browser, base, { lang = 'zh', width = 1280, height = 900, scripts = true, axe = false, looked = new Set() } = {}) {
		Object.assign(this, { browser, base, lang, width, height, scripts, axe, looked, problems: [] });
	}
	async open() {
		this.context = await this.browser.newContext({ viewport: { width: this.width, height: this.height }, javaScriptEnabled: this.scripts, locale: this.lang === 'zh' ? 'zh-CN' : 'en-GB' });
		this.context.setDefaultTimeout(30000);
		this.page = await this.context.newPage();
		this.page.on('console', (m) => { if (/Content Security Policy|Refused to/.test(m.text())) this.problems.push(`CSP: ${m.text()}`); });
		this.page.on('pageerror', (e) => this.problems.push(`script: ${e.message}`));
		this.page.on('response', (r) => { if (r.status() >= 500) this.problems.push(`${r.status()} ${r.url()}`); });
		this.page.on('dialog', (d) => { this.problems.push(`dialog: ${d.message()}`); d.dismiss(); });
		if (this.lang === 'en') await this.context.addCookies([{ name: 'lc_lang', value: 'en', url: this.base }]);
		return this;
	}
	async close() { await this.context.close(); }
	async goto(path) {
		await this.page.goto(this.base + path);
		await this.look();
	}
	async signIn(login) {
		this.login = login;
		await this.goto('/signin');
		await this.fill({ login, password });
		await this.press('#main form:has([name="password"]) button[type="submit"]');
		check(!this.page.url().includes('/signin'), `${login} cannot sign in: ${await this.text()}`);
		return this;
	}
	async text() { return this.page.locator('main').innerText(); }
	// Every page looked at is judged by axe when asked to.
	async look() {
		if (!this.axe) return;
		// One look a kind of page and state: the address without ids.
		const kind = `${new URL(this.page.url()).pathname.replace(/\/[0-9a-z]{13}/g, '/ID')} ${await this.page.locator('main .tag').first().textContent({ timeout: 50 }).catch(() => '')}`;
		if (this.looked.has(kind)) return;
		this.looked.add(kind);
		await this.page.evaluate(axeSource);
		const result = await this.page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
		for (const v of result.violations) this.problems.push(`axe ${v.id} at ${this.page.url()}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`);
	}
	async press(selector) {
		await Promise.all([this.page.waitForNavigation({ waitUntil: 'load' }), this.page.locator(selector).first().click()]);
		await this.look();
	}
	async fill(values) {
		for (const [name, value] of Object.entries(values)) {
			const all = this.page.locator(`main [name="${name}"]:not([type="hidden"])`);
			check(await all.count(), `no input ${name} at ${this.page.url()}`);
			const input = all.first();
			const { tag, type } = await input.evaluate((e) => ({ tag: e.tagName, type: e.type }));
			if (tag === 'SELECT') {
				const options = await input.evaluate((e) => [...e.options].map((o) => ({ value: o.value, text: o.text.trim() })));
				// '' stands for whichever comes first.
				const hit = value === '' ? options.find((o) => o.value) : options.find((o) => o.value === value) || options.find((o) => o.text.includes(value));
				check(hit, `no option ${value} for ${name}: ${options.slice(0, 8).map((o) => o.text).join(', ')}`);
				await input.selectOption(hit.value);
			} else if (type === 'checkbox') await input.setChecked(Boolean(value));
			else if (type === 'file') await input.setInputFiles(value);
			else await input.fill(String(value));
		}
	}
	async save() {
		await this.press('main form[data-autosave] .bar button[type="submit"]:not([name])');
		const errors = this.page.locator('#errors');
		check(!(await errors.count()), `not saved: ${await errors.allInnerTexts()}`);
	}
	// Make a move from the record's page; `asked` are the fields of its own page.
	async move(name, asked) {
		const direct = this.page.locator(`main form[action$="/${name}"] button`), link = this.page.locator(`main a[href$="/${name}"]`);
		if (await direct.count()) await this.press(`main form[action$="/${name}"] button`);
		else {
			check(await link.count(), `no move ${name} at ${this.page.url()}: ${(await this.text()).replace(/\s+/g, ' ').slice(0, 900)}`);
			await this.press(`main a[href$="/${name}"]`);
			if (asked) await this.fill(asked);
			await this.press(`main form[action$="/${name}"] button[type="submit"]`);
		}
		const errors = this.page.locator('#errors');
		check(!(await errors.count()), `${name} refused: ${await errors.allInnerTexts()}`);
	}
	// With scripts the row appears at once; without, the page comes back with more rows and all that was typed.
	async addRows(table) {
		const button = `button[name="_add"][value="${table}"]`;
		if (this.scripts) await this.page.locator(button).click();
		else await this.press(button);
	}
	async edit() { await this.press('main a[href$="/edit"]'); }
	// Open what waits on the to-do list for a record whose title holds the text.
	async todo(title, kind) {
		await this.goto('/todo');
		const row = this.page.locator('main tr, main li').filter({ hasText: title }).filter({ hasText: kind || title });
		check(await row.count(), `nothing about ${title} on the to-do list of ${this.login}: ${(await this.text()).slice(0, 800)}`);
		await Promise.all([this.page.waitForNavigation(), row.first().locator('a').first().click()]);
		await this.look();
	}
	path() { return new URL(this.page.url()).pathname; }
}
