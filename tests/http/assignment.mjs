// The assignment of a round, over HTTP: proposed, changed by hand, published by another person, replayed by anybody, mended after a decline;
// conflicts are planted and looked for by a check of its own, which knows nothing of how the product finds them.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, binary, check, day, end, local, people, same, startServer, test } from './kit.mjs';

const server = await startServer();
const who = { ...await people(server.base, ['officer', 'officer2', 'chief', 'sysadmin', 'expert1', 'expert2', 'university1', 'supervisor']), visitor: new Client(server.base) };
const { officer, officer2, sysadmin, expert1, expert2 } = who;
const values = async (type, id, client = sysadmin) => (await client.json(`/r/${type}/${id}`)).json.values;
const rows = async (path, client = officer) => (await client.json(path)).json.list.rows;
// What the records say, read past the product.
const sql = (text) => execFileSync('sqlite3', ['-readonly', '-json', join(server.data, 'lianchuang.db'), text], { maxBuffer: 1 << 26 }).toString();
// Ids as text are Crockford's base 32 of the number.
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
function idOf(text) { return [...text].reduce((n, c) => n * 32n + BigInt(digits.indexOf(c)), 0n); }
function textOf(number) {
	let text = '';
	for (let n = BigInt(number); text.length < 13; n /= 32n) text = digits[Number(n % 32n)] + text;
	return text;
}
const groupBy = (list, by) => list.reduce((m, x) => m.set(by(x), [...(m.get(by(x)) || []), x]), new Map());
let round, link, applications = [], pool = [], planted = [];

const experts = async () => {
	const all = [];
	for (const r of await rows('/r/person?is_expert=1&state=active&limit=200')) all.push({ id: r.id, ...await values('person', r.id) });
	return all;
};
const page = async (query = '') => (await officer.json(link + query)).json;
const propose = (form = { change: 'none' }, client = officer) => client.form(`${link}/propose`, form);
const pairsOf = (p) => p.items.flatMap((i) => i.experts.map((e) => ({ application: i.link.split('/').pop(), expert: e.link.split('/').pop(), a: i.id, e: e.id })));

await test('a round with applications and experts, and conflicts planted', async () => {
	const eligible = [];
	for (const r of await rows('/r/application?state=eligible&limit=200')) eligible.push({ id: r.id, ...await values('application', r.id, officer) });
	const guides = groupBy(eligible, (a) => a.guide);
	const [guide, chosen] = [...guides].sort((x, y) => y[1].length - x[1].length)[0];
	check(chosen.length >= 3, 'the demonstration has no guide with three eligible applications');
	round = (await officer.make('review_round', { guide, name: '指派检验', due: local(60 * 24 * 30) })).id;
	for (const a of chosen) await officer.move('application', a.id, 'place_in', { values: { round } });
	applications = chosen;
	link = `/assignment/expert_draw/${round}`;
	for (const login of ['expert1', 'expert2']) {
		const me = textOf(JSON.parse(sql(`SELECT CAST(person_id AS TEXT) id FROM account WHERE login = '${login}'`))[0].id);
		await officer.change('person', me, { is_expert: true, keywords: '材料、工艺、性能', specialty: [{ discipline: chosen[0].discipline }] });
		who[login].person = me;
	}
	pool = (await experts()).filter((e) => ![expert1.person, expert2.person].includes(e.id));
	const [a] = applications;
	const declare = async (over) => {
		const made = await officer.make('interest', { kind: 'kin', from: day(-10), ...over });
		await officer.move('interest', made.id, 'declare');
	};
	await declare({ who: pool[0].id, with_person: a.leader });                              // told by the expert
	await declare({ who: a.leader, with_person: pool[1].id });                              // told by the applicant
	const [{ org: number }] = JSON.parse(sql(`SELECT CAST(org AS TEXT) org FROM r_application WHERE id = ${idOf(a.id)}`));
	const org = textOf(number);
	await declare({ who: pool[2].id, with_unit: org });
	await sysadmin.change('person', pool[3].id, { affiliation: [{ unit: org, since: day(-900), until: day(-30) }] });
	await sysadmin.change('person', a.leader, { phone: '13812345678' });
	await sysadmin.change('person', pool[4].id, { phone: '13812345678' });
	planted = pool.slice(0, 5).map((e) => e.id);
});

