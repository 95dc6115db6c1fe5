// Twin worlds: two servers in which the same things happen, but for one that is nobody's business: who reviews, a score, a sealed bid. For
// everybody not entitled to it every page, list, order, search, count, export, notice, error and API answer is the same, byte for byte, once
// what differs anyhow (tokens, ids, times of day) is masked. Declarations with a leak planted show that the comparison finds one.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, advance, check, draftChallenge, end, full, local, makeBid, people, publishChallenge, root, same, settled, startServer, test, until } from './kit.mjs';

const logins = ['enterprise', 'enterprise2', 'university1', 'university2', 'expert1', 'expert2', 'expert3', 'prefecture', 'lab', 'officer', 'officer2', 'chief', 'supervisor',
	'sysadmin', 'secadmin', 'auditor', 'finance', 'department'];
const everybody = ['visitor', ...logins];
const PAIRS = full ? 200 : 0;      // of a full run, whole challenges at a time; a quick one plays one challenge

/* ---- two worlds ---- */

// A demonstration with everybody signed in; copies of it are the worlds.
async function openStage(region) {
	const server = await startServer({ region });
	const who = { ...await people(server.base, logins), visitor: new Client(server.base) };
	const { officer, lab, university1, expert1 } = who;
	await settled({ officer, lab, university1, expert1 });
	return { server, who };
}
// Two new worlds, the same in everything.
async function inTwins(stage, play) {
	const worlds = await Promise.all([0, 1].map(async () => {
		const server = await startServer({ like: stage.server.data });
		const who = Object.fromEntries(everybody.map((l) => [l, Object.assign(new Client(server.base), { login: l, csrf: stage.who[l].csrf, jar: new Map(stage.who[l].jar) })]));
		return { server, who, id: {} };
	}));
	await play(worlds);
	await both(worlds, (w) => w.server.stop());
}
// Both at once, so that both see the same time of day.
const both = (worlds, run) => Promise.all(worlds.map(run));

// Ids are made from the clock: what counts is which of them are the same, and in which order they come.
function mask(text) {
	const seen = new Map();
	return text.replace(/(name="_(?:csrf|key)" value=")[^"]*/g, '$1').replace(/\bR\d{8}-[0-9a-z]{8}\b/g, 'RECEIPT').replace(/\b[0-9a-f]{64}\b/g, 'DIGEST').replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?/g, 'AT').replace(/(_ms": ?)\d+/g, '$1')
		.replace(/<span class="hint">[^<]*(ago|前|刚刚|just now)[^<]*<\/span>/g, 'AGO').replace(/(?<![0-9a-z])(?=[a-z]*\d)(?=\d*[a-z])[0-7][0-9a-hjkmnp-tv-z]{12}(?![0-9a-z])/g, (id) => {
			if (!seen.has(id)) seen.set(id, `ID${seen.size}`);
			return seen.get(id);
		});
}

// Sheets whose order is left to chance: the same ones, in whatever order.
const sorted = (v) => (Array.isArray(v) ? v.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
	: v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, x]) => [k, sorted(x)])) : v);
