/* lianchuang: one binary. The words it understands stand in one table. */
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "app/cli.h"
#include "base/arena.h"
#include "feature/chain_cmd.h"
#include "feature/assign_cmd.h"
#include "feature/letter_cmd.h"
#include "feature/portfolio_cmd.h"
#include "feature/receipt_cmd.h"
#include "feature/scores_cmd.h"
#include "feature/text_cmd.h"

static int letter(struct command_line *c) { return letter_command(c->argc, c->argv, letter_records); }
static int portfolio(struct command_line *c) { return portfolio_command(c->argc, c->argv); }
static int text(struct command_line *c) { return text_command(c->argc, c->argv); }
static int scores(struct command_line *c) { return scores_command(c->argc, c->argv); }
static int chain(struct command_line *c) { return chain_command(c->argc, c->argv); }
static int assign(struct command_line *c) { return assign_command(c->argc, c->argv); }
static int receipt(struct command_line *c) { return receipt_command(c->argc, c->argv); }
static int backup(struct command_line *c) { return data_command(c, "backup"); }
static int verify(struct command_line *c) { return data_command(c, "verify"); }

static const struct { const char *word; int (*run)(struct command_line *c); const char *zh, *en; } words[] = {
	{ "init", init_command, "建立数据目录 [--data 目录] [--region 目录] [--demo]", "make a data folder [--data DIR] [--region DIR] [--demo]" },
	{ "serve", serve_command, "提供网页与接口 [--data 目录] [--listen 地址:端口] [--workers N]", "serve pages and API [--data DIR] [--listen HOST:PORT] [--workers N]" },
	{ "region", region_command, "区域声明 check|diff|apply|audit|doc 目录", "declarations: check|diff|apply|audit|doc DIR" },
	{ "letter", letter, "核对文稿 check 文件 [--json|--html]", "check a letter: check FILE [--json|--html]" },
	{ "assign", assign, "专家指派 solve|check|repair|replay|explain|commit|affinity", "experts to applications: solve|check|repair|replay|explain|commit|affinity" },
	{ "portfolio", portfolio, "立项组合 solve|check|price|compare 文件", "what to fund: solve|check|price|compare FILE" },
	{ "text", text, "文本 index|search|match|explain|eval|dup", "texts: index|search|match|explain|eval|dup" },
	{ "scores", scores, "评分校准 calibrate 评分表", "review scores: calibrate SHEETS" },
	{ "chain", chain, "产业链 load|check|metrics|impact|map|what-if|diff|io|convert 目录 …", "an industrial chain: load|check|metrics|impact|map|what-if|diff|io|convert DIR …" },
	{ "receipt", receipt, "离线核验回执 verify 回执.json [附件…]", "verify a receipt offline: verify RECEIPT.json [FILE…]" },
	{ "account", account_command, "账号 add --login L --name N --roles a,b", "accounts: add --login L --name N --roles a,b" },
	{ "audit", audit_command, "审计链 verify", "the audit trail: verify" },
	{ "backup", backup, "备份数据库到文件", "back the database up to a file" },
	{ "verify", verify, "校验备份文件", "verify a backup file" },
	{ "routes", routes_command, "列出全部路由与所需权限", "list every route and what it needs" },
};

static int usage(void)
{
	struct cx cx = cli_cx(1 << 16);
	fputs(cx.lang == LANG_ZH ? "用法：lianchuang 命令 …\n" : "usage: lianchuang COMMAND …\n", stderr);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) fprintf(stderr, "  %-9s %s\n", words[i].word, cx.lang == LANG_ZH ? words[i].zh : words[i].en);
	arena_free(cx.arena);
	return 2;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() < 0) return 1;
	if (argc < 2) return usage();
	if (strcmp(argv[1], "--version") == 0) {
		puts("lianchuang " LIANCHUANG_VERSION);
		return 0;
	}
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(argv[1], words[i].word) != 0) continue;
		struct command_line c = { argc - 2, argv + 2 };
		return words[i].run(&c);
	}
	return usage();
}