await test('nobody but who runs the round finds the page', async () => {
	for (const name of ['chief', 'expert1', 'university1', 'sysadmin']) same((await who[name].get(link)).status, 404, name);
	same((await who.visitor.get(link)).status, 303, 'a visitor is sent to sign in');
	same((await propose({ change: 'none' }, who.expert1)).status, 404, 'an expert proposes');
});

/* Counts from the records alone: who may not review what, and every declared rule. */
async function judge(pairs) {
	const people = new Map();
	for (const e of await experts()) people.set(e.id, e);
	const load = new Map(), of = groupBy(pairs, (p) => p.application);
	const interests = [];
	for (const r of await rows('/r/interest?state=declared&limit=500')) interests.push(await values('interest', r.id, officer));
	const orgs = new Map(JSON.parse(sql(`SELECT CAST(id AS TEXT) id, CAST(org AS TEXT) org FROM r_person UNION ALL SELECT CAST(id AS TEXT), CAST(org AS TEXT) FROM r_application`)).map((x) => [x.id, x.org]));
	const orgOf = (id) => orgs.get(String(idOf(id)));
	const posts = JSON.parse(sql('SELECT CAST(parent AS TEXT) who, CAST(f_unit AS TEXT) unit FROM c_person_affiliation WHERE f_until IS NULL OR f_until > (unixepoch() / 86400) - 1095') || '[]');
	for (const a of applications) {
		const mine = of.get(a.id) || [], leader = await values('person', a.leader), units = [];
		same(mine.length, 3, `experts of ${a.id}`);
		check(new Set(mine.map((p) => p.expert)).size === 3, 'an expert twice for one application');
		check(mine.some((p) => people.get(p.expert)?.title_rank === 'senior'), `no senior expert for ${a.id}`);
		for (const { expert } of mine) {
			const e = people.get(expert);
			check(e, `${expert} is not in the pool`);
			load.set(expert, (load.get(expert) || 0) + 1);
			check(expert !== a.leader && !(a.team || []).some((t) => t.person === expert), 'a member of the team reviews');
			check(!interests.some((i) => [i.who, i.with_person].includes(expert) && [i.who, i.with_person].some((x) => x === a.leader || (a.team || []).some((t) => t.person && t.person === x))), `an interest between ${expert} and ${a.id}`);
			check(!e.phone || e.phone !== leader.phone, 'the same phone');
			units.push(orgOf(expert));
			check(!orgOf(expert) || orgOf(expert) !== orgOf(a.id), 'of the applicant\'s organisation');
			check(!posts.some((x) => x.who === String(idOf(expert)) && x.unit === orgOf(a.id)), 'was of the applicant\'s organisation');
		}
		check(new Set(units.filter(Boolean)).size === units.filter(Boolean).length, 'two experts of one organisation');
	}
	for (const [, n] of load) check(n <= 8, 'more than eight');
	for (const p of planted) check(!(of.get(applications[0].id) || []).some((x) => x.expert === p), `planted conflict: ${p}`);
}

await test('a proposal keeps every rule, and none of the planted conflicts', async () => {
	await officer.get(link);
	same((await propose()).status, 303, 'proposed');
	const p = await page();
	same(p.proposal.answered, true, JSON.stringify(p.why));
	same(p.figures.filled, applications.length * 3, 'places filled');
	check(p.excluded.reduce((n, x) => n + x.pairs, 0) >= 5, 'the planted conflicts are not counted');
	check(p.items.every((i) => i.experts.every((e) => e.title)), 'an expert without a name');
	await judge(pairsOf(p));
	same((await values('review_round', round, officer)).commitment, p.proposal.commitment, 'the commitment on the round');
	same((await officer.json(`/r/review_round/${round}`)).json.state.name, 'proposed', 'state of the round');
	check(!p.proposal.seed && !(await values('review_round', round, officer)).seed, 'the seed is told before publication');
});

