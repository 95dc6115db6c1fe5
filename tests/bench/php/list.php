<?php
/* The benchmark's list page in plain PHP: the same statements, the same rows, the same escaping; what stands around the rows is the
   server's own HTML, ready made (head.html, tail.html), which only helps this side. A persistent connection, prepared statements. */
declare(strict_types=1);
$db = new PDO('sqlite:' . $_SERVER['BENCH_DB'], null, null, [PDO::ATTR_PERSISTENT => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]);
$db->exec('pragma query_only=on; pragma cache_size=-16384; pragma mmap_size=268435456');
$db->beginTransaction();
function rows(PDO $db, string $sql, array $values = [], int $mode = PDO::FETCH_NUM): array
{
	$s = $db->prepare($sql);
	$s->execute($values);
	return $s->fetchAll($mode);
}
function h(string $s): string { return htmlspecialchars($s, ENT_QUOTES | ENT_SUBSTITUTE | ENT_HTML5, 'UTF-8'); }
function id(int $id): string
{
	static $alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
	$s = '';
	for ($i = 60; $i >= 0; $i -= 5) $s .= $alphabet[($id >> $i) & 31];
	return strtolower($s);
}
$now = (int)(microtime(true) * 1000);
$session = rows($db, 'SELECT account_id, csrf, seen_ms FROM session WHERE id_hash = ? AND expires_ms > ? AND seen_ms > ?',
	[hash('sha256', $_COOKIE['lc_session'] ?? ''), $now, $now - 3600000]);
if (!$session) {
	http_response_code(403);
	exit;
}
$account = rows($db, "SELECT login, name_zh, name_en, person_id, org_id, division FROM account WHERE id = ? AND state = 'active'", [$session[0][0]])[0];
$role = rows($db, 'SELECT role FROM account_role WHERE account_id = ?', [$session[0][0]])[0][0];
rows($db, "SELECT value FROM setting WHERE name = 'clock_offset_ms'");
$where = $role === 'officer' ? 'TRUE' : 't0.org = ' . (int)$account[4];
$list = rows($db, "SELECT t0.id, t0.changed_ms, t0.state, t0.number, t0.changed_ms, t0.f_title, t0.f_holder, t0.f_level, t0.f_industry, t0.f_money, t0.f_people, t0.f_day
	FROM r_item t0 WHERE $where ORDER BY t0.changed_ms DESC, t0.id DESC LIMIT 51");
array_pop($list);
$holders = array_column($list, 6);
$values = implode(', ', array_map(fn($i) => "($i, ?)", array_keys($holders)));
$title = rows($db, "WITH v(i, id) AS (VALUES $values) SELECT v.id, t0.f_name FROM v CROSS JOIN r_holder t0 WHERE TRUE AND t0.id = v.id", $holders, PDO::FETCH_KEY_PAIR);
$many = rows($db, "SELECT 1 FROM r_item t0 WHERE $where LIMIT 1 OFFSET 1000");
$db->rollBack();
const LEVEL = ['national' => '国家级', 'provincial' => '省级', 'city' => '市级'];
const INDUSTRY = ['metal' => '有色金属', 'energy' => '新能源', 'bio' => '生物医药', 'tobacco' => '烟草'];
const STATE = ['draft' => ['plain', '草稿'], 'filed' => ['wait', '已提交'], 'done' => ['good', '完成']];
date_default_timezone_set('Asia/Shanghai');
header('Content-Type: text/html; charset=utf-8');
header('Cache-Control: no-store');
readfile(__DIR__ . '/head.html');
foreach ($list as $r) {
	$link = '/r/item/' . id($r[0]);
	$when = date('Y-m-d H:i:s', intdiv($r[1], 1000));
	if (str_ends_with($when, ':00')) $when = substr($when, 0, 16);
	?>
<tr>
<td class="pick"><input type="checkbox" name="id" value="<?= h(id($r[0])) ?>" form="bulk" aria-label="选择 <?= h($r[3]) ?>"></td>
<td class="id"><a href="<?= h($link) ?>"><?= h($r[3]) ?></a></td>
<td class="name"><a href="<?= h($link) ?>"><?= h($r[5]) ?></a></td>
<td class="name"><a href="<?= h('/r/holder/' . id($r[6])) ?>"><?= h($title[$r[6]]) ?></a></td>
<td><?= h(LEVEL[$r[7]]) ?></td>
<td><?= h(INDUSTRY[$r[8]]) ?></td>
<td class="num"><?= h(number_format($r[9] / 100, 2)) ?></td>
<td class="num"><?= h((string)$r[10]) ?></td>
<td><?= h(gmdate('Y-m-d', $r[11] * 86400)) ?></td>
<td class="stay"><span class="tag <?= h(STATE[$r[2]][0]) ?>"><?= h(STATE[$r[2]][1]) ?></span>
</td>
<td class="when"><?= h($when) ?></td>
</tr>
<?php
}
readfile(__DIR__ . '/tail.html');
