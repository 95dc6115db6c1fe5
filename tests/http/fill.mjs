// A list goes out as a table to be filled in away from the system and comes back: what may be typed stands in the table, every row is judged
// first, nothing is written before it is confirmed, and only what the viewer may change, as it was when it was downloaded.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, end, needValues, people, same, startServer, test } from './kit.mjs';

const server = await startServer();
const who = await people(server.base, ['enterprise', 'enterprise2', 'officer']);
const folder = mkdtempSync(join(tmpdir(), 'lc-fill-'));
const ids = [];
for (const title of ['离线填报一', '离线填报二', '离线填报三']) ids.push((await who.enterprise.make('need', needValues(title))).id);
await who.enterprise.move('need', ids[2], 'file');

/* A workbook without a library: the parts that matter, unpacked by the system's own program. */
function parts(bytes) {
	const path = join(folder, 'x.xlsx');
	writeFileSync(path, bytes);
	const read = (name) => spawnSync('unzip', ['-p', path, name], { encoding: 'utf8', maxBuffer: 1 << 24 }).stdout;
	return { book: read('xl/workbook.xml'), sheet: read('xl/worksheets/sheet1.xml'), help: read('xl/worksheets/sheet2.xml'), choices: read('xl/worksheets/sheet3.xml'),
		path };
}
const csv = (rows) => new File([rows.map((r) => r.map((c) => `"${String(c).replace(/"/g, '""')}"`).join(',')).join('\n')], 'back.csv');
const upload = (login, rows, file = csv(rows)) => who[login].form('/r/need/import', { file }, { accept: 'application/json' });
let keys;

await test('the table holds the records that may be changed, with limits, choices and help', async () => {
	const got = await who.enterprise.get('/r/need/fill?state=draft');
	same(got.status, 200, 'the table');
	const p = parts(got.bytes);
	keys = Object.fromEntries([...p.sheet.matchAll(/<c r="A\d+"[^>]*t="inlineStr"><is><t>([0-9a-z]{13})(\.\d+)<\/t>/g)].map((m) => [m[1], m[1] + m[2]]));
	check(keys[ids[0]] && keys[ids[1]] && !keys[ids[2]], `the drafts and no other: ${JSON.stringify(keys)}`);
	check(/<dataValidation type="list"[^>]*>(<formula1>)choices!\$/.test(p.sheet), 'choices');
	check(/<dataValidation type="(whole|decimal)"/.test(p.sheet) && /<dataValidation type="textLength"/.test(p.sheet), 'limits');
	check(/prompt="[^"]*必填/.test(p.sheet), 'help in the cell');
	check(/name="choices"[^>]*state="hidden"/.test(p.book), 'the choices are hidden');
	check(p.help.includes('记录号'), 'help');
	check(!(await who.enterprise2.get('/r/need/fill')).bytes.includes(ids[0]), 'another firm');
});

await test('the table as it is comes back without a change', async () => {
	const file = new File([(await who.enterprise.get('/r/need/fill?state=draft')).bytes], 'back.xlsx');
	const { preview } = (await upload('enterprise', [], file)).json;
	same(preview.bad, 0, JSON.stringify(preview.rows.filter((r) => r.errors.length)).slice(0, 800));
	same(preview.same, preview.good, 'rows without changes');
});

await test('rows are judged first, and nothing is written', async () => {
	const { preview, token } = (await upload('enterprise', [['记录号', '需求名称', '拟投入资金（元）'], [keys[ids[0]], '改过的名称', '3000000'], [keys[ids[1]], '离线填报二', '很多']])).json;
	same(`${preview.good} ${preview.bad}`, '1 1', JSON.stringify(preview));
	check(!token, 'a token in spite of a mistake');
	same((await who.enterprise.json(`/r/need/${ids[0]}`)).json.values.title, '离线填报一', 'written before it was confirmed');
});

await test('confirmed, the records change, and the trail says so', async () => {
	const got = (await upload('enterprise', [['记录号', '需求名称'], [keys[ids[0]], '改过的名称'], [keys[ids[1]], '离线填报二']])).json;
	check(got.token && got.preview.same === 1 && got.preview.rows[0].changed.length === 1, JSON.stringify(got).slice(0, 600));
	same((await who.enterprise.form('/r/need/import/apply', { token: got.token }, { accept: 'application/json' })).status, 200, 'applied');
	const page = (await who.enterprise.json(`/r/need/${ids[0]}`)).json;
	same(page.values.title, '改过的名称', 'the title');
	same(page.history.at(-1).act, '导入', 'the history');
	same((await who.enterprise.json(`/r/need/${ids[1]}`)).json.rev, 1, 'a row without changes makes no revision');
});

await test('what is not theirs, was changed meanwhile, or is closed is refused', async () => {
	const errors = async (login, key) => (await upload(login, [['记录号', '需求名称'], [key, '夺取']])).json.preview.rows[0].errors.join();
	check((await errors('enterprise', keys[ids[0]])).includes('重新下载'), 'an old revision');
	check((await errors('enterprise', `${ids[2]}.2`)).includes('不由您修改'), 'filed already');
	const foreign = await errors('enterprise2', keys[ids[1]]), none = await errors('enterprise2', '0000000000002.1');
	same(foreign, none, 'hidden and missing read the same');
	same((await who.enterprise.json(`/r/need/${ids[1]}`)).json.values.title, '离线填报二', 'changed all the same');
	/* Staged in order, changed before it is confirmed: all or nothing. */
	const now = (await who.enterprise.json(`/r/need/${ids[1]}`)).json;
	const { token } = (await upload('enterprise', [['记录号', '需求名称'], [`${ids[1]}.${now.rev}`, '迟到']])).json;
	await who.enterprise.change('need', ids[1], { title: '先到' });
	same((await who.enterprise.form('/r/need/import/apply', { token }, { accept: 'application/json' })).status, 409, 'overtaken');
	same((await who.enterprise.json(`/r/need/${ids[1]}`)).json.values.title, '先到', 'the first stays');
});

await server.stop();
rmSync(folder, { recursive: true, force: true });
end();
