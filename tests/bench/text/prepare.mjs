// Test collections in the layouts of the text engine: prepare.mjs TEXT_DATA OUT [documents characters].
// cran (Cranfield 1400) and cmrc (questions to their paragraph) as they are; `made`: documents of a Markov chain over the
// characters of cmrc, so that pairs are as frequent as in real text and nothing is copied, except in the documents of `copied`.
import fs from 'node:fs';
const [data, out, documents = '0', characters = '300'] = process.argv.slice(2);
fs.mkdirSync(out, { recursive: true });
const read = (file) => fs.readFileSync(`${data}/cran/${file}`, 'latin1').replaceAll('\r', '');
const squeeze = (s) => (s ?? '').split(/\s+/).join(' ').trim();

const cran = read('cran.all.1400').split(/^\.I /m).slice(1).map((d) => ({
	id: d.split('\n', 1)[0].trim(), title: squeeze(/\n\.T\n([\s\S]*?)\n\.A/.exec(d)?.[1]), body: squeeze(/\n\.W\n([\s\S]*)/.exec(d)?.[1]) }));
fs.writeFileSync(`${out}/cran.jsonl`, cran.map((d) => JSON.stringify(d) + '\n').join(''));
const asked = read('cran.qry').split(/^\.I /m).slice(1);
fs.writeFileSync(`${out}/cran.tsv`, asked.map((q, i) => `${i + 1}\t${squeeze(q.split('.W')[1])}\n`).join(''));
// Grades 1 to 4 all say relevant, −1 and 5 do not.
fs.writeFileSync(`${out}/cran.qrels`, read('cranqrel').split('\n').map((l) => l.trim().split(/\s+/)).filter((w) => w.length >= 3)
	.map(([q, d, g]) => `${q} 0 ${d} ${g >= 1 && g <= 4 ? 1 : 0}\n`).join(''));

const paragraphs = JSON.parse(fs.readFileSync(`${data}/cmrc/dev.json`, 'utf8')).data.flatMap((x) => x.paragraphs.map((p) => ({ ...p, title: x.title })));
fs.writeFileSync(`${out}/cmrc.jsonl`, paragraphs.map((p) => JSON.stringify({ id: p.id, title: p.title, body: p.context }) + '\n').join(''));
const questions = paragraphs.flatMap((p) => p.qas.map((q) => ({ id: q.id, text: squeeze(q.question), doc: p.id })));
fs.writeFileSync(`${out}/cmrc.tsv`, questions.map((q) => `${q.id}\t${q.text}\n`).join(''));
fs.writeFileSync(`${out}/cmrc.qrels`, questions.map((q) => `${q.id} 0 ${q.doc} 1\n`).join(''));

// What stands literally in a document must be found by 1 to 4 characters of it.
let state = 88172645463325252n;
const below = (n) => { state ^= (state << 13n) & 0xffffffffffffffffn; state ^= state >> 7n; state ^= (state << 17n) & 0xffffffffffffffffn; return Number(state % BigInt(n)); };
const short = [], truth = [];
for (let n = 1; n <= 4; n++) {
	for (let i = 0; i < 50;) {
		const text = paragraphs[below(paragraphs.length)].context, at = below(text.length - n), piece = text.slice(at, at + n);
		if (!/^\p{Script=Han}+$/u.test(piece)) continue;
		const id = `${n}-${i++}`;
		short.push(`${id}\t${piece}\n`);
		for (const p of paragraphs) if (p.context.includes(piece) || p.title.includes(piece)) truth.push(`${id} 0 ${p.id} 1\n`);
	}
}
fs.writeFileSync(`${out}/short.tsv`, short.join(''));
fs.writeFileSync(`${out}/short.qrels`, truth.join(''));

if (+documents) {
	const next = new Map();
	const all = paragraphs.map((p) => p.context).join('');
	for (let i = 1; i < all.length; i++) {
		if (!next.has(all[i - 1])) next.set(all[i - 1], []);
		next.get(all[i - 1]).push(all[i]);
	}
	let seed = 12345;
	const random = (n) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor(seed / 4294967296 * n); };
	const chain = (n) => {
		let c = all[random(all.length - 1)], s = '';
		for (let i = 0; i < n; i++) { s += c; const v = next.get(c); c = v ? v[random(v.length)] : all[random(all.length - 1)]; }
		return s.replace(/["\\\s]/g, '，');
	};
	const docs = fs.openSync(`${out}/made.jsonl`, 'w'), titles = [], keys = [], needs = [], copied = [], clean = [];
	let block = '';
	const n = +documents, size = +characters;
	for (let i = 0; i < n; i++) {
		const title = chain(12 + random(16)), body = chain(Math.floor(size * (0.5 + random(1000) / 1000)));
		block += `{"id":"m${i}","title":"${title}","body":"${body}","type":"t${i % 4}","division":"${5300 + i % 16}","year":${2000 + i % 25},"owner":"o${i % 5000}"}\n`;
		if (block.length > 1 << 20) fs.writeSync(docs, block), block = '';
		if (i % Math.ceil(n / 1000) === 0) {
			titles.push(`t${i}\t${title}\n`);
			const at = random(body.length - 8), key = body.slice(at).match(/\p{Script=Han}{3,4}/u);
			if (key) keys.push(`k${i}\t${key[0]}\n`);
			if (needs.length < 200) needs.push(`n${i}\t${body.slice(0, 300)}\n`);
			if (copied.length < 200) {      // a tenth of the document is a piece of m<i>
				const w = Math.max(20, Math.floor(size / 10)), from = random(Math.max(1, body.length - w));
				copied.push(JSON.stringify({ id: `c${i}`, body: chain(size / 2 | 0) + body.slice(from, from + w) + chain(size / 2 | 0) }) + '\n');
				clean.push(JSON.stringify({ id: `x${i}`, body: chain(size) }) + '\n');
			}
		}
	}
	fs.writeSync(docs, block);
	for (const [name, v] of Object.entries({ 'title.tsv': titles, 'key.tsv': keys, 'need.tsv': needs, 'copied.jsonl': copied, 'clean.jsonl': clean })) fs.writeFileSync(`${out}/${name}`, v.join(''));
}
