// Nothing typed is lost: with a dead network, after the session is over, after signing out; and nothing stays in the browser of a shared
// computer without a word.
import { check, end, Person, startBrowser, startServer, test } from './kit.mjs';

const server = await startServer();
const browser = await startBrowser();
const person = await new Person(browser, server.base, { axe: true }).open();
const { page, context } = person;
page.removeAllListeners('dialog');      // “leave the page?” is asked on purpose here
page.on('dialog', (d) => d.accept());
const kept = () => page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('draft ')).length);
const title = () => page.locator('main [name="title"]').first();
const offer = () => page.locator('.note.restored > button').first();
// Between pages the script starts anew: no handler of beforeunload may hold the test up.
const saysKept = () => page.waitForFunction(() => /浏览器/.test(document.querySelector('.autosave')?.textContent || ''), null, { timeout: 20000 });

await test('with a dead network the form is kept in the browser, and offered when the page is opened again', async () => {
	await person.signIn('enterprise');
	await person.goto('/r/need/new');
	await context.setOffline(true);
	await title().fill('断网时填写的名称');
	await title().blur();
	await saysKept();
	check(await kept() === 1, 'nothing is kept');
	// The page is left before the network is back for the form.
	await page.route('**/autosave', (route) => route.abort());
	await context.setOffline(false);
	await page.goto(`${server.base}/r/need/new`);
	await offer().click();
	check(await title().inputValue() === '断网时填写的名称', 'it does not come back');
	await page.unroute('**/autosave');
});

await test('after the session is over the form is kept, and offered after signing in again; saved, it is gone', async () => {
	await context.clearCookies();
	await title().fill('会话过期后填写的名称');
	await title().blur();
	await saysKept();
	await page.goto(`${server.base}/signin`);
	check((await page.locator('.note.kept').innerText()).includes('enterprise'), 'the sign-in page does not tell of it');
	await person.look();
	await person.signIn('enterprise');
	await page.goto(`${server.base}/r/need/new`);
	await offer().click();
	check(await title().inputValue() === '会话过期后填写的名称', 'it does not come back');
	await title().blur();
	await page.waitForFunction(() => /已保存/.test(document.querySelector('.autosave')?.textContent || ''), null, { timeout: 15000 });
	check(await kept() === 0, 'once with the server, the browser keeps a copy all the same');
});

await test('another account is not offered it', async () => {
	await page.evaluate(() => localStorage.setItem('draft /r/need/autosave somebody', 'title=FREMD'));
	await page.goto(`${server.base}/r/need/new`);
	check(!(await page.locator('main').innerText()).includes('FREMD') && await title().inputValue() !== 'FREMD', 'the text of another account');
	await page.evaluate(() => localStorage.removeItem('draft /r/need/autosave somebody'));
});

await test('signing out warns of what only this browser has, and removes it when told to', async () => {
	await page.goto(`${server.base}/r/need/new`);
	await page.route('**/autosave', (route) => route.abort());
	await title().fill('退出前没有保存');
	await page.locator('details.who summary').click();
	await page.locator('form[action="/signout"] button').click();
	const box = page.locator('dialog[open]');
	await box.waitFor();
	check((await box.innerText()).includes('只留在这台电脑'), await box.innerText());
	await box.locator('button[value=""]').click();
	check(page.url().includes('/r/need/new') && await kept() === 1, 'cancelled: still there');
	// A click beside the menu closes it, and the question stands beside it.
	if (!await page.locator('details.who').evaluate((menu) => menu.open)) await page.locator('details.who summary').click();
	await page.locator('form[action="/signout"] button').click();
	await Promise.all([page.waitForURL(/done=signed-out|\/$/), page.locator('dialog[open] button[value="drop"]').click()]);
	check(await kept() === 0, 'it is still in the browser');
	await page.unroute('**/autosave');
	await page.goto(`${server.base}/signin`);
	check(await page.locator('.note.kept').count() === 0, 'the sign-in page tells of nothing');
});

await test('signing out right after typing saves it first', async () => {
	await person.signIn('enterprise');
	await page.goto(`${server.base}/r/need/new`);
	await title().fill('退出前刚刚填写');
	await page.locator('details.who summary').click();
	await Promise.all([page.waitForURL((url) => !url.pathname.includes('/need/'), { timeout: 30000 }), page.locator('form[action="/signout"] button').click()]);
	check(await kept() === 0, 'it is in the browser, though it could be saved');
	await person.signIn('enterprise');
	await page.goto(`${server.base}/r/need/new`);
	check(await title().inputValue() === '退出前刚刚填写', 'it was not saved');
});

await test('with nothing typed, one click signs out', async () => {
	await page.goto(`${server.base}/`);
	await page.locator('details.who summary').click();
	await Promise.all([page.waitForURL(/signed-out|signin/, { timeout: 15000 }), page.locator('form[action="/signout"] button').click()]);
});

await test('no page had a problem', () => check(!person.problems.length, person.problems.join('\n')));
await browser.close();
await server.stop();
end();
