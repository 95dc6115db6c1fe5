// From sheets to a decision: the table of a challenge's bids by every method, codes for names, a missing score that is not 0, who may look.
import { advance, check, draftChallenge, end, local, makeBid, people, publishChallenge, same, startServer, test, until } from './kit.mjs';

const server = await startServer();
const who = await people(server.base, ['enterprise', 'university1', 'university2', 'officer', 'officer2', 'chief', 'expert1', 'expert2', 'expert3', 'prefecture', 'supervisor']);
const { officer } = who;
let link, bids;

await test('bids, opened and given to three experts', async () => {
	const made = await draftChallenge(who, '评分演示');
	await publishChallenge(who, made.challenge, local(600));
	bids = [await makeBid(who.university1, made.challenge, { title: '甲方案' }), await makeBid(who.university2, made.challenge, { title: '乙方案' })];
	await who.university1.move('bid', bids[0], 'file');
	await who.university2.move('bid', bids[1], 'file');
	await advance(officer, 1);
	await until('the challenge closes', async () => (await officer.json(`/r/challenge/${made.challenge}`)).json.state.name === 'closed');
	await officer.move('challenge', made.challenge, 'first_open');
	await who.officer2.move('challenge', made.challenge, 'second_open');
	const experts = (await officer.json(`/r/person?q=${encodeURIComponent('评审专家')}&limit=100`)).json.list.rows;
	await officer.change('challenge', made.challenge, { panel: experts.map((e) => ({ expert: e.id })) });
	await officer.move('challenge', made.challenge, 'assign');
	link = `/scoring/bids/${made.challenge}`;
	check((await officer.get(`/r/challenge/${made.challenge}`)).text.includes(link), 'the challenge does not lead to its scores');
});

await test('without sheets: both bids stand there, neither ranked nor 0', async () => {
	const got = (await officer.json(link)).json;
	same(got.rows.length, 2, 'rows');
	for (const row of got.rows) check(row.n === 0 && !('mean' in row) && !('rank' in row), `a row without sheets: ${JSON.stringify(row)}`);
});

const points = { expert1: [90, 70], expert2: [80, 62], expert3: [70, null] };
await test('sheets come in: means, calibrated scores, ranks and sentences follow', async () => {
	for (const [login, [first, second]] of Object.entries(points)) {
		const mine = (await who[login].json('/r/review?cols=bid,title')).json.list.rows;
		for (const row of mine) {
			const p = row.values.bid === bids[0] ? first : second;
			if (p === null) continue;
			await who[login].change('review', row.id, { s_route: p, s_target: p, s_team: p, s_feasible: p, s_price: p, advice: p >= 70 ? 'support' : 'reject', comment: '同意', pledge: true });
			await who[login].move('review', row.id, 'submit');
		}
	}
	const got = (await officer.json(link)).json, [a, b] = got.rows;
	same(`${a.id} ${b.id}`, bids.join(' '), 'the order');
	same(`${a.mean} ${b.mean}`, '80 66', 'plain means, over those who scored');
	same(`${a.n} ${b.n}`, '3 2', 'scores counted');
	same(`${a.votes} ${b.votes}`, '3/3 1/2', 'votes');
	same(`${a.least} ${b.least}`, '80 61', 'least squares: expert3 is severe, so the second would have had less');
	same(a.spread, '10', 'the spread of 90, 80, 70');
	check(+a.shrunk < 80 && +a.shrunk > +b.shrunk, `calibrated: ${a.shrunk}, ${b.shrunk}`);
	same(`${a.rank} ${b.rank}`, '1 2', 'ranks');
	same(a.side, 'above', 'the first is above by every method');
	check(got.sentences.some((s) => s.includes('α')) && got.sentences.some((s) => s.includes('可选 1 项')), `sentences: ${got.sentences.join(' | ')}`);
	check((await officer.json(`${link}?lang=en`)).json.sentences.length === got.sentences.length, 'in English as many');
	const by = (await officer.json(`${link}?method=mean&cut=2`)).json;
	check(by.methods.find((m) => m.name === 'mean').selected && by.scoring.cut === 2, 'another method and cut');
});

await test('reviewers by a code, the same in both tables; names only when asked, by who sees them', async () => {
	const got = (await officer.json(link)).json;
	same(got.reviewers.length, 3, 'reviewers');
	check(!(await officer.json(link)).text.includes('评审专家'), 'a name stands on the page');
	const codes = new Set(got.reviewers.map((r) => r.code));
	for (const row of got.rows) for (const s of row.sheets) check(codes.has(s.code) && /^[0-9a-z]{6}$/.test(s.code), `a code: ${s.code}`);
	same(got.reviewers.map((r) => r.code).join(), [...codes].sort().join(), 'in the order of codes');
	check((await officer.json(`${link}?names=1`)).json.reviewers.every((r) => r.name.includes('评审专家')), 'the officer, who sees the experts, asks for names');
});

await test('who may look: staff that sees the sheets', async () => {
	for (const login of ['university1', 'expert1', 'enterprise']) same((await who[login].json(link)).status, 404, login);
	const other = await who.prefecture.json(link);
	check(other.status === 404, `a staff member without sheets: ${other.status}`);
	same((await who.supervisor.json(link)).status, 200, 'the supervisor');
	for (const path of ['/scoring/none/x', '/scoring/bids/0000000000002', `/scoring/none/${link.split('/').at(-1)}`]) same((await officer.json(path)).status, 404, path);
});

await test('as a chart and as a file', async () => {
	const svg = await officer.get(`${link}/chart`);
	check(svg.text.startsWith('<svg') && svg.text.includes('甲方案') && svg.headers.get('content-type').startsWith('image/svg'), 'the chart');
	same((await officer.get(`${link}/export`)).bytes.subarray(0, 2).toString(), 'PK', 'the table');
	check((await officer.get('/scoring')).text.includes(link), 'the list of scorings leads here');
});

await server.stop();
end();
