// A sealed bid: a canary in every field, in its file, its file's name and its autosaved copy. Until two officers open it, nobody but
// its own organisation finds one: not on any page, in any list, export, search or count, in mails, the log, or the data folder's bytes.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Client, advance, check, draftChallenge, end, full, local, makeBid, needValues, pdf, people, publishChallenge, same, settled, startServer, test, until } from './kit.mjs';

const mark = (name) => `KANARI${name}QX`;
const canary = {
	title: mark('titel'), leader: mark('leiter'), host_firm: mark('wirt'), contact: mark('kontakt'), route: mark('weg'), basis: mark('grund'),
	feasibility: mark('machbar'), 'team.1.name': mark('person'), 'team.1.unit': mark('einheit'), 'team.1.duty': mark('teil'), 'partner.1.unit': mark('partner'),
	'partner.1.work': mark('arbeit'), 'promise.1.name': mark('ziel'), 'promise.1.test': mark('probe'), 'promise.1.unit': mark('mass'),
};
const phone = '13987651234', price = '123.4567万元', priceFen = '123456700', fileText = mark('inhalt'), fileName = mark('datei'), draft = mark('entwurf');
const goal = '48.73519', partnerMoney = '65.4321万元', partnerFen = '65432100';
const all = [...Object.values(canary), phone, priceFen, '1,234,567', '1234567.00', partnerFen, '654,321', fileText, fileName, draft, goal];
const logins = ['enterprise', 'enterprise2', 'university1', 'university2', 'officer', 'officer2', 'chief', 'supervisor', 'prefecture', 'expert1', 'incubator', 'lab', 'sysadmin',
	'secadmin', 'auditor'];
const server = await startServer();
const who = { ...await people(server.base, logins), visitor: new Client(server.base) };
const everybody = ['visitor', ...logins.filter((l) => l !== 'university1')];
// In a quick run one of each kind of relation: nobody, the demander, a rival, staff, a colleague of the bidder in another role, an administrator.
const outsiders = full ? everybody : ['visitor', 'enterprise', 'university2', 'officer', 'supervisor', 'prefecture', 'lab', 'auditor'];

function foundIn(bytes) {
	const lower = bytes.toString('latin1').toLowerCase();
	return all.filter((c) => lower.includes(Buffer.from(c).toString('latin1').toLowerCase()) || lower.includes(Buffer.from(c).toString('base64').slice(0, -4).toLowerCase())
		|| lower.includes(Buffer.from(c).toString('hex')) || lower.includes(Buffer.from(c, 'utf16le').toString('latin1').toLowerCase()));
}
function* files(folder) {
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		yield path;
		if (statSync(path).isDirectory()) yield* files(path);
	}
}
function inData() {
	const hits = [];
	for (const path of files(server.data)) {
		if (foundIn(Buffer.from(path)).length) hits.push(`the name ${path}`);
		if (statSync(path).isFile()) for (const c of foundIn(readFileSync(path))) hits.push(`${c} in ${path.slice(server.data.length + 1)}`);
	}
	for (const c of foundIn(Buffer.from(server.log()))) hits.push(`${c} in the log`);
	return hits;
}

await settled({ officer: who.officer, lab: who.lab, supervisor: who.supervisor });
let need, challenge, bid;

// Every page of somebody that could tell of a bid.
const types = full ? Object.keys((await who.officer.json('/api/openapi.json')).json.components.schemas).filter((t) => t !== 'Errors')
	: ['bid', 'challenge', 'need', 'review', 'agreement', 'objection', 'org', 'person'];
function pages(bid, challenge, need) {
	const list = ['/', '/todo', '/mail', '/account', '/outbox', '/admin', '/indicators', '/about', '/api/openapi.json', `/r/bid/${bid}`, `/r/bid/${bid}/edit`, `/r/bid/${bid}/withdraw`,
		`/r/bid/${bid}/open`, `/r/challenge/${challenge}`, `/r/challenge/${challenge}/edit`, `/r/need/${need}`, `/r/bid/new?challenge=${challenge}`, `/r/review/new`, `/r/agreement/new`,
		`/r/bid/export?format=csv`, `/r/bid/export?format=gb18030`, `/r/bid/export?format=csv&cols=title,leader,phone,price,route`,
		`/r/challenge/export?format=csv&cols=title,bids`, `/r/bid?cols=title,leader,contact,phone,host_firm,price,months,route`, `/r/bid?challenge=${challenge}`,
		`/r/bid?q=${encodeURIComponent(canary.title)}`, `/r/bid?q=KANARI`, `/r/bid?challenge.min=0`, `/r/bid?state=filed,draft`, `/r/bid?sort=challenge`, `/r/bid?sort=-org`, `/r/bid?pledge=1`];
	for (const t of new Set(types)) list.push(`/r/${t}`);
	return list;
}

