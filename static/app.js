/* What helps while working; every page does without. No inline handlers, no eval, no dependencies. */
const zh = document.body.dataset.lang !== 'en';
const say = (chinese, english) => (zh ? chinese : english);
const opened = performance.now();
const points = text => Array.from(text.replace(/\r\n?/g, '\n')).length;

/* ---- time left: the page's clock, which is the server's, against a time in the same zone ---- */

const minutesOf = text => {
	const m = /^(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d)/.exec(text || '');
	return m ? Date.UTC(+m[1], m[2] - 1, +m[3], +m[4], +m[5]) / 60000 : NaN;
};

function leftText(minutes) {
	const days = Math.floor(minutes / 1440), hours = Math.floor(minutes % 1440 / 60), rest = Math.floor(minutes % 60);
	if (days >= 3) return say(`还剩 ${days} 天`, `${days} days left`);
	if (days > 0) return say(`还剩 ${days} 天 ${hours} 小时`, `${days} d ${hours} h left`);
	if (hours > 0) return say(`还剩 ${hours} 小时 ${rest} 分`, `${hours} h ${rest} min left`);
	return say(`还剩 ${rest} 分`, `${rest} min left`);
}

function showLeft() {
	const now = minutesOf(document.body.dataset.clock) + (performance.now() - opened) / 60000;
	for (const time of document.querySelectorAll('[data-left]')) {
		const left = minutesOf(time.dataset.left) - now;
		let note = time.nextElementSibling;
		if (!note || !note.classList.contains('left')) {
			if (!(left > 0)) continue;
			note = document.createElement('span');
			note.className = 'left';
			time.after(' ', note);
		}
		note.textContent = left > 0 ? leftText(left) : say('已到时间', 'time is up');
	}
}

/* ---- characters left ---- */

function counter(input) {
	const note = document.querySelector(`[data-count-for="${CSS.escape(input.id)}"]`);
	if (!note) return;
	const max = +input.dataset.max, used = points(input.value);
	note.classList.toggle('over', used > max);
	note.textContent = used > max ? say(`超出 ${used - max} 字`, `${used - max} characters too many`) : say(`${used} / ${max} 字`, `${used} / ${max} characters`);
}

/* ---- asking before what cannot be undone ---- */

/* What was chosen: the name of one of the choices, '' when none was. */
function choose(question, choices) {
	return new Promise(resolve => {
		const box = document.createElement('dialog'), text = document.createElement('p'), bar = document.createElement('form');
		text.textContent = question;
		text.id = 'ask';
		box.setAttribute('aria-labelledby', 'ask');
		bar.method = 'dialog';
		bar.className = 'bar';
		for (const [value, label, look] of [['', say('取消', 'Cancel'), 'plain'], ...choices]) {
			const button = document.createElement('button');
			button.className = `button ${look}`;
			button.value = value;
			button.textContent = label;
			bar.append(button);
		}
		box.append(text, bar);
		box.addEventListener('close', () => { resolve(box.returnValue); box.remove(); });
		document.body.append(box);
		box.showModal();
	});
}

const ask = async question => await choose(question, [['yes', say('确定', 'Yes, do it'), 'bad']]) === 'yes';

/* ---- what this browser keeps of forms that could not be saved: one entry an account and form ---- */

const login = document.querySelector('.who-login')?.textContent ?? '';
const flushes = [];     /* of the forms on this page: send what is not saved yet */

function keptHere(account) {
	try { return Object.keys(localStorage).filter(key => key.startsWith('draft ') && (account === undefined || key.endsWith(` ${account}`))); } catch { return []; }
}
function forget(keys) { for (const key of keys) try { localStorage.removeItem(key); } catch { /* nothing was kept */ } }

