// Texts compared: of two alike both are flagged, whichever came first; passages stand side by side; sources that one may not see are a
// number; a changed text is compared again, a lost index made anew; who may not see the share finds no page.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary, check, end, people, root, same, startServer, test, until } from './kit.mjs';

const data = mkdtempSync(join(tmpdir(), 'lc-similar-'));
execFileSync(binary, ['init', '--demo', '--data', data, '--region', 'region/yunnan'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
const sql = (folder, text) => JSON.parse(execFileSync('sqlite3', ['-json', '-cmd', '.timeout 10000', join(folder, 'lianchuang.db'), text], { maxBuffer: 1 << 26 }).toString() || '[]');
const quote = (s) => `'${s.replace(/'/g, "''")}'`;
const copied = '针对铝合金薄板在高温成形过程中表面氧化膜破裂导致焊合不良的问题，拟建立界面反应动力学模型，揭示微量稀土元素对氧化膜致密度和破裂应力的影响规律，形成可在工业生产线上验证的成形窗口设计方法，并以新能源汽车电池壳体为对象开展中试。';
const own = '另一部分研究高原特色中药材的活性成分提取和质量控制，建立指纹图谱，与前面的内容没有任何关系，只为使两份申报并不完全相同。';
const other = '项目拟开发面向山区公路边坡的低功耗监测终端，利用多源遥感影像反演含水率，给出分级预警阈值，并在三处示范点连续运行一年以上取得实测数据。';
const write = (folder, id, text) => sql(folder, `UPDATE r_application SET f_summary = ${quote(text)}, rev = rev + 1 WHERE id = ${id}`);
const [a, b, c] = sql(data, "SELECT CAST(id AS TEXT) AS id FROM r_application WHERE state = 'checking' ORDER BY id LIMIT 3").map((r) => r.id);
write(data, a, copied);
write(data, b, `${own}${copied}`);
write(data, c, other);
const server = await startServer({ like: data });
rmSync(data, { recursive: true, force: true });
const who = await people(server.base, ['officer', 'officer2', 'chief', 'lab', 'expert1', 'prefecture']);
const { officer, officer2 } = who;
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
const textOf = (number) => { let text = ''; for (let n = BigInt(number); text.length < 13; n /= 32n) text = digits[Number(n % 32n)] + text; return text; };
const page = (id) => `/similar/content/${textOf(id)}`;
const get = async (id, client = officer) => (await client.json(page(id))).json;
let last;
const compared = (id, holds) => until(`${id} is compared`, async () => { last = (await officer.json(page(id))).json; return last?.others !== undefined && holds(last); }, 200).catch((e) => { throw new Error(`${e.message}: ${JSON.stringify(last)?.slice(0, 600)} ${server.log().split('\n').filter((l) => l.includes('compared')).slice(-3).join(' | ')}`); });

await test('of two texts alike both are flagged, whichever came first; the third is not', async () => {
	await compared(a, (v) => Number(v.others) > 60 && !v.again);
	await compared(b, (v) => Number(v.others) > 40 && !v.again);
	await compared(c, (v) => !v.again);
	const first = await get(a), second = await get(b), third = await get(c);
	check(first.others > second.others && second.others > 40, `shares ${first.others} ${second.others}`);
	same(Number(third.others), 0, 'the third');
	check(first.sources[0].link.endsWith(textOf(b)) && second.sources[0].link.endsWith(textOf(a)), 'each names the other');
	const [passage] = second.sources[0].passages;
	check(passage.here.includes('界面反应动力学模型') && passage.there.includes('界面反应动力学模型'), JSON.stringify(passage));
	check(!passage.there.includes('指纹图谱'), 'the passage ends where the texts part');
	const html = await officer.get(page(b));
	check(html.text.includes('界面反应动力学模型') && html.text.includes('见于他人文字'), 'the page');
});

await test('the formal check shows it for a person, with the way to the passages; it refuses nothing', async () => {
	const desk = (await officer.json('/r/application/verdicts?show=all&criterion=application.similarity')).json;
	const row = (id) => desk.cases.find((x) => x.id === textOf(id)).rows[0];
	same(`${row(a).judged} ${row(b).judged} ${row(c).judged}`, 'not_met not_met met', 'judged by the line of the measure');
	const share = row(a).shown_beside.find((v) => v.name === 'similar');
	same(share.link, page(a), 'the way to the passages');
	same((await officer.json(`/r/application/${textOf(a)}`)).json.state.name, 'checking', 'its state');
	check((await officer.get(`/r/application/${textOf(a)}`)).text.includes(`href="${page(a)}"`), 'from the record');
});

await test('who does not see the share finds no page; sources that one may not see are a number', async () => {
	for (const other of ['lab', 'expert1', 'prefecture']) same((await who[other].get(page(a))).status, 404, other);
	same((await officer.get('/similar/nothing/0')).status, 404, 'no such comparison');
	const org = sql(server.data, `SELECT CAST(org AS TEXT) AS id FROM r_application WHERE id = ${a}`)[0].id;
	const me = sql(server.data, "SELECT CAST(person_id AS TEXT) AS id FROM account WHERE login = 'officer2'")[0].id;
	check((await get(b, officer2)).sources.length === 1, 'before the interest is declared');
	const made = await officer2.make('interest', { who: textOf(me), with_unit: textOf(org), kind: 'contract' });
	await officer2.move('interest', made.id, 'declare');
	const got = await get(b, officer2);
	same(`${got.sources.length} ${got.hidden}`, '0 1', 'a number');
	check(!JSON.stringify(got).includes(textOf(a)), 'the hidden one is named');
	same((await officer2.get(page(a))).status, 404, 'its own page');
});

await test('a changed text is compared again, and so is what had passages in common with it; a lost index is made anew', async () => {
	write(server.data, a, other.slice(0, 40));
	await compared(b, (v) => v.sources.length === 0 && !v.again);
	await compared(c, (v) => Number(v.others) > 10 && !v.again);
	check(existsSync(join(server.data, 'text/content')), 'the index');
	rmSync(join(server.data, 'text'), { recursive: true, force: true });
	write(server.data, a, copied);
	await compared(b, (v) => v.sources.length === 1 && !v.again);
	await compared(a, (v) => Number(v.others) > 60 && !v.again);
	same(sql(server.data, "SELECT COUNT(*) AS n FROM similar_text t WHERE t.name = 'content'")[0].n > 20, true, 'all are fed again');
});

await server.stop();
end();