await test('a bid with canaries is made, autosaved, changed and filed', async () => {
	({ need, challenge } = await draftChallenge(who, '密封检验'));
	await publishChallenge(who, challenge, local(600));
	const autosaved = await who.university1.form('/r/bid/autosave', { challenge, title: draft, route: draft, leader: draft });
	same(autosaved.status, 200, 'autosave of a new bid');
	check((await who.university1.get(`/r/bid/new?challenge=${challenge}`)).text.includes(draft), 'the working copy does not come back to its author');
	bid = await makeBid(who.university1, challenge, { ...canary, phone, price, plan: pdf(fileText, `${fileName}.pdf`), 'promise.1.goal': goal, 'partner.1.money': partnerMoney });
	const again = await who.university1.form(`/r/bid/${bid}/autosave`, { challenge, title: draft, route: draft });
	same(again.status, 200, 'autosave of a bid');
	const page = await who.university1.get(`/r/bid/${bid}`);
	const shown = foundIn(page.bytes);
	for (const [field, c] of Object.entries(canary)) check(shown.includes(c), `${field} does not show to its own organisation`);
	check((await who.university1.get(`/r/bid/${bid}/edit`)).text.includes(draft), 'the working copy of the bid does not come back');
	check(!inData().length, `as a draft it is in the data folder: ${inData().join('; ')}`);
});

// The demonstration has bids of its own, some open: what each counts before this one is made, it must count after.
const before = new Map();
for (const login of [...everybody, 'visitor'])
	for (const path of new Set(['/r/bid', ...pages('0000000000001', '0000000000001', '0000000000001').filter((x) => x.startsWith('/r/bid?') && !x.includes('0000000000001'))]))
		before.set(`${login} ${path}`, (await who[login].json(path)).json?.list?.count || 0);
const counted = (login, path) => before.get(`${login} ${path}`) || 0;

async function nowhere(stage, some = outsiders) {
	const hits = [];
	for (const login of full ? everybody : some) {
		await Promise.all(pages(bid, challenge, need).map(async (path) => {
			for (const accept of ['text/html', 'application/json']) {
				const got = await who[login].send('GET', path, { headers: { accept } });
				check(got.status < 500, `${got.status} for ${login} at ${path}`);
				// A search comes back in its own box.
				const text = path.includes('?q=') ? got.text.replaceAll(canary.title, '') : got.text;
				for (const c of foundIn(Buffer.from(text))) hits.push(`${login} finds ${c} at ${path} as ${accept}`);
				if (login !== 'university1' && path !== `/r/bid/${bid}` && !path.includes(bid) && got.text.includes(bid)) hits.push(`${login} finds the bid's id at ${path} as ${accept}`);
				if (path.startsWith('/r/bid?') && got.json?.list && got.json.list.count !== counted(login, path)) hits.push(`${login} counts ${got.json.list.count} at ${path}`);
			}
		}));
	}
	hits.push(...inData());
	check(!hits.length, `${stage}:\n  ${[...new Set(hits)].slice(0, 25).join('\n  ')}`);
}

await test('as a draft it is nowhere but with its own organisation', () => nowhere('draft', ['visitor', 'university2', 'officer']));

await test('filed and sealed it is nowhere but with its own organisation', async () => {
	await who.university1.move('bid', bid, 'file');
	await nowhere('filed');
});

await test('its own organisation sees it, in the page, its list and its mail', async () => {
	const page = foundIn((await who.university1.get(`/r/bid/${bid}`)).bytes), json = (await who.university1.json(`/r/bid/${bid}`)).json;
	for (const c of [...Object.values(canary), phone]) check(page.includes(c), `${c} is missing on the page of its own organisation`);
	same(json.values.title, canary.title, 'the title in JSON');
	same(json.values.price, Number(priceFen), 'the price in JSON');
	check((await who.university1.get('/r/bid')).text.includes(canary.title), 'the title is missing in its own list');
	const mail = (await who.university1.json('/mail')).json.mail;
	check(mail.some((m) => m.link === `/r/bid/${bid}`), 'no notice of the filing');
	check(!mail.some((m) => foundIn(Buffer.from(JSON.stringify(m))).length), 'the notice tells what is sealed');
});

await test('withdrawn, changed and filed again it stays sealed; its history tells digests only', async () => {
	await who.university1.move('bid', bid, 'withdraw');
	await nowhere('withdrawn', ['officer']);
	await who.university1.change('bid', bid, { leader: `${canary.leader}2` });
	await who.university1.move('bid', bid, 'file');
	await nowhere('filed again', ['lab']);
	const history = (await who.university1.json(`/r/bid/${bid}`)).json.history;
	check(history.length >= 5, 'the history is short');
	check(!foundIn(Buffer.from(JSON.stringify(history))).length, 'the history tells what is sealed');
});