await test('what if: forbid, force, load, take back; a forced conflict is told in words', async () => {
	let p = await page();
	const [first] = pairsOf(p), person = async (id) => (await officer.json(`${link}/experts`)).json.persons.find((x) => x.link.endsWith(id)).id;
	same((await propose({ change: 'forbid', item: first.a, person: first.e })).status, 422, 'without a reason');
	same((await propose({ change: 'forbid', item: first.a, person: first.e, reason: '另有安排' })).status, 303, 'forbidden');
	p = await page();
	check(!pairsOf(p).some((x) => x.a === first.a && x.e === first.e), 'the pair is still there');
	same(p.changes.length, 1, 'changes');
	const e1 = await person(expert1.person), e2 = await person(expert2.person);
	for (const [item, e] of [['A1', e1], ['A2', e1], ['A1', e2]]) same((await propose({ change: 'force', item, person: e, reason: '熟悉该领域' })).status, 303, 'forced');
	p = await page();
	for (const [item, e] of [['A1', e1], ['A2', e1], ['A1', e2]]) check(pairsOf(p).some((x) => x.a === item && x.e === e), `${item} ${e} is not there`);
	await judge(pairsOf(p));
	const conflicted = await person(planted[0]), at = p.items.find((i) => i.link.endsWith(applications[0].id)).id;
	same((await propose({ change: 'force', item: at, person: conflicted, reason: '试' })).status, 303, 'forced against a conflict');
	p = await page();
	same(p.proposal.answered, false, 'a forced conflict is refused');
	check(p.why.some((x) => x.includes(conflicted) && /回避|conflict/.test(x)), `the reason: ${p.why}`);
	same((await officer2.form(`${link}/publish`, { commitment: p.proposal.commitment })).status, 409, 'publish without an answer');
	same((await propose({ change: 'undo', at: String(p.changes.length - 1) })).status, 303, 'taken back');
	same((await propose({ change: 'load', person: e1, min: '2', max: '2', reason: '时间有限' })).status, 303, 'load');
	p = await page();
	same(pairsOf(p).filter((x) => x.e === e1).length, 2, 'the load of an expert');
	same(p.proposal.tries, 8, 'each time it was worked out is counted');
});

let published, barred;
await test('another person publishes; the seed is told, and anybody replays the draw to the byte', async () => {
	const p = await page();
	same((await officer.form(`${link}/publish`, { commitment: p.proposal.commitment })).status, 403, 'by who proposed it');
	await officer2.get(link);
	same((await officer2.form(`${link}/publish`, { commitment: '0'.repeat(64) })).status, 409, 'another proposal than was seen');
	same((await officer2.form(`${link}/publish`, { commitment: p.proposal.commitment })).status, 303, 'published');
	published = await page();
	const made = await rows(`/r/application_review?round=${round}&limit=200`);
	same(made.length, applications.length * 3, 'reviews made');
	same((await officer.json(`/r/review_round/${round}`)).json.state.name, 'assigned', 'state of the round');
	for (const a of applications) same((await officer.json(`/r/application/${a.id}`)).json.state.name, 'in_review', 'state of an application');
	const seen = (await who.visitor.json(`/r/review_round/${round}`)).json.values;
	same(seen.seed, published.proposal.seed, 'the seed in public');
	same(seen.commitment, published.proposal.commitment, 'the commitment in public');
	same(JSON.parse(sql(`SELECT COUNT(*) n FROM mail JOIN account a ON a.id = account_id WHERE login = 'expert1' AND type = 'application_review'`))[0].n, 1, 'notices to an expert with two reviews');
	const dir = mkdtempSync(join(tmpdir(), 'lc-draw-'));
	for (const f of ['applications.csv', 'experts.csv', 'pairs.csv', 'rules.lc', 'assignment.csv']) writeFileSync(join(dir, f), (await officer.get(`${link}/file/${f}`)).bytes);
	const args = published.proposal.replay.split(' ').slice(1);
	const out = JSON.parse(execFileSync(binary, args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] }).toString());
	same(out.identical && out.commitment_kept, true, JSON.stringify(out));
	rmSync(dir, { recursive: true });
	same((await officer2.form(`${link}/publish`, { commitment: p.proposal.commitment })).status, 409, 'published twice');
});