/* Nothing stays on a computer that others may use, unless its owner says so. */
async function mayLeave() {
	/* A form cannot be submitted again from inside its own submit event, and with nothing to wait for we would still be there. */
	await new Promise(done => setTimeout(done));
	await Promise.allSettled(flushes.map(flush => flush()));
	const kept = keptHere(login);
	if (!kept.length) return true;
	const choice = await choose(say(`有 ${kept.length} 份填报内容未能保存到系统，只留在这台电脑的浏览器里。若与他人共用电脑，请删除。`,
		`${kept.length} forms could not be saved: what you typed is only in this browser. Remove it if others use this computer.`),
	[['keep', say('保留并退出', 'Keep it and sign out'), 'plain'], ['drop', say('删除并退出', 'Remove it and sign out'), 'bad']]);
	if (choice === 'drop') forget(kept);
	return choice !== '';
}

/* Somebody's session ended without signing out: say so before the next one sits down. */
function tellKept() {
	const form = document.querySelector('form[action="/signin"]'), kept = keptHere();
	if (!form || login || !kept.length) return;
	const box = document.createElement('div'), text = document.createElement('p'), off = document.createElement('button');
	const names = [...new Set(kept.map(key => key.split(' ').pop()))].join(say('、', ', '));
	box.className = 'note kept';
	box.setAttribute('role', 'status');
	text.textContent = say(`这台电脑的浏览器里留有未保存的填报内容（账号 ${names}），该账号登录后可恢复。`, `This browser holds input that was not saved (account ${names}); it is offered again when that account signs in.`);
	off.type = 'button';
	off.className = 'button plain small';
	off.textContent = say('不是我的或不再需要，删除', 'Remove it');
	off.addEventListener('click', () => { forget(kept); box.remove(); });
	box.append(text, off);
	form.before(box);
}

/* ---- submitting: ask, then once only ---- */

let leaving = false;    /* a submit is on its way: no warning about unsaved changes */

function hold(form) {
	for (const button of form.querySelectorAll('button[type="submit"]')) button.setAttribute('aria-disabled', 'true');
	form.dataset.sent = '1';
}

/* A page that comes back from the history may be used again. */
addEventListener('pageshow', event => {
	if (!event.persisted) return;
	leaving = false;
	for (const form of document.querySelectorAll('form[data-sent]')) {
		delete form.dataset.sent;
		for (const button of form.querySelectorAll('[aria-disabled]')) button.removeAttribute('aria-disabled');
	}
});

document.addEventListener('submit', async event => {
	const form = event.target;
	if (form.method === 'dialog' || event.defaultPrevented) return;
	if (form.dataset.sent) return event.preventDefault();
	if (form.matches('[data-filter]')) return tidyFilter(form);
	if (form.matches('[action="/signout"]') && !form.dataset.asked) {
		event.preventDefault();
		if (!await mayLeave()) return;
		form.dataset.asked = '1';
		leaving = true;
		form.requestSubmit(event.submitter);
		return;
	}
	if (form.dataset.confirm && !form.dataset.asked) {
		event.preventDefault();
		if (!await ask(form.dataset.confirm)) return;
		form.dataset.asked = '1';
		leaving = true;
		form.requestSubmit(event.submitter);
		return;
	}
	if (form.method === 'post') {
		leaving = true;
		hold(form);
	}
});

/* The link of a list should be short enough to share: empty conditions and untouched columns stay out. */
function tidyFilter(form) {
	const mute = input => { input.disabled = true; setTimeout(() => { input.disabled = false; }); };
	for (const input of form.querySelectorAll('input, select'))
		if (input.type !== 'checkbox' && !input.value.trim()) mute(input);
	const boxes = [...form.querySelectorAll('[data-columns] input')];
	if (boxes.every(box => box.checked === box.defaultChecked) && !/[?&]cols?=/.test(location.search)) boxes.forEach(mute);
}

/* ---- rows of tables ---- */