// Two worlds that differ in the bid alone: what everybody else sees is the same, byte by byte, with nonces masked.
await test('whether and how many bids are in makes no difference to anybody else', async () => {
	const mask = (text) => text.replace(/name="_csrf" value="[^"]*"/g, 'CSRF').replace(/name="_key" value="[^"]*"/g, 'KEY').replace(/\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?/g, 'AT')
		.replace(/<time[^>]*>[^<]*<\/time>/g, 'AT');
	const look = async () => {
		const seen = new Map();
		for (const login of full ? everybody.filter((l) => l !== 'university2') : ['visitor', 'enterprise', 'officer', 'prefecture'])
			await Promise.all(pages('0000000000000', challenge, need).map(async (path) => {
				for (const accept of ['text/html', 'application/json']) seen.set(`${login} ${path} ${accept}`, mask((await who[login].send('GET', path, { headers: { accept } })).text));
			}));
		return seen;
	};
	const before = await look();
	const rival = await makeBid(who.university2, challenge, { title: 'KANARIrival', price: '200万元' });
	await who.university2.move('bid', rival, 'file');
	const after = await look(), differ = [];
	for (const [key, text] of before) if (after.get(key) !== text) differ.push(key);
	check(!differ.length, `${differ.length} of ${before.size} pages differ: ${differ.slice(0, 12).join('; ')}`);
});

await test('one officer alone opens nothing; after the second the officer sees all of it', async () => {
	await advance(who.officer, 1);
	await until('the challenge closes', async () => (await who.officer.json(`/r/challenge/${challenge}`)).json.state.name === 'closed');
	await who.officer.move('challenge', challenge, 'first_open');
	await nowhereClosed();
	const same1 = await who.officer.api(`/r/challenge/${challenge}/second_open`);
	same(same1.status, 403, 'the first officer as the second');
	await nowhereClosed();
	await who.officer2.move('challenge', challenge, 'second_open');
	const page = await who.officer.get(`/r/bid/${bid}`), shown = foundIn(page.bytes);
	same(page.status, 200, 'the opened bid');
	for (const c of [...Object.values(canary), phone]) check(shown.includes(c), `${c} is missing for the officer after the opening`);
	same((await who.officer.json(`/r/bid/${bid}`)).json.values.price, Number(priceFen), 'the price for the officer');
	check((await who.officer.json(`/r/bid?q=${canary.title}`)).json.list.count === 1, 'an opened bid is not found by its title');
	same((await who.officer.json('/r/bid')).json.list.count, counted('officer', '/r/bid') + 2, 'bids after the opening');
	check((await who.university1.json('/mail')).json.mail.some((m) => m.subject.includes(canary.title)), 'the notice of the opening lacks the title');
	for (const login of ['university2', 'enterprise', 'enterprise2', 'prefecture', 'incubator', 'lab', 'sysadmin', 'secadmin', 'auditor', 'visitor'])
		same((await who[login].json(`/r/bid/${bid}`)).status, 404, `${login} at the opened bid of a rival`);
});
async function nowhereClosed() {
	for (const login of ['officer', 'officer2', 'chief', 'supervisor', 'enterprise']) {
		const got = await who[login].json(`/r/bid/${bid}`);
		same(got.status, 404, `${login} at a sealed bid after the deadline`);
		same((await who[login].json('/r/bid')).json.list.count, counted(login, '/r/bid'), `bids that ${login} counts`);
	}
	const hits = inData();
	check(!hits.length, `after the deadline: ${hits.join('; ')}`);
}

await test('a bid whose challenge is withdrawn stays sealed for good', async () => {
	const other = await draftChallenge(who, '撤榜检验');
	await publishChallenge(who, other.challenge, local(5 * 1440));
	const lost = await makeBid(who.university1, other.challenge, { title: 'KANARIzurueck', route: 'KANARIzuweg' });
	await who.university1.move('bid', lost, 'file');
	await who.chief.move('challenge', other.challenge, 'withdraw', { reason: '需求取消' });
	same((await who.university1.json(`/r/bid/${lost}`)).json.state.name, 'void', 'the state of the bid');
	for (const login of everybody) same((await who[login].json(`/r/bid/${lost}`)).status, 404, `${login} at the void bid`);
	const bytes = [...files(server.data)].filter((p) => statSync(p).isFile()).map((p) => readFileSync(p).toString('latin1')).join('');
	check(!bytes.includes('KANARIzu'), 'the void bid is in the data folder');
	same((await who.university1.json(`/r/bid/${lost}`)).json.values.title, 'KANARIzurueck', 'its own organisation still reads it');
});

await test('what is open is found, in the folder and on pages: the search itself works', async () => {
	let opened;
	// Files are read one after the other: a checkpoint in between may move a row from one to the other unseen.
	await until('the opened bid is in the folder', async () => (opened = inData().join('\n')).includes(canary.title));
	for (const c of [canary.title, canary.leader, canary.route, canary['team.1.name'], phone]) check(opened.includes(c), `${c} of the opened bid is not found`);
	check(!opened.includes(fileText) && !opened.includes(fileName), 'a sealed file is stored open');
	const open = await who.enterprise.make('need', needValues(draft));
	check(inData().some((h) => h.startsWith(draft)), 'the title of an open record is not found');
	const file = await who.enterprise.form(`/r/need/${open.id}/edit`, { material: pdf(fileText, `${fileName}.pdf`) }, { accept: 'application/json' });
	same(file.status, 200, 'an open file is stored');
	const stored = inData().join('\n');
	check(stored.includes(fileText) && stored.includes(fileName), 'an open file and its name are not found');
	check(foundIn((await who.enterprise.get(`/r/need/${open.id}`)).bytes).includes(draft), 'its own page does not show it');
});

await server.stop();
end();