function shuffled(text) {
	const plain = text.replace(/\bID\d+/g, 'ID');
	return plain.startsWith('{') ? JSON.stringify(sorted(JSON.parse(plain.replace(/_ms":(?=[,}])/g, '_ms":0')))) : plain.split('\n').sort().join('\n');
}

// What somebody can ask that could tell. `{name}` is a record of the world.
const listed = { bid: ['title', 'leader', 'price', 'score', 'org', 'challenge'], review: ['title', 'expert', 'total', 'advice', 'bid'], challenge: ['title', 'bounty', 'bids', 'deadline'] };
const pages = ['/', '/todo', '/mail', '/outbox', '/admin', '/account', '/indicators', '/matrix/chain', '/r/person', '/r/org', '/r/need', '/r/agreement', '/r/objection', '/r/person?q=%E8%AF%84%E5%AE%A1',
	...['bid', 'review', 'challenge'].flatMap((t) => [`/r/${t}`, `/r/${t}/export?format=csv`, `/r/${t}?limit=5`, `/r/${t}?challenge={challenge}`, `/r/${t}?q=%E5%8F%8C%E7%94%9F`,
		...listed[t].flatMap((f) => [`/r/${t}?sort=${f}`, `/r/${t}?sort=-${f}`]), `/r/${t}?cols=${listed[t].join()}`]),
	'/r/bid?score.min=1', '/r/bid?reviews.min=1', '/r/bid?price.max=9999999999', '/r/bid?state=filed', '/r/bid?state=opened,nominated', '/r/review?state=submitted', '/r/review?state=declined',
	'/r/review?expert={expert}', '/r/review?total.min=1', '/r/challenge?bids.min=1', '/r/challenge?reviews_open.min=1', '/r/objection/new?challenge={challenge}',
	'/r/bid/new?challenge={challenge}', '/r/challenge/{challenge}', '/r/challenge/{challenge}.pdf', '/r/challenge/{challenge}/edit', '/r/challenge/{challenge}/propose', '/r/need/{need}',
	'/r/bid/{bid1}', '/r/bid/{bid1}.pdf', '/r/bid/{bid1}/edit', '/r/bid/{bid1}/withdraw', '/r/bid/{bid2}', '/r/bid/{bid2}/withdraw', '/r/review/{review1}', '/r/review/{review1}/edit',
	'/r/review/{review2}', '/r/review/{review2}/submit', '/r/person/{expert}', '/r/org/{rival}'];
const posts = [['/r/bid/{bid1}/nominate', {}], ['/r/bid/{bid2}/withdraw', {}], ['/r/review/{review1}/submit', {}], ['/r/review/{review1}/edit', { values: { s_route: 'x' } }], ['/r/challenge/{challenge}/award', {}],
	['/r/bid/new', { values: { challenge: '{challenge}', title: '?', price: '?' } }], ['/r/objection/new', { values: { challenge: '?' } }]];
const sheetPages = ['/r/review/{high}', '/r/review/{low}', '/r/review/{high}.pdf', '/r/review/{high}/edit'];
// A quick run asks the half that differs most in kind.
const few = pages.filter((p, i) => i < 4 || (i % 3 === 0 && !p.includes('sort=')) || /\{(bid1|challenge|expert|rival)\}/.test(p));
const asked = full ? pages : few;

async function ask(world, login, page, body, chance) {
	const c = world.who[login], real = (s) => s.replace(/\{(\w+)\}/g, (all, name) => world.id[name] ?? '0000000000002');
	const answers = [];
	for (const accept of body ? ['application/json'] : ['text/html', 'application/json']) {
		if (accept !== 'text/html' && !/^\/(r|todo|mail|$)/.test(page)) continue;
		if (accept !== 'text/html' && /export|\.pdf/.test(page)) continue;
		const got = body ? await c.api(real(page), JSON.parse(real(JSON.stringify(body)))) : await c.send('GET', real(page), { headers: { accept } });
		const head = ['content-type', 'location', 'content-disposition'].map((h) => got.headers.get(h)).join(' ');
		// A PDF is made from the value that JSON shows; the time of day is deflated into it.
		answers.push(`${got.status} ${mask(head)}\n${page.includes('.pdf') ? '' : chance ? shuffled(mask(got.text)) : mask(got.text)}`);
	}
	return answers;
}

function firstDifference(a, b) {
	let i = 0;
	while (i < a.length && a[i] === b[i]) i++;
	return `…${a.slice(Math.max(0, i - 60), i + 60)}… against …${b.slice(Math.max(0, i - 60), i + 60)}…`.replace(/\s+/g, ' ');
}

// Where the two worlds differ for those who are not `entitled`.
async function differences(worlds, entitled, some, chance) {
	const found = [];
	for (const login of everybody.filter((l) => !entitled.includes(l)).filter((l) => full || ['visitor', 'enterprise', 'university1', 'university2', 'expert3', 'lab'].includes(l))) {
		const work = [...some.map((p) => [p]), ...posts];
		const one = async () => {
			for (let next; (next = work.shift());) {
				const [a, b] = await both(worlds, (w) => ask(w, login, next[0], next[1], login.startsWith('expert') || (chance && /^\/r\/(review|bid)/.test(next[0]))));
				a.forEach((text, i) => { if (text !== b[i]) found.push(`${login} at ${next[0]}: ${firstDifference(text, b[i])}`); });
			}
		};
		await Promise.all([one(), one(), one(), one()]);
	}
	return found;
}

/* ---- what happens in them ---- */

const staff = ['officer', 'officer2', 'chief', 'supervisor'];
const scores = (n) => ({ s_route: n, s_target: n, s_team: n, s_feasible: n, s_price: n, advice: 'support', comment: '同意', pledge: true });

// The sheet of one expert on one bid, as the officer finds it.
async function review(world, login, bid) {
	const name = { expert1: '演示员一', expert2: '演示员二', expert3: '演示员三' }[login];
	const person = (await world.who.officer.json(`/r/person?q=${encodeURIComponent(name)}&limit=100`)).json.list.rows.find((r) => r.values.name.startsWith('评审专家')).id;
	return (await world.who.officer.json(`/r/review?bid=${bid}&expert=${person}`)).json.list.rows[0].id;
}

// One challenge from draft to notice; after each step in which the worlds part, `compare(name, entitled)`.
async function playChallenge(worlds, round, compare) {
	const title = `双生 ${round}`, deadline = local(600);
	await both(worlds, async (w) => {
		Object.assign(w.id, await draftChallenge(w.who, title));
		await publishChallenge(w.who, w.id.challenge, deadline);
	});
	await both(worlds, async (w, i) => {
		w.id.bid1 = await makeBid(w.who.university1, w.id.challenge, { title: `双生甲${round}`, price: '250万元' });
		w.id.bid2 = await makeBid(w.who.university2, w.id.challenge, i ? { title: `双生乙${round}`, price: `${200 + round}万元` }
			: { title: `双生丙丙丙${round}`, price: '180万元', route: '另一条路线' });
	});
	await both(worlds, async (w) => { w.id.rival = (await w.who.officer.json(`/r/org?q=${encodeURIComponent('金碧材料')}`)).json.list.rows[0].id; });
	await compare('a draft of a bid', ['university2']);
	// Whoever files next must not learn it from a number either.
	await both(worlds, async (w, i) => {
		if (i) await w.who.university2.move('bid', w.id.bid2, 'file');
		await w.who.university1.move('bid', w.id.bid1, 'file');
	});
	await compare('whether a rival has filed', ['university2']);
	await both(worlds, async (w, i) => { if (!i) await w.who.university2.move('bid', w.id.bid2, 'file'); });
	await compare('the content of a sealed bid', ['university2']);
	await both(worlds, async (w) => {
		await w.who.university2.move('bid', w.id.bid2, 'withdraw');
		await w.who.university2.change('bid', w.id.bid2, { title: `双生丁${round}`, price: '220万元', route: '第三条路线' });
		await w.who.university2.move('bid', w.id.bid2, 'file');
		await advance(w.who.officer, 1);
		await until('the challenge closes', async () => (await w.who.officer.json(`/r/challenge/${w.id.challenge}`)).json.state.name === 'closed');
		await w.who.officer.move('challenge', w.id.challenge, 'first_open');
		await w.who.officer2.move('challenge', w.id.challenge, 'second_open');
	});
	// The same three people on the panel, in another order: who stands first is nobody's business either.
	await both(worlds, async (w, i) => {
		const found = (await w.who.officer.json(`/r/person?q=${encodeURIComponent('评审专家')}&sort=name&limit=100`)).json.list.rows;
		w.id.expert = found.find((r) => r.values.name.includes('演示员一')).id;
		await w.who.officer.change('challenge', w.id.challenge, { panel: (i ? found : [found[2], found[0], found[1]]).map(({ id }) => ({ expert: id })) });
		await w.who.officer.move('challenge', w.id.challenge, 'assign');
		w.id.review1 = await review(w, 'expert1', w.id.bid1);
		w.id.review2 = await review(w, 'expert2', w.id.bid1);
	});
	await compare('the order of the panel', [...staff, 'university2']);
	await both(worlds, async (w, i) => w.who.expert1.change('review', w.id.review1, scores(i ? 91 : 40 + round % 20)));
	await compare('scores as a draft', [...staff, 'university2', 'expert1']);
	await both(worlds, (w) => w.who.expert1.change('review', w.id.review1, scores(75)));
	await both(worlds, async (w, i) => { if (i) await w.who.expert1.move('review', w.id.review1, 'submit'); });
	await compare('whether a review is in', [...staff, 'university2', 'expert1']);
	await both(worlds, async (w, i) => {
		if (!i) await w.who.expert1.move('review', w.id.review1, 'submit');
		if (i) await w.who.expert2.move('review', w.id.review2, 'decline', { reason: '不熟悉' });
	});
	await compare('whether an expert has declined', [...staff, 'university2', 'expert1', 'expert2']);      // expert1's own history tells the drafts
}

// Who sees the opened reviews of a bid afterwards sees scores and words, and not whose they are: the same two sheets, given by each other.
async function playSwap(worlds, compare) {
	await both(worlds, async (w, i) => {
		if (i) await w.who.officer.move('review', w.id.review2, 'reassign', { expert: (await w.who.officer.json(`/r/review/${w.id.review2}`)).json.values.expert, reason: '沟通后同意' });
		const sheets = { expert2: i ? 70 : 82, expert3: i ? 82 : 70 };
		for (const [login, n] of Object.entries(sheets)) {
			const id = await review(w, login, w.id.bid1);
			await w.who[login].change('review', id, scores(n));
			await w.who[login].move('review', id, 'submit');
		}
		for (const login of ['expert1', 'expert2', 'expert3']) {
			const id = await review(w, login, w.id.bid2);
			await w.who[login].change('review', id, scores(60));
			await w.who[login].move('review', id, 'submit');
		}
		await w.who.officer.move('bid', w.id.bid1, 'nominate');
		await w.who.officer.move('challenge', w.id.challenge, 'propose', { values: { notice_text: '拟中选' } });
		await w.who.chief.move('challenge', w.id.challenge, 'decide');
	});
	// Whoever gave it: the sheet with the higher and the one with the lower total. Which one is whose, only the test knows.
	await both(worlds, async (w) => {
		const rows = (await w.who.university1.json(`/r/review?bid=${w.id.bid1}&cols=total`)).json.list.rows;
		w.id.review1 = w.id.review2 = undefined;
		for (const [name, total] of [['high', 82], ['low', 70]]) w.id[name] = rows.find((r) => r.values.total === total).id;
	});
	await compare('who gave which of two sheets', [...staff, 'university2', 'expert1', 'expert2', 'expert3']);
}

/* ---- the worlds are alike ---- */

let pairs = 0;
if (!process.env.LEAKS) {
	const stage = await openStage('region/yunnan');
	for (let round = 0; round === 0 || pairs < PAIRS; round++)
		await inTwins(stage, async (worlds) => {
			const compare = (name, entitled) => test(`${name}${full ? ` (${round + 1})` : ''}`, async () => {
				const sheets = worlds[0].id.high, found = await differences(worlds, entitled, sheets ? [...asked, ...sheetPages] : asked, sheets);
				pairs++;
				check(!found.length, `${found.length} differences:\n  ${found.slice(0, 12).join('\n  ')}`);
			});
			await playChallenge(worlds, round, compare);
			await playSwap(worlds, compare);
		});
	await stage.server.stop();
}

/* ---- and would not be, if a declaration told: LEAKS=WORD tries some of them alone ---- */

const leaks = [
	['an applicant sees reviews before the decision', 'review', 'see university org bid.org in submitted when bid.state in (noticed, won, lost) fields', 'see university org bid.org fields'],
	['everybody sees which reviews there are', 'review', 'see officer; see chief; see supervisor;', 'see signed fields title, challenge, bid; see officer; see chief; see supervisor;'],
	['experts see each other', 'review', 'see expert own expert;', 'see expert;'],
	['the applicant sees who the expert is', 'review', 'fields title, challenge, bid, s_route', 'fields title, challenge, bid, expert, s_route'],
	['the sheets keep their order and history', 'review', 'anonymous expert;', ''],
	['the applicant sees how many reviews are in', 'bid', 'see university org except reviews, score, lowest, highest;', 'see university org except score, lowest, highest;'],
	['the applicant sees the mean so far', 'bid', 'see university org except reviews, score, lowest, highest;', 'see university org except reviews, lowest, highest;'],
	['officers see sealed bids', 'bid', 'see officer in opened,', 'see officer in filed, opened,'],
	['the title of a bid is not sealed, and its draft is seen', 'bid', /(see supervisor in opened,)/, 'see enterprise in draft, filed fields challenge; $1'],
	['a running number tells how many bids are in', 'bid', 'title title;', 'title title; number "JB{year}-{seq:4}";'],
	['a notice tells the rivals that a bid is in', 'bid', 'notify author bid_filed;', 'notify author bid_filed; notify university all bid_filed;'],
	['a check tells that a rival has filed', 'bid', 'check price_max:', 'check info rivals: count(bid.challenge is challenge where state == filed) == 0 "已有单位揭榜" en "Taken"; check price_max:'],
	['a computed field counts the bids that are sealed', 'challenge', 'compute count(bid.challenge where state in (opened, nominated, noticed, won, lost)); class public;', 'compute count(bid.challenge where state in (filed, opened)); class public;',
		[/bids, (?=reviews_open, notice_text)|, bids(?=;)/g, '']],
	['the demander sees how many reviews are open', 'challenge', 'see enterprise org demander except panel, reviews_open;', 'see enterprise org demander except panel;'],
	['the panel is published', 'challenge', 'except need, panel, bids, reviews_open, notice_text', 'except need, bids, reviews_open, notice_text'],
	['a person shows how many reviews he or she has', 'person', 'section "专业"', 'field load int "评审数" en "Reviews" { compute count(review.expert where state == submitted); } section "专业"', ['see enterprise org except', 'see enterprise except']],
	['an organisation shows how many bids it made', 'org', 'title name;', 'title name; field bids_made int "揭榜数" en "Bids" { compute count(bid.org where state == filed); class public; }', ['see signed fields name,', 'see signed fields bids_made, name,']],
	['a notice goes to the applicant when a review is in', 'review', 'when challenge.state == reviewing "评审已结束" en "The review is over";\n\t\tconfirm', 'when challenge.state == reviewing "评审已结束" en "The review is over"; notify university org bid.org review_declined;\n\t\tconfirm'],
	['a declined review is told to the demander', 'review', 'notify officer all review_declined;', 'notify enterprise org challenge.demander review_declined;'],
	['an open score may be asked for by the public', 'challenge', 'section "办理" en "Proceedings" {', 'section "办理" en "Proceedings" { field best dec "最高分" en "Best" { compute max(review.challenge.total); class public; }'],
];

// The declarations with one leak planted.
function plant([, file, from, to, also]) {
	const folder = mkdtempSync(join(tmpdir(), 'lc-leak-'));
	cpSync(join(root, 'region'), folder, { recursive: true });
	const path = join(folder, 'base', `${file}.lc`), before = readFileSync(path, 'utf8');
	let after = before.replace(from, to);
	check(after !== before, `nothing to plant in ${file}`);
	if (also) after = after.replace(...also);
	writeFileSync(path, after);
	return folder;
}

for (const leak of full || process.env.LEAKS ? leaks.filter((l) => l[0].includes(process.env.LEAKS ?? '')) : []) {
	await test(`found when planted: ${leak[0]}`, async () => {
		const folder = plant(leak), stage = await openStage(join(folder, 'yunnan'));
		let found = 0;
		await inTwins(stage, async (worlds) => {
			const compare = async (name, entitled) => {
				const sheets = worlds[0].id.high;
				if (!found) found = (await differences(worlds, entitled, sheets ? [...few, ...sheetPages] : few, sheets)).length;
			};
			await playChallenge(worlds, 0, compare);
			if (!found) await playSwap(worlds, compare);
		});
		await stage.server.stop();
		rmSync(folder, { recursive: true });
		check(found, 'the worlds look alike');
	});
}
console.log(`${pairs} pairs`);
end();