function renumber(row, table, n) {
	const swap = text => text && text.replace(new RegExp(`(^|\\b|-)${table}\\.\\d+\\.`, 'g'), `$1${table}.${n}.`);
	for (const node of row.querySelectorAll('[id], [name], [for], [list], [aria-describedby]'))
		for (const name of ['id', 'name', 'for', 'list', 'aria-describedby'])
			if (node.hasAttribute(name)) node.setAttribute(name, swap(node.getAttribute(name)));
	row.querySelector('th.n').textContent = n;
	for (const label of row.querySelectorAll('.cell-label .vh:last-child')) label.textContent = ` ${n}`;
}

function emptyRow(row) {
	for (const input of row.querySelectorAll('input, select, textarea')) {
		if (input.type === 'checkbox') input.checked = false;
		else input.value = '';
		input.removeAttribute('aria-invalid');
	}
	for (const gone of row.querySelectorAll('.error, .file-now')) gone.remove();
	for (const cell of row.querySelectorAll('.bad')) cell.classList.remove('bad');
}

function addRow(table) {
	const body = table.tBodies[0], last = body.rows[body.rows.length - 1];
	if (!last) return false;
	const row = last.cloneNode(true);
	row.hidden = false;
	emptyRow(row);
	for (const option of row.querySelectorAll('option[selected]')) option.removeAttribute('selected');
	renumber(row, table.dataset.table, body.rows.length + 1);
	body.append(row);
	row.querySelector('input:not([type="hidden"]), select, textarea')?.focus();
	return true;
}

/* A removed row stays as an empty one, which the server leaves out: so the last row can be removed, too. */
function removable(table) {
	const head = document.createElement('th'), name = document.createElement('span');
	head.scope = 'col';
	name.className = 'vh';
	name.textContent = say('删除此行', 'Remove the row');
	head.append(name);
	table.tHead.rows[0].append(head);
	for (const row of table.tBodies[0].rows) {
		const cell = row.insertCell(), button = document.createElement('button');
		cell.className = 'row-off';
		button.type = 'button';
		button.className = 'button plain small';
		button.dataset.removeRow = '';
		button.textContent = say('删除', 'Remove');
		cell.append(button);
	}
}

document.addEventListener('click', event => {
	const add = event.target.closest('[data-add]'), off = event.target.closest('[data-remove-row]');
	if (add) {
		const table = document.querySelector(`table[data-table="${CSS.escape(add.dataset.add)}"]`);
		if (table && addRow(table)) event.preventDefault();
	} else if (off) {
		const row = off.closest('tr'), table = row.closest('table');
		emptyRow(row);
		row.hidden = true;
		row.dispatchEvent(new Event('input', { bubbles: true }));
		([...table.tBodies[0].rows].find(r => !r.hidden)?.querySelector('input:not([type="hidden"]), select, textarea')
			?? table.closest('.grid-box').querySelector('[data-add]'))?.focus();
	}
});

/* ---- working copies: to the server every few seconds, to this browser when there is no connection ---- */

function textOf(form) {
	const data = new URLSearchParams();
	for (const [name, value] of new FormData(form))
		if (typeof value === 'string' && name !== '_key') data.append(name, value);
	return data;
}