await test('a conflict found late stops the expert, and only who runs the round is told why', async () => {
	const [mine] = await rows('/r/application_review?limit=50', expert1), review = await values('application_review', mine.id, expert1);
	same((await expert1.get(`/r/application/${review.application}`)).status, 200, 'the expert opens the application');
	same((await expert1.get(`/r/application_review/${mine.id}/edit`)).status, 200, 'and the form');
	barred = review.application;
	const leader = applications.find((a) => a.id === barred).leader;
	const made = await officer.make('interest', { who: leader, with_person: expert1.person, kind: 'coauthor', from: day(-1) });
	await officer.move('interest', made.id, 'declare');
	same((await expert1.get(`/r/application/${review.application}`)).status, 404, 'the application afterwards');
	check((await expert1.get(`/r/application_review/${mine.id}/edit`)).status >= 400, 'the form afterwards');
	await officer.move('review_round', round, 'start');
	const submit = await expert1.api(`/r/application_review/${mine.id}/submit`, { values: { s_innovation: 80 } });
	check(submit.status >= 400, 'a score in spite of a conflict');
	const p = await page();
	check(p.late.some((x) => x.link.endsWith(mine.id) && x.why.includes('利益关系')), `told to the officer: ${JSON.stringify(p.late)}`);
	check(!(await expert1.get(`/r/application_review/${mine.id}`)).text.includes('合作发表'), 'the expert reads why');
});

await test('a decline and late conflicts are mended at once: as many added, everything else stays', async () => {
	const before = await rows(`/r/application_review?round=${round}&limit=200`), [mine] = await rows('/r/application_review?limit=50', expert2);
	const declined = (await values('application_review', mine.id, expert2)).application;
	await expert2.move('application_review', mine.id, 'decline', { reason: '没有时间' });
	same((await page()).vacant, 2, 'places empty: one declined, one of the expert in conflict');
	await officer.get(link);
	same((await propose()).status, 303, 'proposed again');
	const p = await page();
	same(p.proposal.answered, true, JSON.stringify(p.why));
	const waits = async (client) => (await client.json('/todo')).json.publish.map((x) => x.link);
	same((await waits(officer2)).join(), link, 'the other officer is told that there is something to publish');
	same((await waits(officer)).length, 0, 'not who proposed it');
	await officer2.get(link);
	const again = await officer2.form(`${link}/publish`, { commitment: p.proposal.commitment });
	same(again.status, 303, `published again: ${again.text.match(/error-summary[\s\S]{0,500}/)?.[0]}`);
	const after = await rows(`/r/application_review?round=${round}&limit=200`);
	same(after.length, before.length + 2, 'reviews');
	check(before.every((b) => after.some((x) => x.id === b.id)), 'a review that was there is gone');
	const added = [];
	for (const x of after.filter((y) => !before.some((b) => b.id === y.id))) added.push(await values('application_review', x.id, officer));
	check(added.some((r) => r.application === declined), 'the place of who declined is not filled');
	check(added.every((r) => r.expert !== expert2.person), 'who declined is asked again');
	check(added.every((r) => r.expert !== expert1.person || r.application !== barred), 'who is in conflict is asked again');
	same((await page()).vacant, 0, 'places empty afterwards');
});

await test('a void sheet leaves its place empty', async () => {
	const mine = (await rows('/r/application_review?limit=50', expert2)).find((r) => r.state.name === 'assigned');
	await expert2.change('application_review', mine.id, { s_innovation: 80, s_route: 80, s_team: 80, s_output: 80, s_money: 80, advice: 'support', comment: '同意', pledge: true });
	await expert2.move('application_review', mine.id, 'submit');
	same((await page()).vacant, 0, 'places empty before');
	await who.supervisor.move('application_review', mine.id, 'void', { reason: '应当回避' });
	same((await page()).vacant, 1, 'places empty');
});

await test('the page holds in English too, and its log is whole', async () => {
	await officer.get('/?lang=en');
	const english = await officer.get(link);
	check(/Who reviews what, and why/.test(english.text), 'English');
	execFileSync(binary, ['audit', 'verify', '--data', server.data], { stdio: ['ignore', 'ignore', 'ignore'] });
});

await server.stop();
end();