function watch(form) {
	const state = form.querySelector('.autosave'), words = state.dataset;
	const key = `draft ${form.dataset.autosave} ${login}`;
	const store = {
		get() { try { return localStorage.getItem(key); } catch { return null; } },
		set(text) { try { localStorage.setItem(key, text); return true; } catch { return false; } },
		drop() { try { localStorage.removeItem(key); } catch { /* nothing was kept */ } },
	};
	let last = textOf(form).toString(), timer = 0, busy = false, changed = false;

	const bare = data => { const copy = new URLSearchParams(data); copy.delete('_csrf'); copy.delete('_rev'); return copy.toString(); };

	function kept(data) {
		state.className = 'autosave local';
		state.textContent = store.set(bare(data)) ? words.local : say('暂时无法保存，请勿关闭页面', 'Cannot be saved right now: keep this page open');
	}

	async function deliver(data, text) {
		try {
			const reply = await fetch(form.dataset.autosave, {
				method: 'POST', body: data, redirect: 'error', signal: AbortSignal.timeout(15000),
				headers: { Accept: 'application/json', 'Idempotency-Key': crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` },
			});
			if (!reply.ok) throw new Error(String(reply.status));
			const answer = await reply.json();
			last = text;
			store.drop();
			/* “Saved” is said of all that stands here, not of what stood here when the saving began. */
			if (textOf(form).toString() !== text) {
				if (!timer) timer = setTimeout(send, 500);
				return;
			}
			state.className = 'autosave';
			const at = /(\d\d:\d\d)(:\d\d)?$/.exec(answer.saved)?.[1] ?? '';
			const left = answer.missing ? say(`还差 ${answer.missing} 项`, `${answer.missing} items left`) : words.complete;
			state.textContent = say(`已保存 ${at}，${left}`, `Saved ${at}, ${left}`);
		} catch {
			kept(data);
			if (!timer) timer = setTimeout(send, 15000);
		}
	}

	async function send() {
		clearTimeout(timer);
		timer = 0;
		const data = textOf(form), text = data.toString();
		if (form.dataset.sent || text === last) return;
		/* What was typed while the last was on its way goes after it. */
		if (busy) {
			timer = setTimeout(send, 500);
			return;
		}
		busy = true;
		await deliver(data, text);
		busy = false;
	}
	flushes.push(async () => {
		while (busy) await new Promise(done => setTimeout(done, 50));
		await send();
	});

	form.addEventListener('input', () => {
		changed = true;
		if (!timer) timer = setTimeout(send, 5000);
	});
	form.addEventListener('focusout', () => { if (changed) send(); });
	addEventListener('online', send);
	/* The last words before the page goes away. */
	document.addEventListener('visibilitychange', () => {
		if (!leaving && document.visibilityState === 'hidden' && changed && textOf(form).toString() !== last) store.set(bare(textOf(form)));
	});
	form.addEventListener('submit', () => store.set(bare(textOf(form))));
	const discard = document.querySelector('.restored form');
	discard?.addEventListener('submit', () => { if (discard.dataset.asked) store.drop(); });
	/* What came back with errors is nowhere but on this page. */
	if (document.getElementById('errors')) {
		last = '';
		timer = setTimeout(send, 1000);
	}
	const old = store.get();
	if (old && old !== bare(textOf(form))) offer(form, old, words, store);
	else store.drop();
	return () => textOf(form).toString() !== last;
}

/* Saved: the copies of this record, and of a new one of its type, have done their work. */
function forgetSaved() {
	const [, , type, id] = location.pathname.split('/');
	if (!/[?&]done=(saved|deleted)/.test(location.search) || !type) return;
	try {
		for (const key of Object.keys(localStorage))
			if (key.startsWith(`draft /r/${type}/autosave `) || key.startsWith(`draft /r/${type}/${id}/autosave `)) localStorage.removeItem(key);
	} catch { /* no storage, nothing kept */ }
}

function offer(form, old, words, store) {
	const box = document.createElement('div'), text = document.createElement('p'), yes = document.createElement('button'), no = document.createElement('button');
	box.className = 'note restored';
	box.setAttribute('role', 'status');
	text.textContent = words.offer;
	for (const [button, label] of [[yes, words.restore], [no, words.drop]]) {
		button.type = 'button';
		button.className = 'button plain small';
		button.textContent = label;
	}
	yes.addEventListener('click', () => { restore(form, new URLSearchParams(old)); box.remove(); });
	no.addEventListener('click', () => { store.drop(); box.remove(); });
	box.append(text, yes, no);
	form.before(box);
}

function restore(form, data) {
	for (const name of new Set(data.keys())) {
		const row = /^([a-z0-9_]+)\.(\d+)\./.exec(name);
		const table = row && form.querySelector(`table[data-table="${CSS.escape(row[1])}"]`);
		while (table && table.tBodies[0].rows.length < +row[2] && addRow(table));
		const values = data.getAll(name);
		for (const input of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
			if (input.type === 'hidden' || input.type === 'file') continue;
			if (input.type === 'radio') input.checked = values.includes(input.value);
			else if (input.type === 'checkbox') input.checked = values.includes(input.value) && input.value !== '';
			else input.value = values[values.length - 1];
		}
	}
	form.dispatchEvent(new Event('input', { bubbles: true }));
	for (const input of form.querySelectorAll('[data-max]')) counter(input);
}

/* ---- the letter: a mark and its finding light up together ---- */

function linkMarks() {
	const light = (node, on) => {
		const numbers = node.dataset.finding !== undefined ? [node.dataset.finding] : (node.dataset.findings ?? '').split(' ').filter(Boolean);
		for (const n of numbers) {
			document.getElementById(`finding-${n}`)?.classList.toggle('lit', on);
			for (const mark of document.querySelectorAll(`[data-findings~="${CSS.escape(n)}"]`)) mark.classList.toggle('lit', on);
		}
		const figure = node.dataset.figure ?? node.dataset.figureRow;
		if (figure === undefined) return;
		document.getElementById(`figure-${figure}`)?.classList.toggle('lit', on);
		for (const mark of document.querySelectorAll(`[data-figure="${CSS.escape(figure)}"]`)) mark.classList.toggle('lit', on);
	};
	for (const node of document.querySelectorAll('[data-findings], [data-finding], [data-figure], [data-figure-row]'))
		for (const [name, on] of [['mouseenter', true], ['focusin', true], ['mouseleave', false], ['focusout', false]])
			node.addEventListener(name, () => light(node, on));
	for (const finding of document.querySelectorAll('[data-finding]')) {
		const marks = [...document.querySelectorAll(`[data-findings~="${CSS.escape(finding.dataset.finding)}"]`)];
		const places = finding.querySelectorAll('.places q');
		places.forEach((place, i) => {
			const mark = marks.find(m => m.textContent.includes(place.textContent)) ?? marks[i];
			if (!mark) return;
			const link = document.createElement('button');
			link.type = 'button';
			link.className = 'link';
			place.before(link);
			link.append(place);
			link.addEventListener('click', () => { mark.scrollIntoView({ block: 'center' }); mark.focus(); });
		});
	}
}

/* ---- rows of a list: tick all of the page, and say how many are ticked ---- */

function chooser(form) {
	const boxes = [...document.querySelectorAll(`input[type="checkbox"][form="${form.getAttribute('id')}"]`)], head = boxes[0]?.closest('tbody').querySelector('[data-pick-all]') ?? boxes[0]?.closest('table').querySelector('th.pick');
	const label = form.querySelector('label'), words = label?.textContent;
	if (!boxes.length || !head) return;
	const all = document.createElement('input');
	all.type = 'checkbox';
	all.setAttribute('aria-label', say('全部选中', 'Choose all'));
	head.replaceChildren(all);
	const tell = () => {
		const n = boxes.filter(box => box.checked).length;
		all.checked = n === boxes.length;
		all.indeterminate = n > 0 && n < boxes.length;
		if (label) label.textContent = n ? say(`已选 ${n} 行，办理`, `${n} rows ticked:`) : words;
	};
	all.addEventListener('change', () => { for (const box of boxes) box.checked = all.checked; tell(); });
	for (const box of boxes) box.addEventListener('change', tell);
	tell();
}

/* ---- many verdicts: the keyboard goes from row to row ---- */

function verdictKeys(form) {
	const rows = () => [...form.querySelectorAll('[data-row]')].filter(row => row.offsetParent && row.querySelector('input[type="radio"]'));
	const go = (row, step) => {
		const all = rows(), at = row ? all.indexOf(row) : -1, to = all[row ? at + step : 0];
		if (!to) return;
		(to.querySelector('input[type="radio"]:checked') ?? to.querySelector('input[type="radio"]')).focus({ preventScroll: true });
		to.scrollIntoView({ block: 'center' });
	};
	form.addEventListener('keydown', event => {
		if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit(form.querySelector('.bar [value="save"]'));
		else if (event.key === 'Escape' && event.target.matches('.verdict-choice textarea')) event.target.closest('[data-row]').querySelector('input[type="radio"]:checked').focus();
	});
	document.addEventListener('keydown', event => {
		if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('textarea, select, [contenteditable], dialog, input:not([type="radio"]):not([type="checkbox"])')) return;
		const row = event.target.closest?.('[data-row]'), key = event.key.toLowerCase(), radio = row?.querySelector(`input[data-key="${CSS.escape(key)}"]`);
		if (key === 'j') go(row, 1);
		else if (key === 'k') go(row, -1);
		else if (key === 's') form.requestSubmit(form.querySelector('.bar [value="save"]'));
		else if (row && key === 'n') row.querySelector('textarea').focus();
		else if (row && key === 'x') row.closest('section').querySelector('input[name="id"]').click();
		else if (radio) {
			radio.click();
			radio.focus();
		} else return;
		event.preventDefault();
	});
}

/* ---- work that goes on ---- */

/* A part of the page that goes on by itself: taken anew until it says no more that it will change; then the page, whose buttons change too. */
async function follow(node) {
	while (node.dataset.live) {
		await new Promise(done => setTimeout(done, +node.dataset.live));
		let fresh;
		try {
			const got = await fetch(location.href, { headers: { accept: 'text/html' } });
			fresh = new DOMParser().parseFromString(await got.text(), 'text/html').getElementById(node.id);
		} catch { continue; }   /* the network is away for a while */
		if (!fresh || !fresh.dataset.live) return location.reload();
		if (fresh.innerHTML !== node.innerHTML) node.replaceChildren(...fresh.childNodes);
	}
}

/* ---- start ---- */

for (const form of document.querySelectorAll('form[data-bulk]')) chooser(form);
for (const form of document.querySelectorAll('form[data-verdicts]')) verdictKeys(form);
for (const node of document.querySelectorAll('[data-live]')) follow(node);
for (const node of document.querySelectorAll('[data-reload]')) setTimeout(() => location.reload(), +node.dataset.reload);

forgetSaved();
tellKept();
showLeft();
setInterval(showLeft, 30000);
for (const input of document.querySelectorAll('[data-max]')) counter(input);
for (const table of document.querySelectorAll('table[data-table]')) removable(table);
document.addEventListener('input', event => { if (event.target.dataset.max) counter(event.target); });
const unsaved = [...document.querySelectorAll('form[data-autosave]')].map(watch);
for (const form of document.querySelectorAll('form[data-guard]:not([data-autosave])')) {
	const first = textOf(form).toString();
	unsaved.push(() => textOf(form).toString() !== first);
}
/* Files are not in the working copy, so they count as unsaved, too. */
const files = () => [...document.querySelectorAll('form[data-guard] input[type="file"]')].some(input => input.files.length);
addEventListener('beforeunload', event => { if (!leaving && (files() || unsaved.some(is => is()))) event.preventDefault(); });

document.addEventListener('keydown', event => {
	if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, textarea, select, [contenteditable]')) return;
	const search = document.querySelector('[data-search]');
	if (!search) return;
	event.preventDefault();
	search.focus();
	search.select();
});
/* A menu opened from the top closes with Escape or a click beside it. */
for (const menu of document.querySelectorAll('details.who')) {
	document.addEventListener('click', event => { if (!menu.contains(event.target)) menu.open = false; });
	menu.addEventListener('keydown', event => { if (event.key === 'Escape') { menu.open = false; menu.querySelector('summary').focus(); } });
}
document.getElementById('errors')?.focus();
if (document.querySelector('.paper')) linkMarks();
